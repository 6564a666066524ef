"""The names that formulas introduce which can't be read: their left sides often can."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.latex.reader import Unread, parse
from derive.latex.reader import syntax as tree
from derive.notes.find import Formula
from derive.notes.survey import Survey

_STATEMENTS = re.compile(r"\\\\|\\q?quad(?![a-zA-Z])|\\begin\{\w+\*?\}|\n")
_EQUAL = re.compile(r"(?<![<>!:])=|:=")

MOST = 40
"""Left sides with more characters are no names."""


def unread_heads(survey: Survey) -> frozenset[str]:
    """The keys of the names on the left of what can't be read: no convention says what they are."""
    found = set()
    for formula, read in zip(survey.formulas, survey.read, strict=True):
        if isinstance(read, Unread):
            symbols = map(survey.symbols.symbol, _heads(formula))
            found.update(symbol.key for symbol in symbols if symbol is not None)
    return frozenset(found)


def _heads(formula: Formula) -> Iterator[tree.Node]:
    for statement in _STATEMENTS.split(formula.latex):
        head, *others = _EQUAL.split(statement, maxsplit=1)
        text = head.replace("&", " ").strip(" \t,;.")
        if not others or not text or len(text) > MOST:
            continue
        try:
            read = parse(text, formula.macros, formula.words)
        except Unread:
            continue
        yield from (each.chain for each in read)
