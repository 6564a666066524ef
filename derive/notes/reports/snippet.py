"""Lines of a document with marks below a part of them, in columns as a terminal shows them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from derive.notes.reports.document import Document, Place

TAB = 4
"""A tab is shown as so many blanks."""

MOST = 6
"""Of a part with more lines than this, the middle is left out."""


@dataclass(frozen=True)
class Marked:
    """A line as it is shown, and the columns of the terminal, from 0, between which it is marked."""

    number: int
    shown: str
    start: int
    end: int

    @property
    def marks(self) -> str:
        """Blanks, and a mark below each column of the part: ^~~~."""
        return " " * self.start + "^" + "~" * (self.end - self.start - 1)


def marked(document: Document, place: Place, width: int | None = None) -> list[Marked | None]:
    """The lines of a place, each marked, within the width of a terminal; None stands for lines that are left out."""
    found: list[Marked | None] = []
    for number, column in enumerate((place.column, *place.margins), place.line):
        line = document.line(number, place.cell)
        inside = line[column - 1 :]
        start = column - 1 if number == place.line else column - 1 + len(inside) - len(inside.lstrip())
        end = place.end_column - 1 if number == place.end_line else len(line.rstrip())
        if end > start or place.line == place.end_line:
            found.append(_within(_marked(number, line, start, end), width))
    if len(found) > MOST:
        found[MOST // 2 : 1 - MOST // 2] = [None]
    return found


def _marked(number: int, line: str, start: int, end: int) -> Marked:
    """A line that is marked between two of its characters; an empty part gets one mark."""
    first = columns(line[:start])
    return Marked(number, shown(line), first, max(first + 1, columns(line[:end])))


def shown(text: str) -> str:
    """What can be sent to a terminal: tabs as blanks, and nothing that moves its cursor or turns its text round."""
    return "".join(" " * TAB if letter == "\t" else "\ufffd" if _is_control(letter) else letter for letter in text)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_columns, shown(text)))


def _columns(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _within(line: Marked, width: int | None) -> Marked:
    """A line of at most so many columns, cut before and behind what is marked."""
    if width is None or columns(line.shown) <= width:
        return line
    room = width - 2 * len(DOTS)
    first = max(0, min(line.start, line.start - (room - (line.end - line.start)) // 2))
    if first + room >= columns(line.shown):
        first = max(0, columns(line.shown) - room)
    before, text = _cut(line.shown, first)
    kept, rest = _split(text, room)
    left = DOTS if before else ""
    moved = len(left) - before
    end = min(line.end + moved, len(left) + columns(kept))
    return Marked(
        line.number, left + kept + (DOTS if rest else ""), line.start + moved, max(line.start + moved + 1, end)
    )


DOTS = "..."


def _cut(text: str, column: int) -> tuple[int, str]:
    """The text from a column on, or from the next if a letter lies across it; and how many columns were taken off."""
    kept = _split(text, column)[0]
    if columns(kept) < column:
        kept = text[: len(kept) + 1]
    return columns(kept), text[len(kept) :]


def _split(text: str, width: int) -> tuple[str, str]:
    """As much of a text as fits into so many columns, and the rest."""
    used = 0
    for place, letter in enumerate(text):
        used += _columns(letter)
        if used > width:
            return text[:place], text[place:]
    return text, ""
