"""Several layers in one document: a formula is about the one whose names it uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from derive.language.binding import rename, walk
from derive.language.substitution import reached
from derive.language.terms import Derivative, Entry, Index, Sum, Tensor, Term
from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbols
from derive.notes.meaning.vocabulary import Vocabulary

OUTPUTS = ("y", "z", "out")
"""Names that every layer may have for what it computes."""


@dataclass(frozen=True)
class Layer:
    """What a layer computes, and the name that a formula has for it where it has another one."""

    output: Tensor
    name: str | None = None


def layer_of(losses: Iterable[Term], nodes: Iterable[tree.Node], names: Vocabulary, symbols: Symbols) -> Layer | None:
    """The layer that a formula is about, in which the losses of two layers occur; None where that is not seen.

    It is the one of which the formula uses names that the other has not. A function that has no name for its output may
    have that of another layer there: y beside RMS(x) is what RMSNorm(x) is.
    """
    outputs = {each.tensor.dependence.on for each in losses if isinstance(each, Entry) and each.tensor.dependence}
    if len(outputs) != 2 or len(families(losses)) != 1:
        return None
    used = _used(nodes, names, symbols)
    one, other = sorted(outputs, key=lambda tensor: tensor.name)
    used_inside = used - outputs
    inner = {
        tensor: _inner(tensor) | {each for each in used_inside if _is_written_out(each, tensor)} for tensor in outputs
    }
    chosen = [
        (mine, theirs)
        for mine, theirs in ((one, other), (other, one))
        if used_inside & (inner[mine] - inner[theirs]) and not used_inside & (inner[theirs] - inner[mine])
    ]
    if not chosen and len(used & outputs) == 1 and not used_inside & (inner[one] ^ inner[other]):
        return Layer(next(iter(used & outputs)))
    if len(chosen) != 1:
        return None
    mine, theirs = chosen[0]
    key = next((key for key in OUTPUTS if names.tensors.get(key) == theirs), None)
    if key is not None and theirs in used:
        return Layer(mine, key) if mine.sizes == theirs.sizes and not _has_name(mine, names) else None
    return Layer(mine)


def families(losses: Iterable[Term]) -> set[str]:
    """The names of losses as they are written."""
    return {each.tensor.latex or each.tensor.name for each in losses if isinstance(each, Entry)}


def is_without_layer(*terms: Term) -> bool:
    """Whether the losses in formulas are of something of which a document does not say how it is computed."""
    on = [loss.tensor.dependence.on for loss in losses_in(*terms) if isinstance(loss, Entry) and loss.tensor.dependence]
    return bool(on) and all(tensor.definition is None for tensor in on)


def losses_in(*terms: Term) -> set[Term]:
    """The losses that are differentiated in formulas."""
    found: set[Term] = set()
    waiting = list(terms)
    while waiting:
        part = waiting.pop()
        if isinstance(part, Derivative) and isinstance(part.body, Entry) and part.body.tensor.dependence is not None:
            found.add(part.body)
        waiting += part.args
    return found


def _has_name(tensor: Tensor, names: Vocabulary) -> bool:
    return any(names.tensors.get(key) == tensor for key in OUTPUTS)


def _inner(tensor: Tensor) -> set[Tensor]:
    """What a layer computes on the way, with a definition."""
    if tensor.definition is None:
        return set()
    return {each for each in reached([tensor.definition.body]) if each.definition is not None}


def _is_written_out(part: Tensor, tensor: Tensor) -> bool:
    """Whether the definition of one name, a number, stands in that of another without the name."""
    if part.definition is None or tensor.definition is None or part.sizes:
        return False
    body, own = _plain(tensor.definition.body), _plain(part.definition.body)
    return own in walk(body)


def _plain(term: Term, depth: int = 0) -> Term:
    """The term with the indices that its sums bind numbered from the outside, so that their letters don't matter."""
    if isinstance(term, Sum):
        own = Index(f"#{depth}", term.index.size)
        return Sum(_plain(rename(term.body, {term.index: own}), depth + 1), own)
    return term.rebuild(tuple(_plain(each, depth) for each in term.args)) if term.args else term


def _used(nodes: Iterable[tree.Node], names: Vocabulary, symbols: Symbols) -> set[Tensor]:
    """The defined names that are written in a formula."""
    found = (symbols.symbol(part) for node in nodes for part in node.walk())
    keys = {symbol.key for symbol in found if symbol is not None}
    own = {each.get(key) for key in keys for each in (names.tensors, names.squares)}
    return {tensor for tensor in own if tensor is not None and tensor.definition is not None}
