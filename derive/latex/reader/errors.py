"""Why LaTeX could not be read, and where."""

from __future__ import annotations

LONGEST = 200
"""Reasons are cut to so many letters, since they may quote what can't be read."""


class Unread(ValueError):
    """LaTeX that is not understood: the reason, and the offsets in the text between which it arose."""

    def __init__(self, reason: str, start: int, end: int | None = None) -> None:
        reason = reason if len(reason) <= LONGEST else f"{reason[: LONGEST - 3]}..."
        super().__init__(reason)
        self.reason = reason
        self.start = start
        self.end = start + 1 if end is None else end


class TooDeep(Unread):
    """LaTeX that is nested so deeply that no part of it is read."""
