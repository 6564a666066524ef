"""A formula as it stands in a document, and where each of its characters is."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from derive.latex.reader.expand import Macros


class NoteError(ValueError):
    """A document that can't be opened or read; the message is one line."""


@dataclass(frozen=True)
class Formula:
    """LaTeX between delimiters. `mark` is what opened it: `$$`, `\\[`, `align*`, `math` (a fence), `$`, ...

    `lines` has, for each line of `latex`, the line and the column of the document at which it begins, both from 1.
    `unclosed` says that the end was not found. `cell` counts the cells of a notebook from 1; lines are then the cell's.
    `macros` are the commands that the document has defined before.
    `words` are those of code that the document writes as plain letters.
    `before` has the last words of the text before it, up to 24 letters; `lead` has more of it, `trail` what follows.
    `section` counts the headings above it.
    `outer` has the line and the column of the first character of its delimiters, and of the one behind their last.
    """

    latex: str
    mark: str
    display: bool
    lines: tuple[tuple[int, int], ...]
    unclosed: bool = False
    cell: int | None = None
    macros: Macros = field(default_factory=dict, compare=False, repr=False)
    outer: tuple[tuple[int, int], tuple[int, int]] | None = field(default=None, compare=False)
    before: str = field(default="", compare=False)
    lead: str = field(default="", compare=False, repr=False)
    trail: str = field(default="", compare=False, repr=False)
    section: int = field(default=0, compare=False)
    words: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def line(self) -> int:
        return self.lines[0][0]

    @property
    def column(self) -> int:
        return self.lines[0][1]

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of a character of `latex`."""
        before = self.latex[:offset]
        row = before.count("\n")
        line, column = self.lines[row]
        return line, column + len(before) - (before.rfind("\n") + 1)


@dataclass(frozen=True)
class Text:
    """A document with parts taken off at the beginnings of lines, such as the marks of a quote.

    `columns` has for every line the number of characters that were taken off.
    """

    text: str
    columns: tuple[int, ...]
    starts: tuple[int, ...]

    @staticmethod
    def of(lines: list[tuple[str, int]]) -> Text:
        """From lines without their ends, each with the number of characters taken off."""
        starts, at = [], 0
        for line, _ in lines:
            starts.append(at)
            at += len(line) + 1
        text = "".join(f"{line}\n" for line, _ in lines)
        return Text(text, tuple(cut for _, cut in lines), tuple(starts))

    def line(self, number: int) -> str:
        """A line, counted from 0."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end]

    def formula(self, start: int, end: int, mark: str, display: bool, unclosed: bool = False) -> Formula:
        """What lies between two offsets, without the blanks around it."""
        latex = self.text[start:end]
        start += len(latex) - len(latex.lstrip())
        latex = latex.strip()
        rows = [self.place(start)]
        first = bisect_right(self.starts, start)
        rows += [(first + 1 + row, self.columns[first + row] + 1) for row in range(latex.count("\n"))]
        return Formula(latex, mark, display, tuple(rows), unclosed)

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of a character."""
        row = bisect_right(self.starts, offset) - 1
        return row + 1, offset - self.starts[row] + self.columns[row] + 1
