"""Over which size each axis of each symbol runs, from the limits of the sums in a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derive.latex.reader import syntax as tree
from derive.notes.meaning.positions import limits
from derive.notes.meaning.shapes import space
from derive.notes.meaning.symbols import Symbols, is_differential
from derive.notes.meaning.tables import cells_of, written_out

SIZE_LETTERS = ("m", "N", "n", "D", "d", "H", "K", "M", "B", "C", "T", "V")
"""Letters that are a size where they stand alone."""


@dataclass
class Sizes:
    """Axes and indices that must run over the same size are joined; a size letter may be joined to them."""

    symbols: Symbols
    parent: dict[Hashable, Hashable] = field(default_factory=dict)
    counts: dict[str, Counter[int]] = field(default_factory=dict)
    limits: Counter[str] = field(default_factory=Counter)
    scalars: dict[str, None] = field(default_factory=dict)
    """Symbols that were written without an index."""
    declared: set[str] = field(default_factory=set)
    """Symbols of which the document says the shape."""
    values: set[str] = field(default_factory=set)
    """Letters that are no sizes: they are computed from other things, or differentiated."""
    added: set[str] = field(default_factory=set)
    """Letters that are added to something, so that they are less likely the size of what has none."""
    bundles: set[str] = field(default_factory=set)
    """Symbols that are vectors at each index: x_i of w^T x_i has two axes."""
    divisors: dict[int, frozenset[str]] = field(default_factory=dict)
    """The capital letters that the sums of the formula being read are divided by: n runs up to N in a mean."""

    def read(self, formula: int, node: tree.Node) -> None:
        """What a formula says about sizes."""
        self.values.update(_values(node))
        self.values.update(self._called(node))
        self.divisors = dict(_divisors(node))
        self._walk(node, {}, formula)
        for found in written_out(node):
            sizes = [size for size in found.sizes if size]
            bound = {letter: ("size", size) for letter, size in zip(found.indices, sizes, strict=False)}
            self.limits.update(sizes)
            for entry in filter(None, (found.entry, found.diagonal)):
                self._walk(entry, bound, formula)

    def _called(self, node: tree.Node) -> Iterator[str]:
        """The letter that a formula defines as a function, H(p) = ...: it is no size."""
        symbol = self.symbols.symbol(node.sides[0]) if isinstance(node, tree.Chain) else None
        if symbol is not None and symbol.argument is not None:
            yield symbol.key

    def size_of(self, *nodes: Hashable) -> str | None:
        """The letter of the size of an axis or of an index, where a sum says one."""
        roots = {self._root(node) for node in nodes}
        found = [letter for letter in self.letters() if self._root(("size", letter)) in roots]
        return max(found, key=lambda letter: self.limits[letter], default=None)

    def declare(self, key: str, sizes: tuple[str | None, ...]) -> None:
        """A name without indices is an array of this shape, unless it is written with other indices somewhere."""
        counts = self.counts.setdefault(key, Counter())
        own = [self.size_of(("axis", key, place)) for place in range(len(sizes))]
        known = any(old is not None and old != new for old, new in zip(own, sizes, strict=True))
        if known or any(counts[n] for n in counts if n not in (0, len(sizes))):
            return
        counts[len(sizes)] += 1
        self.__dict__.pop("axes", None)
        self.declared.add(key)
        for place, letter in enumerate(sizes):
            if letter is not None:
                self.join(("axis", key, place), ("size", letter))
                self.limits[letter] += 1

    @cached_property
    def axes(self) -> dict[str, int]:
        """How many axes a symbol has: as many as it is written with most often, if ever with one."""
        written = {
            key: Counter({count: n for count, n in counts.items() if count}) for key, counts in self.counts.items()
        }
        axes = {key: counts.most_common(1)[0][0] if counts else 0 for key, counts in written.items()}
        return axes | dict.fromkeys(self.bundles, 2)

    def bundle(self, key: str) -> None:
        """A symbol with one index is a vector at each index."""
        self.bundles.add(key)
        self.__dict__.pop("axes", None)

    def shape(self, axes: Mapping[str, int]) -> None:
        """Says how many axes some symbols have that are written without indices."""
        for key, count in axes.items():
            self.counts.setdefault(key, Counter())[count] += 1
        self.__dict__.pop("axes", None)

    def size_letters(self) -> list[str]:
        """Letters that are a size where they stand alone, in this document."""
        return [letter for letter in SIZE_LETTERS if letter not in self.values]

    def letters(self) -> list[str]:
        """Every letter that is the limit of a sum."""
        return sorted(self.limits)

    def is_mostly_indexed(self, key: str) -> bool:
        """Whether a symbol is written with indices more often than without."""
        counts = self.counts.get(key, Counter())
        return sum(counts.values()) - counts[0] > counts[0]

    def usual(self) -> str:
        """The size of what has none: that letter which stands most often for one."""
        inputs = [letter for name in "xyazhuv" if (letter := self.size_of(("axis", name, 0))) is not None]
        if inputs:
            return inputs[0]
        uses = Counter(self.limits)
        uses.update({letter: self.counts.get(letter, Counter())[0] for letter in self.size_letters()})
        return max(uses, key=lambda letter: (letter not in self.added, uses[letter])) if any(uses.values()) else "m"

    def root(self, node: Hashable) -> Hashable:
        """What stands for all axes and indices that run over the same size as this one."""
        return self._root(node)

    def _root(self, node: Hashable) -> Hashable:
        self.parent.setdefault(node, node)
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def join(self, left: Hashable, right: Hashable) -> None:
        self.parent[self._root(left)] = self._root(right)

    def _walk(self, node: tree.Node, scope: Mapping[str, Hashable], formula: int) -> None:
        if (moved := self.symbols.moved(node)) is not None:
            node = moved.plain
        symbol = self.symbols.symbol(node)
        if symbol is not None:
            self._named(symbol.key, symbol.indices, scope, formula)
            for inside in (symbol.power, symbol.argument):
                if inside is not None:
                    self._walk(inside, scope, formula)
            return
        if isinstance(node, tree.Big):
            inner = dict(scope)
            for letter in binders(node, self.symbols):
                inner[letter] = ("bound", formula, node.start, letter)
                for place in self._places(node):
                    self.join(inner[letter], scope.get(place, ("free", formula, place)))
                limit = self.symbols.symbol(_whole(node)) if node.upper is not None else None
                if node.upper is None and letter.upper() in self.divisors.get(id(node), ()):
                    self.join(inner[letter], ("size", letter.upper()))
                    self.limits[letter.upper()] += 1
                if limit is not None and not limit.indices and limit.power is None and not self._is_place(limit.key):
                    self.join(inner[letter], ("size", limit.key))
                    self.limits[limit.key] += 1
            self._walk(node.body, inner, formula)
            return
        if isinstance(node, tree.Chain) and any(sign.text == "\\in" and space(side) for sign, side in _ends(node)):
            self._walk(node.sides[0], scope, formula)
            return
        if isinstance(node, tree.Terms):
            self.added |= {*_added(node)}
        for child in list(node.children())[1 if is_differential(node) else 0 :]:
            self._walk(child, scope, formula)

    def _is_place(self, key: str) -> bool:
        return key in self.symbols.positions.letters

    def _places(self, node: tree.Big) -> Iterator[str]:
        """The letters of places that bound the range of a sum."""
        return (letter for _, (letter, _) in limits(node) if self._is_place(letter))

    def _named(self, key: str, letters: Iterable[str], scope: Mapping[str, Hashable], formula: int) -> None:
        found = tuple(letters)
        if not found:
            self.scalars[key] = None
        if key not in self.counts:
            self.counts[key] = Counter()
        self.counts[key][len(found)] += 1
        for place, letter in enumerate(found):
            self.join(("axis", key, place), scope.get(letter, ("free", formula, letter)))


def _added(node: tree.Terms) -> Iterator[str]:
    """The letters that are added to something else than letters and numbers, as shifts are and sizes are not."""
    if all(isinstance(term, tree.Number | tree.Name) for term in node.terms):
        return
    for place, term in enumerate(node.terms):
        if place and node.signs[place] == "+" and isinstance(term, tree.Name):
            yield term.text


def _whole(node: tree.Big) -> tree.Node:
    """The limit of a sum, or N where it runs from 0 to N - 1."""
    lower, upper = node.lower, node.upper
    while isinstance(upper, tree.Group) and not upper.opening:
        upper = upper.body
    first = lower.sides[-1] if isinstance(lower, tree.Chain) else None
    if isinstance(first, tree.Number) and first.value == 0 and isinstance(upper, tree.Terms) and is_one_less(upper):
        return upper.terms[0]
    return tree.Nothing(node.start, node.start) if upper is None else upper


def is_one_less(node: tree.Terms) -> bool:
    """Whether this is a name less 1."""
    if node.signs != ("+", "-"):
        return False
    first, second = node.terms
    return isinstance(first, tree.Name) and isinstance(second, tree.Number) and second.value == 1


def _ends(node: tree.Chain) -> Iterable[tuple[tree.Sign, tree.Node]]:
    return zip(node.signs, node.sides[1:], strict=True)


def _values(node: tree.Node) -> Iterator[str]:
    """The size letters that a formula computes from something else than sizes, or differentiates."""
    if isinstance(node, tree.Chain) and isinstance(node.sides[0], tree.Name) and len(node.sides) > 1:
        others = (part for side in node.sides[1:] for part in side.walk() if isinstance(part, tree.Name))
        written = any(cells_of(side) is not None for side in node.sides[1:])
        if written or any(part.text not in SIZE_LETTERS or part.accents for part in others):
            yield node.sides[0].text
    for part in node.walk():
        if isinstance(part, tree.Partial) and isinstance(part.body, tree.Name):
            yield part.body.text


def _divisors(node: tree.Node) -> Iterator[tuple[int, frozenset[str]]]:
    """The capital letters that sums are divided by."""
    for part in node.walk():
        if not isinstance(part, tree.Product | tree.Quotient):
            continue
        quotients = [each for each in (*getattr(part, "factors", ()), part) if isinstance(each, tree.Quotient)]
        below = [inside for each in quotients for inside in each.under.walk()]
        capitals = frozenset(each.text for each in below if isinstance(each, tree.Name) and each.text.isupper())
        for each in part.walk() if capitals else ():
            if isinstance(each, tree.Big):
                yield id(each), capitals


def binders(node: tree.Big, symbols: Symbols) -> tuple[str, ...]:
    """The letters of the indices that a sum runs over: `i=1`, `i`, `i,j`, `n', h'`, `j \\neq i`."""
    if node.lower is None:
        return ()
    lower = node.lower
    if isinstance(lower, tree.Chain):
        lower = lower.sides[len(lower.sides) == 3]
    if isinstance(lower, tree.Items):
        parts = [item.sides[0] if isinstance(item, tree.Chain) else item for item in lower.items]
        return tuple(letter for part in parts for letter in symbols.indices(part) or ())
    return symbols.indices(lower) or ()
