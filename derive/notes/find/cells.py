"""Where the text of the cells of a notebook stands in its file, which is JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)
_LETTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.",
    re.DOTALL,
)


@dataclass
class Source:
    """The source of a cell: its letters, and where each begins and ends in the file."""

    text: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def add(self, token: str, start: int) -> None:
        """A string of JSON, with its quotes."""
        for match in _LETTER.finditer(token, 1, len(token) - 1):
            self.text.append(json.loads(f'"{match.group()}"'))
            self.spans.append((start + match.start(), start + match.end()))


class Cells:
    """The cells of a notebook by their numbers, from 1. The text is known to be JSON."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self.lines = text.split("\n")
        self.sources: dict[int, Source] = {}
        self._read(text)

    def _read(self, text: str) -> None:
        """Goes through the file; `path` has the key or the number of what is being read at each depth."""
        path: list[str | int] = []
        for match in _TOKEN.finditer(text):
            token = match.group()
            if token in "{[":
                path.append("" if token == "{" else 0)
            elif token in "}]":
                path.pop()
            elif token == "," and path:
                place = path[-1]
                path[-1] = place + 1 if isinstance(place, int) else ""
            elif token[0] == '"':
                self._string(path, token, match.start())

    def _string(self, path: list[str | int], token: str, start: int) -> None:
        """A string: a key, where none was read yet in its object, or a value, which may be a part of a source."""
        if path and path[-1] == "":
            path[-1] = f"{json.loads(token)}:"
            if len(path) == 3 and (cell := _cell(path)) is not None:
                self.sources[cell] = Source()  # of a key that stands there twice, the last one counts
        elif len(path) in (3, 4) and (cell := _cell(path)) is not None:
            self.sources[cell].add(token, start)

    def span(self, cell: int, start: tuple[int, int], end: tuple[int, int]) -> tuple[int, int] | None:
        """The offsets in the file of what stands between two places (line and column, from 1) of a cell, or None."""
        source = self.sources.get(cell)
        if source is None:
            return None
        first, last = (_offset(source.text, *place) for place in (start, end))
        spans = source.spans[first:last]
        if spans:
            return spans[0][0], spans[-1][1]
        at = source.spans[first][0] if first < len(source.spans) else source.spans[-1][1] if source.spans else None
        return None if at is None else (at, at)

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of the file, from 1."""
        row = bisect_right(self.starts, offset) - 1
        return row + 1, offset - self.starts[row] + 1


def _cell(path: list[str | int]) -> int | None:
    """The number of the cell in whose source a path lies."""
    within = path[0] == "cells:" and path[2] == "source:" and isinstance(path[1], int)
    return int(path[1]) + 1 if within else None


def _offset(text: list[str], line: int, column: int) -> int:
    """How many letters stand before a place."""
    ends = [number for number, letter in enumerate(text) if letter == "\n"]
    begin = 0 if line == 1 else ends[line - 2] + 1 if line - 2 < len(ends) else len(text)
    return begin + column - 1
