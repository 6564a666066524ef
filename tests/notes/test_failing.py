"""Bounds that fail at small numbers are not given to the prover; those that hold are, under hypotheses too."""

from __future__ import annotations

import pytest

from derive import Abs, Eq, Index, Scalar, Size, Sum, Vector, sqrt
from derive.notes import decision
from derive.notes.failing import fails
from derive.notes.repair.proofs import Proofs
from derive.verdicts import refute

m = Size("m")
i, j = Index("i", m), Index("j", m)
x, y, a, b = Vector("x", m), Vector("y", m), Scalar("a"), Scalar("b", nonnegative=True)

HOLDS = {
    "Cauchy-Schwarz": Sum(x[i] * y[i], i) ** 2 <= Sum(x[i] ** 2, i) * Sum(y[i] ** 2, i),
    "an equality, up to rounding": sqrt(b) ** 2 * 3 <= 3 * b,
    "under a sign": (a * x[i] ** 2 >= 0).given(a >= 0),
    "under a bound": (Abs(a) * Abs(x[i]) <= b * Abs(x[i])).given(Abs(a) <= b),
    "under what never holds": (a <= a - 1).given(Eq(a, a + 1)),
}
FAILS = {
    "reversed": Sum(x[i] ** 2, i) * Sum(y[i] ** 2, i) <= Sum(x[i] * y[i], i) ** 2,
    "at two entries": x[i] * x[j] >= 0,
    "strict, and equal": sqrt(b) ** 2 * 3 > 3 * b + 1,
    "under a sign": (a * x[i] >= 0).given(a >= 0),
    "of another degree": sqrt(Sum(x[i] ** 2, i)) <= Sum(x[i] ** 2, i),
    "of another degree, under a bound": (Abs(a) * sqrt(Sum(x[i] ** 2, i)) <= Sum(x[i] ** 2, i)).given(Abs(a) <= 1),
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_holds(name):
    assert not fails(HOLDS[name])


@pytest.mark.parametrize("name", FAILS)
def test_what_fails(name):
    assert fails(FAILS[name])
    assert not Proofs().proves(FAILS[name])


@pytest.mark.parametrize(("claims", "verdict"), [(HOLDS, "proved"), (FAILS, "refuted")], ids=["holds", "fails"])
def test_exact_numbers_are_looked_for_only_where_a_bound_fails(claims, verdict, monkeypatch):
    asked = []
    monkeypatch.setattr(decision, "refute", lambda claim: asked.append(claim) or refute(claim))
    claim = claims["Cauchy-Schwarz" if claims is HOLDS else "reversed"]
    assert decision.decide(claim).verdict == verdict
    assert bool(asked) == (verdict == "refuted")


def test_a_strict_bound_that_is_equal_at_few_points_is_refuted_all_the_same():
    claim = Sum(x[i] * y[i], i) ** 2 < Sum(x[i] ** 2, i) * Sum(y[i] ** 2, i)
    assert not fails(claim)
    assert decision.decide(claim).verdict == "refuted"
