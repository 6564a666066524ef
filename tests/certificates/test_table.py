"""Inequalities that are found without help, with what shows each of them, and the false ones beside them."""

import time

import pytest

from derive import (
    Abs,
    Derivative,
    Eq,
    Matrix,
    Ne,
    Scalar,
    Size,
    Sum,
    Vector,
    counterexample_at,
    decide,
    define,
    indices,
    inner,
    mean,
    norm,
    operator_norm_at_most,
    positive_semidefinite,
    sqrt,
    squared_norm,
)
from derive.language import Number
from derive.layers import batchnorm
from derive.verdicts import attempt

n = Size("n")
bn = batchnorm()
b, k = bn.indices("b k")
m = b.size
i, j = indices("i j", n)
L, g, y, yhat, s, var = bn.loss, bn.gradient, bn.y, bn.yhat, bn.s, bn.var
gamma, epsilon = bn.gamma, bn.epsilon
v = Derivative(L, y[b])
u, w, c = Vector("u", m), Vector("w", m), Vector("c", n)
X, R, H = Matrix("X", m, n), Matrix("R", m, m), Matrix("H", m, m)
x, t, z = Scalar("x"), Scalar("t"), Scalar("z")
p, q = Scalar("p", positive=True), Scalar("q", nonnegative=True)
lam = Scalar("lambda")
r = Vector("r", m, nonnegative=True)
root = define("h", sqrt(squared_norm(u, b) + q))

U, W, UW = squared_norm(u, b), squared_norm(w, b), inner(u, w, b)
bounded, psd = operator_norm_at_most(X, lam), positive_semidefinite(H)
image = Sum(Sum(X[b, i] * u[b], b) ** 2, i)
image_of_v = Sum(Sum(X[b, i] * v, b) ** 2, i)
quadratic = Sum(H[b, k] * u[b] * u[k], b, k)
one, along = Sum(g[b], b), inner(g, yhat, b)
printed = gamma**2 / s**2 * (squared_norm(g, b) - one**2 / m - along**2 / m)

TRUE = {
    # name: (the claim, the rules that its proof uses, a part of the certificate)
    # squares of scalars
    "a square": (x**2 + 1 >= 2 * x, "certificate", "(1 - x)**2"),
    "two squares": (x**2 + t**2 >= 2 * x * t, "certificate", "(t - x)**2"),
    "a definite form": (x**2 - x * t + t**2 >= 0, "certificate", "1/4*("),
    "a strict form": (x**2 - x + 1 > 0, "certificate", "3/4"),
    "three products": (x * t + t * z + z * x <= x**2 + t**2 + z**2, "certificate", "1/4*("),
    "the square of a sum": ((x + t + z) ** 2 <= 3 * (x**2 + t**2 + z**2), "certificate", "**2"),
    "fourth powers": (x**4 + t**4 >= 2 * x**2 * t**2, "certificate", "(t**2 - x**2)**2"),
    "products of three": (x**2 * t**2 + t**2 * z**2 + z**2 * x**2 >= x * t * z * (x + t + z), "certificate", "1/4*("),
    "Young with a weight": (p * x**2 + t**2 / p >= 2 * x * t, "certificate", "**2"),
    "positive numbers": (p**2 + (p + q) ** 2 >= 2 * p * (p + q), "certificate", "q**2"),
    "the identity of Diophantus": ((x * t + z * p) ** 2 <= (x**2 + z**2) * (t**2 + p**2), "certificate", "**2"),
    # sums of vectors
    "twice an inner product": (2 * UW <= U + W, "certificate", "Sum((u[k] - w[k])**2, k)"),
    "the parallelogram": (squared_norm(u[b] + w[b], b) <= 2 * U + 2 * W, "certificate", "Sum((u[k] - w[k])**2, k)"),
    "the distance to a number": (U - 2 * x * Sum(u[b], b) + m * x**2 >= 0, "certificate", "Sum((u[k] - x)**2, k)"),
    "a weighted form": (U + 2 * x * UW + x**2 * W >= 0, "certificate", "Sum("),
    "matrices": (
        Sum(X[b, i] ** 2, b, i) + U * squared_norm(c, i) >= 2 * Sum(X[b, i] * u[b] * c[i], b, i),
        "certificate",
        "Sum(Sum((",
    ),
    "an entry": (u[b] ** 2 <= U, "certificate", "1 - delta(b, k)"),
    "free indices": (2 * u[b] * w[k] <= u[b] ** 2 + w[k] ** 2, "certificate", "(u[b] - w[k])**2"),
    "an image": (image >= 0, "certificate", "Sum("),
    # Cauchy-Schwarz
    "Cauchy-Schwarz": (UW**2 <= U * W, "certificate", "1/2*Sum(Sum((u[k]*w[l] - u[l]*w[k])**2, k), l)"),
    "Cauchy-Schwarz with ones": (Sum(u[b], b) ** 2 <= m * U, "certificate", "(m*u[k] - Sum(u[l], l))**2"),
    "Jensen": (mean(u[b], b) ** 2 <= mean(u[b] ** 2, b), "certificate", "**2"),
    "Cauchy-Schwarz with a factor": (x**2 * UW**2 <= x**2 * U * W, "certificate", "x**2"),
    "Cauchy-Schwarz for products": (
        Sum(u[b] * w[b] * r[b], b) ** 2 <= U * Sum(w[b] ** 2 * r[b] ** 2, b), "certificate", "Sum(Sum("
    ),
    "the Frobenius norm": (image <= Sum(X[b, i] ** 2, b, i) * U, "certificate", "X[k, i]*u[l] - X[l, i]*u[k]"),
    # norms
    "an inner product and norms": (UW <= norm(u, b) * norm(w, b), "certificate square", "Sum(Sum("),
    "its absolute value": (Abs(UW) <= norm(u, b) * norm(w, b), "certificate square", "Sum(Sum("),
    "the other way round": (norm(u, b) * norm(w, b) >= UW, "certificate square lemmas", "Sum(Sum("),
    "the triangle": (norm(u[b] + w[b], b) <= norm(u, b) + norm(w, b), "certificate square lemmas", "sqrt"),
    "the triangle, reversed": (norm(u, b) - norm(w, b) <= norm(u[b] - w[b], b), "certificate square lemmas", "sqrt"),
    "absolute values": (Abs(x + t) <= Abs(x) + Abs(t), "certificate square lemmas", "abs"),
    "a number and its absolute value": (x <= Abs(x), "certificate square", "0"),
    "a root of a sum": (sqrt(x**2 + t**2) <= Abs(x) + Abs(t), "certificate square", "2*abs(t)*abs(x)"),
    "geometric and arithmetic mean": (2 * sqrt(p * q) <= p + q, "certificate square", "**2"),
    "an entry and a norm": (u[b] <= norm(u, b), "certificate square", "delta"),
    "a sum and a norm": (Abs(Sum(u[b], b)) <= sqrt(m) * norm(u, b), "certificate square", "Sum("),
    # hypotheses
    "a chain": ((x <= z).given(x <= t, t <= z), "certificate", "t - x"),
    "a factor": ((q * x <= q * t).given(x <= t), "certificate", "q*(t - x)"),
    "a divisor": ((x / p <= t / p).given(x <= t), "certificate", "t - x"),
    "two hypotheses multiplied": ((x**2 <= t**2).given(x <= t, -t <= x), "certificate", "(t - x)*(x - (-t))"),
    "an equation": ((x * t <= z).given(x <= z, Eq(t, 1)), "certificate", "z - x"),
    "a hypothesis summed": ((Sum(u[b], b) <= Sum(w[b], b)).given(u[b] <= w[b]), "certificate", "Sum(w[b] - u[b], b)"),
    "roots of both": ((sqrt(p) <= sqrt(p + q)), "certificate square", "q"),
    "from squares": ((x <= q).given(x**2 <= q**2), "certificate square", "q**2 - x**2"),
    # batch normalization
    "s and epsilon": (s**2 >= epsilon, "certificate", "var"),
    "s and the root of epsilon": (s >= sqrt(epsilon), "certificate square lemmas", "var"),
    "1/s": ((1 / s <= 1 / sqrt(epsilon)).given(epsilon > 0), "certificate square", "var"),
    "1/s^2": ((1 / s**2 <= 1 / epsilon).given(epsilon > 0), "certificate", "var"),
    "a definition of one's own": (root**2 >= q, "certificate", "u["),
    "the variance and the second moment": (var <= mean(y[b] ** 2, b), "certificate", "mu**2"),
    "a normalized entry": (Abs(yhat[b]) <= sqrt(m), "certificate square", "delta(b, k)"),
    "the gradient and ones": (one**2 <= m * squared_norm(g, b), "certificate", "**2"),
    "the gradient and yhat": (along**2 <= m * squared_norm(g, b), "certificate", "yhat[k]"),
    "both": (one**2 + along**2 <= m * squared_norm(g, b), "certificate", "yhat[k]"),
    "the printed bound is not negative": (printed >= 0, "certificate", "yhat[k]"),
    "Theorem 4.1": (squared_norm(v, b) <= printed, "certificate", "epsilon"),
    "Theorem 4.1, contracted": (
        (squared_norm(v, b) <= squared_norm(g, b)).given(Abs(gamma) <= s), "certificate", "abs"
    ),
    "Theorem 4.1 for norms": ((norm(v, b) <= norm(g, b)).given(Abs(gamma) <= s), "certificate square", "abs"),
    "Theorem 4.1 with a factor": (norm(v, b) <= Abs(gamma) / s * norm(g, b), "certificate square", "gamma**2"),
    # one entry and all of them, ratios, sums of absolute values
    "the size of yhat": (mean(yhat[b] ** 2, b) <= 1, "certificate", "epsilon"),
    "a ratio of variances": (var / (var + epsilon) <= 1, "certificate", "epsilon"),
    "two reciprocals": (1 / (var + epsilon) <= 1 / var, "certificate", "epsilon"),
    "an entry and the variance": ((y[b] - bn.mu) ** 2 <= m * var, "certificate", "1 - delta(b, k)"),
    "Samuelson": ((y[b] - bn.mu) ** 2 <= (m - 1) * var, "certificate", "1 - delta(b, l)"),
    "Samuelson for yhat": (yhat[b] ** 2 <= m - 1, "certificate", "1 - delta(b, l)"),
    "Samuelson's root": (Abs(yhat[b]) <= sqrt(m - 1), "certificate square", "1 - delta(b, l)"),
    "the diagonal of the Jacobian": (Derivative(yhat[b], y[b]) >= 0, "certificate", "1 - delta(b, l)"),
    "the gradient by gamma": (Derivative(L, gamma) ** 2 <= m * squared_norm(g, b), "certificate", "yhat"),
    "the mean and the absolute mean": (Abs(bn.mu) <= mean(Abs(y[b]), b), "certificate square lemmas", "abs"),
    "a sum and its absolute values": (-Sum(u[b], b) <= Sum(Abs(u[b]), b), "certificate square lemmas", "abs"),
    "two norms of a vector": (norm(u, b) <= Sum(Abs(u[b]), b), "certificate square", "delta"),
    # operator norms and positive semidefinite matrices
    "an operator norm": ((image <= lam**2 * U).given(bounded), "certificate", "R["),
    "an operator norm and norms": ((sqrt(image) <= Abs(lam) * norm(u, b)).given(bounded), "certificate square", "R["),
    "an operator norm of the gradient": (
        (image_of_v <= lam**2 * squared_norm(v, b)).given(operator_norm_at_most(X, lam)), "certificate", "R["
    ),
    "a quadratic form": ((quadratic >= 0).given(psd), "certificate", "R["),
    "the diagonal": ((H[b, b] >= 0).given(psd), "certificate", "R["),
}

FALSE = {
    # name: the claim; each is the neighbour of a true one
    "a square, with another number": x**2 + 1 >= 3 * x,
    "a square, strict": x**2 + 1 > 2 * x,
    "a square, reversed": x**2 + 1 <= 2 * x,
    "two squares, with a factor": x**2 + t**2 >= 3 * x * t,
    "two squares, strict": x**2 + t**2 > 2 * x * t,
    "an indefinite form": x**2 - 3 * x * t + t**2 >= 0,
    "an indefinite form in three": x**2 + t**2 + z**2 >= 2 * (x * t + t * z + z * x),
    "the square of a sum, with a 2": (x + t + z) ** 2 <= 2 * (x**2 + t**2 + z**2),
    "fourth powers, with a factor": x**4 + t**4 >= 3 * x**2 * t**2,
    "a cube": x**3 >= 0,
    "Young without the weight": p * x**2 + t**2 >= 2 * x * t,
    "Diophantus with a plus": (x * t + z * p) ** 2 <= (x**2 + z**2) * t**2,
    "twice an inner product, reversed": 2 * UW >= U + W,
    "thrice an inner product": 3 * UW <= U + W,
    "the parallelogram without the 2": squared_norm(u[b] + w[b], b) <= U + W,
    "the distance to a number without m": U - 2 * x * Sum(u[b], b) + x**2 >= 0,
    "an entry, strict": u[b] ** 2 < U,
    "two entries": u[b] ** 2 + u[k] ** 2 <= U,
    "an entry without the square": u[b] <= U,
    "Cauchy-Schwarz, reversed": UW**2 >= U * W,
    "Cauchy-Schwarz, strict": UW**2 < U * W,
    "Cauchy-Schwarz, one norm missing": UW**2 <= U,
    "Cauchy-Schwarz with ones, without m": Sum(u[b], b) ** 2 <= U,
    "Jensen, reversed": mean(u[b], b) ** 2 >= mean(u[b] ** 2, b),
    "Cauchy-Schwarz with a factor of any sign": x * UW**2 <= x * U * W,
    "the Frobenius norm, one column": image <= Sum(X[b, i] * X[b, i], b, i),
    "an inner product and norms, reversed": UW >= norm(u, b) * norm(w, b),
    "an inner product and one norm": UW <= norm(u, b),
    "the triangle, reversed": norm(u[b] + w[b], b) >= norm(u, b) + norm(w, b),
    "the triangle for squares": squared_norm(u[b] + w[b], b) <= U + W,
    "the triangle, strict": norm(u[b] + w[b], b) < norm(u, b) + norm(w, b),
    "absolute values, reversed": Abs(x + t) >= Abs(x) + Abs(t),
    "a number and its absolute value, reversed": x >= Abs(x),
    "a number and its square": x <= x**2,
    "a root of a sum, reversed": sqrt(x**2 + t**2) >= Abs(x) + Abs(t),
    "geometric and arithmetic mean, reversed": 2 * sqrt(p * q) >= p + q,
    "a sum and a norm without m": Abs(Sum(u[b], b)) <= norm(u, b),
    "a chain, broken": (x <= z).given(x <= t, z <= t),
    "a factor of any sign": (z * x <= z * t).given(x <= t),
    "a divisor of any sign": (x / z <= t / z).given(x <= t, Ne(z, 0)),
    "one hypothesis for a product": (x**2 <= t**2).given(x <= t),
    "a hypothesis summed, the other way": (Sum(u[b], b) <= Sum(w[b], b)).given(u[b] >= w[b]),
    "from squares, of any sign": (z <= x).given(z**2 <= x**2),
    "from squares, strict": (x < q).given(x**2 <= q**2),
    "s and epsilon, strict": s**2 > epsilon,
    "s and epsilon, reversed": s**2 <= epsilon,
    "1/s, reversed": (1 / s >= 1 / sqrt(epsilon)).given(epsilon > 0),
    "s and epsilon without the square": s >= epsilon,
    "the variance and the second moment, strict": var < mean(y[b] ** 2, b),
    "a normalized entry without the root": Abs(yhat[b]) <= 1,
    "the gradient and ones, without m": one**2 <= squared_norm(g, b),
    "the gradient and yhat, without m": along**2 <= squared_norm(g, b),
    "both, with a 2": one**2 + 2 * along**2 <= m * squared_norm(g, b),
    "Theorem 4.1, strict": squared_norm(v, b) < printed,
    "Theorem 4.1, reversed": squared_norm(v, b) >= printed,
    "Theorem 4.1, no hypothesis": squared_norm(v, b) <= squared_norm(g, b),
    "Theorem 4.1, gamma <= s": (squared_norm(v, b) <= squared_norm(g, b)).given(gamma <= s),
    "Theorem 4.1 with gamma for its absolute value": norm(v, b) <= gamma / s * norm(g, b),
    "the size of yhat, strict": mean(yhat[b] ** 2, b) < 1,
    "the size of yhat, one less": Sum(yhat[b] ** 2, b) <= m - 1,
    "two reciprocals, reversed": 1 / (var + epsilon) >= 1 / var,
    "an entry and the variance, without m": (y[b] - bn.mu) ** 2 <= var,
    "Samuelson, two less": (y[b] - bn.mu) ** 2 <= (m - 2) * var,
    "Samuelson without the mean": y[b] ** 2 <= (m - 1) * var,
    "Samuelson, strict": yhat[b] ** 2 < m - 1,
    "Samuelson without a root": Abs(yhat[b]) <= m - 2,
    "the diagonal of the Jacobian, strict": Derivative(yhat[b], y[b]) > 0,
    "the Jacobian off its diagonal": Derivative(yhat[b], y[k]) >= 0,
    "the gradient by gamma, without m": Derivative(L, gamma) ** 2 <= squared_norm(g, b),
    "the mean and the absolute mean, halved": Abs(bn.mu) <= mean(Abs(y[b]), b) / 2,
    "two norms of a vector, reversed": norm(u, b) >= Sum(Abs(u[b]), b),
    "no operator norm": image <= lam**2 * U,
    "a quadratic form of any matrix": quadratic >= 0,
    "an entry beside the diagonal": (H[b, k] >= 0).given(psd),
}


FALSE_AT = {
    # name: the claim, and a point at which it fails: the hypothesis is too much for the search for numbers
    "an operator norm, reversed": (
        (image >= lam**2 * U).given(bounded),
        {"m": 2, "n": 1},
        {"X": ((0,), (0,)), "R": ((1, 0), (0, 1)), "lambda": 1, "u": (1, 0)},
    ),
    "an operator norm without the square": (
        (image <= lam * U).given(bounded),
        {"m": 1, "n": 1},
        {"X": ((2,),), "R": ((0,),), "lambda": 2, "u": (1,)},
    ),
    "an operator norm, strict": (
        (image < lam**2 * U).given(bounded),
        {"m": 1, "n": 1},
        {"X": ((1,),), "R": ((0,),), "lambda": 1, "u": (1,)},
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_found(name):
    claim, rules, part = TRUE[name]
    verdict = decide(claim)
    assert verdict.verdict == "proved", verdict
    theorem = verdict.theorem
    assert theorem.claim == claim
    theorem.recheck()
    tree = theorem.tree()
    assert {step.rule for step in tree} == set(rules.split())
    assert any(part in str(step.evidence) for step in tree), [str(step.evidence) for step in tree]


@pytest.mark.parametrize("name", FALSE)
def test_never_proved(name):
    verdict = decide(FALSE[name])
    assert verdict.verdict == "refuted", verdict
    assert verdict.counterexample.recheck()


@pytest.mark.parametrize("name", FALSE_AT)
def test_not_proved_and_false_at_a_point(name):
    claim, sizes, values = FALSE_AT[name]
    assert isinstance(attempt(claim), str)
    assert counterexample_at(claim, sizes, values).recheck()


def test_the_search_is_short_where_it_fails():
    """Half of the failing searches take a few milliseconds; a bound on the median that a loaded machine keeps."""
    seconds = []
    for claim in FALSE.values():
        start = time.perf_counter()
        assert isinstance(attempt(claim), str)
        seconds.append(time.perf_counter() - start)
    assert sorted(seconds)[len(seconds) // 2] < 0.2


def test_numbers():
    assert decide(Number(1) <= 2)
    assert decide(Number(1) >= 2).verdict == "refuted"
