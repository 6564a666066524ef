"""Logarithms of sums and quotients: what is a factor comes out, and nothing else does."""

import pytest

from derive import Scalar, exp, log
from derive.verdicts import decide

x, y = Scalar("x"), Scalar("y")
p = Scalar("p", positive=True)

SAME = {
    "exponential": (log(1 + exp(-x)), log(1 + exp(x)) - x),
    "number": (log(6 * p + 6), log(6) + log(p + 1)),
    "fraction": (log(p / 3), log(p) - log(3)),
    "quotient": (log(1 / (1 + exp(x))), -log(1 + exp(x))),
    "logistic": (log(exp(x) / (1 + exp(x))), x - log(1 + exp(x))),
    "even power of what is under a root": (log((1 + x**2) ** -2), -2 * log(1 + x**2)),
    "softplus": (log(1 + exp(x)) - log(1 + exp(-x)), x),
}
OTHER = {
    "sign": (log(1 + exp(-x)), log(1 + exp(x)) + x),
    "number": (log(6 * p + 6), 6 + log(p + 1)),
    "fraction": (log(p / 3), log(p) + log(3)),
    "sum": (log(1 + p), log(p)),
    "logistic": (log(exp(x) / (1 + exp(x))), x + log(1 + exp(x))),
    "power": (log((1 + x**2) ** -2), 2 * log(1 + x**2)),
}


@pytest.mark.parametrize(("left", "right"), SAME.values(), ids=SAME.keys())
def test_equal(left, right):
    assert decide(left.equals(right)).verdict == "proved"


@pytest.mark.parametrize(("left", "right"), OTHER.values(), ids=OTHER.keys())
def test_not_equal(left, right):
    assert decide(left.equals(right)).verdict == "refuted"


def test_an_even_power_of_something_negative_is_taken_for_no_power_of_its_logarithm():
    """log((x-1)^-4) is a real number at x = 0, where log(x-1) is none."""
    found = decide(log((x - 1) ** -4).equals(-4 * log(x - 1)))
    assert found.verdict == "undecided"
