"""Notation of a document that contradicts itself: warnings, each at the formula that is unlike those before it."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbols
from derive.notes.meaning.value import constant

INSIDE, OUTSIDE = "inside", "outside"


class Cautions:
    """What the formulas of a document say about their notation, in their order."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.first: dict[str, str] = {}

    def of(self, statements: tuple[tree.Statement, ...]) -> Iterator[str]:
        """A warning where epsilon stands on the other side of the root than where it stood first."""
        for place, name in sorted({found for each in statements for found in self._epsilons(each.chain)}):
            before = self.first.setdefault(name, place)
            if before != place:
                yield f"\\{name} stands {place} of the root here, and {before} of it elsewhere"

    def _epsilons(self, node: tree.Node) -> Iterator[tuple[str, str]]:
        """Where an epsilon is added: to a variance below a root, or to the deviation itself."""
        for part in node.walk():
            body = _rooted(part)
            if body is not None and (name := self._added(body, squared=True)) is not None:
                yield INSIDE, name
            elif isinstance(part, tree.Terms) and (name := self._added(part, squared=False)) is not None:
                yield OUTSIDE, name

    def _added(self, node: tree.Node, squared: bool) -> str | None:
        """The epsilon that is added to sigma^2, or to sigma or its root, and to nothing else."""
        while isinstance(node, tree.Group) and node.opening in ("", "("):
            node = node.body
        if not isinstance(node, tree.Terms) or len(node.terms) != 2 or set(node.signs) != {"+"}:
            return None
        names = [self.symbols.symbol(term) for term in node.terms]
        for own, other in ((0, 1), (1, 0)):
            epsilon, name = names[own], names[other]
            if epsilon is None or epsilon.key != "epsilon" or epsilon.power is not None:
                continue
            inner = _rooted(node.terms[other])
            if not squared and inner is not None and self._is_deviation(inner, True):
                return epsilon.key
            if name is not None and self._is_deviation(node.terms[other], squared):
                return epsilon.key
        return None

    def _is_deviation(self, node: tree.Node, squared: bool) -> bool:
        symbol = self.symbols.symbol(node)
        if symbol is None or symbol.key.partition("_")[0] != "sigma" or symbol.argument is not None:
            return False
        return constant(symbol.power) == 2 and squared if symbol.power is not None else not squared


def _rooted(node: tree.Node) -> tree.Node | None:
    """What stands below a root, or to the power of a half."""
    if isinstance(node, tree.Root) and node.degree is None:
        return node.body
    if isinstance(node, tree.Scripted) and isinstance(node.base, tree.Group) and node.sup is not None:
        power = constant(node.sup)
        return node.base.body if power is not None and power.denominator == 2 else None
    return None
