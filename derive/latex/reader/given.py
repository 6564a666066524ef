"""Bars that part what stands in brackets, p(a | b), and colons that make a range, x[1:n]."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.depth import depths
from derive.latex.reader.tokens import TEXT, Token

_DOUBLE = ("\\|", "Vert")
_BARS = frozenset(("|", "vert", "mid", "parallel", *_DOUBLE))


def place_of_bar(found: Sequence[Token]) -> int | None:
    """Where a bar stands that parts what is around it; None where bars are those of norms, or there are none.

    One bar alone is no norm; `\\mid` and `\\parallel` never are.
    """
    if _BARS.isdisjoint(map(TEXT, found)):
        return None
    flat = [
        place
        for place, depth in enumerate(depths(found))
        if depth == 0 and not (place and found[place - 1].is_command("left", "right"))
    ]
    between = [place for place in flat if 0 < place < len(found) - 1]
    for place in between:
        if found[place].is_command("mid", "parallel"):
            return place
    doubles = [place for place in flat if _is_double(found, place)]
    inside = {place for first in doubles for place in (first, first + 1) if found[first].is_sign("|")}
    singles = [place for place in flat if _is_single(found, place) and place not in inside]
    if len(doubles) == 1 and not singles and doubles[0] in between:
        return doubles[0]
    if len(singles) == 1 and not doubles and singles[0] in between:
        return singles[0]
    return None


def _is_single(found: Sequence[Token], place: int) -> bool:
    token = found[place]
    return (token.is_sign("|") or token.is_command("vert")) and not _is_sub(found, place + 1)


def _is_double(found: Sequence[Token], place: int) -> bool:
    token = found[place]
    if token.is_sign("|"):
        second = place + 1 < len(found) and found[place + 1].is_sign("|")
        return second and found[place + 1].start - token.end <= 1 and not _is_sub(found, place + 2)
    return token.is_sign(*_DOUBLE) or token.is_command(*_DOUBLE)


def _is_sub(found: Sequence[Token], place: int) -> bool:
    return place < len(found) and found[place].is_sign("_")


def is_range(found: Sequence[Token]) -> bool:
    """Whether a colon stands between two ends, and no `:=`."""
    if ":" not in map(TEXT, found):
        return False
    flat = [token for token, depth in zip(found, depths(found), strict=True) if depth == 0]
    colons = (place for place, token in enumerate(flat) if token.is_sign(":"))
    return any(not (place + 1 < len(flat) and flat[place + 1].is_sign("=")) for place in colons)


def cut(found: Sequence[Token], sign: str) -> list[list[Token]]:
    """The tokens between the signs that stand in no bracket."""
    cells: list[list[Token]] = [[]]
    for token, depth in zip(found, depths(found), strict=True):
        if depth == 0 and token.is_sign(sign):
            cells.append([])
        else:
            cells[-1].append(token)
    return cells
