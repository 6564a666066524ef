"""Confidence intervals over repetitions, and what they decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from verify.experiments.outcome import FAILED, HELD, UNDECIDED

LEVEL = 0.99
"""The probability that all intervals of one outcome cover what they estimate."""


@dataclass(frozen=True)
class Interval:
    """A mean over repetitions, and the interval from `low` to `high` around it."""

    mean: float
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def half(self) -> float:
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        return f"{self.mean:.3g} ({self.low:.3g} to {self.high:.3g})"


def interval(values: Sequence[float], among: int = 1) -> Interval:
    """Student's interval of the mean, for one of `among` intervals that hold together with the probability LEVEL.

    >>> str(interval([1.0, 2.0, 3.0]))
    '2 (-3.73 to 7.73)'

    Exact for independent normal repetitions. Without at least two finite ones it is the whole line.
    """
    count = len(values)
    mean = math.fsum(values) / count if count else math.nan
    if count < 2 or not math.isfinite(mean):
        return Interval(mean, -math.inf, math.inf)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = student(count - 1, 1 - (1 - LEVEL) / (2 * among)) * spread / math.sqrt(count)
    return Interval(mean, mean - half, mean + half)


@cache
def student(degrees: int, probability: float) -> float:
    """The quantile of Student's t distribution, for a probability above one half."""
    import mpmath

    def beyond(t: float) -> float:
        return float(mpmath.betainc(degrees / 2, 0.5, 0, degrees / (degrees + t * t), regularized=True)) / 2

    low, high = 0.0, 1.0
    while beyond(high) > 1 - probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > 1 - probability else (low, middle)
    return high


def differences(lists: Sequence[Sequence[float]]) -> list[Interval]:
    """From each list to the next the interval of what is gained, repetition by repetition."""
    steps = list(pairwise(lists))
    return [interval([b - a for a, b in zip(low, high, strict=True)], len(steps)) for low, high in steps]


def all_contain(intervals: Sequence[Interval], value: float, resolution: float) -> str:
    """`failed` if one does not contain the value, else `held` if all are at most +-resolution wide."""
    if any(value not in each for each in intervals):
        return FAILED
    fine = intervals and all(each.half <= resolution for each in intervals)
    return HELD if fine else UNDECIDED


def all_positive(intervals: Sequence[Interval]) -> str:
    """`held` if every interval lies above 0, `failed` if one lies below, `undecided` otherwise."""
    if any(each.high < 0 for each in intervals):
        return FAILED
    return HELD if intervals and all(each.low > 0 for each in intervals) else UNDECIDED
