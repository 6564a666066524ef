"""Claims made to trip a prover up, each with its truth worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.language import (
    Abs,
    Delta,
    Derivative,
    Eq,
    Index,
    Ne,
    Scalar,
    Sum,
    Term,
    Vector,
    define,
    exp,
    inner,
    log,
    mean,
    sign,
    sqrt,
    squared_norm,
    tanh,
    term,
)
from derive.verdicts import decide
from tests.soundness.batchnorm_statements import H as d2L
from tests.soundness.batchnorm_statements import L, b, beta, epsilon, g, gamma, mu, s, var, y, yhat, z
from tests.soundness.fragment_statements import (
    H,
    M,
    N,
    W,
    alpha,
    c,
    i,
    j,
    k,
    loss_of_matrix,
    m,
    matrix_hessian,
    n,
    p,
    partial,
    q,
    tau,
    u,
    v,
    w,
)
from tests.soundness.judgement import judge

a, positive_a, other_n = Scalar("a"), Scalar("a", positive=True), Index("k", n)
row_sum = define("f", Sum(M[b, k], k), b)
centred = u[k] - mean(u[b], b)
trace = Sum(M[k, k], k)
squared = Sum(M[i, k] * M[k, j], k)

TRUE = {
    "a bound index may have the name of a free one": Eq(Sum(u[k], k) * u[k], Sum(u[b] * u[k], b)),
    "an inner sum hides an outer index": Eq(Sum(Sum(u[k], k), k), m * Sum(u[k], k)),
    "a definition keeps its own indices": Eq(Sum(row_sum[k] * u[k], k), Sum(M[b, k] * u[b], b, k)),
    "a definition at its own bound index": Eq(row_sum[k], Sum(M[k, b], b)),
    "indices of one name over two sizes": Eq(Sum(Sum(N[k, other_n], k), other_n), Sum(N[i, c], i, c)),
    "the variable of a derivative is free": Eq(Derivative(Sum(u[k] ** 2, k), u[k]), 2 * u[k]),
    "a sum binds the variable of a derivative": Eq(Sum(Derivative(u[k] * u[b], u[k]), k), (m + 1) * u[b]),
    "no sum over nothing": Eq(Derivative(Sum(v[k], k), u[k]), 0),
    "delta of an index and itself": Eq(Delta(k, k), 1),
    "delta squared": Eq(Delta(i, k) ** 2, Delta(i, k)),
    "delta to a negative power": Eq(Delta(i, i) ** -1, 1),
    "an even root": Eq(sqrt(alpha**2), Abs(alpha)),
    "a root of squares": Eq(sqrt(alpha**2) ** 2, alpha**2),
    "a root of what is not negative": Eq(sqrt(epsilon**2), epsilon),
    "odd and even parts": Eq(Abs(-alpha) * sign(-alpha), -alpha),
    "an integer quotient": Eq((alpha**2 - 1) / (alpha - 1), alpha + 1),
    "a name as its own variable": Eq(Derivative(mu, mu), 1),
    "what a name is made of stays fixed": Eq(Derivative(y[b], mu), 0),
    "s by var": Eq(Derivative(s, var), 1 / (2 * s)),
    "var by mu": Eq(Derivative(var, mu), 0),
    "yhat by var": Eq(Derivative(yhat[b], var), -(y[b] - mu) / (2 * s**3)),
    "yhat by yhat": Eq(Derivative(yhat[b], yhat[k]), Delta(b, k)),
    "a function of the loss": Eq(Derivative(L**2, beta), 2 * L * Sum(g[k], k)),
    "the gradient by the input": Eq(Derivative(g[b], y[k]), Sum(d2L[b, j] * Derivative(z[j], y[k]), j)),
    "an adjoint by a parameter": Eq(
        Derivative(Derivative(L, yhat[k]), gamma), g[k] + gamma * Sum(d2L[k, b] * yhat[b], b)
    ),
    "a second derivative by a parameter": Eq(partial(L, gamma, beta), Sum(d2L[b, k] * yhat[b], b, k)),
    "softmax": Eq(Sum(exp(u[k]) / Sum(exp(u[b]), b), k), 1),
}

ROOTS_THAT_AGREE = {
    "of a sixth power": Eq(sqrt(alpha**6), Abs(alpha) ** 3),
    "of a square of a sum": Eq(sqrt(squared_norm(u, k) ** 2), squared_norm(u, k)),
    "of a product": Eq(sqrt(tau * p[k]), sqrt(tau) * sqrt(p[k])),
    "in a denominator": Eq(1 / sqrt(1 + alpha**2), sqrt(1 + alpha**2) / (1 + alpha**2)),
    "a conjugate": Eq(1 / (sqrt(tau) + 1), (sqrt(tau) - 1) / (tau - 1)),
    "nested": Eq(sqrt(3 + 2 * sqrt(tau - tau + 2)) ** 2, 3 + 2 * sqrt(term(2))),
    "of numbers": Eq(sqrt(term(12)) * sqrt(term(3)), 6),
    "size of a product": Eq(Abs(alpha * u[k]), Abs(alpha) * Abs(u[k])),
    "size of a quotient": Eq(Abs(alpha) / alpha, sign(alpha)),
    "sign of a cube": Eq(sign(alpha**3), sign(alpha)),
    "an odd function": Eq(tanh(-alpha * u[k]), -tanh(alpha * u[k])),
    "an exponential of a difference": Eq(exp(alpha - alpha), 1),
    "a logarithm of a square": Eq(log(tau**2), 2 * log(tau)),
    "derivative of a root of a square": Eq(Derivative(sqrt(alpha**2), alpha), sign(alpha)),
}
"""Equal wherever both sides have a value."""

ROOTS_THAT_DIFFER = {
    "of a sixth power": Eq(sqrt(alpha**6), alpha**3),
    "of a square times": Eq(sqrt(alpha**2 * tau), alpha * sqrt(tau)),
    "of a difference": Eq(sqrt((alpha - 1) ** 2), alpha - 1),
    "of the other difference": Eq(sqrt((alpha - 1) ** 2), 1 - alpha),
    "of an inverse square": Eq(sqrt(1 / alpha**2), 1 / alpha),
    "of a sum of squares": Eq(sqrt(squared_norm(u, k)), Sum(Abs(u[k]), k)),
    "of a square of a sum": Eq(sqrt(Sum(u[k], k) ** 2), Sum(u[k], k)),
    "a conjugate": Eq(1 / (sqrt(tau) + 1), (sqrt(tau) - 1) / (tau + 1)),
    "of numbers": Eq(sqrt(term(8)), 2 * sqrt(term(3))),
    "size of a sum": Eq(Abs(alpha + tau), Abs(alpha) + Abs(tau)),
    "a sign squared": Eq(sign(alpha) ** 2, 1),
    "sign of a square": Eq(sign(alpha**2), sign(alpha)),
    "an even function": Eq(tanh(-alpha), tanh(alpha)),
    "a logarithm of a square": Eq(log(alpha**2), 2 * log(-alpha)),
    "a quotient of sums": Eq(Sum(u[k] / p[k], k), Sum(u[k], k) / Sum(p[k], k)),
    "a sum of quotients": Eq(1 / (tau + p[k]), 1 / tau + 1 / p[k]),
    "a sum of inverses": Eq(Sum(1 / p[k], k), 1 / Sum(p[k], k)),
    "derivative of a root of a square": Eq(Derivative(sqrt(alpha**2), alpha), 1),
}


def closed_walk(*edges: str) -> Term:
    """The sum over all indices of a product of entries of H, one for each edge, such as "ab"."""
    nodes = {name: Index(name, m) for edge in edges for name in edge}
    product = H[nodes[edges[0][0]], nodes[edges[0][1]]]
    for one, other in edges[1:]:
        product = product * H[nodes[one], nodes[other]]
    return Sum(product, *nodes.values())


PRISM = closed_walk("ab", "bc", "ca", "de", "ef", "fd", "ad", "be", "cf")
UTILITY = closed_walk("ad", "ae", "af", "bd", "be", "bf", "cd", "ce", "cf")
HEXAGON = closed_walk("ab", "bc", "cd", "de", "ef", "fa")
TRIANGLES = closed_walk("ab", "bc", "ca") ** 2

GRAPHS_THAT_AGREE = {
    "two names for a prism": Eq(PRISM, closed_walk("ce", "ea", "ac", "bf", "fd", "db", "cb", "ef", "ad")),
    "two names for a hexagon": Eq(HEXAGON, closed_walk("ae", "ec", "cb", "bf", "fd", "da")),
    "a walk by its middle": Eq(
        Sum(Sum(H[i, b] * H[b, k], b) * Sum(H[k, q] * H[q, i], q), i, k), closed_walk("ab", "bc", "cd", "da")
    ),
    "a trace that turns": Eq(Sum(M[i, j] * M[j, k] * M[k, i], i, j, k), Sum(M[k, j] * M[j, i] * M[i, k], i, j, k)),
}

GRAPHS_THAT_DIFFER = {
    "all nodes have three edges": Eq(PRISM, UTILITY),
    "all nodes have two edges": Eq(HEXAGON, TRIANGLES),
    "a pentagon and a hexagon": Eq(closed_walk("ab", "bc", "cd", "de", "ea"), closed_walk("ab", "bc", "cd", "da")),
    "an arrow that is turned": Eq(Sum(M[i, j] * M[j, k] * M[k, i], i, j, k), Sum(M[i, j] * M[j, k] * M[i, k], i, j, k)),
    "there and back": Eq(Sum(M[i, j] * M[j, i], i, j), Sum(M[i, j] ** 2, i, j)),
    "two ways out": Eq(Sum(M[i, j] * M[i, k], i, j, k), Sum(M[j, i] * M[k, i], i, j, k)),
}

GIVEN = {
    "hypotheses are for every index": Eq(u[b] * v[k], 0).given(Eq(u[i], 0)),
    "hypotheses are used inside of sums": Eq(inner(u, v, k), alpha * Sum(v[k], k)).given(Eq(u[k], alpha)),
    "a vector of zeros": Eq(squared_norm(u, k), 0).given(Eq(u[b], 0)),
    "two vectors that agree": Eq(inner(u, w, b), inner(v, w, b)).given(Eq(u[k], v[k])),
}
"""True by hypotheses that no generic draw satisfies."""

UNKNOWN = {
    "a root of a cube": Eq(sqrt(alpha**3), alpha * sqrt(alpha)),
    "second derivatives commute": Eq(
        partial(loss_of_matrix, W[i, j], W[k, q]), partial(loss_of_matrix, W[k, q], W[i, j])
    ),
    "a Hessian of a matrix is symmetric": Eq(matrix_hessian[i, i, k, k], matrix_hessian[k, k, i, i]),
    "exponentials multiply": Eq(exp(alpha) * exp(tau), exp(alpha + tau)),
    "a number is at most its size": alpha <= Abs(alpha),
}
"""True, for a reason that a prover may not know."""

FALSE = {
    "a captured index": Eq(Sum(u[k], k) * u[k], Sum(u[k] * u[k], k)),
    "an escaped index": Eq(Sum(Sum(u[i] * v[j], i), j), Sum(Sum(u[i] * v[i], i), j)),
    "indices of two sizes": Eq(Sum(Sum(N[k, other_n], k), k), Sum(Sum(N[k, other_n], other_n), k)),
    "two sizes": Eq(m, n),
    "two scalars of one name": Eq(a, positive_a),
    "one name for a scalar and a vector": Eq(Sum(Vector("a", m)[k], k), m * a),
    "true for m up to 2, Cayley-Hamilton": Eq(
        squared - trace * M[i, j] + (trace**2 - Sum(M[i, j] * M[j, i], i, j)) / 2 * Delta(i, j), 0
    ),
    "true for m = 2, a third moment": Eq(Sum(centred**3, k), 0),
    "true for m = 2 and 3, a fourth moment": Eq(Sum(centred**4, k), Sum(centred**2, k) ** 2 / 2),
    "the same of a normalized batch": Eq(Sum(yhat[k] ** 4, k), m**2 / 2).given(Eq(epsilon, 0)),
    "true for m = 2, epsilon = 0": Eq(Derivative(L, y[k]), 0).given(Eq(epsilon, 0)),
    "true for a loss that is a sum": Eq(Derivative(L, y[k]), gamma / s * (g[k] - Sum(g[b], b) / m)),
    "true at m = 3 only": Eq(m, 3),
    "true where m is odd": Eq((m - 1) * (m - 3) * (m - 5) * Sum(u[k], k), 0),
    "true of positive numbers": Eq(sqrt(alpha**2), alpha),
    "true of numbers of one sign": Eq(Abs(alpha + tau), Abs(alpha) + tau),
    "true of a symmetric matrix": Eq(Sum(M[k, j] * u[j], j), Sum(M[j, k] * u[j], j)),
    "true without epsilon": Eq(Sum(yhat[k] ** 2, k), m),
    "true without the mean": Eq(squared_norm(yhat, k), squared_norm(y, k) / s**2),
    "an input that moves with its mean": Eq(Derivative(y[b], mu), 1),
    "an adjoint for a total derivative": Eq(Derivative(L, y[k]), gamma * g[k] / s),
    "s fixed while var moves": Eq(Derivative(yhat[b], var), 0),
    "a derivative pulled out of a product": Eq(Derivative(u[k] * v[k], u[k]), Derivative(u[k], u[k]) * u[k]),
    "a hypothesis read for one index": Eq(u[k], 0).given(Eq(Sum(u[b], b), 0)),
    "a hypothesis on another vector": Eq(inner(u, v, k), 0).given(Eq(Sum(w[k], k), 0)),
    "the sine of the exponential": Eq(exp(alpha) * exp(tau), exp(alpha * tau)),
    "close, but not equal": Eq(tanh(tau), tau - tau**3 / 3),
    "logarithm of a sum": Eq(log(Sum(p[k], k)), Sum(log(p[k]), k)),
    "a sum of roots": Eq(sqrt(tau + epsilon), sqrt(tau) + sqrt(epsilon)),
    "strict at equality": alpha**2 > 0,
    "a bound that fails at one point": alpha**2 + Fraction(1, 4) <= alpha**4 + Fraction(1, 5),
    "reversed Cauchy-Schwarz": inner(u, v, k) ** 2 >= squared_norm(u, k) * squared_norm(v, k),
    "a negative eigenvalue": Sum(u[i] * H[i, j] * u[j], i, j) >= 0,
    "a hypothesis with the wrong sign": (alpha * tau >= 0).given(alpha <= 0, Ne(alpha, 0)),
}


ALL_TRUE = TRUE | {f"roots: {name}": claim for name, claim in ROOTS_THAT_AGREE.items()}
ALL_FALSE = FALSE | {
    f"{chapter}: {name}": claim
    for chapter, claims in (("roots", ROOTS_THAT_DIFFER), ("graphs", GRAPHS_THAT_DIFFER))
    for name, claim in claims.items()
}


@pytest.mark.parametrize("name", ALL_TRUE)
def test_true_ones_are_proved(name: str) -> None:
    judgement = judge(ALL_TRUE[name])
    assert (judgement.truth, judgement.verdict) == ("true", "proved"), str(judgement)


@pytest.mark.parametrize("name", GRAPHS_THAT_AGREE)
def test_relabelled_graphs_are_proved_equal(name: str) -> None:
    assert decide(GRAPHS_THAT_AGREE[name]).verdict == "proved"


@pytest.mark.parametrize("name", GIVEN)
def test_hypotheses_are_used(name: str) -> None:
    assert decide(GIVEN[name]).verdict == "proved"


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_true_for_another_reason_is_not_refuted(name: str) -> None:
    judgement = judge(UNKNOWN[name])
    assert judgement.truth == "true" and judgement.verdict != "refuted", str(judgement)


@pytest.mark.parametrize("name", ALL_FALSE)
def test_false_ones_are_not_proved(name: str) -> None:
    judgement = judge(ALL_FALSE[name], draws=1)
    assert judgement.verdict != "proved" and not judgement.complaint, str(judgement)
