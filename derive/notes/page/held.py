"""Keeps the formulas of a text out of the way while the text is typeset, so that nothing is read into them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from derive.notes.find import Formula

OPEN, CLOSE = "\ue000", "\ue001"
"""Two letters that no alphabet has; a text that has them all the same gets others in their place."""

HELD = re.compile(f"{OPEN}(\\d+){CLOSE}")
ENCODED = re.compile("%EE%80%80\\d+%EE%80%81", re.IGNORECASE)
"""How a held formula looks in an address."""


def held(number: int) -> str:
    """What stands in the text for a formula."""
    return f"{OPEN}{number}{CLOSE}"


def plain(text: str) -> str:
    """A text in which nothing looks like a held formula."""
    return text.replace(OPEN, "\ufffd").replace(CLOSE, "\ufffd")


def without(lines: Sequence[str], formulas: Sequence[tuple[int, Formula]], around: str = "") -> str:
    """A text with its formulas, by their numbers, held back; `around` is put before and behind displayed ones."""
    text = "\n".join(map(plain, lines))
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    parts, at = [], 0
    for number, formula in formulas:
        if formula.outer is None:
            continue
        (line, column), (end_line, end_column) = formula.outer
        start, end = starts[line - 1] + column - 1, starts[end_line - 1] + end_column - 1
        if start >= at:
            space = around if formula.display else ""
            parts += [text[at:start], space, held(number), space]
            at = end
    return "".join((*parts, text[at:]))


def numbers(text: str) -> list[int]:
    """The numbers of the formulas that are held in a text."""
    return [int(found[1]) for found in HELD.finditer(text)]


def restored(markup: str, show: Callable[[int], str], again: Callable[[int], str]) -> tuple[str, set[int]]:
    """Markup with each formula in its place, and which there were; `again` is for those that stand there once more."""
    seen: set[int] = set()

    def put(found: re.Match) -> str:
        number = int(found[1])
        if number in seen:
            return again(number)
        seen.add(number)
        return show(number)

    return HELD.sub(put, markup), seen
