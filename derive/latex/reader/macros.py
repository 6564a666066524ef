"""The commands that a document defines: \\newcommand, \\def, \\DeclareMathOperator."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.latex.reader.errors import Unread
from derive.latex.reader.expand import Macro
from derive.latex.reader.tokens import Token, tokens

MOST = 1_000
"""Documents with more definitions have the others unread."""

LONGEST = 2_000
"""Definitions with more characters are left out."""

_DEFINITION = re.compile(
    r"\\(?:(?:re|provide)?newcommand\*?\s*\{?\s*\\(?P<new>[a-zA-Z]+)\s*\}?\s*(?:\[(?P<count>\d)\])?\s*(?P<default>\[[^\]]*\]\s*)?"
    r"|DeclareMathOperator\*?\s*\{?\s*\\(?P<operator>[a-zA-Z]+)\s*\}?\s*"
    r"|g?def\s*\\(?P<plain>[a-zA-Z]+)\s*(?P<parameters>(?:\#\d)*)\s*)(?=\{)"
)


def macros_in(text: str) -> dict[str, Macro]:
    """The commands that a text defines, and what they stand for; those with an argument that may be left out are not.

    >>> macros_in(r"\\newcommand{\\half}[1]{\\frac{#1}{2}}")["half"].arguments
    1
    """
    found: dict[str, Macro] = {}
    for match, _ in zip(_DEFINITION.finditer(text), range(MOST), strict=False):
        name = match["new"] or match["operator"] or match["plain"]
        body = _braced(text, match.end())
        if body is None or match["default"]:
            continue
        count = int(match["count"] or 0) + len(match["parameters"] or "") // 2
        written = rf"\operatorname{{{body}}}" if match["operator"] else body
        try:
            inside = tuple(_with_parameters(list(tokens(written))))
        except Unread:
            continue
        if all(token.kind != "parameter" or 1 <= int(token.text) <= count for token in inside):
            found[name] = Macro(count, inside)
    return found


def _braced(text: str, at: int) -> str | None:
    """What stands in the braces that open at a place, or None where they are not closed soon."""
    depth = 0
    for place in range(at, min(len(text), at + LONGEST)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[at + 1 : place]
    return None


def _with_parameters(found: list[Token]) -> Iterator[Token]:
    """The tokens with #1 as one token."""
    after_sign = False
    for token in found:
        if after_sign and token.kind == "number":
            yield Token("parameter", token.text[0], token.start, token.end)
            if token.text[1:]:
                yield Token("number", token.text[1:], token.start, token.end)
        elif not token.is_sign("#"):
            yield token
        after_sign = token.is_sign("#")
