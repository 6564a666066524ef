"""The hypotheses beside the observed values: which explain them, which can't be told apart, and what stays open."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import torch

from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.point import JVP, SECOND, Point, Run, Variation, forms_of, probe
from verify.diagnosis.residual import Fit, Residual

RIVAL = 10.0
"""A hypothesis that leaves ten times more than the best one is not named beside it."""
EXACT = 1e-9
"""Shares of a residual below it are nothing."""
UNLIKELY = math.log(1e-7)
"""Several hundred hypotheses are tried: one that chance could bring so near is no explanation."""


@dataclass(frozen=True)
class Explanation:
    """A hypothesis and the quantities that it explains, each with its best variation."""

    hypothesis: Hypothesis
    fits: Mapping[str, Fit]
    chosen: Mapping[str, Variation]

    @property
    def chance(self) -> float:
        """The logarithm of the chance that numbers at random are explained so well."""
        return sum(fit.chance for fit in self.fits.values())

    @property
    def left(self) -> float:
        """The largest share of a residual that stays."""
        return max((fit.left / fit.before for fit in self.fits.values() if fit.before), default=0.0)


def explanations(point: Point, wrong: Mapping[str, Residual], family: Iterable[Hypothesis]) -> Iterator[Explanation]:
    """Every hypothesis that explains at least one quantity."""
    for hypothesis in family:
        fits: dict[str, Fit] = {}
        chosen: dict[str, Variation] = {}
        for variation in hypothesis.variations:
            for fit in _fits(point, wrong, hypothesis, variation):
                if fit.explains and (fit.name not in fits or fit.left < fits[fit.name].left):
                    fits[fit.name], chosen[fit.name] = fit, variation
        if fits:
            yield Explanation(hypothesis, fits, chosen)


def _fits(point: Point, wrong: Mapping[str, Residual], hypothesis: Hypothesis, variation: Variation) -> Iterator[Fit]:
    names = [name for name in wrong if hypothesis.concerns(name)]
    first = [name for name in names if not second_order(name)]
    explained = False
    run = Run(point, variation, first)
    for name in first:
        fit = wrong[name].fit(run(name), hypothesis.parameters)
        explained = explained or fit.explains
        yield fit
    if len(names) > len(first) and (explained or not first):
        run = Run(point, variation, names)
        yield from (wrong[name].fit(run(name), hypothesis.parameters) for name in names if second_order(name))


def second_order(name: str) -> bool:
    return bool(SECOND.fullmatch(name)) or name.startswith("JVP")


def covering(found: list[Explanation], names: frozenset[str]) -> list[Explanation]:
    """Those that explain all of `names`, and fit about as well as the best of them."""
    able = [each for each in found if names <= each.fits.keys() and each.chance <= UNLIKELY]
    if not able:
        return []
    plain = [each for each in able if not each.hypothesis.parameters]
    able = plain or able  # what nothing was fitted for says more
    least = min(each.left for each in able)
    return [each for each in able if each.left <= max(RIVAL * least, EXACT)]


def parts(found: list[Explanation], wrong: Mapping[str, Residual]) -> list[list[Explanation]]:
    """The fewest faults that explain everything that is wrong: one, or two; for each those that can't be told apart.

    A fault of the output comes first, since gradients follow from it.
    """
    primary = [name for name in wrong if not second_order(name)] or list(wrong)
    together = covering(found, frozenset(primary))
    if together:
        return [together]
    for count in range(len(primary) - 1, 0, -1):
        for first in combinations(primary, count):
            if "output" in primary and "output" not in first:
                continue
            rest = frozenset(primary) - frozenset(first)
            one, other = covering(found, frozenset(first)), covering(found, rest)
            if one and other:
                return [one, other]
    return []


def different(point: Point, found: list[Explanation]) -> list[Explanation]:
    """Explanations without those that are the same thing on any data, as one at random shows."""
    other = probe(point)
    kept: list[tuple[Explanation, dict[str, torch.Tensor]]] = []
    for each in found:
        values = {name: Run(other, variation, [name])(name) for name, variation in each.chosen.items()}
        if not any(_same(values, known) for _, known in kept):
            kept.append((each, values))
    return [each for each, _ in kept]


def without_almost(found: list[Explanation]) -> list[Explanation]:
    """Faults that are nearly another one as a remark on that."""
    codes = {each.hypothesis.code for each in found}
    nearly = {each.hypothesis.almost for each in found if each.hypothesis.almost in codes}
    kept = [each for each in found if each.hypothesis.almost not in codes]
    return [
        replace(each, hypothesis=replace(each.hypothesis, says=f"{each.hypothesis.says}, or counts for almost nothing"))
        if each.hypothesis.code in nearly
        else each
        for each in kept
    ]


def _same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    common = left.keys() & right.keys()
    return bool(common) and all(_close(left[name], right[name]) for name in common)


def _close(left: torch.Tensor, right: torch.Tensor) -> bool:
    return torch.allclose(left, right, rtol=1e-9, atol=1e-9 * float(right.abs().amax()))


def known(point: Point, name: str) -> bool:
    """Whether a diagnosis can say what a quantity should be: for second derivatives it needs the tangent."""
    if not second_order(name):
        return name in forms_of(point.layer)
    return any(tensor.name == f"{point.layer.inputs[0].name}dot" for tensor in point.given) and bool(
        JVP.fullmatch(name) or SECOND.fullmatch(name)
    )
