"""The arguments of commands in a list of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.errors import Unread
from derive.latex.reader.tokens import Token

_BRACES = {"{": 1, "}": -1}


def argument(found: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The argument that begins at a place, without its braces, and where it ends."""
    while at < len(found) and found[at].kind == "space":
        at += 1
    if at >= len(found):
        place = found[-1] if found else Token("sign", "", 0, 0)
        raise Unread("an argument is missing", place.start, place.end)
    if not found[at].is_sign("{"):
        return [found[at]], at + 1
    depth, start = 0, at
    for place in range(start, len(found)):
        if found[place].kind == "sign":
            depth += _BRACES.get(found[place].text, 0)
        if depth == 0:
            return list(found[start + 1 : place]), place + 1
    raise Unread("a brace that is not closed", found[start].start, found[start].end)


def optional(found: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """What stands in square brackets from a place on, and where these end; nothing where there are none."""
    if at >= len(found) or not found[at].is_sign("["):
        return [], at
    for place in range(at + 1, len(found)):
        if found[place].is_sign("]"):
            return list(found[at + 1 : place]), place + 1
    return [], at
