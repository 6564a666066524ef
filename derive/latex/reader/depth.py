"""How deep in brackets a token stands."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.tokens import KIND, Token

_SIGNS = {**dict.fromkeys(("{", "(", "[", "\\{"), 1), **dict.fromkeys(("}", ")", "]", "\\}"), -1)}
_COMMANDS = {"langle": 1, "rangle": -1}
_PULLS = {"left": 1, "right": -1}
_ENDS = {"begin": 1, "end": -1}
"""What opens and what closes; a bracket behind \\left or \\right is theirs."""


def depths(row: Sequence[Token]) -> list[int]:
    """Of each token, the number of braces, brackets and environments that it is in."""
    found: list[int] = []
    depth = 0
    pulled = False
    for token in row:
        kind, step, pulls = token.kind, 0, False
        if kind == "sign":
            step = 0 if pulled else _SIGNS.get(token.text, 0)
        elif kind == "command":
            pulls = token.text in _PULLS
            step = _PULLS[token.text] if pulls else 0 if pulled else _COMMANDS.get(token.text, 0)
        elif kind in _ENDS:
            step = _ENDS[kind]
        if step < 0:
            depth -= 1
        found.append(depth)
        if step > 0:
            depth += 1
        pulled = pulls
    return found


def outside(row: Sequence[Token]) -> list[Token]:
    """The tokens that are in no brackets."""
    return [token for token, depth in zip(row, depths(row), strict=True) if depth <= 0]


def rows_of(found: list[Token]) -> list[list[Token]]:
    """The rows that are not in brackets of their own; those with nothing in them are left out."""
    rows = split(found, "row")
    return [row for row in rows if any(token.kind not in ("cell", "space") for token in row)]


def split(found: list[Token], kind: str) -> list[list[Token]]:
    """The tokens between those of a kind that stand in no brackets."""
    if kind not in map(KIND, found):
        return [found]
    parts: list[list[Token]] = [[]]
    for token, depth in zip(found, depths(found), strict=True):
        if token.kind == kind and depth <= 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
