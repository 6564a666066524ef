"""The verdict on every quantity of every batch, on every rank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verify.assertions.classify import LOWER
from verify.assertions.report import PASS, PRECISION, UNSTABLE, WRONG
from verify.assertions.trial import Compared, compare
from verify.bounds.model import Model
from verify.ranks.group import ranks_named
from verify.ranks.layers.due import AVERAGE, CONVENTIONS, LOCAL, SUM, Due
from verify.ranks.layers.report import RankRow
from verify.ranks.layers.shard_run import BIAS, INPUT, OUTPUT, QUANTITIES, WEIGHT
from verify.ranks.layers.suspects import (
    FOLLOWS,
    MOST,
    Suspect,
    Trial,
    backwards,
    explains,
    forwards,
    parameters,
    running,
)


@dataclass(frozen=True)
class Finding:
    """A verdict on a quantity, and the sentence for it."""

    verdict: str
    says: str


class Judge:
    """Turns the trials of one dtype into rows.

    `passed` are the quantities and batches that were right in wider dtypes; those that are right here are added.
    """

    def __init__(
        self, trials: Sequence[Trial], reduced: str | None, passed: set[tuple[str, str]], running: bool
    ) -> None:
        self.trials, self.reduced, self.passed = trials, reduced, passed
        wanted = QUANTITIES if running else QUANTITIES[:4]
        self.names = [name for name in wanted if all(name in each for trial in trials for each in trial.values)]
        self.conventions = {name: self._convention(name) for name in self.names if name in (WEIGHT, BIAS)}
        self.forward: Suspect | None = Suspect("")
        self.unbounded: list[str] = []

    def rows(self) -> list[RankRow]:
        """The rows of all quantities."""
        return [row for name in self.names for row in self._rows(name)]

    def _convention(self, name: str) -> str:
        """What the layer does with a parameter's gradient: what was stated, or what fits, or comes closest."""
        if self.reduced:
            return self.reduced

        def beyond(convention: str) -> int:
            return sum(not self._compared(trial, name, rank, convention).ok for trial, rank in self._all())

        return min(CONVENTIONS, key=beyond)

    def _all(self) -> Iterator[tuple[Trial, int]]:
        for trial in self.trials:
            yield from ((trial, rank) for rank in range(len(trial.values)))

    def _compared(self, trial: Trial, name: str, rank: int, convention: str | None = None) -> Compared:
        chosen = convention or self.conventions.get(name, LOCAL)
        return compare(trial.values[rank][name], trial.due.of(name, rank, chosen))

    def _rows(self, name: str) -> list[RankRow]:
        found = [(trial, rank, self._compared(trial, name, rank)) for trial, rank in self._all()]
        bad = [(trial, rank, each) for trial, rank, each in found if not each.ok]
        finding = self._finding(name, bad) if bad else Finding(PASS, "")
        differ = self._differ(name) if not bad else ""
        for trial, rank, each in found:
            if each.entries and not each.known:
                drawn = trial.due.drawn
                self.unbounded.append(f"{name} of rank {rank}, {drawn.recipe.purpose}, {_dtype(trial)}")
            purpose = trial.due.drawn.recipe.purpose
            if not any(trial is other for other, _, _ in bad):
                self.passed.add((name, purpose))
        return [
            _row(trial, name, rank, each, finding if not each.ok else Finding(WRONG if differ else PASS, differ))
            for trial, rank, each in found
            if each.known or not each.entries
        ]

    def _differ(self, name: str) -> str:
        """What is wrong where the weight's gradient is reduced in one way, and that of the bias in another."""
        own, other = self.conventions.get(BIAS), self.conventions.get(WEIGHT)
        if name != BIAS or other is None or own == other or own is None:
            return ""
        words = {LOCAL: "each rank's own part", SUM: "summed over the ranks", AVERAGE: "averaged over the ranks"}
        return f"the weight gradient is {words[other]}, and the bias gradient is {words[own]}"

    def _finding(self, name: str, bad: list[tuple[Trial, int, Compared]]) -> Finding:
        failing = list({id(trial): trial for trial, _, _ in bad}.values())
        who = frozenset(rank for _, rank, _ in bad)
        plain = [trial for trial in self.trials if not trial.hard and not trial.empty]
        wrong = [trial for trial in plain if any(trial is each for each in failing)]
        hard = [trial for trial in failing if not trial.empty]
        if not wrong and hard and plain and (finding := self._unstable(name, hard, who)):
            return finding
        told = self._told(name, _first(wrong, plain), who) if wrong else []
        if 0 < len(told) <= MOST:
            joined = told[0] if len(told) == 1 else f"either {', or '.join(told)} (these values can't tell)"
            plainly = "unequal" in joined or joined == FOLLOWS
            return Finding(WRONG, joined if plainly else joined + self._only(failing, plain))
        if name == OUTPUT:
            self.forward = None
        if finding := self._precision(name, failing, who):
            return finding
        return Finding(WRONG, _located(name, bad) + self._only(failing, plain))

    def _told(self, name: str, trials: list[Trial], who: frozenset[int]) -> list[str]:
        """The faults that explain a quantity, in words."""
        if name == OUTPUT:
            found = forwards(trials, who)
            self.forward = found[0] if 0 < len(found) <= MOST else None
            return [each.says for each in found]
        if self.forward is None:
            return []
        if name == INPUT:
            return backwards(trials, who, self.forward)
        if name in (WEIGHT, BIAS):
            return parameters(trials, name, who, self.forward, self.reduced)
        return running(trials, name, who, self.forward)

    def _unstable(self, name: str, failing: list[Trial], who: frozenset[int]) -> Finding | None:
        """Whether what E[y^2] - E[y]^2 loses explains what is wrong where the mean is large, and only there."""
        dues = {id(trial): Due(trial.due.drawn, trial.due.model, trial.due.momentum, True) for trial in failing}

        def lossy(trial: Trial, rank: int):
            return dues[id(trial)].of(name, rank, self.conventions.get(name, LOCAL))

        far = [trial for trial in failing if trial.due.drawn.recipe.ratio > 1]
        if len(far) < len(failing):
            return None
        if not explains(far, name, sorted(who), lossy) and not _lost(far, name, sorted(who), lossy):
            return None
        least = min(trial.due.drawn.recipe.ratio for trial in far)
        return Finding(
            UNSTABLE,
            f"right where the mean is near zero, wrong with means of {least:g} deviations, by no more than a variance "
            "computed as E[y^2] - E[y]^2 may lose there",
        )

    def _precision(self, name: str, failing: list[Trial], who: frozenset[int]) -> Finding | None:
        """Whether the same batches are right in a wider dtype, and rounding in a narrower one explains the errors."""
        if not all((name, trial.due.drawn.recipe.purpose) in self.passed for trial in failing):
            return None
        dtype = failing[0].due.model.dtype
        low = dtype if dtype.itemsize == 2 else LOWER[dtype]
        rough = Model(low, accumulate=low)
        dues = {id(trial): Due(trial.due.drawn, rough, trial.due.momentum) for trial in failing}

        def rounded(trial: Trial, rank: int):
            return dues[id(trial)].of(name, rank, self.conventions.get(name, LOCAL))

        if not explains(failing, name, sorted(who), rounded):
            return None
        where = str(low).removeprefix("torch.")
        return Finding(PRECISION, f"right in a wider dtype; off as if statistics or sums are rounded to {where}")

    def _only(self, failing: list[Trial], plain: list[Trial]) -> str:
        """Whether a fault shows with shards of one size alone, with those of different sizes, or with empty ones."""
        right = [trial for trial in plain if not any(trial is other for other in failing)]
        if right and all(trial.empty for trial in failing):
            return " (it shows where a rank has no samples)"
        for equal, words in ((False, "unequal"), (True, "equal")):
            if all(trial.equal is equal for trial in failing) and any(trial.equal is not equal for trial in right):
                return f" (it shows with {words} shards alone)"
        return ""


def _first(wrong: list[Trial], plain: list[Trial]) -> list[Trial]:
    """The plain trials, those first in which something is wrong."""
    return [*wrong, *(trial for trial in plain if not any(trial is each for each in wrong))]


def _lost(trials: list[Trial], name: str, ranks: list[int], lossy) -> bool:
    """Whether so much may be lost that there is no bound at all, in every entry that is wrong."""
    return all(compare(trial.values[rank][name], lossy(trial, rank)).ok for trial in trials for rank in ranks)


def _located(name: str, bad: list[tuple[Trial, int, Compared]]) -> str:
    """On which ranks a quantity is wrong, in how many entries, and by how much."""
    _, rank, top = max(bad, key=lambda item: item[2].ratio)
    ranks = sorted({rank for _, rank, _ in bad})
    by = "not finite" if top.not_finite else f"off by up to {top.ratio:.2g} times what rounding allows"
    return f"wrong on {ranks_named(ranks)}: {top.beyond} of {top.entries} entries of rank {rank} are {by}"


def _row(trial: Trial, name: str, rank: int, found: Compared, finding: Finding) -> RankRow:
    drawn = trial.due.drawn
    shape = (drawn.shards.sizes[rank], *drawn.case.x.shape[1:])
    return RankRow(
        drawn.recipe.purpose, drawn.shards.sizes, _dtype(trial), shape, name, rank, finding.verdict,
        found.error, found.bound, found.scale, found.entry, finding.says,
    )  # fmt: skip


def _dtype(trial: Trial) -> str:
    return str(trial.due.drawn.case.x.dtype).removeprefix("torch.")
