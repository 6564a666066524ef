"""Colours for a terminal, and none for anything else."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TextIO

COLOURS = {
    "refuted": "1;31",
    "warning": "1;33",
    "undecided": "1;36",
    "unread": "1;36",
    "proved": "32",
    "definition": "32",
    "bold": "1",
    "dim": "2",
}


LONGEST = 1000
"""Where there is no terminal, longer lines are cut."""


@dataclass(frozen=True)
class Paint:
    """How text is shown: in colours or without, within so many columns or as it comes."""

    colours: bool = False
    width: int | None = None

    def __call__(self, kind: str, text: str) -> str:
        return f"\x1b[{COLOURS[kind]}m{text}\x1b[0m" if self.colours and text else text


def paint_for(stream: TextIO) -> Paint:
    """In colours on a terminal, unless NO_COLOR is set or the terminal is a dumb one; else plain, in long lines."""
    if not stream.isatty():
        return Paint(width=LONGEST)
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Paint(not plain, max(40, shutil.get_terminal_size().columns))
