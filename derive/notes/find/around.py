"""The text around a formula: what the sentences beside it say of it."""

from __future__ import annotations

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
