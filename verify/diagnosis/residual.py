"""What was observed beside what is expected, and how well a hypothesis explains the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch

from verify.assertions.case import Case, Observed

KEPT = 0.3
"""A hypothesis has to explain at least this much: what it leaves may be 0.3 of the residual, in root mean square."""

BLUR = 0.05
"""Predictions are rounded, too: their error may be this share of the residual."""


class Expected(Protocol):
    """A right value and how far an honest implementation may be from it, elementwise."""

    @property
    def value(self) -> torch.Tensor: ...
    @property
    def bound(self) -> torch.Tensor: ...


@dataclass(frozen=True)
class Residual:
    """One quantity in the program's shape: observed, expected, and the bound on an honest difference."""

    name: str
    got: torch.Tensor
    expected: torch.Tensor
    bound: torch.Tensor
    unit: float

    @property
    def difference(self) -> torch.Tensor:
        return self.got - self.expected

    @cached_property
    def ratio(self) -> float:
        """The largest error over its bound."""
        return over(self.difference, self.bound)

    @property
    def wrong(self) -> bool:
        return not self.ratio <= 1

    @cached_property
    def where(self) -> torch.Tensor:
        """The entries that are wrong; where the bound is infinite nothing is."""
        return ~(self.difference.abs() <= self.bound) & self.bound.isfinite()

    @cached_property
    def size(self) -> float:
        return rms(self.difference)

    @cached_property
    def largest(self) -> float:
        return float(self.expected.abs().amax()) or 1.0

    @cached_property
    def count(self) -> int:
        """How many values tell anything: those whose bound is less than the largest value."""
        return int((self.bound < self.largest).sum())

    @property
    def finite(self) -> bool:
        return bool(self.got.isfinite().all())

    def blurred(self, evaluated: torch.Tensor) -> bool:
        """Whether an evaluation of the right formula is so far off that predictions tell nothing about the residual."""
        return rms(evaluated - self.expected) > BLUR * self.size

    def fit(self, predicted: torch.Tensor, parameters: int = 0) -> Fit:
        """How far the observed values are from those of a hypothesis that was fitted with so many parameters.

        The bound is for the right values; where a faulty program has larger ones, its rounding errors are larger.
        """
        size, left = predicted.abs(), self.got - predicted
        growth = max(1.0, float(size.amax()) / self.largest)
        tolerance = self.bound * (growth if math.isfinite(growth) else 1.0) + 16 * self.unit * size
        moved = rms(predicted - self.expected)
        return Fit(self.name, over(left, tolerance), rms(left), self.size, moved, self.count - parameters)


@dataclass(frozen=True)
class Fit:
    """The largest error over the tolerance, and in root mean square, after and before a hypothesis.

    `moved` is how far the hypothesis is from what is right, `count` how many values speak for or against it.
    """

    name: str
    ratio: float
    left: float
    before: float
    moved: float
    count: int

    @property
    def explains(self) -> bool:
        return self.ratio <= 1 and self.left <= KEPT * self.before and self.moved >= 0.5 * self.before

    @property
    def chance(self) -> float:
        """The logarithm of the chance that numbers at random come as near to what was observed."""
        if not self.left:
            return -math.inf
        return max(0, self.count) * math.log(self.left / self.before) if self.before else 0.0

    @property
    def share(self) -> float:
        """How much of the residual is explained, in the square."""
        return 1 - (self.left / self.before) ** 2 if self.before else 0.0


def over(error: torch.Tensor, bound: torch.Tensor) -> float:
    """The largest error over its bound; 0/0 is 0, and what is not finite is infinitely wrong."""
    error = error.abs()
    if not error.numel():
        return 0.0
    largest = float((error / bound).amax())
    if not math.isnan(largest):
        return largest
    ratio = torch.where((error == 0) | bound.isinf(), 0.0, error / bound)
    return float(ratio.nan_to_num(nan=math.inf, posinf=math.inf).amax())


def rms(values: torch.Tensor) -> float:
    return float(values.norm()) / math.sqrt(values.numel()) if values.numel() else 0.0


def residuals(case: Case, observed: Observed, expected: Mapping[str, Expected]) -> dict[str, Residual]:
    """Every quantity that was observed and is expected, in the shapes of the program."""
    lay, found = case.arrangement, {}
    unit = torch.finfo(case.x.dtype).eps / 2
    for name, got in observed.values.items():
        if name not in expected:
            continue
        right = expected[name]
        if got.shape != right.value.shape or not got.is_floating_point():
            continue
        shape = lay.inner_weights if right.value.shape == lay.weights and _of_weights(name) else lay.inner
        values = (got.detach(), right.value, right.bound.expand(right.value.shape))
        own, due, bound = (value.to(right.value.device).double().reshape(shape) for value in values)
        found[name] = Residual(name, own, due, bound, unit)
    return found


def _of_weights(name: str) -> bool:
    return name.startswith(("weight ", "bias ", "second derivative by weight", "second derivative by bias"))
