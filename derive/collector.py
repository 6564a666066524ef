"""Python's search for cycles among objects: there are none among formulas, so that it looks through them in vain."""

from __future__ import annotations

import gc

OBJECTS = 200_000
"""With so many new ones it looks, instead of with Python's own few."""


def collect_seldom() -> None:
    """Lets the collector look seldom in this process: where a command has it for itself, and ends soon."""
    gc.set_threshold(OBJECTS)
