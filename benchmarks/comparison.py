"""Pairs of runs, ours and a rival's in turn, and the rows of the table that they give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from statistics import median

from benchmarks.worker import Answer, Unavailable

PATIENCE = 20.0
"""Seconds that one run of a rival's may take, and after which a row starts no further pair."""


@dataclass
class Row:
    """One thing measured: the seconds of our runs, and of a rival's taken between them."""

    what: str
    rival: str = ""
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times our median the rival's median is."""
        return median(self.theirs) / median(self.ours) if self.theirs and self.ours else None

    def record(self) -> dict:
        """This row for --json: every run in seconds, medians and the ratio."""
        middle = {name: median(runs) if runs else None for name, runs in (("ours", self.ours), ("rival", self.theirs))}
        return {**asdict(self), "median": middle, "ratio": self.ratio}


def pairs(row: Row, ours: Callable[[], float], theirs: Callable[[], Answer], repeat: int) -> Row:
    """Fills a row, pair by pair, until `repeat` pairs are there or the rival has had its time.

    A pair is one run of the rival's between two of ours.
    """
    for _ in range(repeat):
        before = ours()
        try:
            answer = theirs()
        except Unavailable as reason:
            row.note = str(reason)
            return row
        row.ours += [before, ours()]
        if answer.seconds is None:
            row.note = f"not within {PATIENCE:.0f} s"
            return row
        row.theirs.append(answer.seconds)
        if not answer.proved:
            row.note = "did not prove it"
        if sum(row.theirs) > PATIENCE:
            break
    return row


def table(rows: list[Row]) -> Iterator[str]:
    """The rows as lines of text, one column a line up."""
    cells = [("what", "pairs", "ours", "rival", "rival's", "ratio"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def duration(seconds: float) -> str:
    """Seconds in a unit that suits them."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


def _cells(row: Row) -> tuple[str, ...]:
    ours = duration(median(row.ours)) if row.ours else "-"
    theirs = duration(median(row.theirs)) if row.theirs else ""
    if row.note:
        theirs = f"{row.note} ({theirs})" if theirs else row.note
    ratio = f"{row.ratio:.3g}x" if row.ratio and not row.note else "-"
    return row.what, str(len(row.theirs) or "-"), ours, row.rival or "-", theirs or "-", ratio
