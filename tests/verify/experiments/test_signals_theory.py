"""The closed forms of theory, against integrals and draws that were not used to find them; intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from verify.experiments.outcome import FAILED, HELD, UNDECIDED
from verify.experiments.signals.intervals import Interval, all_contain, all_positive, differences, interval, student
from verify.experiments.signals.theory import BATCHNORM_LIMIT, batchnorm_growth, groupnorm_growth


def integral(function, *, steps: int = 200_000, edge: float = 12.0) -> float:
    """Over the standard normal distribution, by the midpoint rule."""
    x = (np.arange(steps) + 0.5) / steps * 2 * edge - edge
    return float(np.sum(function(x) * np.exp(-(x**2) / 2)) / math.sqrt(2 * math.pi) * 2 * edge / steps)


def test_the_limit_by_integrals() -> None:
    """Large width and batch: E relu'(z)^2 from above, divided by the variance of relu(z), which is the next s^2."""
    slope = integral(lambda z: (z > 0).astype(float))
    variance = integral(lambda z: np.maximum(z, 0) ** 2) - integral(lambda z: np.maximum(z, 0)) ** 2
    assert slope / variance == pytest.approx(math.pi / (math.pi - 1), abs=1e-8)
    assert pytest.approx(slope / variance, abs=1e-8) == BATCHNORM_LIMIT


def batchnorm_growth_by_draws(m: int, draws: int, rng: np.random.Generator) -> tuple[float, float]:
    """The mean and its standard error of |A D d|^2/s^2 by |d|^2, from normal h with the kernel of the layer below.

    The kernel itself is from draws. Nothing is used of chi-squared or arcsine laws.
    """

    def normalized(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        centred = h - h.mean(axis=1, keepdims=True)
        s = np.sqrt((centred**2).mean(axis=1, keepdims=True))
        return centred / s, s

    below = np.maximum(normalized(rng.normal(size=(draws, m)))[0], 0)
    square, product = (below**2).mean(), (below[:, :-1] * below[:, 1:]).mean()
    shared = rng.normal(size=(draws, 1)) * math.sqrt(product)
    xhat, s = normalized(shared + rng.normal(size=(draws, m)) * math.sqrt(square - product))
    d = rng.normal(size=(draws, m))
    d -= d.mean(axis=1, keepdims=True)
    up = np.where(xhat > 0, d, 0.0)
    down = (up - up.mean(axis=1, keepdims=True) - xhat * (up * xhat).mean(axis=1, keepdims=True)) / s
    values = (down**2).sum(axis=1) / (m - 1)
    return float(values.mean()), float(values.std() / math.sqrt(draws))


@pytest.mark.parametrize("m", [12, 32])
def test_batch_normalization_by_draws(m: int) -> None:
    mean, error = batchnorm_growth_by_draws(m, 100_000, np.random.default_rng(m))
    # five standard errors, once in a million, and the same for the kernel, which is from as many draws
    assert abs(mean - batchnorm_growth(m)) < 10 * error
    assert abs(mean - BATCHNORM_LIMIT) > 10 * error, "the draws must tell the batch's own value from the limit"


@pytest.mark.parametrize("p", [12, 32])
def test_group_normalization_by_draws(p: int) -> None:
    rng = np.random.default_rng(p)
    h = rng.normal(size=(100_000, p)) * math.sqrt(0.5)
    s = h.std(axis=1, keepdims=True)
    xhat = (h - h.mean(axis=1, keepdims=True)) / s
    up = np.where(xhat > 0, rng.normal(size=h.shape), 0.0)
    down = (up - up.mean(axis=1, keepdims=True) - xhat * (up * xhat).mean(axis=1, keepdims=True)) / s
    values = (down**2).sum(axis=1) / p
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - groupnorm_growth(p)) < 5 * error
    assert abs(values.mean() - 1) > 5 * error


def test_large_batches_and_groups() -> None:
    assert batchnorm_growth(10**7) == pytest.approx(math.pi / (math.pi - 1), rel=1e-6)
    assert batchnorm_growth(16) > batchnorm_growth(32) > batchnorm_growth(64) > BATCHNORM_LIMIT
    assert groupnorm_growth(10**7) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_expectation_in_small_sets(size: int) -> None:
    with pytest.raises(ValueError, match="infinite"):
        batchnorm_growth(size)
    with pytest.raises(ValueError, match="infinite"):
        groupnorm_growth(size)


# Intervals


@pytest.mark.parametrize(
    ("degrees", "probability", "expected"),
    [(1, 0.975, 12.7062), (4, 0.975, 2.77645), (9, 0.995, 3.24984), (30, 0.9995, 3.6460), (7, 0.95, 1.89458)],
)
def test_students_quantiles_of_the_tables(degrees: int, probability: float, expected: float) -> None:
    assert student(degrees, probability) == pytest.approx(expected, rel=2e-5)


def test_interval_by_hand() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0])
    half = 5.84091 * math.sqrt(5 / 3) / 2
    assert (found.mean, found.half) == (2.5, pytest.approx(half, rel=1e-5))
    assert interval([1.0, 2.0, 3.0, 4.0], among=10).half > found.half


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    missed = sum(0.0 not in interval(rng.normal(size=4).tolist()) for _ in range(2000))
    assert 3 <= missed <= 45  # binomial with 2000 and 0.01: outside of this less than once in 10^5


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.nan], [1.0, math.inf]])
def test_too_little_for_an_interval(values: list[float]) -> None:
    found = interval(values)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert all_positive([found]) == UNDECIDED
    assert all_contain([found], 0.0, 1.0) == UNDECIDED


def test_what_intervals_decide() -> None:
    above, across, below = Interval(2, 1, 3), Interval(0, -1, 1), Interval(-2, -3, -1)
    assert [all_positive(each) for each in ([above], [above, across], [above, below], [])] == [
        HELD,
        UNDECIDED,
        FAILED,
        UNDECIDED,
    ]
    assert all_contain([across, above], 1.0, 1.0) == HELD
    assert all_contain([across, above], 1.0, 0.5) == UNDECIDED
    assert all_contain([across, above], 2.0, 1.0) == FAILED
    assert all_contain([], 2.0, 1.0) == UNDECIDED


def test_differences_are_from_each_to_the_next() -> None:
    found = differences([[1.0, 2.0, 4.0], [2.0, 3.0, 5.0], [2.0, 3.0, 5.0]])
    assert [each.mean for each in found] == [1.0, 0.0]
