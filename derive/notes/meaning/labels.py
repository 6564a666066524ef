"""What sums up to 1: the labels of a cross-entropy, and what a document says of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.language import Claim, Eq, Index, Sum, Tensor, Term
from derive.language.binding import walk
from derive.language.terms import Entry, Function
from derive.latex.reader import syntax as tree
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
                if side.operator == "sum" and symbol is not None and symbol.power is None and symbol.argument is None:
                    yield symbol.key


def sums_to_one(tensor: Tensor) -> Claim:
    """The claim that the entries of a vector sum up to 1."""
    k = Index("k", tensor.sizes[0])
    return Eq(Sum(tensor[k], k), 1)


def are_labels(labels: Tensor, definitions: Iterable[Tensor]) -> bool:
    """Whether a vector without a definition is multiplied by a logarithm in the definition of one number."""
    if labels.definition is not None or len(labels.sizes) != 1:
        return False
    return any(each.definition is not None and _weighs(labels, each.definition.body) for each in definitions)


def _weighs(labels: Tensor, body: Term) -> bool:
    logs = [part for part in walk(body) if isinstance(part, Function) and part.name == "log"]
    inside = {part.tensor for log in logs for part in walk(log) if isinstance(part, Entry)}
    outside = {part.tensor for part in walk(body) if isinstance(part, Entry)}
    return bool(logs) and labels in outside and labels not in inside
