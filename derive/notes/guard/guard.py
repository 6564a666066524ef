"""Judges documents, each formula within its time, whatever happens to the process that does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from time import monotonic
from types import TracebackType

from derive.notes.find import Formula
from derive.notes.guard.processes import Child, Ended, Overdue, child
from derive.notes.guard.worker import Task, serve
from derive.notes.report import UNDECIDED, Checked
from derive.verdicts import Verdict

SECONDS = 10.0
"""A formula may take so long."""

START = 60.0
"""A fresh interpreter may take so long to begin."""


class Guard:
    """Judges the formulas of documents in a child process, which is ended where one takes longer than `seconds`.

    >>> from derive.notes.find import formulas_in
    >>> with Guard() as guard:
    ...     [found.verdict for found in guard.check(formulas_in("$$1 + 1 = 2$$"))]
    ['proved']
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._child: Child | None = None

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def check(self, formulas: Iterable[Formula]) -> list[Checked]:
        """Every displayed formula with its verdict, in order; `undecided` where it took too long."""
        run = _Run(tuple(formulas), self.seconds)
        while not run.ended and any(formula.display for formula in run.formulas):
            try:
                self._follow(run)
            except Overdue:
                self._end()
                run.stop(f"it took more than {_text(self.seconds)}")
            except Ended:
                run.stop(f"the process that judged it ended by itself ({self._end()})")
            except BaseException:
                self._end()
                raise
        return run.found()

    def _follow(self, run: _Run) -> None:
        """Sends the task, and takes in what the child says of it."""
        fresh = self._child is None
        if self._child is None:
            self._child = child(serve)
        run.at = None
        self._child.send(run.task())
        deadline = monotonic() + self.seconds + (START if fresh else 0)
        while not run.ended:
            kind, *rest = self._child.receive(deadline)
            if kind == "at":
                run.at = rest[0]
                deadline = monotonic() + self.seconds
            elif kind == "failed":
                run.stop(rest[0])
                return
            else:
                run.take(kind, rest)

    def _end(self) -> str:
        own, self._child = self._child, None
        return own.end() if own is not None else ""


@dataclass
class _Run:
    """What is known of one document so far."""

    formulas: tuple[Formula, ...]
    seconds: float
    at: int | None = None
    ended: bool = False
    decided: dict[int, list[Verdict]] = field(default_factory=dict)
    judged: dict[int, Checked] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)

    def task(self) -> Task:
        decided = {number: tuple(verdicts) for number, verdicts in self.decided.items()}
        judged, left_out = frozenset(self.judged), frozenset(self.left_out)
        return Task(self.formulas, self.seconds, decided, judged, dict(self.stopped), left_out)

    def take(self, kind: str, rest: list) -> None:
        if kind == "end":
            self.ended = True
        elif kind == "decided":
            self.decided.setdefault(rest[0], []).append(rest[1])
        else:
            self.judged[rest[0]] = rest[1]

    def stop(self, reason: str) -> None:
        """Something went wrong at a formula: it gets no more time; at the second time it is left out."""
        if self.at is None or self.at in self.left_out:
            self._give_up(reason)
        elif self.at in self.stopped:
            self.left_out.add(self.at)
        else:
            self.stopped[self.at] = reason

    def _give_up(self, reason: str) -> None:
        """All that is not judged gets the reason; nothing tells which formula it lies at."""
        self.ended = True
        for number in range(len(self.formulas)):
            if number not in self.judged:
                self.stopped.setdefault(number, reason)
                self.left_out.add(number)

    def found(self) -> list[Checked]:
        return [self._found(number) for number, formula in enumerate(self.formulas) if formula.display]

    def _found(self, number: int) -> Checked:
        checked, reason = self.judged.get(number), self.stopped.get(number, "")
        if checked is None:
            return Checked(self.formulas[number], UNDECIDED, reason=reason, help=_help(reason))
        return replace(checked, help=_help(reason)) if reason and checked.reason == reason else checked


def _help(reason: str) -> str:
    """What can be done where a formula was given up."""
    if reason.startswith("an error in derive"):
        return "this should not happen; please report it, with the formula"
    return "give it more time with --seconds, or write it as several smaller formulas"


def _text(seconds: float) -> str:
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"
