"""What kind of fault it is that a quantity is beyond its bound."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from verify.assertions.case import Case
from verify.assertions.families import centred
from verify.assertions.inputs import farther, narrower, smaller, twin
from verify.assertions.observe import OUTPUT
from verify.assertions.report import PRECISION, UNSTABLE, WRONG
from verify.assertions.trial import Compared, Runner, Trial, conditioning

EASY_RATIO, EASY_TIGHTNESS, EASY_LOGIT = 0.5, 1e4, 2.0
"""Numbers on which nothing is difficult: the mean within a deviation, the variance far above epsilon, small logits."""
WIDER = {torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.float32: torch.float64}
LOWER = {torch.float64: torch.float32, torch.float32: torch.bfloat16}
STEPS = 7


@dataclass(frozen=True)
class Finding:
    """A verdict and the sentence for it; `shared` says that the same sentence explains other quantities, too."""

    verdict: str
    says: str
    evidence: str = ""
    shared: bool = False


def classify(trial: Trial, name: str, run: Runner, told: Callable[[], Finding | None]) -> Finding:
    """The verdict on a quantity that is beyond its bound. `told` asks the diagnosis what is wrong.

    A layer that is right on the same numbers in a wider dtype has the right formula, so that rounding is looked into
    first; otherwise the formula is.
    """
    found = trial.compared(name)
    wide = _widened(trial, run)
    if _holds(wide, name):
        told_of = _with_ratio(told(), trial, name, run)
        if told_of is not None and told_of.verdict == UNSTABLE:
            return told_of
        return _of_rounding(trial, name, run, found) or told_of or Finding(WRONG, wrong(trial, found))
    sentence = _with_ratio(told(), trial, name, run)
    if sentence is not None and sentence.verdict != PRECISION:
        return sentence
    if unstable := _unstable(trial, name, run):
        return unstable
    if sentence is not None and sentence.shared:
        return sentence
    if trial.explained(name, _lower(trial)) and not _systematic(trial, name, run):
        return sentence or Finding(PRECISION, _precision(trial, found))
    return Finding(WRONG, wrong(trial, found))


def _systematic(trial: Trial, name: str, run: Runner) -> bool:
    """Whether the error stays what it is when all inputs move by a rounding of the lower dtype; rounding errors don't.

    Where the layer can't be run again: whether the error is a multiple of what is due.
    """
    if _alike(_error(trial, name), trial.due(name).value):
        return True
    case, generator = trial.case, torch.Generator().manual_seed(1)
    unit = 2 * torch.finfo(_lower(trial)).eps
    moved = {}
    for each in ("x", "weight", "bias", "grad_output"):
        value = getattr(case, each)
        if value is not None:
            noise = torch.rand(value.shape, generator=generator).to(value) - 0.5
            moved[each] = torch.empty_like(value).copy_(value * (1 + unit * noise))
    other = trial.again(replace(case, **moved), run)
    return other is not None and name in other.observed.values and _alike(_error(trial, name), _error(other, name))


def _error(trial: Trial, name: str) -> torch.Tensor:
    return trial.observed.values[name].double() - trial.due(name).value


def _alike(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether two arrays are nearly parallel."""
    left, right = left.flatten(), right.flatten()
    return bool((left @ right).abs() > 0.9 * left.norm() * right.norm())


def _with_ratio(told: Finding | None, trial: Trial, name: str, run: Runner) -> Finding | None:
    """What the diagnosis says; if that is wrong on hard numbers alone, with where it begins."""
    if told is None or told.verdict != UNSTABLE:
        return told
    broken = _unstable(trial, name, run)
    return replace(told, says=f"{told.says}: {broken.says}") if broken else told


def _of_rounding(trial: Trial, name: str, run: Runner, found: Compared) -> Finding | None:
    """What rounding does to a right formula: it overflows, it loses precision, or it breaks on difficult numbers."""
    if found.not_finite:
        return Finding(UNSTABLE, _overflow(trial, found))
    if conditioning(trial.case).constant and name == OUTPUT:
        return Finding(UNSTABLE, _constant(trial, found))
    narrow = trial.case.x.dtype.itemsize == 2
    unstable = None if narrow else _unstable(trial, name, run)
    if unstable is None and trial.explained(name, _lower(trial), everywhere=False):
        return Finding(PRECISION, _precision(trial, found))
    return unstable or _unstable(trial, name, run)


def _holds(trial: Trial | None, name: str) -> bool:
    if trial is None or name not in trial.observed.values:
        return False
    found = trial.compared(name)
    return found.ok and found.known


def _widened(trial: Trial, run: Runner) -> Trial | None:
    """The same numbers in the next wider dtype."""
    wide = WIDER.get(trial.case.x.dtype)
    if wide is None:
        return None
    case = trial.case
    names = ("x", "weight", "bias", "grad_output", "tangent")
    values = {each: _converted(getattr(case, each), wide) for each in names}
    return trial.again(replace(case, **values), run)


def _converted(value: torch.Tensor | None, dtype: torch.dtype) -> torch.Tensor | None:
    return None if value is None else twin(value, dtype)


def _lower(trial: Trial) -> torch.dtype:
    """The dtype in which a layer would be computed that has the right formula and too little precision."""
    dtype = trial.case.x.dtype
    return dtype if dtype.itemsize == 2 else LOWER[dtype]


def _precision(trial: Trial, found: Compared) -> str:
    dtype, low = trial.case.x.dtype, _lower(trial)
    meant = "statistics or sums are rounded to" if low == dtype else "something is computed in"
    return f"off by {found.ratio:.2g} times what rounding allows, as if {meant} {_name(low)}"


def _overflow(trial: Trial, found: Compared) -> str:
    wide = _name(WIDER[trial.case.x.dtype])
    return (
        f"{found.not_finite} of {found.entries} entries are not finite where values up to {found.scale:.2g} are due, "
        f"and in {wide} they are right: something on the way exceeds {torch.finfo(trial.case.x.dtype).max:g}"
    )


def _constant(trial: Trial, found: Compared) -> str:
    size = float(trial.case.x.abs().max())
    most = f"with x - mu, however it is rounded, that is at most {found.bound:.2g}"
    return f"a constant input of {size:g} comes out {found.error:.3g} away from the bias; {most}"


def wrong(trial: Trial, found: Compared) -> str:
    """How many entries are off, and by how much."""
    if found.not_finite:
        due = f"where values up to {found.scale:.2g} are due"
        return f"{found.not_finite} of {found.entries} entries are not finite {due}"
    entries = f"{found.beyond} of {found.entries} entries are off" if found.entries > 1 else "it is off"
    return f"{entries}, by up to {found.ratio:.2g} times what rounding allows"


def _unstable(trial: Trial, name: str, run: Runner) -> Finding | None:
    """A finding if the same layer is right once the mean is near zero, or the variance far above epsilon."""
    own, case = conditioning(trial.case), trial.case
    if own.logit > 2 * EASY_LOGIT and _holds(trial.again(smaller(case, EASY_LOGIT), run), name):
        broken = _first(EASY_LOGIT, own.logit, lambda at: smaller(case, at), trial, name, run)
        return Finding(UNSTABLE, f"right where the logits are small, wrong from logits of {broken:.2g} on")
    far = own.ratio > 2 * EASY_RATIO and centred(case.arrangement.layer)
    if far and _holds(trial.again(farther(case, EASY_RATIO), run), name):
        broken = _first(EASY_RATIO, own.ratio, lambda at: farther(case, at), trial, name, run)
        return Finding(UNSTABLE, f"right where the mean is near zero, wrong from mean/std = {broken:.2g} on")
    tight = own.tightness < EASY_TIGHTNESS / 10
    if tight and _holds(trial.again(narrower(case, EASY_TIGHTNESS), run), name):
        lowest = max(own.tightness, 1e-12)
        broken = _first(EASY_TIGHTNESS, lowest, lambda at: narrower(case, at), trial, name, run)
        return Finding(UNSTABLE, f"right where the variance is large, wrong below {broken:.2g} epsilon")
    return None


def _first(good: float, bad: float, at: Callable[[float], Case], trial: Trial, name: str, run: Runner) -> float:
    """Between a number where the layer is right and one where it is wrong, the nearest to the first that is wrong."""
    for _ in range(STEPS):
        middle = math.sqrt(good * bad)
        if _holds(trial.again(at(middle), run), name):
            good = middle
        else:
            bad = middle
    return bad


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
