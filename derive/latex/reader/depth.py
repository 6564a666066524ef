"""How deep in brackets a token stands."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader.tokens import Token

_STEPS = {
    **dict.fromkeys([("sign", text) for text in ("{", "(", "[", "\\{")] + [("command", "langle")], 1),
    **dict.fromkeys([("sign", text) for text in ("}", ")", "]", "\\}")] + [("command", "rangle")], -1),
}
"""What opens and what closes."""


def depths(row: list[Token]) -> Iterator[tuple[Token, int]]:
    """Each token with the number of braces, brackets and environments that it is in."""
    depth = 0
    pulled = False
    for token in row:
        kind, text = token.kind, token.text
        pulls = kind == "command" and text in ("left", "right")
        if kind in ("begin", "end"):
            step = 1 if kind == "begin" else -1
        elif pulls:
            step = 1 if text == "left" else -1
        else:
            step = 0 if pulled else _STEPS.get((kind, text), 0)
        depth += min(step, 0)
        yield token, depth
        depth += max(step, 0)
        pulled = pulls


def rows_of(found: list[Token]) -> list[list[Token]]:
    """The rows that are not in brackets of their own; those with nothing in them are left out."""
    rows: list[list[Token]] = [[]]
    for token, depth in depths(found):
        if token.kind == "row" and depth <= 0:
            rows.append([])
        else:
            rows[-1].append(token)
    return [row for row in rows if any(token.kind not in ("cell", "space") for token in row)]
