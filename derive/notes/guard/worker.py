"""What the child does: it judges a document and says every step, so that another can go on where it was ended."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from pickle import PicklingError

from derive.collector import collect_seldom
from derive.language import Claim
from derive.latex.reader import Unread
from derive.notes.decision import decide
from derive.notes.find import Formula
from derive.notes.guard.processes import Channel, Ended, silence
from derive.notes.judge import Note
from derive.notes.repair.fallback import closed_form
from derive.notes.report import Checked
from derive.notes.survey import read
from derive.notes.trees import Read
from derive.verdicts import Refuted, Undecided, Verdict

MEMORY = 2 << 30
"""The child may take so many bytes more than it begins with, where the system can hold it to that."""


@dataclass(frozen=True)
class Task:
    """A document, and what is known of it from a child that was ended.

    `decided` are the verdicts on claims, in the order in which a formula asks for them; `judged` are the formulas that
    need no more than that. `stopped` formulas get the reason for every further claim, `left_out` are not even read.
    """

    formulas: tuple[Formula, ...]
    seconds: float
    decided: dict[int, tuple[Verdict, ...]] = field(default_factory=dict)
    judged: frozenset[int] = frozenset()
    stopped: dict[int, str] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()


def serve(channel: Channel) -> None:
    """Works on every task that comes, until no more can come."""
    limit_memory()
    collect_seldom()
    while True:
        try:
            task = channel.receive()
            Work(task, channel).run()
        except Ended:
            return


def main() -> None:
    """The same in a fresh interpreter, whose standard streams are the pipes."""
    channel = Channel(os.dup(0), os.dup(1))
    silence()
    serve(channel)


class Work:
    """One document.

    Its messages: ("at", number or None), ("decided", number, verdict), ("judged", number, checked), ("end",), and
    ("failed", reason) where Python itself gave up.
    """

    def __init__(self, task: Task, channel: Channel) -> None:
        self.task, self.channel = task, channel
        self.waiting: list[Verdict] = []
        self.at = -1

    def run(self) -> None:
        try:
            note = Note(self.task.formulas, self.decide, self.read)
            note.hurried = frozenset(self.task.stopped)  # what is wrong in these was looked for, perhaps, in vain
            for number, checked in note.each(self.begin):
                if number not in self.task.judged | self.task.left_out:
                    self._send_judged(number, checked)
            self.channel.send(("end",))
        except Ended:
            raise
        except MemoryError:
            self.channel.send(("failed", f"it took more than {MEMORY >> 30} GB of memory"))
        except Exception as error:  # whatever it is, it must not keep the other formulas from being judged
            self.channel.send(("failed", f"an error in derive: {type(error).__name__}: {error}"[:300]))

    def begin(self, number: int) -> None:
        """A formula has its turn; the clock of the system ends this process where nobody else does any more."""
        self.at = number
        self.waiting = list(self.task.decided.get(number, ()))
        self.channel.send(("at", number))
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 2 * self.task.seconds + 5)

    def read(self, number: int, formula: Formula) -> Read:
        self.begin(number)
        found = Unread("it was left out", 0) if number in self.task.left_out else read(formula)
        if number == len(self.task.formulas) - 1:
            self.channel.send(("at", None))  # what follows is about all of them
        return found

    def decide(self, claim: Claim) -> Verdict:
        if self.waiting:
            return self.waiting.pop(0)
        if self.at in self.task.stopped:
            return Undecided(claim, self.task.stopped[self.at])
        verdict = decide(claim)
        reason = verdict.failing if isinstance(verdict, Refuted) else verdict.reason
        self._send(("decided", self.at, verdict), ("decided", self.at, Undecided(claim, reason)))
        return verdict

    def _send_judged(self, number: int, checked: Checked) -> None:
        if number not in self.task.stopped:
            for relation in checked.relations:
                if relation.mending is None and isinstance(relation.decision, Refuted):
                    _ = closed_form(relation.decision)  # it is kept, and goes with the verdict
        bare = replace(checked, relations=tuple(replace(each, decision=None) for each in checked.relations))
        self._send(("judged", number, checked), ("judged", number, bare))

    def _send(self, message: object, instead: object) -> None:
        """A message, or where it is nested too deep to be sent, another in its place."""
        try:
            self.channel.send(message)
        except (RecursionError, PicklingError):
            self.channel.send(instead)


def limit_memory() -> None:
    """Holds this process to its memory, where the system can do that."""
    if sys.platform == "win32":
        return
    import resource

    try:
        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = now + MEMORY if most == resource.RLIM_INFINITY else min(now + MEMORY, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    except (OSError, ValueError):
        return  # a system without it: time is limited all the same
