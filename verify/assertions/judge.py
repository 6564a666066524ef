"""The verdict on every quantity of every trial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from verify.assertions.case import Case
from verify.assertions.classify import Finding, classify, wrong
from verify.assertions.expected import SECOND_ORDER
from verify.assertions.families import centred
from verify.assertions.inputs import axes_of_statistics
from verify.assertions.observe import BY_FORWARD_MODE, OUTPUT, SECONDS
from verify.assertions.report import ILL_POSED, PASS, PRECISION, VACUOUS, WRONG, Row
from verify.assertions.sentences import sentences
from verify.assertions.trial import Compared, Runner, Trial
from verify.assertions.vacuous import blind_spots

GRADIENT = "input gradient"
Group = tuple[str, str, bool, bool]
"""Dtype and quantity, whether the layout is unusual, and whether there is an infinity where none is due."""


class Judge:
    """Turns trials into rows. The first trial that shows a fault is looked into; others with it get its sentence."""

    def __init__(self, run: Runner) -> None:
        self.run = run
        self.findings: dict[Group, Finding] = {}
        self.passed: set[tuple[str, bool]] = set()
        self.unbounded: dict[str, list[str]] = {}
        self.said: dict[int, dict[str, Finding]] = {}

    def rows(self, trials: Iterable[Trial]) -> list[Row]:
        """The rows of all trials of one dtype, easy ones first."""
        self.passed.clear()
        self.said.clear()
        found: list[Row] = []
        for trial in trials:
            fault = fault_of(trial.case)
            found += [row_of(trial, "inputs", ILL_POSED, says=fault)] if fault else self._rows(trial)
        return found

    def _rows(self, trial: Trial) -> Iterator[Row]:
        spots = dict(blind_spots(trial)) if trial.given else {}
        for name in trial.observed.values:
            compared = trial.compared(name)
            if not compared.known:
                self.unbounded.setdefault(name, []).append(trial.case.purpose)
            elif not compared.ok:
                finding = self._finding(trial, name)
                yield row_of(trial, name, finding.verdict, compared, finding.says)
            elif name in spots:
                yield row_of(trial, name, VACUOUS, compared, spots[name])
            else:
                if not trial.strided:
                    self.passed.add((name, trial.hard))
                yield row_of(trial, name, PASS, compared)
        for name, reason in trial.observed.missing.items():
            if name.endswith(" gradient"):
                yield row_of(trial, name, WRONG if "does not depend" in reason else ILL_POSED, says=reason)

    def _sentences(self, trial: Trial) -> dict[str, Finding]:
        """What the diagnosis says of a trial, which is asked once."""
        if id(trial) not in self.said:
            self.said[id(trial)] = sentences(trial)
        return self.said[id(trial)]

    def _finding(self, trial: Trial, name: str) -> Finding:
        group = (str(trial.case.x.dtype), name, trial.strided, trial.compared(name).not_finite > 0)
        if group not in self.findings:
            finding = classify(trial, name, self.run, lambda: self._sentences(trial).get(name))
            if name in BY_FORWARD_MODE and SECONDS["x"] in trial.observed.values and trial.compared(SECONDS["x"]).ok:
                says = f"wrong by {name.rpartition(', ')[2]}, and right by the backward of the backward"
                finding = Finding(WRONG, f"{says}: {wrong(trial, trial.compared(name))}")
            elif name in SECOND_ORDER and self._blamed(trial, finding):
                finding = Finding(WRONG, "it is the derivative of an input gradient that is wrong")
            elif finding.verdict == WRONG and not finding.evidence and self._follows(trial, name):
                finding = Finding(PRECISION, f"{finding.says}, as follows from an output with too little precision")
            if trial.strided and (name, trial.hard) in self.passed and finding.verdict != PRECISION:
                finding = replace(finding, says=f"{finding.says}; contiguous inputs are right")
            self.findings[group] = finding
        return self.findings[group]

    def _blamed(self, trial: Trial, finding: Finding) -> bool:
        """Whether the gradient, whose derivative this is, explains what is wrong."""
        dtype = str(trial.case.x.dtype)
        gradients = [found for (kind, name, *_), found in self.findings.items() if (kind, name) == (dtype, GRADIENT)]
        return not finding.evidence and any(found.verdict == WRONG for found in gradients)

    def _follows(self, trial: Trial, name: str) -> bool:
        """Whether the output lacks precision, and this is a second derivative, or at most ten times less precise."""
        output = self.findings.get((str(trial.case.x.dtype), OUTPUT, trial.strided, False))
        if output is None or output.verdict != PRECISION or OUTPUT not in trial.observed.values or name == OUTPUT:
            return False
        own, other = trial.compared(name), trial.compared(OUTPUT)
        return name in SECOND_ORDER or own.error * other.scale <= 10 * other.error * own.scale


def row_of(trial: Trial, name: str, verdict: str, found: Compared | None = None, says: str = "") -> Row:
    """The row of one quantity."""
    case = trial.case
    dtype = str(case.x.dtype).removeprefix("torch.")
    start = (case.purpose, dtype, tuple(case.x.shape), case.layout, name, verdict)
    if found is None:
        return Row(*start, says=says)
    return Row(*start, found.error, found.bound, found.scale, found.entry, says)


def fault_of(case: Case) -> str:
    """Why there is nothing to compare on a case, or ""."""
    for name, value in (("x", case.x), ("weight", case.weight), ("bias", case.bias), ("grad_output", case.grad_output)):
        if value is not None and not bool(value.isfinite().all()):
            bad = int((~value.isfinite()).sum())
            return f"{name} has {bad} entries that are NaN or infinite"
    count = 1
    for axis in axes_of_statistics(case.arrangement):
        count *= case.arrangement.inner[axis]
    if count == 1 and centred(case.arrangement.layer):
        return f"every statistic is over m = 1 number, whose variance is 0 (shape {tuple(case.x.shape)})"
    return "" if case.x.numel() else f"the input {tuple(case.x.shape)} is empty"
