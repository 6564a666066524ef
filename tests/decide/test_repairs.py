"""A single slip in a true formula: it is refuted, and the repair is the formula again, or one that is equal to it."""

import pytest

from derive import Abs, Delta, Derivative, Eq, Proved, Refuted, Sum, decide, inner, sqrt, squared_norm
from derive.kernel import is_theorem
from derive.language import Claim
from derive.layers import batchnorm

bn = batchnorm()
b, k = bn.indices("b k")
m = b.size
L, g, y, yhat, s, var = bn.loss, bn.gradient, bn.y, bn.yhat, bn.s, bn.var
gamma, epsilon = bn.gamma, bn.epsilon
rho = var / s**2

c1 = Derivative(L, y[b])
c2 = Derivative(yhat[b], y[k])
t41 = squared_norm(c1, b)
total, along = Sum(g[k], k), inner(g, yhat, k)
length, ones, hats = squared_norm(g, b), Sum(g[b], b), inner(g, yhat, b)

TRUE = {
    "C.1": Eq(c1, gamma / (m * s) * (m * g[b] - total - yhat[b] * along)),
    "C.2": Eq(c2, (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s),
    "4.1": Eq(t41, gamma**2 / s**2 * (length - ones**2 / m - (2 - rho) * hats**2 / m)),
    "4.1, printed": t41 <= gamma**2 / s**2 * (length - ones**2 / m - hats**2 / m),
    "4.1, contraction": (t41 <= length).given(Abs(gamma) / s <= 1),
}

SLIPS = {
    # which formula, and its right side with the slip; then whether the repair is the formula to the letter
    "C.1: a sign": ("C.1", gamma / (m * s) * (m * g[b] - total + yhat[b] * along), True),
    "C.1: another sign": ("C.1", gamma / (m * s) * (m * g[b] + total - yhat[b] * along), True),
    "C.1: the sign of all": ("C.1", -gamma / (m * s) * (m * g[b] - total - yhat[b] * along), False),
    "C.1: 1/m is missing": ("C.1", gamma / s * (m * g[b] - total - yhat[b] * along), False),
    "C.1: m is missing": ("C.1", gamma / (m * s) * (g[b] - total - yhat[b] * along), True),
    "C.1: a hat is missing": ("C.1", gamma / (m * s) * (m * g[b] - total - y[b] * along), True),
    "C.1: a hat is missing in the sum": ("C.1", gamma / (m * s) * (m * g[b] - total - yhat[b] * inner(g, y, k)), True),
    "C.1: an index clash": ("C.1", gamma / (m * s) * (m * g[b] - total - yhat[b] * Sum(g[b] * yhat[k], k)), True),
    "C.1: an index clash in the mean": ("C.1", gamma / (m * s) * (m * g[b] - Sum(g[b], k) - yhat[b] * along), True),
    "C.1: gamma twice": ("C.1", gamma**2 / (m * s) * (m * g[b] - total - yhat[b] * along), True),
    "C.1: gamma is missing": ("C.1", 1 / (m * s) * (m * g[b] - total - yhat[b] * along), True),
    "C.1: s squared": ("C.1", gamma / (m * s**2) * (m * g[b] - total - yhat[b] * along), False),
    "C.1: the variance for s": ("C.1", gamma / (m * var) * (m * g[b] - total - yhat[b] * along), True),
    "C.1: sqrt(m)": ("C.1", gamma / (sqrt(m) * s) * (m * g[b] - total - yhat[b] * along), True),
    "C.1: a term is missing": ("C.1", gamma / (m * s) * (m * g[b] - yhat[b] * along), False),
    "C.2: a sign": ("C.2", (Delta(b, k) - 1 / m + yhat[b] * yhat[k] / m) / s, True),
    "C.2: another sign": ("C.2", (Delta(b, k) + 1 / m - yhat[b] * yhat[k] / m) / s, True),
    "C.2: 1/m is missing": ("C.2", (Delta(b, k) - 1 / m - yhat[b] * yhat[k]) / s, True),
    "C.2: another 1/m is missing": ("C.2", (Delta(b, k) - 1 - yhat[b] * yhat[k] / m) / s, True),
    "C.2: a hat is missing": ("C.2", (Delta(b, k) - 1 / m - yhat[b] * y[k] / m) / s, True),
    "C.2: an index clash": ("C.2", (Delta(b, k) - 1 / m - yhat[b] * yhat[b] / m) / s, False),
    "C.2: s squared": ("C.2", (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s**2, False),
    "C.2: the variance for s": ("C.2", (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / var, True),
    "C.2: sqrt(m)": ("C.2", (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / sqrt(m)) / s, True),
    "C.2: gamma too much": ("C.2", gamma * (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s, False),
    "C.2: no delta": ("C.2", (1 - 1 / m - yhat[b] * yhat[k] / m) / s, False),
    "4.1: a sign": ("4.1", gamma**2 / s**2 * (length + ones**2 / m - (2 - rho) * hats**2 / m), True),
    "4.1: 1/m is missing": ("4.1", gamma**2 / s**2 * (length - ones**2 - (2 - rho) * hats**2 / m), True),
    "4.1: a square is missing": ("4.1", gamma**2 / s**2 * (length - ones / m - (2 - rho) * hats**2 / m), True),
    "4.1: another square": ("4.1", gamma**2 / s**2 * (length - ones**2 / m - (2 - rho) * hats / m), True),
    "4.1: gamma once": ("4.1", gamma / s**2 * (length - ones**2 / m - (2 - rho) * hats**2 / m), False),
    "4.1: s once": ("4.1", gamma**2 / s * (length - ones**2 / m - (2 - rho) * hats**2 / m), False),
    "4.1: sqrt(m)": ("4.1", gamma**2 / s**2 * (length - ones**2 / sqrt(m) - (2 - rho) * hats**2 / m), True),
    "4.1: sqrt(m) twice": ("4.1", gamma**2 / s**2 * (length - ones**2 / sqrt(m) - (2 - rho) * hats**2 / sqrt(m)), True),
    "4.1: a hat is missing": (
        "4.1",
        gamma**2 / s**2 * (length - ones**2 / m - (2 - rho) * inner(g, y, b) ** 2 / m),
        False,
    ),
    "4.1: 3 for 2": ("4.1", gamma**2 / s**2 * (length - ones**2 / m - (3 - rho) * hats**2 / m), True),
    "4.1, printed: sqrt(m)": ("4.1, printed", gamma**2 / s**2 * (length - ones**2 / sqrt(m) - hats**2 / sqrt(m)), True),
}  # fmt: skip


def slipped(name) -> Claim:
    formula, right, _ = SLIPS[name]
    return Claim(TRUE[formula].lhs, TRUE[formula].relation, right, TRUE[formula].hypotheses)


@pytest.mark.parametrize("name", TRUE)
def test_the_formulas_themselves(name):
    assert isinstance(decide(TRUE[name]), Proved)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_refuted_and_repaired(name):
    formula, _, to_the_letter = SLIPS[name]
    verdict = decide(slipped(name))
    assert isinstance(verdict, Refuted), verdict
    repair = verdict.repair
    assert is_theorem(repair)
    repair.recheck()
    assert (repair.claim.lhs, repair.claim.relation) == (TRUE[formula].lhs, TRUE[formula].relation)
    assert repair.claim.hypotheses == TRUE[formula].hypotheses
    assert decide(Eq(repair.claim.rhs, TRUE[formula].rhs))
    assert not to_the_letter or repair.claim == TRUE[formula]
    assert "D(" not in str(repair.claim.rhs)


DROPPED = {
    # epsilon dropped: true under the hypothesis that it is 0
    "C.1": Eq(c1, gamma / (m * sqrt(var)) * (m * g[b] - total - yhat[b] * along)),
    "C.2": Eq(c2, (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / sqrt(var)),
    "4.1": Eq(t41, gamma**2 / s**2 * (length - ones**2 / m - hats**2 / m)),
}


@pytest.mark.parametrize("name", DROPPED)
def test_epsilon_dropped(name):
    verdict = decide(DROPPED[name])
    assert isinstance(verdict, Refuted)
    assert verdict.counterexample.point.values[epsilon.tensor][()] > 0
    assert verdict.repair.claim == DROPPED[name].given(Eq(epsilon, 0))


def test_a_hypothesis_without_its_absolute_value():
    verdict = decide((t41 <= length).given(gamma / s <= 1))
    assert isinstance(verdict, Refuted)
    assert verdict.counterexample.point.values[gamma.tensor][()] < 0
    assert verdict.repair.claim == TRUE["4.1, contraction"]


@pytest.mark.parametrize(
    "claim",
    [
        t41 < TRUE["4.1, printed"].rhs,
        Eq(L, 0),
        Eq(gamma, epsilon),
        Eq(gamma, bn.beta),
    ],
    ids=["a strict bound", "a loss", "two scalars", "two parameters"],
)
def test_a_repair_says_something_or_there_is_none(claim):
    """The left side again is no repair, nor is one whose sides are the same as written."""
    verdict = decide(claim)
    assert isinstance(verdict, Refuted)
    if verdict.repair is not None:
        assert verdict.repair.claim.rhs != claim.lhs
        assert is_theorem(verdict.repair)


TRIVIAL = [
    gamma <= 1,
    (gamma <= 1).given(Abs(gamma) <= s),
    m < 5,
    Eq(gamma * bn.beta, gamma).given(Eq(gamma, 1)),
]


@pytest.mark.parametrize("claim", TRIVIAL, ids=str)
def test_no_tautology_is_offered(claim):
    """gamma <= gamma*1 and m < m*5 are true, and no repair of anything."""
    verdict = decide(claim)
    assert isinstance(verdict, Refuted)
    repair = verdict.repair
    assert repair is None or claim.lhs not in (repair.claim.rhs, *repair.claim.rhs.args)
