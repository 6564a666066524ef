"""A document that was checked, and the places in its file of what is in its formulas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from derive.notes.find import Formula, NoteError, formulas_in
from derive.notes.find.cells import Cells
from derive.notes.find.document import text_of
from derive.notes.find.notebook import cells_of
from derive.notes.report import VERDICTS, Checked


@dataclass(frozen=True)
class Place:
    """From a character of a file up to another, which is not in it; lines and columns count from 1.

    `margins` are the columns at which its further lines begin, behind the marks of a quote.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None
    margins: tuple[int, ...] = ()

    def __str__(self) -> str:
        """As compilers write it: 12:1, in notebooks cell 3:12:1."""
        return f"{'' if self.cell is None else f'cell {self.cell}:'}{self.line}:{self.column}"


@dataclass(frozen=True)
class Document:
    """A document, its lines (by cell; a file that is no notebook has one, None), and what is said of its formulas.

    `cells` says where the cells of a notebook stand in its file. `source` is the text, and `ending` that of the name.
    """

    name: str
    lines: Mapping[int | None, Sequence[str]]
    found: tuple[Checked, ...]
    cells: Cells | None = None
    source: str = ""
    ending: str = ".md"

    @property
    def counts(self) -> dict[str, int]:
        """How many formulas have each verdict; verdicts that none has are left out."""
        counted = Counter(checked.verdict for checked in self.found)
        return {verdict: counted[verdict] for verdict in VERDICTS if counted[verdict]}

    def line(self, number: int, cell: int | None = None) -> str:
        """A line of the file, as it stands there, without its end."""
        lines = self.lines.get(cell, ())
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def file_place(self, place: Place) -> Place | None:
        """A place of a cell as a place of the file of the notebook, if it is known; others are places of files."""
        if place.cell is None:
            return place
        begin, end = (place.line, place.column), (place.end_line, place.end_column)
        span = self.cells.span(place.cell, begin, end) if self.cells is not None else None
        if self.cells is None or span is None:
            return None
        line, column = self.cells.place(span[0])
        end_line, end_column = self.cells.place(span[1])
        return Place(line, column, end_line, end_column, None, (1,) * (end_line - line))

    def file_line(self, number: int) -> str:
        """A line of the file; for a notebook one of its JSON."""
        return self.line(number) if self.cells is None else self.cells.lines[number - 1].removesuffix("\r")

    def text(self, place: Place) -> str:
        """What stands at a place of the file."""
        rows = [self.line(number, place.cell) for number in range(place.line, place.end_line + 1)]
        rows[-1] = rows[-1][: place.end_column - 1]
        columns = (place.column, *place.margins)
        return "\n".join(row[column - 1 :] for row, column in zip(rows, columns, strict=True))


Judge = Callable[[list[Formula]], list[Checked]]
"""What says of every displayed formula what there is to say."""


def document(name: str, text: str, ending: str, judge: Judge) -> Document:
    """Judges the text of a document. Raises NoteError, with its name, for a notebook that is none."""
    try:
        formulas = formulas_in(text, ending)
    except NoteError as error:
        raise NoteError(f"{name}: {error}") from None
    cells = Cells(text) if ending.lower() == ".ipynb" else None
    return Document(name, lines_of(text, ending), tuple(judge(formulas)), cells, text, ending)


def opened(path: Path, judge: Judge, name: str = "") -> Document:
    """Judges a file. Raises NoteError where it can't be read."""
    return document(name or str(path), text_of(path), path.suffix, judge)


def lines_of(text: str, ending: str) -> dict[int | None, list[str]]:
    """The lines of a file or of the cells of a notebook, counted as formulas count them."""
    if ending.lower() != ".ipynb":
        return {None: _lines(text)}
    cells = enumerate(cells_of(text), 1)
    return {number: _lines(_source(cell)) for number, cell in cells if isinstance(cell, dict)}


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")]


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def place_of(formula: Formula, start: int, end: int) -> Place:
    """Where a part of the LaTeX of a formula stands in its file.

    >>> from derive.notes.find import formulas_in
    >>> (formula,) = formulas_in("> $$a = b$$")
    >>> str(place_of(formula, 4, 5))
    '1:9'
    """
    line, column = formula.place(start)
    if end <= start:
        return Place(line, column, line, column, formula.cell)
    end_line, end_column = formula.place(end - 1)
    first = formula.latex.count("\n", 0, start)
    margins = tuple(column for _, column in formula.lines[first + 1 : first + 1 + end_line - line])
    return Place(line, column, end_line, end_column + 1, formula.cell, margins)
