"""Notes checked in one process: how long real ones take, a corpus of them, and the slowest formula that is refuted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.comparison import duration
from benchmarks.worker import ROOT, Unavailable

SHARED = ROOT.parent / "shared"

LIMITS = {"notes": 2.0, "corpus": 10.0, "examples": None}
"""Seconds that all notes of a folder may take, after start-up for the first, as a whole process for the second."""

ONE = 0.3
"""Seconds that one refuted formula may take, with its repair."""


@dataclass
class Figures:
    """The runs over one folder: seconds for its notes, for the whole process, and for the slowest refuted formula."""

    folder: str
    limit: float | None
    refuted: int = 0
    checks: list[float] = field(default_factory=list)
    processes: list[float] = field(default_factory=list)
    slowest: list[float] = field(default_factory=list)

    @property
    def measured(self) -> list[float]:
        """What the limit is for."""
        return self.processes if self.folder == "corpus" else self.checks

    def record(self) -> dict:
        """These figures for --json: every run in seconds, medians and ratios."""
        middle = {name: median(getattr(self, name)) for name in ("checks", "processes", "slowest")}
        return {**asdict(self), "median": middle, "ratio": self.ratio, "ratio_of_one": ONE / middle["slowest"]}

    @property
    def ratio(self) -> float | None:
        """How many times the median the limit is."""
        return None if self.limit is None else self.limit / median(self.measured)


def folders() -> dict[str, Path]:
    """What is measured: the shared notes where they are, and those of our own."""
    known = {"notes": SHARED / "notes", "corpus": SHARED / "corpus", "examples": ROOT / "tests" / "notes" / "examples"}
    return {name: path for name, path in known.items() if path.is_dir()}


def measured(repeat: int) -> Iterator[Figures]:
    """The figures of each folder, every run in a fresh process."""
    for name, path in folders().items():
        figures = Figures(name, LIMITS[name])
        for _ in range(repeat):
            began = time.perf_counter()
            answer = _answer(path)
            figures.processes.append(time.perf_counter() - began)
            figures.checks.append(answer["seconds"])
            figures.slowest.append(max(answer["refuted"], default=0.0))
            figures.refuted = len(answer["refuted"])
        yield figures


def _answer(path: Path) -> dict:
    command = [sys.executable, "-m", "benchmarks.notes", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable((done.stderr.strip().splitlines() or ["no message"])[-1])
    return json.loads(done.stdout)


def report(rows: list[Figures]) -> Iterator[str]:
    """The rows as lines of a table, with medians, and how many times under its limit each is."""
    yield "| notes | runs | after start-up | with start-up | limit | refuted | slowest, with its repair | limit |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        checks, processes, slowest = (duration(median(runs)) for runs in (row.checks, row.processes, row.slowest))
        limit = "" if row.limit is None or row.ratio is None else f"{row.limit:g} s, {row.ratio:.2g}x"
        one = f"{ONE:g} s, {ONE / median(row.slowest):.2g}x"
        cells = (row.folder, len(row.checks), checks, processes, limit, row.refuted, slowest, one)
        yield f"| {' | '.join(map(str, cells))} |"


def once(path: Path) -> dict:
    """One run: the seconds for all notes of a folder, and those of each formula that is refuted."""
    import derive.notes.repair
    import derive.verdicts  # noqa: F401
    from derive.collector import collect_seldom
    from derive.notes.find import find
    from derive.notes.find.folders import documents_in
    from derive.notes.judge import Note

    collect_seldom()  # as the child process does that checks notes
    refuted: list[float] = []
    began = time.perf_counter()
    for document in documents_in(path):
        before: list[float] = []

        def begin(_: int, before: list[float] = before) -> None:
            before[:] = [time.perf_counter()]

        for _, checked in Note(find(document)).each(begin):
            refuted += [time.perf_counter() - before[0]] if checked.verdict == "refuted" else []
    return {"seconds": time.perf_counter() - began, "refuted": refuted}


if __name__ == "__main__":
    print(json.dumps(once(Path(sys.argv[1]))))
