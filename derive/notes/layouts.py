"""Derivatives of numbers by vectors: a row in one formula, and a column in another one of the same document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from derive.language import LanguageError
from derive.latex.reader import syntax as tree
from derive.notes.claims import Claims
from derive.notes.meaning.fractions import by_of, differentiated_in
from derive.notes.meaning.value import Value
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.report import PROVED, Relation

ROW, COLUMN = "a row", "a column"


class Layouts:
    """The layouts that a document has used so far."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims
        self.first = ""

    def of(self, number: int, statements: Sequence[tree.Statement], relations: Sequence[Relation]) -> Iterator[str]:
        """A warning where a formula that is proved has the other layout than those before it."""
        proved = {relation.offset for relation in relations if relation.verdict == PROVED}
        for chain in (each.chain for each in statements if proved):
            if not isinstance(chain, tree.Chain):
                continue
            for sign, pair in zip(chain.signs, pairwise(chain.sides), strict=True):
                layout = self._layout(number, *pair) if sign.start in proved else ""
                self.first = self.first or layout
                if layout and layout != self.first:
                    yield f"the derivative of a number by a vector is {layout} here, and {self.first} elsewhere"

    def _layout(self, number: int, left: tree.Node, right: tree.Node) -> str:
        """What the second side takes the derivative on the first one to be, where that is seen."""
        if not self._is_by_whole(left) or (isinstance(right, tree.Quotient) and _is_derivative(right)):
            return ""
        try:
            translation = self.claims.translated(number)
            own, other = translation.value(left), translation.value(right)
            if not len(own.axes) == len(other.axes) == 1 or own.transposed:
                return ""
            return ROW if other.transposed else self._side(right, translation.value)
        except (Unclear, LanguageError):
            return ""

    def _is_by_whole(self, node: tree.Node) -> bool:
        """Whether this is a derivative by something that is written without an index, and without a transpose."""
        found = by_of(node) if isinstance(node, tree.Quotient) and _is_derivative(node) else None
        symbol = self.claims.survey.symbols.symbol(found[0]) if found is not None and len(found) == 1 else None
        return symbol is not None and not symbol.indices and not symbol.transposed and symbol.power is None

    def _side(self, node: tree.Node, value: Callable[[tree.Node], Value]) -> str:
        """On which side of a matrix the derivative stands; without one, and without a transpose, it is a column."""
        if not any(isinstance(part, tree.Quotient) and _is_derivative(part) for part in node.walk()):
            return COLUMN
        if not isinstance(node, tree.Product) or set(node.signs) - {"", "\\cdot", "\\,"}:
            return ""
        ranks = [len(value(factor).axes) for factor in node.factors]
        if sorted(ranks, reverse=True)[:2] != [2, 1]:
            return ""
        return ROW if ranks.index(1) < ranks.index(2) else COLUMN


def _is_derivative(node: tree.Quotient) -> bool:
    return by_of(node) is not None and differentiated_in(node.over) is not None
