"""How deep in brackets a token stands."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader.tokens import Token

_OPEN, _CLOSE = ("{", "(", "[", "\\{"), ("}", ")", "]", "\\}")


def depths(row: list[Token]) -> Iterator[tuple[Token, int]]:
    """Each token with the number of braces, brackets and environments that it is in."""
    depth = 0
    pulled = False
    for token in row:
        depth -= token.kind == "end" or token.is_command("right") or (not pulled and _closes(token))
        yield token, depth
        depth += token.kind == "begin" or token.is_command("left") or (not pulled and _opens(token))
        pulled = token.is_command("left", "right")


def _opens(token: Token) -> bool:
    return token.is_sign(*_OPEN) or token.is_command("langle")


def _closes(token: Token) -> bool:
    return token.is_sign(*_CLOSE) or token.is_command("rangle")


def rows_of(found: list[Token]) -> list[list[Token]]:
    """The rows that are not in brackets of their own; those with nothing in them are left out."""
    rows: list[list[Token]] = [[]]
    for token, depth in depths(found):
        if token.kind == "row" and depth <= 0:
            rows.append([])
        else:
            rows[-1].append(token)
    return [row for row in rows if any(token.kind not in ("cell", "space") for token in row)]
