"""The reason why something has no meaning."""

from __future__ import annotations


class Unclear(ValueError):
    """A formula that can be read, and has no meaning that is known here; the reason, and where."""

    def __init__(self, reason: str, start: int = 0, end: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.start, self.end = reason, start, end
