"""Calls of the command `derive`, in this process and in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from derive.cli import main

ROOT = Path(__file__).parents[2]

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""Standard output is buffered, as it is for a person who writes into a pipe."""

PRELUDE = """\
import sys
from derive import Abs, Derivation, Eq, Scalar, Size, Sum, Vector, indices, main, prove, statement
m = Size("m")
b, k = indices("b k", m)
u, x = Vector("u", m), Scalar("x")
"""
"""Five lines that the scripts of the tests begin with."""

SQUARE = '''
@statement("square-of-a-sum")
def square_of_a_sum():
    """The square of a sum is a double sum."""
    return Derivation(Sum(u[b], b) ** 2).eq(Sum(u[b] * u[k], b, k), "multiplied out")
'''

CARELESS = '''
@statement("careless")
def careless():
    """The square of a sum is the sum of the squares."""
    return (
        Derivation(Sum(u[b], b) ** 2)
        .eq(Sum(u[b] * u[k], b, k), "multiplied out")
        .eq(Sum(u[b] ** 2, b), "carelessly")
    )
'''

PLAIN_END = """
if __name__ == "__main__":
    sys.exit(main())
"""


@dataclass(frozen=True)
class Called:
    """What a call left behind."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Command:
    """The command in this process; a call that argparse refuses has its status, too."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *argv: object) -> Called:
        try:
            status = main([str(each) for each in argv])
        except SystemExit as ended:
            status = ended.code
        captured = self.capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return Called(status, captured.out, captured.err)


def process(*argv: object, cwd: Path | None = None, options: tuple[str, ...] = (), seed: str = "random") -> Called:
    """A Python process with the repository in its path."""
    made = subprocess.run(
        [sys.executable, *options, *map(str, argv)],
        cwd=cwd or ROOT,
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in made.stderr + made.stdout, made.stderr
    return Called(made.returncode, made.stdout, made.stderr)


def line_of(path: Path, words: str) -> int:
    """The number of the first line that contains these words."""
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if words in line)
