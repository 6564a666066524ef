"""When is something known not to be negative because its root was taken? Only if that is really a condition.

1/P is kept as the power -2 of the root of P, whatever the sign of P. Beside each claim stands whether |1/P| = 1/P
may be concluded where another root has a value.
"""

import pytest

from derive import Abs, Derivative, Eq, Matrix, Scalar, Size, Sum, Vector, decide, define, exp, indices, sign, sqrt

m = Size("m")
b, k = indices("b k", m)
u, v = Vector("u", m), Vector("v", m)
H = Matrix("H", m, m)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
q, w = Scalar("q", nonnegative=True), Scalar("w", nonzero=True)
one = y + 1

CERTAIN = {
    "the root itself": sqrt(one),
    "a multiple": sqrt(2 * one),
    "beside a nonzero square": sqrt(w**2 * one),
    "beside exp": sqrt(exp(x) * one),
    "two roots": sqrt(one) * sqrt(x),
    "under a definition": define("d", sqrt(one)),
    "one over the root": 1 / sqrt(one),
}

UNCERTAIN = {
    "another root": sqrt(x),
    "the root of the negative": sqrt(x - y),
    "beside a square": sqrt(x**2 * one),
    "beside a square of a sum": sqrt((x + z) ** 2 * one),
    "beside a square, expanded": sqrt(x**2 * y + x**2),
    "beside a square of a sum over b": sqrt(Sum(u[b], b) ** 2 * one),
    "beside a fourth power": sqrt(x**4 * one),
    "beside a square of an absolute value": sqrt(Abs(x) ** 2 * one),
    "beside an absolute value": sqrt(Abs(x) * one),
    "beside a nonnegative": sqrt(q * one),
    "beside a nonnegative, expanded": sqrt(q * y + q),
    "beside a nonzero": sqrt(w * one),
    "beside a root": sqrt(sqrt(q) * one),
    "beside a squared root": sqrt(sqrt(x) ** 2 * one),
    "beside a definition that is a square": sqrt(define("d", x**2) * one),
    "beside 0": sqrt((x - x) * one),
    "its own square": sqrt(one**2),
    "one over its own square": sqrt(1 / one**2),
    "beside another factor": sqrt(one * (z + 1)),
    "one over, beside another": sqrt(1 / one * (1 / (z + 1))),
    "a derivative by another": Derivative(sqrt(x**2 * one), z),
}


def claims(root):
    yield Eq(0 * root + Abs(1 / one), 1 / one)
    yield Eq(0 * root + sqrt(1 / one**2), 1 / one)
    yield Eq(0 * root + sign(1 / one), 1)
    yield Eq(Abs(1 / one) + root, 1 / one + root)


@pytest.mark.parametrize("name", CERTAIN)
def test_certain(name):
    root = CERTAIN[name]
    for claim in list(claims(root))[:3:2]:
        assert decide(claim).verdict == "proved", claim


@pytest.mark.parametrize("name", UNCERTAIN)
def test_uncertain(name):
    for claim in claims(UNCERTAIN[name]):
        assert decide(claim).verdict != "proved", claim


INDEXED = {
    "every entry": (Sum(sqrt(u[b] + x), b), 1 / (u[k] + x), True),
    "every entry beside a square": (Sum(sqrt(v[b] ** 2 * (u[b] + x)), b), 1 / (u[k] + x), False),
    "the diagonal": (sqrt(H[b, b] + x), 1 / (H[b, k] + x), False),
    "another vector": (Sum(sqrt(v[b] + x), b), 1 / (u[k] + x), False),
    "a sum for its terms": (sqrt(Sum(u[b] + x, b)), 1 / (u[k] + x), False),
    "terms for their sum": (Sum(sqrt(u[b] + 1), b), Sum(1 / (u[b] + 1), b), True),
    "terms beside squares for their sum": (Sum(sqrt(v[b] ** 2 * (u[b] + 1)), b), Sum(1 / (u[b] + 1), b), False),
}


@pytest.mark.parametrize("name", INDEXED)
def test_with_indices(name):
    root, value, certain = INDEXED[name]
    assert (decide(Eq(0 * root + Abs(value), value)).verdict == "proved") == certain


HYPOTHESES = {
    "its root is named": ([Eq(sqrt(one), z)], True),
    "it is positive": ([one > 0], True),
    "a root beside a square is named": ([Eq(sqrt(x**2 * one), z)], False),
    "a root of another, that a hypothesis makes a multiple": ([Eq(x, z**2 * one), Eq(sqrt(x), q)], False),
    "a root of another, times a nonnegative": ([Eq(x, q * one), Eq(0 * sqrt(x), 0)], False),
    "a product": ([x * one >= 0], False),
    "a square": ([one**2 > 0], False),
    "another": ([x + 1 > 0], False),
}


@pytest.mark.parametrize("name", HYPOTHESES)
def test_under_hypotheses(name):
    hypotheses, certain = HYPOTHESES[name]
    claim = Eq(Abs(1 / one), 1 / one).given(*hypotheses)
    assert (decide(claim).verdict == "proved") == certain
