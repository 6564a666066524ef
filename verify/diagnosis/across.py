"""Faults that show only in several cases beside each other: what the wrong ones have in common and no right one has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from verify.assertions.case import Case, Observed
from verify.diagnosis.diagnosis import Diagnosis
from verify.diagnosis.location import as_rows
from verify.diagnosis.point import point_of
from verify.diagnosis.residual import Expected, residuals
from verify.diagnosis.search import second_order
from verify.diagnosis.tails import WIDTHS
from verify.diagnosis.words import listed

Compared = tuple[Case, Observed, Mapping[str, Expected], bool]
APART = 3.0
"""A threshold is named only where the right and the wrong cases lie this factor apart, or further."""


@dataclass(frozen=True)
class Traits:
    """What a case is like: its layout, how hard its numbers are, its row length, and the quantities that are wrong."""

    ok: bool
    contiguous: bool
    ratio: float
    tightness: float
    count: int
    wrong: tuple[str, ...]


def across(cases: Iterable[Compared]) -> Diagnosis | None:
    """What all wrong cases share and no right one has; several such traits are all named, None means there is none."""
    traits = [_traits(*case) for case in cases]
    right, wrong = [each for each in traits if each.ok], [each for each in traits if not each.ok]
    if not wrong:
        return None
    names = tuple(dict.fromkeys(name for each in wrong for name in each.wrong))
    if names and all(map(second_order, names)):
        says = "only second derivatives are wrong; the output and all gradients are right"
        return Diagnosis("only-second-order", says, f"in {len(wrong)} of {len(traits)} cases", names)
    found = [said for rule in RULES if (said := rule(right, wrong)) is not None] if right else []
    if not found:
        return None
    every = ", or ".join(said for _, said in found)
    says = every if len(found) == 1 else f"either {every} (these cases can't tell)"
    return Diagnosis(found[0][0], says, f"{len(wrong)} wrong cases beside {len(right)} right ones", names)


def _traits(case: Case, observed: Observed, expected: Mapping[str, Expected], ok: bool) -> Traits:
    rows = as_rows(case.arrangement.layer, point_of(case).x[0])
    variance = rows.var(1, correction=0)
    ratio = float((rows.mean(1).abs() / variance.sqrt()).nan_to_num(nan=0.0).amax())
    tightness = float(variance.amin()) / case.eps if case.eps else float("inf")
    wrong = tuple(name for name, each in residuals(case, observed, expected).items() if each.wrong)
    contiguous = case.x.is_contiguous() and case.grad_output.is_contiguous()
    return Traits(ok, contiguous, ratio, tightness, rows.shape[1], () if ok else wrong)


def _layout(right: Sequence[Traits], wrong: Sequence[Traits]) -> tuple[str, str] | None:
    if any(each.contiguous for each in wrong) or not all(each.contiguous for each in right):
        return None
    return "only-non-contiguous", "it is wrong only where the input or the upstream gradient is not contiguous"


def _large_mean(right: Sequence[Traits], wrong: Sequence[Traits]) -> tuple[str, str] | None:
    good, bad = max(each.ratio for each in right), min(each.ratio for each in wrong)
    if not bad > APART * good or bad < 1:
        return None
    said = f"it is wrong only where the mean is large: from mean/std = {bad:.3g} on, and right up to {good:.3g}"
    return "only-large-mean", said


def _small_variance(right: Sequence[Traits], wrong: Sequence[Traits]) -> tuple[str, str] | None:
    good, bad = min(each.tightness for each in right), max(each.tightness for each in wrong)
    if not good > APART * bad:
        return None
    said = f"it is wrong only where epsilon matters: with a variance of up to {bad:.3g} epsilon, not from {good:.3g} on"
    return "only-small-variance", said


def _tails(right: Sequence[Traits], wrong: Sequence[Traits]) -> tuple[str, str] | None:
    for width in WIDTHS:
        if all(each.count % width for each in wrong) and not any(each.count % width for each in right):
            counts = listed([str(count) for count in sorted({each.count for each in wrong})])
            said = f"it is wrong only for rows of {counts} elements, which is no multiple of {width}"
            return "only-odd-sizes", said
    return None


RULES: tuple[Callable[[Sequence[Traits], Sequence[Traits]], tuple[str, str] | None], ...] = (
    _layout,
    _large_mean,
    _small_variance,
    _tails,
)
"""One row for each trait that can set the wrong cases apart."""
