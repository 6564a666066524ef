"""Whole commands in fresh processes, against `python -c 'import sympy'`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.comparison import Row, pairs
from benchmarks.worker import ROOT, Answer, Unavailable

RIVAL = ["-c", "import sympy"]
COMMANDS = {
    "derive prove": ["-m", "derive", "prove"],
    "derive --help": ["-m", "derive", "--help"],
    "derive check, one note": ["-m", "derive", "check", "tests/notes/examples/norms/bn-compgraph-en.md"],
    "derive check, our notes": ["-m", "derive", "check", "tests/notes/examples", "--only"],
}


def measured(repeat: int) -> Iterator[Row]:
    """One row for each command."""
    for name, command in COMMANDS.items():
        row = Row(f"{name}, cold", "python -c 'import sympy'")
        try:
            seconds(command)
            seconds(RIVAL)
        except Unavailable as reason:
            row.note = str(reason)
            yield row
            continue
        yield pairs(row, lambda own=command: seconds(own), lambda: Answer(seconds(RIVAL), True), repeat)


def seconds(arguments: list[str]) -> float:
    """The wall time of one Python process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode > 1 or (done.returncode and done.stderr):  # 1 without a word: something is refuted
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Unavailable(f"python {' '.join(arguments)} exits with {done.returncode}: {last}")
    return took
