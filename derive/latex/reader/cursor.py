"""A place in a list of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from derive.latex.reader.errors import TooDeep, Unread
from derive.latex.reader.tokens import KIND, Token

DEEPEST = 60
"""Formulas that are nested deeper are refused."""


class Cursor:
    """Reads one list of tokens from left to right; parts in braces get a cursor of their own."""

    def __init__(self, found: Sequence[Token], depth: int = 0, place: int = 0, in_fraction: bool = False) -> None:
        self.tokens = _without_layout(found)
        self.at = 0
        self.size = len(self.tokens)
        self.depth = depth
        self.place = self.tokens[0].start if self.tokens else place
        self.bars: list[str] = []
        self.in_fraction = in_fraction
        self.deeper(0)

    def deeper(self, by: int) -> None:
        """Goes that many levels down. Raises TooDeep."""
        self.depth += by
        if self.depth > DEEPEST:
            raise TooDeep(f"nested more than {DEEPEST} deep", self.place)

    def peek(self, ahead: int = 0) -> Token | None:
        at = self.at + ahead
        return self.tokens[at] if at < self.size else None

    def next(self) -> Token:
        token = self.peek()
        if token is None:
            return self.missing()
        self.at += 1
        return token

    def take(self, *signs: str) -> bool:
        token = self.peek()
        if token is not None and token.is_sign(*signs):
            self.at += 1
            return True
        return False

    def peek_place(self) -> int:
        token = self.peek()
        return token.start if token else (self.tokens[-1].end if self.tokens else self.place)

    def last_end(self) -> int:
        """Where the token before this place ends."""
        return self.tokens[self.at - 1].end

    def missing(self) -> NoReturn:
        last = self.tokens[-1] if self.tokens else None
        raise Unread("something is missing at the end", last.start if last else self.place, last.end if last else None)


_LAYOUT = frozenset(("space", "cell", "row"))


def _without_layout(found: Sequence[Token]) -> list[Token]:
    """Without spaces; cells and rows stay where they are those of a table."""
    if _LAYOUT.isdisjoint(map(KIND, found)):
        return [*found]
    out, depth = [], 0
    for token in found:
        depth += (token.kind == "begin") - (token.kind == "end")
        if token.kind != "space" and (depth > 0 or token.kind not in ("cell", "row")):
            out.append(token)
    return out


def shown(token: Token) -> str:
    """A token as it is written."""
    return f"\\{token.text}" if token.kind == "command" else token.text
