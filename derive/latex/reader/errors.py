"""Why LaTeX could not be read, and where."""

from __future__ import annotations


class Unread(ValueError):
    """LaTeX that is not understood: the reason, and the offsets in the text between which it arose."""

    def __init__(self, reason: str, start: int, end: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.start = start
        self.end = start + 1 if end is None else end


class TooDeep(Unread):
    """LaTeX that is nested so deeply that no part of it is read."""
