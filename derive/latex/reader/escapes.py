"""Backslashes that are doubled for Markdown: `\\\\{a\\\\}` is a pair of braces, and `x\\\\_i` a subscript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from derive.latex.reader.tokens import KIND, Token

_SPACES = (",", ";", "!", ":")


def unescaped(found: list[Token]) -> list[Token]:
    """The tokens without a new row right before a sign where there can be none.

    Braces are shown where as many are closed like that as are opened, or behind \\left and \\right; bars are those of a
    norm where there are no others.
    """
    if "row" not in map(KIND, found):
        return found
    pairs = [(first, second) for first, second in pairwise(found) if _is_doubled(first, second)]
    if not pairs:
        return found
    braces = _are_balanced([second.text for _, second in pairs if second.is_sign("{", "}")])
    bars = sum(second.is_sign("|") for _, second in pairs)
    norms = bars > 1 and bars % 2 == 0 and bars == sum(token.is_sign("|") for token in found)
    return [*_without_rows(found, braces, norms)]


def _is_doubled(first: Token, second: Token) -> bool:
    return first.kind == "row" and first.end == second.start and first.end - first.start == 2


def _are_balanced(signs: Sequence[str]) -> bool:
    depth = 0
    for sign in signs:
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    return bool(signs) and depth == 0


def _without_rows(found: list[Token], braces: bool, norms: bool) -> Iterator[Token]:
    at = 0
    while at < len(found):
        token, after = found[at], found[at + 1] if at + 1 < len(found) else None
        if after is None or not _is_doubled(token, after):
            yield token
            at += 1
            continue
        pulled = at > 0 and found[at - 1].is_command("left", "right")
        if after.is_sign("{", "}") and (braces or pulled):
            yield after._replace(text=f"\\{after.text}", start=token.start)
        elif after.is_sign("|") and (norms or pulled):
            yield after._replace(text="\\|", start=token.start)
        elif after.is_sign("_", "^"):
            yield after
        elif after.is_sign(*_SPACES) and not (at + 2 < len(found) and found[at + 2].is_sign("=")):
            yield Token("space", after.text, token.start, after.end)
        else:
            yield token
            at -= 1
        at += 2
