"""Facts C.1 and C.2, Theorem 4.1 and the Hessian of Theorem 4.2, from raw y, warm and in process, against rivals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.comparison import PATIENCE, Row, pairs
from benchmarks.worker import Prover

STATEMENTS = ("C.2", "C.1", "4.1", "4.2")
WARM_UP = {"statement": "C.2"}
OURS = Prover("ours", WARM_UP)
SYMPY = Prover("rivals.sympy_fixed", {**WARM_UP, "m": 3})
TENSORGRAD = Prover("rivals.tensorgrad_rival", WARM_UP, "pip install -e '.[bench]'")
CADABRA = Prover("rivals.cadabra2_rival", WARM_UP, "apt-get install cadabra2", "/usr/bin/python3")


@dataclass(frozen=True)
class Rival:
    """Another program, and how it is asked."""

    label: str
    prover: Prover
    options: dict = field(default_factory=dict)
    statements: tuple[str, ...] = STATEMENTS


RIVALS = (
    *(Rival(f"SymPy rings, only m = {m}", SYMPY, {"m": m, "method": "ring"}) for m in (4, 6, 8)),
    *(Rival(f"SymPy simplify, only m = {m}", SYMPY, {"m": m, "method": "simplify"}) for m in (4, 6, 8)),
    Rival("tensorgrad", TENSORGRAD),
    Rival("tensorgrad, C.1 and sums of yhat typed in", TENSORGRAD, {"typed": True}, ("4.1",)),
    Rival("cadabra2, rules typed in", CADABRA, statements=("C.2", "C.1", "4.1")),
)


def measured(repeat: int, rivals: Iterable[Rival] = RIVALS) -> Iterator[Row]:
    """One row for each statement and rival."""
    rivals = tuple(rivals)
    for statement in STATEMENTS:
        for rival in rivals:
            if statement in rival.statements:
                yield _row(statement, rival, repeat)
    stop()


def _row(statement: str, rival: Rival, repeat: int) -> Row:
    return pairs(
        Row(statement, rival.label),
        lambda: ours(statement),
        lambda: rival.prover.ask(PATIENCE, statement=statement, **rival.options),
        repeat,
    )


def ours(statement: str, **options: bool) -> float:
    """The seconds of one run of ours, which has to succeed."""
    answer = OURS.ask(PATIENCE, statement=statement, **options)
    if answer.seconds is None or not answer.proved:
        raise RuntimeError(f"normproof did not do what the benchmark asks for {statement} {options}")
    return answer.seconds


def stop() -> None:
    """Ends every prover."""
    for prover in (OURS, SYMPY, TENSORGRAD, CADABRA):
        prover.stop()
