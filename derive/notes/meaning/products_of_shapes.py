"""The shapes of products of matrices: that of S = Q K^T / sqrt(d), where those of Q and K are known."""

from __future__ import annotations

from collections.abc import Iterable

from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import BOLD, Symbols

Shape = tuple[str, ...]
"""The letters of the sizes; a number has none."""


def declare_products(chains: Iterable[tree.Node], symbols: Symbols, sizes: Sizes) -> None:
    """Declares what is computed from names with declared shapes, and small bold letters behind matrices."""
    if not sizes.declared:
        return
    shapes = _Shapes(symbols, sizes)
    for chain in chains:
        head = symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
        if head is None or head.indices or head.transposed or head.argument is not None or head.power is not None:
            continue
        for side in chain.sides[1:] if isinstance(chain, tree.Chain) else ():
            found = shapes.of(side)
            if found and head.key not in sizes.declared:
                sizes.declare(head.key, found)


class _Shapes:
    def __init__(self, symbols: Symbols, sizes: Sizes) -> None:
        self.symbols, self.sizes = symbols, sizes

    def of(self, node: tree.Node) -> Shape | None:
        """The shape of a formula, or None where it is not known."""
        symbol = self.symbols.symbol(node)
        if symbol is not None:
            return self._named(symbol.key, symbol.transposed) if not symbol.indices and not symbol.argument else None
        match node:
            case tree.Number() | tree.Root(body=tree.Name() | tree.Number()):
                return ()
            case tree.Group(body=body) if node.opening in ("", "(", "["):
                return self.of(body)
            case tree.Quotient(over=over, under=under):
                return self.of(over) if self.of(under) == () else None
            case tree.Terms(terms=terms):
                found = {self.of(term) for term in terms}
                return found.pop() if len(found) == 1 else None
            case tree.Product(factors=factors) if not {*node.signs} - {"", "\\cdot", "@"}:
                return self._product(factors)
        return None

    def _named(self, key: str, transposed: bool) -> Shape | None:
        if key in self.sizes.declared:
            places = range(self.sizes.axes.get(key, 0))
            found = tuple(letter for place in places if (letter := self.sizes.size_of(("axis", key, place))))
            return (found[::-1] if transposed else found) if len(found) == len(places) else None
        number = not self.sizes.axes.get(key) and (key in self.sizes.limits or key[:1].islower())
        return () if number and not transposed else None

    def _product(self, factors: tuple[tree.Node, ...]) -> Shape | None:
        found: Shape = ()
        for factor in factors:
            own = self._column(found, factor) or self.of(factor)
            if own is None:
                return None
            if not found or not own:
                found = found or own
            elif found[-1] == own[0] and len(found) == 2:
                found = (found[0], *own[1:])
            else:
                return None
        return found

    def _column(self, left: Shape, node: tree.Node) -> Shape | None:
        """The shape of a small bold letter of which nothing is said, behind a matrix; it is declared."""
        if len(left) != 2 or not isinstance(node, tree.Name) or node.font not in BOLD or not node.text.islower():
            return None
        symbol = self.symbols.symbol(node)
        if symbol is None or symbol.key in self.sizes.declared or self.sizes.axes.get(symbol.key):
            return None
        self.sizes.declare(symbol.key, left[1:])
        return left[1:]
