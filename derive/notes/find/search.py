"""Searches that are asked again and again from places further on, in time linear in the text."""

from __future__ import annotations

import re


class Search:
    """The next match of a pattern at or after a place; places may only be asked for in increasing order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._next: dict[str, re.Match | None] = {}

    def next(self, pattern: str, at: int) -> re.Match | None:
        """The first match that begins at `at` or later, or None."""
        if pattern in self._next:
            known = self._next[pattern]
            if known is None or known.start() >= at:
                return known
        self._next[pattern] = re.compile(pattern, re.MULTILINE).search(self.text, at)
        return self._next[pattern]


BLANK_LINE = r"\n[ \t]*\n"


def paragraph_end(search: Search, at: int) -> int:
    """The end of the paragraph that a place lies in."""
    end = search.next(BLANK_LINE, at)
    return end.start() if end else len(search.text)
