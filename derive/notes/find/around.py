"""The text around a formula: what the sentences beside it say of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace

from derive.notes.find.formula import Formula, Text

LEAD, TRAIL = 200, 120
"""How many letters are kept before and behind a formula."""


def with_text(formula: Formula, text: str, start: int, end: int) -> Formula:
    """A formula with the text before `start`, where its first delimiter stands, and behind `end`."""
    lead, trail = text[max(0, start - LEAD) : start], text[end : end + TRAIL]
    return replace(formula, before=lead[-24:], lead=lead, trail=trail)


def in_source(formula: Formula, source: Text) -> Formula:
    """A formula of which only the places of its delimiters are known, with the text around it."""
    if formula.outer is None:
        return formula
    start, end = (source.starts[line - 1] + column - 1 - source.columns[line - 1] for line, column in formula.outer)
    return with_text(formula, source.text, start, end)


_HEADING = re.compile(
    r"^(?:[ ]{0,3}#{1,6}\s|[ ]{0,3}\*\*[^*\n]+\*\*:?[ \t]*$|[ \t]*\\(?:sub)*(?:section|paragraph|chapter)\b"
    r"|(?:={4,}|-{4,}|~{4,})[ \t]*$)",
    re.MULTILINE,
)
"""Where a section begins, in Markdown, LaTeX and reStructuredText."""


def headings(text: str) -> list[int]:
    """The lines of the headings in a text."""
    lines, line, at = [], 1, 0
    for match in _HEADING.finditer(text):
        line, at = line + text.count("\n", at, match.start()), match.start()
        lines.append(line)
    return lines


def with_sections(formulas: Iterable[Formula], text: str, before: int = 0) -> Iterator[Formula]:
    """The formulas of a text, each with the number of headings above it; `before` stand in front of the text."""
    lines = headings(text)
    for formula in formulas:
        yield replace(formula, section=before + bisect_right(lines, formula.line))
