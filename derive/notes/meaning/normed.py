"""Vectors that only their norms and inner products show: W_0 and W^* of <W_0, W^*> and of || W_0 - W^* ||."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from derive.latex.reader import syntax as tree
from derive.notes.meaning.shapes import space
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import Symbol, Symbols

SIZES = ("p", "q", "D", "r", "M")
"""Letters for the common size, where the document has no other use for them."""


def normed(chains: Iterable[tree.Node], symbols: Symbols, sizes: Sizes) -> dict[str, int]:
    """One axis for each of these names, all over one size of their own.

    A name is meant that stands nowhere with an index and nowhere as the part of a matrix product, and has stood bare
    in an inner product with another such name. What is added to one of them in a norm, or there is a norm of, is one.
    """
    seen = _Seen(symbols)
    for chain in chains:
        seen.read(chain)
    found: dict[str, int] = {}
    for names in seen.joined():
        letter = next((each for each in SIZES if each not in sizes.counts and each not in sizes.limits), None)
        if letter is None or names & seen.others or not all(_is_free(name, sizes) for name in names):
            continue
        if not any(len(name) == 1 and name.islower() for name in names):  # x and y have the usual size
            for name in names:
                sizes.join(("axis", name, 0), ("size", letter))
            sizes.limits[letter] += 1
        found |= dict.fromkeys(sorted(names), 1)
    return found


def _is_free(key: str, sizes: Sizes) -> bool:
    """Whether nothing else says what a name is: no indices at it, no shape, and x_1 is no entry of an x_i."""
    base = key.partition("_")[0].partition("^")[0]
    return not sizes.axes.get(key) and not sizes.axes.get(base) and key not in sizes.declared and key != "1"


@dataclass
class _Seen:
    """The names in norms and inner products. `others` stand somewhere as what is no vector."""

    symbols: Symbols
    pairs: list[frozenset[str]] = field(default_factory=list)
    inner: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def joined(self) -> list[frozenset[str]]:
        """The names of each inner product, with all that are added to them."""
        found: list[frozenset[str]] = []
        for name in sorted(self.inner):
            if any(name in names for names in found):
                continue
            names = frozenset((name,))
            while more := frozenset().union(*(pair - names for pair in self.pairs if pair & names)):
                names |= more
            found.append(names)
        return found

    def read(self, chain: tree.Node) -> None:
        for part in chain.walk():
            if isinstance(part, tree.Group) and part.opening == "\\langle" and isinstance(part.body, tree.Items):
                items = [self.bare(item) for item in part.body.items]
                self.pairs += items
                if len(items) == 2 and all(items) and items[0] != items[1]:
                    self.inner |= {name for names in items for name in names}
                    self.pairs.append(items[0] | items[1])
            elif isinstance(part, tree.Group) and part.opening == "\\|":
                self.pairs.append(self.bare(part.body))
            elif isinstance(part, (tree.Product, tree.Nabla, tree.Partial)) or _is_in_space(part):
                self.others |= set(self._multiplied(part))
        for _, symbol in self.symbols.named_in(chain):
            if symbol.transposed or symbol.power is not None or symbol.argument is not None:
                self.others.add(symbol.key)

    def bare(self, node: tree.Node) -> frozenset[str]:
        """The names that are terms by themselves."""
        terms = node.terms if isinstance(node, tree.Terms) else (node,)
        symbols = map(self.symbols.symbol, terms)
        return frozenset(symbol.key for symbol in symbols if symbol is not None and _is_plain(symbol))

    def _multiplied(self, node: tree.Node) -> Iterator[str]:
        """The names that stand right in a derivative, or in a product with more than a number: W^* X."""
        inside = node.factors if isinstance(node, tree.Product) else tuple(node.children())
        found = [symbol for each in inside if (symbol := self.symbols.symbol(each)) is not None]
        if not isinstance(node, tree.Product):
            yield from (symbol.key for symbol in found)
            return
        for place, symbol in enumerate(found):
            if found[place + 1 :] or any(map(_may_be_array, found[:place])):
                yield symbol.key


def _is_plain(symbol: Symbol) -> bool:
    bare = not symbol.indices and symbol.power is None and symbol.argument is None and not symbol.transposed
    return bare and symbol.key != "1"


def _may_be_array(symbol: Symbol) -> bool:
    return bool(symbol.indices) or symbol.key[:1].isupper() or symbol.transposed or symbol.argument is not None


def _is_in_space(node: tree.Node) -> bool:
    return isinstance(node, tree.Chain) and any(space(side) is not None for side in node.sides[1:])
