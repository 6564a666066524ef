"""Sums in every order stay within their bounds, the formulas are those of the papers, and equal roundings count."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import pytest
import torch

from tests.verify.planted import sums as orders
from verify import VerifyError
from verify.bounds import format_of
from verify.bounds.summation import (
    Order,
    Sums,
    alike,
    drift_of_roundings,
    exactly_summed,
    gamma,
    gamma_tilde,
    grouped,
    order_of,
    partial_sums,
    quantile,
)

U = 2.0**-24
LAMBDA = quantile(1e-9, 1000, U)


@pytest.mark.parametrize(
    ("order", "count", "additions"),
    [
        ("unknown", 1, 0),
        ("unknown", 1000, 999),
        ("sequential", 1000, 999),
        ("pairwise", 2, 1),
        ("pairwise", 1000, 10),
        ("pairwise", 1024, 10),
        ("pairwise", 1025, 11),
        ("blocked(32)", 1000, 31 + 31),
        ("blocked(2000)", 1000, 999),
        ("blocked(1)", 1000, 999),
    ],
)
def test_additions(order: str, count: int, additions: int) -> None:
    assert order_of(order).additions(count) == additions


@pytest.mark.parametrize("text", ["", "tree", "blocked", "blocked(0)", "blocked(-3)", "blocked(2.5)"])
def test_other_orders_are_refused(text: str) -> None:
    with pytest.raises(VerifyError, match="give sequential, pairwise, blocked\\(64\\) or unknown"):
        order_of(text)


@pytest.mark.parametrize("count", [1, 10, 10_000])
def test_the_worst_case_is_highams(count: int) -> None:
    exact = Fraction(count, 2**24) / (1 - Fraction(count, 2**24))
    assert gamma(count, U) == pytest.approx(float(exact), rel=1e-14)
    assert math.isinf(gamma(2**24, U))


@pytest.mark.parametrize("count", [1, 10, 10_000])
def test_the_probable_case_is_that_of_higham_and_mary(count: int) -> None:
    with mpmath.workdps(40):
        u = mpmath.mpf(2) ** -24
        exact = mpmath.expm1(7 * mpmath.sqrt(count) * u + count * u**2 / (1 - u))
    assert gamma_tilde(count, U, 7.0) == pytest.approx(float(exact), rel=1e-12)


def test_lambda_follows_from_the_probability_of_failure() -> None:
    found = quantile(1e-9, 5000, U)
    assert 2 * 5000 * math.exp(-(found**2) * (1 - U) ** 2 / 2) == pytest.approx(1e-9)
    for wrong in (0.0, 1.0, -1.0, math.nan):
        with pytest.raises(VerifyError, match="a probability of failure"):
            quantile(wrong, 1, U)


def data(kind: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    normal = torch.randn(40, 3000, generator=generator)
    return {
        "both signs": normal,
        "one sign": normal.abs(),
        "far": normal + 3e4,
        "sorted": normal.sort(1).values,
        "constant": torch.full_like(normal, 0.1) * (1 + torch.arange(40)[:, None] / 7),
        "nearly constant": normal * 1e-6 + 1 / 3,
        "two values": torch.where(normal > 0, 0.1, 0.3),
        "small integers": normal.round(),
    }[kind]


KINDS = ["both signs", "one sign", "far", "sorted", "constant", "nearly constant", "two values", "small integers"]
ORDERS = {
    "sequential": orders.sequential,
    "pairwise": orders.pairwise,
    "blocked(32)": orders.chunked,
    "unknown": orders.sequential,
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", KINDS)
def test_sums_stay_within(kind: str, order: str) -> None:
    terms = data(kind)
    found = ORDERS[order](terms).squeeze(-1).double()
    error = (found - terms.double().sum(1)).abs()
    made = Sums(order_of(order), U, LAMBDA).rounding(terms.double())
    bound = made.bound + made.one_sided
    assert (error <= bound).all()
    worst = Sums(order_of(order), U, math.inf).rounding(terms.double())
    assert (bound <= worst.bound).all()
    if order == "sequential" and kind not in ("small integers", "two values"):
        assert (error / bound).max() > 0.01, "a hundred times smaller would do"


def test_without_the_drift_constants_would_exceed_the_bound() -> None:
    """Roundings that repeat are no chance: that is what the drift is for."""
    terms = torch.full((1, 50_000), 0.1)
    total = torch.cumsum(terms, 1)[0, :1]
    for term in terms[0, 1:]:
        total = total + term
    error = float((total.double() - terms.double().sum(1)).abs())
    made = Sums(Order("sequential"), U, LAMBDA).rounding(terms.double())
    assert float(made.bound) < error <= float(made.bound + made.one_sided)


def test_random_terms_lose_nothing_to_one_side() -> None:
    lost = drift_of_roundings(data("one sign").double(), U)
    assert lost.max() < 0.02
    assert drift_of_roundings(data("nearly constant").double(), U).max() > 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_partial_sums_of_random_orders_and_of_memory(kind: str) -> None:
    terms = data(kind).double()
    bound = partial_sums(terms, Order("unknown")) * (1 + 1e-12)
    assert (terms.cumsum(1).square().sum(1) <= bound).all()
    generator = torch.Generator().manual_seed(0)
    shuffled = (terms[:, torch.randperm(3000, generator=generator)] for _ in range(10))
    within = torch.stack([each.cumsum(1).square().sum(1) <= bound for each in shuffled])
    assert within.double().mean() > 0.99


def test_equal_terms_are_rounded_alike() -> None:
    errors = torch.tensor([[3.0, 4.0, 12.0]])
    assert grouped(errors, torch.tensor([[1.0, 2.0, 3.0]]).double(), U).item() == pytest.approx(13)
    assert grouped(errors, torch.tensor([[1.0, -1.0, 3.0]]).double(), U).item() == pytest.approx(math.hypot(7, 12))
    assert grouped(errors, torch.tensor([[1.0, 1 + 2e-9, 1 - 2e-9]]).double(), U).item() == pytest.approx(19)
    assert grouped(errors, torch.zeros(1, 3).double(), U).item() == pytest.approx(13)


def test_rows_that_differ_by_a_power_of_two_are_alike() -> None:
    assert alike(torch.tensor([0.3, 0.6, 1.2, 0.7, 0.0])) == 3
    assert alike(torch.zeros(4)) == 1


def test_sums_without_rounding_are_known() -> None:
    unit = format_of(torch.float32).sum_unit
    assert exactly_summed(torch.full((1, 1000), 1e6).double(), unit).all()
    assert not exactly_summed(torch.full((1, 1000), 0.1).double(), unit).any()
    assert not exactly_summed(torch.full((1, 100_000), 1e6 + 1).double(), unit).any()
