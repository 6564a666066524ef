"""One run of a layer beside what is expected of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import torch

from verify.assertions.case import Case, Observed
from verify.assertions.expected import DEFAULT, Expected, Honesty, expected, expected_of
from verify.assertions.families import SOFTMAXES
from verify.assertions.inputs import axes_of_statistics
from verify.assertions.observe import LayerFault

TOGETHER = 2**16
"""How many numbers are evaluated at once."""
Runner = Callable[[Case], Observed]
"""Runs the layer under test on a case; raises LayerFault where that can't be done."""


@dataclass(frozen=True)
class Compared:
    """The entry of a quantity with the greatest error by bound. `unbounded` entries have none, and are left out."""

    error: float
    bound: float
    scale: float
    entry: tuple[int, ...]
    unbounded: int = 0
    entries: int = 0
    beyond: int = 0
    not_finite: int = 0

    @property
    def ok(self) -> bool:
        return self.beyond == 0

    @property
    def known(self) -> bool:
        """Whether anything was compared: there is a bound for some entry."""
        return self.unbounded < self.entries

    @property
    def ratio(self) -> float:
        if self.error == 0:
            return 0.0
        return self.error / self.bound if self.error == self.error and self.bound > 0 else float("inf")


def compare(found: torch.Tensor, due: Expected) -> Compared:
    """Where a value is farthest beyond its bound; what is no number where one is due is beyond every bound."""
    error = (found.double() - due.value).abs().nan_to_num(nan=torch.inf, posinf=torch.inf)
    bounded = due.bound.isfinite() & due.value.isfinite()
    ratio = torch.where(error == 0, 0.0, error / due.bound).nan_to_num(nan=torch.inf, posinf=torch.inf)
    ratio = torch.where(bounded, ratio, -1.0)
    if not ratio.numel():
        return Compared(0.0, 0.0, 0.0, ())
    flat = int(ratio.argmax())
    entry = tuple(int(place) for place in torch.unravel_index(torch.tensor(flat), ratio.shape))
    return Compared(
        error=float(error[entry]) if bounded.any() else 0.0,
        bound=float(due.bound[entry]),
        scale=float(due.value.abs().max()),
        entry=entry,
        unbounded=int((~bounded).sum()),
        entries=ratio.numel(),
        beyond=int((ratio > 1).sum()),
        not_finite=int((bounded & ~found.isfinite()).sum()),
    )


@dataclass(frozen=True)
class Trial:
    """A case, what the layer gave, and what the forms say.

    `hard` says that the numbers were chosen to be difficult, `strided` that a layout is unusual, `given` that a person
    chose them.
    """

    case: Case
    observed: Observed
    hard: bool = False
    strided: bool = False
    given: bool = False
    honesty: Honesty = DEFAULT

    def due(self, name: str) -> Expected:
        found = self._due.get(name)
        if found is None:
            found = self._due[name] = expected(self.case, name, self.honesty)
        return found

    @cached_property
    def _due(self) -> dict[str, Expected]:
        return {}

    def keep(self, name: str, due: Expected) -> None:
        """What is expected, where it is known already."""
        self._due[name] = due

    def compared(self, name: str) -> Compared:
        return compare(self.observed.values[name], self.due(name))

    def explained(self, name: str, low: torch.dtype, everywhere: bool = True) -> bool:
        """Whether rounding the statistics, the sums or both to a lower dtype explains the error.

        `everywhere` asks for a bound at every entry; where sums in that dtype may be off by any amount there is none.
        """
        for saved, sums, worst in product((True, False), (None, low), (False, True)):
            if saved or sums:
                due = expected(self.case, name, Honesty(worst, sums, saved=low if saved else None))
                found = compare(self.observed.values[name], due)
                if found.ok and not (everywhere and found.unbounded):
                    return True
        return False

    def again(self, case: Case, run: Runner) -> Trial | None:
        """The layer on another case, or None if it doesn't take that."""
        try:
            return replace(self, case=case, observed=run(case))
        except LayerFault:
            return None


def expect(trials: Sequence[Trial]) -> None:
    """Evaluates what is expected of all trials: those of one shape, dtype and model together."""
    alike: dict[tuple, list[Trial]] = {}
    for trial in trials:
        case = trial.case
        given = tuple(value is None for value in (case.tangent, case.weight, case.bias))
        key = (case.arrangement.shape, case.arrangement.inner, case.x.dtype, case.eps, trial.honesty, given)
        for name in trial.observed.values:
            alike.setdefault((*key, name), []).append(trial)
    for (*_, name), group in alike.items():
        width = max(1, TOGETHER // max(1, group[0].case.x.numel()))
        for start in range(0, len(group), width):
            part = group[start : start + width]
            found = expected_of([trial.case for trial in part], name, part[0].honesty)
            for trial, due in zip(part, found, strict=True):
                trial.keep(name, due)


@dataclass(frozen=True)
class Conditioning:
    """The largest mean over standard deviation, the smallest variance over epsilon, and whether all are constant.

    `logit` is the largest number that a softmax takes the exponential of; 0 for other layers.
    """

    ratio: float
    tightness: float
    constant: bool
    logit: float = 0.0


def conditioning(case: Case) -> Conditioning:
    """How difficult the numbers of a case are."""
    inner = case.arrangement.inward("x", case.x.double())
    if case.arrangement.layer.name in SOFTMAXES:
        return Conditioning(0.0, math.inf, False, float(inner.abs().amax()))
    axes = axes_of_statistics(case.arrangement)
    mean = inner.mean(axes, keepdim=True)
    variance = (inner - mean).square().mean(axes, keepdim=True)
    ratio = torch.where(variance > 0, mean.abs() / variance.sqrt(), 0.0).amax()
    has_epsilon = "epsilon" in case.arrangement.layer.names and case.eps
    tightness = float(variance.amin()) / case.eps if has_epsilon else float("inf")
    return Conditioning(float(ratio), tightness, not bool(variance.any()))
