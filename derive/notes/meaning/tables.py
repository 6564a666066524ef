r"""Arrays that are written out with dots, (x_1, \dots, x_n) and matrices with \cdots and \vdots, by their entry.

The entry is found by comparing what is written at the corners: where the first and the last differ, one by a number and
the other by a letter, an index stands. Every entry that is written has to be this one; a diagonal may be another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.latex.reader import syntax as tree
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.written import written

MATRICES = frozenset("matrix pmatrix bmatrix Bmatrix smallmatrix array".split())
BRACKETS = (("", ""), ("(", ")"), ("[", "]"))
LETTERS = "ijklpqrstuvwabch"

Path = tuple[object, ...]


@dataclass(frozen=True)
class Pattern:
    """The entry at the letters `indices`, which run up to the sizes `sizes`; `diagonal` is there where both are equal.

    `row` says of an array with one axis that it is a row, `listed` that it stands between brackets and commas.
    """

    entry: tree.Node
    indices: tuple[str, ...]
    sizes: tuple[str, ...]
    diagonal: tree.Node | None = None
    row: bool = False
    listed: bool = False


def is_matrix(node: tree.Node) -> bool:
    return isinstance(node, tree.Table) and node.kind in MATRICES


def bare(node: tree.Node) -> tree.Node:
    """The table between brackets; else the node, such as one between a brace and nothing, which has cases."""
    inside = node
    while isinstance(inside, tree.Group) and (inside.opening, inside.closing) in BRACKETS:
        inside = inside.body
    return inside if is_matrix(inside) else node


def cells_of(node: tree.Node) -> tuple[tuple[tree.Node, ...], ...] | None:
    """The rows of a matrix, or the one row of a list between brackets; None for anything else."""
    if not isinstance(node, tree.Group | tree.Table):
        return None
    found = bare(node)
    if isinstance(found, tree.Table) and is_matrix(found):
        return found.rows
    inside = node.body if isinstance(node, tree.Group) and node.opening in ("(", "[") else None
    return (inside.items,) if isinstance(inside, tree.Items) else None


def has_dots(node: tree.Node) -> bool:
    """Whether an array is written out with dots."""
    cells = cells_of(node)
    return cells is not None and any(isinstance(cell, tree.Dots) for row in cells for cell in row)


def pattern(node: tree.Node) -> Pattern:
    """The entry of an array that is written out with dots. Raises Unclear where it has none."""
    cells = cells_of(node)
    if cells is None or not has_dots(node):
        raise Unclear("an array without dots", node.start, node.end)
    rows = [[_normal(cell) for cell in row] for row in cells]
    width = max(map(len, rows))
    rows = [[*row, *(tree.Nothing(node.end, node.end) for _ in range(width - len(row)))] for row in rows]
    letters = [each for each in LETTERS if each not in _names(rows)]
    if len(rows) == 1 or width == 1:
        line = rows[0] if len(rows) == 1 else [row[0] for row in rows]
        found = _line(line, letters[0], node)
        listed = not is_matrix(bare(node))
        return _ask_below(replace(found, row=len(rows) == 1 and not listed, listed=listed), node)
    return _ask_below(_matrix(rows, letters, node), node)


def _ask_below(found: Pattern, node: tree.Node) -> Pattern:
    """Raises Unclear where the indices stand elsewhere than in subscripts: the entries are numbers, or powers."""
    for entry in filter(None, (found.entry, found.diagonal)):
        if any(letter in _outside(entry) for letter in found.indices):
            raise Unclear("an array with dots whose entries differ in more than their subscripts", node.start, node.end)
    return found


def _outside(node: tree.Node) -> Iterator[str]:
    """The letters that stand in no subscript, and in no superscript between brackets."""
    if isinstance(node, tree.Name):
        yield node.text
    for child in node.children():
        below = isinstance(node, tree.Scripted) and (child is node.sub or _is_index_above(child, node))
        if not below:
            yield from _outside(child)


def _is_index_above(child: tree.Node, node: tree.Scripted) -> bool:
    return child is node.sup and isinstance(child, tree.Group) and child.opening == "("


def _names(rows: Sequence[Sequence[tree.Node]]) -> set[str]:
    return {part.text for row in rows for cell in row for part in cell.walk() if isinstance(part, tree.Name)}


def _line(line: Sequence[tree.Node], letter: str, node: tree.Node) -> Pattern:
    places = _numbered(line)
    (_, first), (_, last) = places[0], places[-1]
    changes = _changes(first, last)
    if not changes and not any(isinstance(part, tree.Name) for part in first.walk()):
        return _constant(places, letter, node)
    size = _one_letter(changes.values(), node)
    entry = _replaced(first, dict.fromkeys(changes, letter))
    for number, cell in places[:-1]:
        _ask_entry(entry, {letter: number}, cell, node)
    return Pattern(entry, (letter,), (size,))


def _constant(places: Sequence[tuple[object, tree.Node]], letter: str, node: tree.Node) -> Pattern:
    """The same number everywhere, as often as it has to be."""
    first = places[0][1]
    for _, cell in places:
        _ask_entry(first, {}, cell, node)
    return Pattern(first, (letter,), ("",))


def _matrix(rows: Sequence[Sequence[tree.Node]], letters: Sequence[str], node: tree.Node) -> Pattern:
    kept = _numbered([_first_cell(row) for row in rows])
    columns = _numbered([_first_cell([row[at] for row in rows]) for at in range(len(rows[0]))])
    at_row = [place for place, _ in enumerate(rows) if not _is_dots_only(rows[place])]
    at_column = [at for at in range(len(rows[0])) if not _is_dots_only([row[at] for row in rows])]
    if len(kept) < 2 or len(columns) < 2 or len(at_row) != len(kept) or len(at_column) != len(columns):
        raise Unclear("a matrix of which the rows and columns are not seen", node.start, node.end)
    grid = {
        (number, other): rows[row][column]
        for (number, _), row in zip(kept, at_row, strict=True)
        for (other, _), column in zip(columns, at_column, strict=True)
    }
    return _general(grid, kept[-1][0], columns[-1][0], (letters[0], letters[1]), node)


Grid = Mapping[tuple[object, object], tree.Node]


def _general(grid: Grid, last: object, other: object, letters: tuple[str, str], node: tree.Node) -> Pattern:
    corner, right, below = grid[1, 1], grid[1, other], grid[last, 1]
    try:
        across, down = _changes(corner, right), _changes(corner, below)
        sizes = _one_letter(down.values(), node), _one_letter(across.values(), node)
        entry = _replaced(corner, dict.fromkeys(down, letters[0]) | dict.fromkeys(across, letters[1]))
        for (row, column), cell in grid.items():
            if not isinstance(cell, tree.Dots):
                _ask_entry(entry, {letters[0]: _at(row, sizes[0]), letters[1]: _at(column, sizes[1])}, cell, node)
        if not {*across} & {*down}:
            return Pattern(entry, letters, sizes)
    except Unclear:
        return _with_diagonal(grid, last, other, letters, node)
    raise Unclear("a matrix of which the entry is not seen", node.start, node.end)


def _with_diagonal(grid: Grid, last: object, other: object, letters: tuple[str, str], node: tree.Node) -> Pattern:
    """A square matrix with other entries on its diagonal, such as zeros elsewhere."""
    corner, end = grid[1, 1], grid[last, other]
    changes = _changes(corner, end)
    size = _one_letter(changes.values(), node)
    diagonal = _replaced(corner, dict.fromkeys(changes, letters[0]))
    rest = {key: cell for key, cell in grid.items() if _at(key[0], size) != _at(key[1], size)}
    for (row, column), cell in grid.items():
        if (row, column) not in rest and not isinstance(cell, tree.Dots):
            _ask_entry(diagonal, {letters[0]: _at(row, size)}, cell, node)
    written_out = {key: cell for key, cell in rest.items() if not isinstance(cell, tree.Dots)}
    if all(_is_zero(cell) for cell in written_out.values()):
        zero = tree.Number(node.start, node.end, Fraction(0))
        return Pattern(zero, letters, (size, size), diagonal)
    right, below = rest[1, other], rest[last, 1]
    entry = _off_diagonal(right, below, letters, size)
    for (row, column), cell in written_out.items():
        _ask_entry(entry, {letters[0]: _at(row, size), letters[1]: _at(column, size)}, cell, node)
    return Pattern(entry, letters, (size, size), diagonal)


def _off_diagonal(right: tree.Node, below: tree.Node, letters: tuple[str, str], size: str) -> tree.Node:
    """The entry in the first row and the last column with letters: 1 is the row there, and the size the column."""
    found = _subscripts(right, lambda part: _letter_for(part, letters, size))
    return found if found != right else below


def _letter_for(part: tree.Node, letters: tuple[str, str], size: str) -> tree.Node:
    if isinstance(part, tree.Number) and part.value == 1:
        return tree.Name(part.start, part.end, letters[0])
    if isinstance(part, tree.Name) and part.text == size:
        return tree.Name(part.start, part.end, letters[1])
    return part


def _at(label: object, size: str) -> object:
    """A number, or the letter of the last place."""
    return label if isinstance(label, int) else size


def _numbered(line: Sequence[tree.Node]) -> list[tuple[object, tree.Node]]:
    """The cells of a line that are no dots, with their number; the last one, behind the dots, has a letter."""
    found: list[tuple[object, tree.Node]] = []
    behind = False
    for place, cell in enumerate(line, start=1):
        if isinstance(cell, tree.Dots):
            behind = True
        elif not isinstance(cell, tree.Nothing):
            found.append(("last" if behind else place, cell))
    if len(found) < 2 or found[-1][0] != "last" or found[-2][0] == "last" or found[0][0] != 1:
        start, end = (line[0].start, line[-1].end) if line else (0, 0)
        raise Unclear("an array with dots that has no first entries, or no last one", start, end)
    return found


def _first_cell(line: Sequence[tree.Node]) -> tree.Node:
    """What tells of a line: its first cell, dots where it has nothing else."""
    own = [cell for cell in line if not isinstance(cell, tree.Nothing)]
    if not own:
        raise Unclear("an empty row or column", line[0].start, line[-1].end)
    return tree.Dots(own[0].start, own[0].end) if _is_dots_only(line) else _plain(own)


def _plain(cells: Sequence[tree.Node]) -> tree.Node:
    return next(cell for cell in cells if not isinstance(cell, tree.Dots))


def _is_dots_only(line: Sequence[tree.Node]) -> bool:
    return all(isinstance(cell, tree.Dots | tree.Nothing) for cell in line)


def _is_zero(node: tree.Node) -> bool:
    return isinstance(node, tree.Nothing) or (isinstance(node, tree.Number) and node.value == 0)


def _changes(first: tree.Node, last: tree.Node) -> dict[Path, str]:
    """Where two trees differ by a 1 and a letter. Raises Unclear where they differ otherwise."""
    found: dict[Path, str] = {}
    _compare(first, last, (), found)
    return found


def _compare(first: tree.Node, last: tree.Node, path: Path, found: dict[Path, str]) -> None:
    if isinstance(first, tree.Number) and first.value == 1 and isinstance(last, tree.Name) and len(last.text) == 1:
        found[path] = last.text
        return
    own, other = [*first.children()], [*last.children()]
    same = type(first) is type(last) and len(own) == len(other) and _label(first) == _label(last)
    if not same:
        raise Unclear("entries that differ in more than their indices", first.start, first.end)
    for place, (one, two) in enumerate(zip(own, other, strict=True)):
        _compare(one, two, (*path, place), found)


def _label(node: tree.Node) -> object:
    """What a node says itself, apart from the nodes below it."""
    parts = (getattr(node, name) for name in node.__dataclass_fields__ if name not in ("start", "end"))
    return tuple(part if isinstance(part, str | int | Fraction) or _are_texts(part) else None for part in parts)


def _are_texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, str) for each in value)


def _one_letter(found: Iterable[str], node: tree.Node) -> str:
    letters = {*found}
    if len(letters) != 1:
        raise Unclear("an array with dots of which the last index is not seen", node.start, node.end)
    return letters.pop()


def _replaced(node: tree.Node, changes: Mapping[Path, str], path: Path = ()) -> tree.Node:
    """A tree with letters where the changes say so."""
    if path in changes:
        return tree.Name(node.start, node.end, changes[path])
    places = iter(range(len([*node.children()])))
    return node.mapped(lambda child: _replaced(child, changes, (*path, next(places))))


def _ask_entry(entry: tree.Node, at: Mapping[str, object], cell: tree.Node, node: tree.Node) -> None:
    """Raises Unclear where what is written at a place is not the entry there."""
    own = _subscripts(entry, lambda part: _value(part, at), everywhere=True)
    if written(own) != written(cell):
        raise Unclear("an array with dots whose entries follow no pattern", node.start, node.end)


def _value(part: tree.Node, at: Mapping[str, object]) -> tree.Node:
    if not isinstance(part, tree.Name) or part.text not in at:
        return part
    value = at[part.text]
    if isinstance(value, int):
        return tree.Number(part.start, part.end, Fraction(value))
    return tree.Name(part.start, part.end, str(value))


def _subscripts(node: tree.Node, change: Callable[[tree.Node], tree.Node], everywhere: bool = False) -> tree.Node:
    """A tree with its subscripts changed, or with all of it."""
    if everywhere:
        made = change(node)
        return made if made is not node else node.mapped(lambda child: _subscripts(child, change, True))
    if isinstance(node, tree.Scripted) and node.sub is not None:
        sub = _subscripts(node.sub, change, everywhere=True)
        return replace(node, base=_subscripts(node.base, change), sub=sub)
    return node.mapped(lambda child: _subscripts(child, change))


def _normal(node: tree.Node) -> tree.Node:
    """A tree in which two digits below are two indices: a_{12}."""
    if isinstance(node, tree.Scripted) and isinstance(node.sub, tree.Number | tree.Group):
        node = replace(node, sub=_apart(node.sub))
    if isinstance(node, tree.Scripted) and isinstance(node.sub, tree.Items):
        sub = node.sub
        node = replace(node, sub=tree.Product(sub.start, sub.end, sub.items, ("",) * len(sub.items)))
    return node.mapped(_normal)


def _apart(node: tree.Node) -> tree.Node:
    while isinstance(node, tree.Group) and not node.opening:
        node = node.body
    if not isinstance(node, tree.Number) or node.value.denominator != 1 or not 10 < node.value < 100:
        return node
    digits = [tree.Number(node.start, node.end, Fraction(int(digit))) for digit in str(node.value)]
    return tree.Product(node.start, node.end, tuple(digits), ("", ""))


def written_out(node: tree.Node) -> Iterator[Pattern]:
    """The patterns of all arrays with dots in a formula."""
    for part in node.walk():
        if has_dots(part) and not (isinstance(part, tree.Group) and bare(part) is not part):
            try:
                yield pattern(part)
            except Unclear:
                continue
