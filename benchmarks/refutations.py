"""The same statements with one sign flipped: our counterexample and repair, against SymPy's 'not zero'."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.comparison import PATIENCE, Row, pairs
from benchmarks.proofs import STATEMENTS, SYMPY, ours, stop
from benchmarks.worker import Answer


def measured(repeat: int) -> Iterator[Row]:
    """One row for each planted error."""
    for statement in STATEMENTS:
        row = Row(f"{statement}, one sign flipped", "SymPy rings, only m = 4, only 'not zero'")
        yield pairs(row, lambda s=statement: ours(s, repair=True), lambda s=statement: _rejected(s), repeat)
    stop()


def _rejected(statement: str) -> Answer:
    answer = SYMPY.ask(PATIENCE, statement=statement, planted=True, m=4)
    return Answer(answer.seconds, not answer.proved)
