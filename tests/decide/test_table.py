"""One table of claims and the verdicts that are right, through the one door."""

import pytest

from derive import (
    Abs,
    Delta,
    Derivative,
    Eq,
    Matrix,
    Ne,
    Scalar,
    Size,
    Sum,
    Vector,
    decide,
    exp,
    indices,
    inner,
    log,
    mean,
    norm,
    prove,
    sign,
    sqrt,
    squared_norm,
    tanh,
)
from derive.kernel import is_theorem
from derive.language import Claim, Number
from derive.layers import batchnorm
from derive.verdicts import NotProved, as_claim, attempt

bn = batchnorm()
b, k, l = bn.indices("b k l")
m = b.size
L, g, y, yhat, s, mu, var = bn.loss, bn.gradient, bn.y, bn.yhat, bn.s, bn.mu, bn.var
gamma, beta, epsilon = bn.gamma, bn.beta, bn.epsilon
v = Derivative(L, y[b])
rho = var / s**2

n = Size("n")
(i,) = indices("i", n)
u, w = Vector("u", m), Vector("w", m)
H, S = Matrix("H", m, m), Matrix("S", m, m, symmetric=True)
x, t = Scalar("x"), Scalar("t")
p, q = Scalar("p", positive=True), Scalar("q", nonnegative=True)
projected = g[b] - mean(g[k], k) - yhat[b] * inner(g, yhat, k) / m

PROVED = {
    # batch normalization, for every m and epsilon
    "yhat sums to 0": Eq(Sum(yhat[b], b), 0),
    "the norm of yhat": Eq(squared_norm(yhat, b), m * (1 - epsilon / s**2)),
    "the norm of yhat by rho": Eq(squared_norm(yhat, b), m * rho),
    "the norm of yhat at epsilon = 0": Eq(squared_norm(yhat, b), m).given(Eq(epsilon, 0)),
    "the norm of yhat is at most m": squared_norm(yhat, b) <= m,
    "the variance by moments": Eq(var, mean(y[b] ** 2, b) - mu**2),
    "the variance is not negative": var >= 0,
    "the variance by pairs": Eq(var, Sum((y[b] - y[k]) ** 2, b, k) / (2 * m**2)),
    "Fact C.1": Eq(v, gamma / s * projected),
    "Fact C.2": Eq(Derivative(yhat[b], y[k]), (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s),
    "the gradient sums to 0": Eq(Sum(v, b), 0),
    "the gradient along yhat": Eq(Sum(v * yhat[b], b), gamma * epsilon / s**3 * inner(g, yhat, k)),
    "the gradient along yhat at epsilon = 0": Eq(Sum(v * yhat[b], b), 0).given(Eq(epsilon, 0)),
    "the gradient of beta": Eq(Derivative(L, beta), Sum(g[b], b)),
    "the gradient of gamma": Eq(Derivative(L, gamma), inner(g, yhat, b)),
    "Theorem 4.1": Eq(
        Sum(v**2, b),
        gamma**2 / s**2 * (squared_norm(g, b) - Sum(g[b], b) ** 2 / m - (2 - rho) * inner(g, yhat, b) ** 2 / m),
    ),
    "Theorem 4.1 as printed": Sum(v**2, b)
    <= gamma**2 / s**2 * (squared_norm(g, b) - Sum(g[b], b) ** 2 / m - inner(g, yhat, b) ** 2 / m),
    "the gradient is not longer": (Sum(v**2, b) <= squared_norm(g, b)).given(Abs(gamma) <= s),
    "gamma = 0 stops the gradient": Eq(v, 0).given(Eq(gamma, 0)),
    "restored": Eq(bn.z[b], y[b]).given(Eq(gamma, s), Eq(beta, mu)),
    # algebra
    "a binomial": Eq((x + t) ** 3, x**3 + 3 * x**2 * t + 3 * x * t**2 + t**3),
    "partial fractions": Eq(1 / (x * (x + 1)), 1 / x - 1 / (x + 1)),
    "a rational denominator": Eq(1 / (sqrt(p + 1) - sqrt(p)) * (sqrt(p + 1) - sqrt(p)), 1),
    "Lagrange": Eq(
        squared_norm(u, b) * squared_norm(w, b) - inner(u, w, b) ** 2,
        Sum((u[b] * w[k] - u[k] * w[b]) ** 2, b, k) / 2,
    ),
    "a trace": Eq(Sum(H[b, k] * S[k, b], b, k), Sum(H[k, b] * S[b, k], b, k)),
    "a sum of m ones": Eq(Sum(Number(1), b), m),
    "two sizes": Eq(Sum(x, b, i), m * n * x),
    "the symmetric part": Eq(Sum((H[b, k] - H[k, b]) * u[b] * u[k], b, k), 0),
    "a square": x**2 + t**2 >= 0,
    "a positive sum": exp(x) + q > 0,
    "Young": (x**2 * p + t**2 / p) + q >= 0,
    "not zero": Ne(exp(x) + 1, 0),
    "softmax sums to 1": Eq(Sum(exp(u[b]) / Sum(exp(u[k]), k), b), 1),
    "log of a product": Eq(log(p * exp(x)), x + log(p)),
    "the sigmoid by tanh is odd": Eq(tanh(-x) + tanh(x), 0),
    "sign": Eq(sign(x) ** 2, 1).given(Ne(x, 0)),
    "a norm is not negative": norm(u, b) >= 0,
    "sizes are at least 1": m >= 1,
}

REFUTED = {
    "the norm of yhat": Eq(squared_norm(yhat, b), m),
    "the norm of yhat is m at least": squared_norm(yhat, b) >= m,
    "the unbiased variance": Eq(var, Sum((y[b] - mu) ** 2, b) / (m - 1)),
    "Fact C.1 with a plus": Eq(v, gamma / s * (g[b] - mean(g[k], k) + yhat[b] * inner(g, yhat, k) / m)),
    "Fact C.1 without the mean": Eq(v, gamma / s * (g[b] - yhat[b] * inner(g, yhat, k) / m)),
    "Fact C.2 without the delta": Eq(Derivative(yhat[b], y[k]), (-1 / m - yhat[b] * yhat[k] / m) / s),
    "Theorem 4.1 as an equality": Eq(
        Sum(v**2, b),
        gamma**2 / s**2 * (squared_norm(g, b) - Sum(g[b], b) ** 2 / m - inner(g, yhat, b) ** 2 / m),
    ),
    "the gradient is not longer if gamma <= s": (Sum(v**2, b) <= squared_norm(g, b)).given(gamma <= s),
    "the gradient is shorter": (Sum(v**2, b) < squared_norm(g, b)).given(Abs(gamma) <= s),
    "restored, and the gradient too": Eq(v, g[b]).given(Eq(gamma, s), Eq(beta, mu)),
    "the gradient along yhat": Eq(Sum(v * yhat[b], b), 0),
    "the gradient of gamma": Eq(Derivative(L, gamma), inner(g, y, b)),
    "a freshman's dream": Eq((x + t) ** 2, x**2 + t**2),
    "a root of a square": Eq(sqrt(x**2), x),
    "a root of a sum": Eq(sqrt(p + 1), sqrt(p) + 1),
    "a reciprocal of a sum": Eq(1 / (x + 1), 1 / x + 1),
    "Cauchy-Schwarz the wrong way": inner(u, w, b) ** 2 >= squared_norm(u, b) * squared_norm(w, b),
    "a transpose": Eq(H[b, k], H[k, b]),
    "a sum of products": Eq(Sum(u[b] * w[b], b), Sum(u[b], b) * Sum(w[b], b)),
    "two sizes": Eq(m * n, m + n),
    "exp of a sum": Eq(exp(x + t), exp(x) + exp(t)),
    "abs of a sum": Eq(Abs(x + t), Abs(x) + Abs(t)),
    "a strict square": x**2 > 0,
    "a difference": Ne(x, t),
    "a norm": norm(u, b) <= Sum(u[b], b),
}

UNDECIDED = {
    # true, and beyond what is known
    "tanh of a sum": Eq(tanh(x + t), (tanh(x) + tanh(t)) / (1 + tanh(x) * tanh(t))),
    "a nested root": Eq(sqrt(3 + 2 * sqrt(Number(2))), 1 + sqrt(Number(2))),
    "logs of numbers": Eq(log(Number(6)), log(Number(2)) + log(Number(3))),
    "exp and its tangent": exp(x) >= 1 + x,
    "sizes are whole": Ne(2 * m, 3),
    "a maximum by abs": Eq(Abs((x + t + Abs(x - t)) / 2 - x), (x + t + Abs(x - t)) / 2 - x),
    # without a value
    "a quotient by 0": Eq(1 / (x - x), 1),
    "a root of a negative number": Eq(sqrt(-1 - x**2), 1),
    "log of 0": Eq(log(x - x), 1),
    # contradictory
    "0 = 1": Eq(x, t).given(Eq(0, 1)),
    # not understood
    "a third derivative": Eq(Derivative(Derivative(Derivative(L, beta), beta), beta), 0),
    "by a size": Eq(Derivative(mu, m), 0),
    "a hypothesis that can't be solved": Eq(x**2, 1).given(Eq(Abs(x), 1)),
}


@pytest.mark.parametrize("name", PROVED)
def test_proved(name):
    verdict = decide(PROVED[name])
    assert verdict.verdict == "proved", verdict
    assert verdict
    assert verdict.reason == ""
    assert is_theorem(verdict.theorem)
    assert verdict.theorem.claim == PROVED[name]
    verdict.theorem.recheck()


@pytest.mark.parametrize("name", REFUTED)
def test_refuted(name):
    verdict = decide(REFUTED[name])
    assert verdict.verdict == "refuted", verdict
    assert not verdict
    assert verdict.counterexample.recheck()
    assert "fails at" in verdict.reason
    if verdict.repair is not None:
        verdict.repair.recheck()
        assert verdict.repair.claim.lhs == REFUTED[name].lhs


@pytest.mark.parametrize("name", UNDECIDED)
def test_undecided(name):
    verdict = decide(UNDECIDED[name])
    assert verdict.verdict == "undecided", verdict
    assert not verdict
    assert verdict.reason
    assert str(verdict).startswith("undecided: ")


@pytest.mark.parametrize("name", PROVED)
def test_the_other_way_round(name):
    """An equation is symmetric, an inequality can be turned; what is proved is never refuted."""
    claim = PROVED[name]
    turned = {"=": "=", "!=": "!=", "<=": ">=", ">=": "<=", "<": ">", ">": "<"}[claim.relation]
    assert decide(Claim(claim.rhs, turned, claim.lhs, claim.hypotheses)).verdict == "proved"


DENIED = {"=": "!=", "<=": ">", "<": ">=", ">=": "<", ">": "<="}


@pytest.mark.parametrize("name", [name for name, claim in PROVED.items() if claim.relation in DENIED])
def test_what_is_proved_cannot_be_denied(name):
    claim = PROVED[name]
    denied = Claim(claim.lhs, DENIED[claim.relation], claim.rhs, claim.hypotheses)
    assert decide(denied).verdict != "proved"


def test_prove_gives_the_theorem():
    assert prove(PROVED["a binomial"]).claim == PROVED["a binomial"]


@pytest.mark.parametrize("claim", [REFUTED["a transpose"], UNDECIDED["a nested root"]])
def test_prove_raises_with_the_verdict(claim):
    with pytest.raises(NotProved) as raised:
        prove(claim)
    assert raised.value.verdict.claim == claim
    assert str(raised.value) == str(raised.value.verdict)


def test_a_certificate_helps_where_none_is_found():
    assert decide(s**2 >= epsilon).verdict != "refuted"
    assert decide(s**2 >= epsilon, certificate=var)


def test_attempt_gives_a_theorem_or_a_reason():
    assert is_theorem(attempt(PROVED["a binomial"]))
    assert attempt(REFUTED["a transpose"]) == "the two sides have different normal forms"
    assert attempt(REFUTED["a norm"]) == "no certificate was found"


def test_as_claim():
    assert as_claim(PROVED["a binomial"]) is PROVED["a binomial"]
    with pytest.raises(ValueError, match="is not a claim"):
        as_claim("x = x")


PROVED_TEXT = "proved: Sum(yhat[b], b) = 0, where s != 0"

REFUTED_TEXT = """\
refuted: (x + t)**2 = x**2 + t**2
at any size
  with   x = 1, t = 1
  left   4
  right  2"""

UNDECIDED_TEXT = """\
undecided: 1/(x - x) = 1
  a quotient by x - x, which is zero; no numbers were found that satisfy the hypotheses and give both sides a value"""


def test_the_words_of_a_proof():
    assert str(decide(PROVED["yhat sums to 0"])) == PROVED_TEXT


def test_the_words_of_a_refutation():
    assert str(decide(REFUTED["a freshman's dream"])) == REFUTED_TEXT


def test_the_words_of_a_refutation_with_its_repair():
    lines = str(decide(Eq(squared_norm(yhat, b), m))).splitlines()
    assert lines[0] == "refuted: Sum(yhat[b]**2, b) = m"
    assert lines[1] == "at m = 2"
    assert lines[2].startswith("  with   y = (")
    assert lines[3].startswith("  so     mu = ")
    assert lines[-1] == "true is Sum(yhat[b]**2, b) = m, given epsilon = 0, where s != 0"


def test_the_words_of_what_is_undecided():
    assert str(decide(UNDECIDED["a quotient by 0"])) == UNDECIDED_TEXT


def test_the_json_of_a_refutation():
    made = decide(REFUTED["a transpose"]).as_json()
    assert made["verdict"] == "refuted"
    assert made["counterexample"]["sizes"] == {"m": 2}
    assert set(made["counterexample"]) >= {"sizes", "values", "derived", "at", "left", "right", "exact"}
    assert all(isinstance(value, str) for value in made["counterexample"]["values"].values())
    assert made["reason"] == "it fails at m = 2"
