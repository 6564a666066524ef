"""Matrices that are written out entry by entry, without dots, and what is computed from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from derive.language import Index, Number, Tensor, Term
from derive.language.binding import walk
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.meaning.instances import MOST, Instance
from derive.notes.meaning.symbols import TRANSPOSES, Symbols
from derive.notes.meaning.tables import bare, has_dots, is_matrix
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value


@dataclass(frozen=True)
class Grid:
    """Numbers in rows and columns."""

    rows: tuple[tuple[Term, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    @property
    def turned(self) -> Grid:
        return Grid(tuple(zip(*self.rows, strict=True)))

    def entries(self) -> Iterator[Term]:
        for row in self.rows:
            yield from row


Tables = Mapping[str, tree.Node]
"""The names that stand for a matrix that is written out."""

Part = Grid | Value


def is_written_out(node: tree.Node) -> bool:
    """Whether this is a matrix with all its entries."""
    table = bare(node)
    return is_matrix(table) and not has_dots(table)


def has_grid(node: tree.Node, symbols: Symbols, tables: Tables) -> bool:
    """Whether a matrix is written out in a formula, or stands there by its name; cases behind a brace are none."""
    if isinstance(node, tree.Group) and (node.opening, node.closing) == ("\\{", "."):
        return False
    if is_written_out(node) or _named(node, symbols, tables) is not None:
        return True
    return any(has_grid(child, symbols, tables) for child in node.children())


def _named(node: tree.Node, symbols: Symbols, tables: Tables) -> tree.Node | None:
    symbol = symbols.symbol(node) if isinstance(node, tree.Name | tree.Scripted) else None
    plain = symbol is not None and not symbol.indices and symbol.power is None and not symbol.transposed
    return tables.get(symbol.key) if symbol is not None and plain else None


class Grids:
    """Reads both sides of a relation entry by entry; the sizes of named arrays follow from what is written out."""

    def __init__(self, translation: Translation, tables: Tables) -> None:
        self.translation, self.tables = translation, tables
        self.symbols = translation.symbols
        self.sizes: dict[Term, int] = {}

    def pairs(self, left: tree.Node, right: tree.Node) -> Iterator[tuple[Term, Term]]:
        """The entries of both sides, side by side. Raises Unclear where these have different shapes."""
        one, other = self.read(left), self.read(right)
        if isinstance(one, Value) and isinstance(other, Value):
            if one.axes or other.axes:
                raise Unclear("arrays of sizes that are not known")
            one, other = Grid(((one.term,),)), Grid(((other.term,),))
        one = self._like(one, other) if isinstance(one, Value) and isinstance(other, Grid) else one
        other = self._like(other, one) if isinstance(other, Value) and isinstance(one, Grid) else other
        if not isinstance(one, Grid) or not isinstance(other, Grid) or one.shape != other.shape:
            raise Unclear("the sides are arrays of different shapes")
        terms = [*one.entries(), *other.entries()]
        named = self._entries({part.tensor for term in terms for part in _names(term)})
        instance = Instance(self.sizes)
        for first, second in zip(one.entries(), other.entries(), strict=True):
            yield instance(_put(first, named), {}), instance(_put(second, named), {})

    def read(self, node: tree.Node) -> Part:
        """What a formula means: a grid where a matrix is written out in it."""
        node = bare(node)
        if (own := _named(node, self.symbols, self.tables)) is not None:
            return self.read(own)
        if not has_grid(node, self.symbols, self.tables):
            return self.translation.value(node)
        match node:
            case tree.Table():
                return self._table(node)
            case tree.Group(opening="" | "(" | "["):
                return self.read(node.body)
            case tree.Labelled():
                return self.read(node.body)
            case tree.Scripted() if _is_transpose(node):
                found = self.read(node.base)
                return found.turned if isinstance(found, Grid) else self.translation.value(node)
            case tree.Terms():
                return reduce(self._plus, (self._signed(*each) for each in zip(node.signs, node.terms, strict=True)))
            case tree.Product():
                return self._product(node)
            case tree.Quotient():
                return self._scaled(self.read(node.over), self._inverse(self.read(node.under)))
        raise Unclear("something with a matrix that is written out", node.start, node.end)

    def _table(self, node: tree.Table) -> Grid:
        width = len(node.rows[0]) if node.rows else 0
        if not width or any(len(row) != width for row in node.rows) or max(width, len(node.rows)) > MOST:
            raise Unclear("a matrix whose rows have different lengths, or too many", node.start, node.end)
        return Grid(tuple(tuple(map(self._cell, row)) for row in node.rows))

    def _cell(self, node: tree.Node) -> Term:
        if isinstance(node, tree.Nothing):
            return Number(0)
        found = self.translation.value(node)
        if found.axes:
            raise Unclear("a matrix with arrays for its entries", node.start, node.end)
        return found.term

    def _signed(self, sign: str, node: tree.Node) -> Part:
        if sign not in "+-":
            raise Unclear(f"{sign} says two things", node.start, node.end)
        found = self.read(node)
        return found if sign == "+" else self._scaled(found, Number(-1))

    def _plus(self, left: Part, right: Part) -> Part:
        if isinstance(left, Value) and isinstance(right, Value):
            if left.axes or right.axes:
                raise Unclear("a sum of arrays of sizes that are not known")
            return Value(left.term + right.term)
        if isinstance(left, Value):
            return self._plus(right, left)
        other = self._like(right, left) if isinstance(right, Value) else right
        if left.shape != other.shape:
            raise Unclear("a sum of arrays of different shapes")
        pairs = zip(left.rows, other.rows, strict=True)
        return Grid(tuple(tuple(one + two for one, two in zip(*rows, strict=True)) for rows in pairs))

    def _product(self, node: tree.Product) -> Part:
        found = self.read(node.factors[0])
        for sign, factor in zip(node.signs[1:], node.factors[1:], strict=True):
            other = self.read(factor)
            if sign == "/":
                found = self._scaled(found, self._inverse(other))
            elif sign in ("", "\\cdot", "\\times", "@"):
                found = self._times(found, other)
            elif sign in ("\\odot", "\\circ", "*"):
                found = self._entrywise(found, other)
            else:
                raise Unclear(f"{sign} between matrices", node.start, node.end)
        return found

    def _times(self, left: Part, right: Part) -> Part:
        if isinstance(left, Value) and not left.axes:
            return self._scaled(right, left.term)
        if isinstance(right, Value) and not right.axes:
            return self._scaled(left, right.term)
        if isinstance(left, Value) and isinstance(right, Grid):
            left = self._as_grid(left, columns=right.shape[0])
        if isinstance(right, Value) and isinstance(left, Grid):
            right = self._as_grid(right, rows=left.shape[1])
        if not isinstance(left, Grid) or not isinstance(right, Grid) or left.shape[1] != right.shape[0]:
            raise Unclear("a product of arrays that don't fit")
        rows = tuple(tuple(_dot(row, column) for column in right.turned.rows) for row in left.rows)
        return Value(rows[0][0]) if len(rows) == len(rows[0]) == 1 else Grid(rows)

    def _entrywise(self, left: Part, right: Part) -> Part:
        if isinstance(left, Value) and isinstance(right, Grid):
            left = self._like(left, right)
        if isinstance(right, Value) and isinstance(left, Grid):
            right = self._like(right, left)
        if not isinstance(left, Grid) or not isinstance(right, Grid) or left.shape != right.shape:
            raise Unclear("a product entry by entry of arrays of different shapes")
        pairs = zip(left.rows, right.rows, strict=True)
        return Grid(tuple(tuple(one * two for one, two in zip(*rows, strict=True)) for rows in pairs))

    def _scaled(self, found: Part, by: Term) -> Part:
        if isinstance(found, Value):
            return Value(by * found.term, found.axes, found.transposed)
        return Grid(tuple(tuple(by * each for each in row) for row in found.rows))

    def _inverse(self, found: Part) -> Term:
        if isinstance(found, Grid) or found.axes:
            raise Unclear("a quotient by an array")
        return Number(1) / found.term

    def _like(self, value: Value, other: Grid) -> Grid:
        """A named array with the shape of what stands beside it; a vector alone may be a row or a column."""
        rows, columns = other.shape
        if not value.axes:
            if (rows, columns) == (1, 1):
                return Grid(((value.term,),))
            raise Unclear("a number beside a matrix")
        if len(value.axes) == 1 and not value.transposed and 1 in (rows, columns):
            found = self._as_grid(value, rows=max(rows, columns), column=True)
            return found if columns == 1 else found.turned
        return self._as_grid(value, rows=rows, columns=columns)

    def _as_grid(
        self, value: Value, rows: int | None = None, columns: int | None = None, column: bool | None = None
    ) -> Grid:
        """A named array entry by entry. Raises Unclear where a size is open, or is another already."""
        if len(value.axes) == 1:
            column = value.transposed == self.translation.rows if column is None else column
            own = self._number(value.axes[0].size, rows if column else columns)
            made = Grid(tuple((self._at(value, (place,)),) for place in range(1, own + 1)))
            return made if column else made.turned
        if len(value.axes) != 2:
            raise Unclear("an array that is no matrix")
        height, width = self._number(value.axes[0].size, rows), self._number(value.axes[1].size, columns)
        places = [[(row, at) for at in range(1, width + 1)] for row in range(1, height + 1)]
        return Grid(tuple(tuple(self._at(value, each) for each in row) for row in places))

    def _number(self, size: Term, needed: int | None) -> int:
        known = int(size.value) if isinstance(size, Number) else self.sizes.get(size, needed)
        if known is None or (needed is not None and known != needed) or not 0 < known <= MOST:
            raise Unclear("arrays of sizes that do not fit, or are not known")
        if not isinstance(size, Number):
            self.sizes[size] = known
        return known

    def _at(self, value: Value, places: tuple[int, ...]) -> Term:
        return Instance(self.sizes | self._open(value))(value.term, dict(zip(value.axes, places, strict=True)))

    def _open(self, value: Value) -> dict[Term, int]:
        """The sizes of a value's own axes, which are known by now or fit."""
        return {axis.size: self.sizes[axis.size] for axis in value.axes if axis.size in self.sizes}

    def _entries(self, used: set[Tensor]) -> dict[Term, Term]:
        """What names such as y_1 and a_{12} stand for, where y and a are arrays of sizes that are known."""
        vocabulary = self.translation.vocabulary
        instance = Instance(self.sizes)
        found: dict[Term, Term] = {}
        for key, tensor in list(vocabulary.tensors.items()):
            base, _, label = key.partition("_")
            places = _places(label)
            if tensor not in used or tensor.sizes or not places or not vocabulary.sizes.axes.get(base):
                continue
            of = vocabulary.tensor(base)
            known = [int(size.value) if isinstance(size, Number) else self.sizes.get(size, 0) for size in of.sizes]
            if len(known) == len(places) and all(at <= most for most, at in zip(known, places, strict=True)):
                axes = tuple(Index(f"e{place}", size) for place, size in enumerate(of.sizes))
                found[Entry(tensor)] = instance(Entry(of, axes), dict(zip(axes, places, strict=True)))
        return found


def _places(label: str) -> tuple[int, ...]:
    """The places in a label: 3 of y_3, 1 and 2 of a_{12} and a_{1,2}."""
    parts = label.replace(";", ",").split(",")
    if len(parts) == 1 and len(label) == 2:
        parts = list(label)
    return tuple(map(int, parts)) if all(part.isdigit() and 0 < int(part) < 10 for part in parts) else ()


def _names(term: Term) -> Iterator[Entry]:
    return (part for part in walk(term) if isinstance(part, Entry))


def _put(term: Term, values: Mapping[Term, Term]) -> Term:
    if term in values:
        return values[term]
    return term.rebuild(tuple(_put(arg, values) for arg in term.args)) if term.args else term


def _dot(row: tuple[Term, ...], column: tuple[Term, ...]) -> Term:
    return reduce(lambda left, right: left + right, (one * two for one, two in zip(row, column, strict=True)))


def _is_transpose(node: tree.Scripted) -> bool:
    plain = node.sub is None and not node.primes
    return plain and isinstance(node.sup, tree.Name) and node.sup.text in TRANSPOSES
