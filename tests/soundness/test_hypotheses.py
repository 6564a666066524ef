"""What follows from hypotheses and what does not, worked out by hand: few of them hold of a generic draw."""

from __future__ import annotations

import pytest

from derive.language import Abs, Claim, Delta, Eq, Ne, Sum, exp, inner, log, sign, sqrt, squared_norm
from derive.verdicts import decide, prove
from tests.soundness.fragment_statements import M, N, Scalar, alpha, b, c, d, i, j, k, m, n, tau, u, v, w
from tests.soundness.judgement import judge, not_refuted_by

a, x, y = Scalar("a"), Scalar("x"), Scalar("y")

FOLLOWS = {
    "rows that sum to zero": Eq(Sum(M[i, j], i, j), 0).given(Eq(Sum(M[i, j], j), 0)),
    "orthogonal": Eq(squared_norm(u[k] + v[k], k), squared_norm(u, k) + squared_norm(v, k)).given(
        Eq(inner(u, v, k), 0)
    ),
    "a sum of two": Eq(inner(u, w, k) + inner(v, w, k), alpha * Sum(w[k], k)).given(Eq(u[k] + v[k], alpha)),
    "a square": Eq(a**4, 1).given(Eq(a**2, 1)),
    "a sign that is known": Eq(Abs(a), a).given(a >= 0),
    "a square that is not zero": (a**2 > 0).given(Ne(a, 0)),
    "a vector that is nowhere zero": (squared_norm(u, k) > 0).given(Ne(u[k], 0)),
    "a sum of positive numbers": (Sum(u[k], k) > 0).given(u[k] > 0),
    "a quotient by what is not zero": Eq(a / a, 1).given(Ne(a, 0)),
    "the square of a sign": Eq(sign(a) ** 2, 1).given(Ne(a, 0)),
    "a Gram matrix at equal indices": Eq(Sum(N[k, c] ** 2, c), alpha).given(
        Eq(Sum(N[i, c] * N[j, c], c), alpha * Delta(i, j))
    ),
    "a Gram matrix inside a sum": Eq(Sum(Sum(u[i] * N[i, c], i) ** 2, c), alpha * squared_norm(u, k)).given(
        Eq(Sum(N[i, c] * N[j, c], c), alpha * Delta(i, j))
    ),
    "a sign under other names": Eq(Abs(M[j, i] - u[i]), M[j, i] - u[i]).given(M[i, j] - u[j] >= 0),
    "m is what it is said to be": Eq(Sum(u[k], k) / 5, Sum(u[k], k) / m).given(Eq(m, 5)),
}

ALSO_FOLLOWS = {
    "a constant vector": Eq(Sum(u[k], k), m * u[j]).given(Eq(u[k], u[b])),
    "a product that is zero everywhere": Eq(inner(u, v, k), 0).given(Eq(u[k] * v[k], 0)),
    "all products are zero": Eq(Sum(u[k], k) * Sum(v[k], k), 0).given(Eq(u[i] * v[k], 0)),
    "a trace of positive numbers": (Sum(M[i, i], i) > 0).given(M[k, k] > 0),
    "a difference": (a - x >= 0).given(a >= x),
}
"""True, and a prover may fail to see it."""

DOES_NOT_FOLLOW = {
    "cancelling what may be zero": Eq(x, y).given(Eq(a * x, a * y)),
    "one of two factors": Eq(x, 0).given(Eq(a * x, 0)),
    "the root of a square": Eq(a, 1).given(Eq(a**2, 1)),
    "squares that agree": Eq(a, x).given(Eq(a**2, x**2)),
    "sizes that agree": Eq(a, x).given(Eq(Abs(a), Abs(x))),
    "a size that is known": Eq(a, x).given(Eq(Abs(a), x)),
    "sums that agree": Eq(u[k], v[k]).given(Eq(Sum(u[b], b), Sum(v[b], b))),
    "an inner product that is zero": Eq(u[k] * v[k], 0).given(Eq(inner(u, v, b), 0)),
    "a product that is zero everywhere": Eq(Sum(u[k], k) * Sum(v[k], k), 0).given(Eq(u[k] * v[k], 0)),
    "columns instead of rows": Eq(Sum(M[i, j], i), 0).given(Eq(Sum(M[i, j], j), 0)),
    "rows instead of columns": Eq(Sum(N[i, c], i), 0).given(Eq(Sum(N[i, c], c), 0)),
    "the diagonal for all": Eq(M[i, j], 0).given(Eq(M[k, k], 0)),
    "all for the diagonal": (M[i, j] > 0).given(M[k, k] > 0),
    "one vector for another": Eq(inner(v, w, k), 0).given(Eq(inner(u, w, k), 0)),
    "a number that is not zero is positive": (a > 0).given(Ne(a, 0)),
    "a sum of what is not zero": Ne(Sum(u[k], k), 0).given(Ne(u[k], 0)),
    "a positive sum": (u[k] > 0).given(Sum(u[b], b) > 0),
    "the square of an order": (a**2 >= x**2).given(a >= x),
    "the order of squares": (a >= x).given(a**2 >= x**2),
    "weak for strict": (a > x).given(a >= x),
    "a positive product": (inner(u, v, k) > 0).given(u[k] > 0),
    "the norm of one for all": Eq(squared_norm(v, k), m).given(Eq(squared_norm(u, k), m)),
    "the mean square for every square": Eq(u[k] ** 2, 1).given(Eq(squared_norm(u, b), m)),
    "the fourth power": Eq(Sum(u[k] ** 4, k), m).given(Eq(squared_norm(u, k), m)),
    "a size for another": Eq(n, 5).given(Eq(m, 5)),
    "a Gram matrix of rows for one of columns": Eq(Sum(N[i, c] * N[i, d], i), Delta(c, d)).given(
        Eq(Sum(N[i, c] * N[j, c], c), Delta(i, j))
    ),
    "a Gram matrix read along its diagonal": Eq(Sum(N[i, c] * N[j, c], c), 1).given(Eq(Sum(N[k, c] ** 2, c), 1)),
    "a Gram matrix of rank one": Eq(Sum(N[k, c] ** 2, c), alpha).given(
        Eq(Sum(N[i, c] * N[j, c], c), alpha * u[i] * u[j])
    ),
    "two Gram matrices": Eq(u[i], v[i]).given(
        Eq(Sum(N[i, c] * N[j, c], c), u[i] * u[j]), Eq(Sum(N[i, c] * N[j, c], c), v[i] * v[j])
    ),
    "a sign at equal indices": Eq(Abs(u[i] - v[j]), u[i] - v[j]).given(u[k] >= v[k]),
    "a sign of the transpose": Eq(Abs(M[j, i] - u[j]), M[j, i] - u[j]).given(M[i, j] - u[j] >= 0),
    "a sign of the other sum": Eq(Abs(Sum(M[i, j], i)), Sum(M[i, j], i)).given(Sum(M[i, j], j) >= 0),
    "one sum that is two numbers": Eq(a, x).given(Eq(Sum(u[k], k), 1), Eq(Sum(u[k], k), 2)),
    "exponentials of products": Eq(exp(a * x), 1).given(Eq(exp(a), 1), Eq(x, 2 * y)),
    "a root that moved": Eq(sqrt(tau + a**2), sqrt(tau) + a).given(Eq(x, a)),
}


@pytest.mark.parametrize("name", FOLLOWS)
def test_what_follows_is_proved(name: str) -> None:
    verdict = decide(FOLLOWS[name])
    assert verdict.verdict == "proved", f"{FOLLOWS[name]}: {verdict}"


@pytest.mark.parametrize("name", ALSO_FOLLOWS)
def test_what_also_follows_is_not_refuted(name: str) -> None:
    verdict = decide(ALSO_FOLLOWS[name])
    assert verdict.verdict != "refuted", f"{ALSO_FOLLOWS[name]}: {verdict}"


@pytest.mark.parametrize("name", DOES_NOT_FOLLOW)
def test_what_does_not_follow_is_not_proved(name: str) -> None:
    claim: Claim = DOES_NOT_FOLLOW[name]
    verdict = decide(claim)
    assert verdict.verdict != "proved", str(claim)
    if verdict.verdict == "refuted":
        assert not_refuted_by(claim, verdict.counterexample) == "", str(verdict)


CONDITIONS = {
    "a logarithm": (Eq(0 * log(u[b]) + Abs(u[k]), u[k]), ["u[b] > 0 for every b"]),
    "a root": (Eq(0 * sqrt(u[b]) + Abs(Sum(u[k], k)), Sum(u[k], k)), ["u[b] >= 0 for every b"]),
    "a quotient": (Eq(0 / u[b] + sign(u[k]) ** 2, 1), ["u[b] != 0 for every b"]),
    "a quotient in a sum": (Eq(Sum(u[k] / u[k], k), m), ["u[k] != 0 for every k"]),
    "two of them": (Eq(Abs(a) + 0 * log(a) + 0 / x, a * x / x), ["a > 0", "x != 0"]),
}
"""What is known of a sign because a formula has a value only then: the theorem says so, for every index."""


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_a_condition_says_is_said_by_the_theorem(name: str) -> None:
    claim, conditions = CONDITIONS[name]
    assert list(map(str, prove(claim).conditions)) == conditions


NOWHERE = {
    "a number and its negative": Eq(Abs(a) + 0 * log(a) + 0 * log(-a), x),
    "a root of what is negative": Eq(sqrt(-(a**2) - 1), x),
    "a quotient by zero": Eq(1 / (a - a), x),
    "a vector and its negative": Eq(0 * log(u[b]) + 0 * log(-u[k]) + Abs(u[i]), x),
    "a root that forces a zero": Eq(0 * sqrt(-(a**2)) + 0 / a + sign(a) ** 2, 1),
    "a quotient by what vanishes at equal indices": Eq(0 / (u[b] - u[k]) + sign(u[i] - u[j]) ** 2, 1),
    "a logarithm of what vanishes at equal indices": Eq(0 * log(u[b] - u[k]) + Abs(u[i] - u[j]), u[i] - u[j]),
}
"""Formulas that have a value at no point, each index taken at every place: no numbers speak for or against them."""


@pytest.mark.parametrize("name", NOWHERE)
def test_what_has_a_value_nowhere_is_proved_under_conditions_alone(name: str) -> None:
    claim = NOWHERE[name]
    assert judge(claim).truth == "undefined", "a claim that numbers can decide belongs to the other tables"
    verdict = decide(claim)
    assert verdict.verdict == "undecided" or (verdict.verdict == "proved" and verdict.theorem.conditions)
