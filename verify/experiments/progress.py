"""Progress on stderr, for people who wait."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from verify.extras import require

T = TypeVar("T")


class Progress:
    """Bars on stderr, one for each loop; `quiet` shows none. Where stderr is no terminal they are rarely drawn."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet

    def over(self, items: Iterable[T], label: str, total: int | None = None, done: int = 0) -> Iterator[T]:
        """The items, with a bar that says how many there are; `done` were finished before."""
        if self.quiet:
            yield from items
            return
        rare = 0.2 if sys.stderr.isatty() else 10.0
        bar = require("tqdm").tqdm
        yield from bar(
            items, desc=label, total=total, initial=done, file=sys.stderr, mininterval=rare, leave=False, ascii=True
        )

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Says that something begins which has no count."""
        if not self.quiet:
            print(f"{label} ...", file=sys.stderr, flush=True)
        yield
