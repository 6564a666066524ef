"""What sums up to 1: the labels of a cross-entropy, and what a document says of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.language import Claim, Eq, Index, Tensor, Term
from derive.language.binding import walk
from derive.language.terms import Add, Entry, Function, Number, Sum
from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import binders
from derive.notes.meaning.symbols import Symbols

LABELS = frozenset("y t q p y.tilde y.bar y^* y_true p.tilde".split())
"""Names of labels, or of probabilities in their place, where they are multiplied by a logarithm."""


def said_to_be_one(chain: tree.Node, symbols: Symbols) -> Iterator[str]:
    """The names of which a formula says that their entries sum up to 1."""
    if not isinstance(chain, tree.Chain):
        return
    for place, sign in enumerate(chain.signs):
        sides = chain.sides[place : place + 2]
        for side, other in (sides, sides[::-1]):
            if sign.text == "=" and isinstance(other, tree.Number) and other.value == 1 and isinstance(side, tree.Big):
                symbol = symbols.symbol(side.body)
                if side.operator != "sum" or symbol is None or symbol.power is not None or symbol.argument is not None:
                    continue
                if len(symbol.indices) < 2 or symbol.indices[-1:] == binders(side, symbols):
                    yield symbol.key


def sums_to_one(tensor: Tensor, axis: int = -1) -> Claim:
    """The claim that the entries of an array sum up to 1 over one of its axes, at every place of the others."""
    own = [Index(f"k{place}" if place else "k", size) for place, size in enumerate(tensor.sizes)]
    return Eq(Sum(Entry(tensor, tuple(own)), own[axis]), 1)


def classes(labels: Tensor, definitions: Iterable[Tensor]) -> int:
    """The axis of labels over which the probabilities beside them sum up to 1; the last one where nothing shows it."""
    bodies = [each.definition.body for each in definitions if each.definition is not None]
    if len(labels.sizes) < 2 or not (beside := [each for body in bodies for each in _inside_logs(body)]):
        return -1
    for tensor in beside:
        if tensor.definition is None or len(tensor.sizes) != len(labels.sizes):
            continue
        for part in walk(tensor.definition.body):
            if isinstance(part, Sum):
                places = [each.indices for each in walk(part.body) if isinstance(each, Entry)]
                found = [own.index(part.index) for own in places if len(own) == len(labels.sizes) and part.index in own]
                if found:
                    return found[0]
    return -1


def are_labels(labels: Tensor, definitions: Iterable[Tensor]) -> bool:
    """Whether a vector without a definition is multiplied by a logarithm in the definition of one number."""
    if labels.definition is not None or len(labels.sizes) not in (1, 2):
        return False
    return any(each.definition is not None and _weighs(labels, each.definition.body) for each in definitions)


def _weighs(labels: Tensor, body: Term) -> bool:
    inside = _inside_logs(body)
    outside = {part.tensor for part in walk(body) if isinstance(part, Entry)}
    return bool(inside) and labels in outside and labels not in inside and not _is_taken_from_one(labels, body)


def _inside_logs(body: Term) -> set[Tensor]:
    """What logarithms in a formula are of."""
    logs = [part for part in walk(body) if isinstance(part, Function) and part.name == "log"]
    return {tensor for log in logs for tensor in _tensors(log)}


def _is_taken_from_one(labels: Tensor, body: Term) -> bool:
    """Whether 1 - y stands in a formula: each label is a probability by itself, as in a logistic regression."""
    for part in walk(body):
        if isinstance(part, Add) and any(isinstance(each, Number) for each in part.args):
            names = [set(_tensors(each)) for each in part.args]
            if any(each == {labels} for each in names):
                return True
    return False


def _tensors(term: Term) -> Iterator[Tensor]:
    return (part.tensor for part in walk(term) if isinstance(part, Entry))
