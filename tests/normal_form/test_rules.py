"""One test for each rewriting rule: two formulas that the rule makes one, and a pair nearby that must stay two."""

import pytest

from derive import Abs, Delta, Eq, Matrix, Scalar, Size, Sum, Vector, define, exp, indices, log, sign, sqrt, tanh
from derive.language import Number
from derive.normal_form import Reducer

m, n = Size("m"), Size("n")
b, c, k, l = indices("b c k l", m)
i, j = indices("i j", n)
u, v, w = Vector("u", m), Vector("v", m), Vector("w", n)
H, X, S = Matrix("H", m, m), Matrix("X", m, n), Matrix("S", m, m, symmetric=True)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
p, q, r = Scalar("p", positive=True), Scalar("q", nonnegative=True), Scalar("r", positive=True)
negative, nonpositive = Scalar("a", negative=True), Scalar("e", nonpositive=True)


def row(b):
    """The norm of a row, made positive: one value for each b, as layer normalization has."""
    return sqrt(Sum(X[b, j] ** 2, j) + p)


def number(value):
    return Number(value)


SAME = {
    # deltas
    "a delta under a sum": (Sum(Delta(b, k) * u[k], k), u[b]),
    "a delta under a sum over either index": (Sum(Delta(k, b) * H[k, c], k), H[b, c]),
    "a delta of one index": (Delta(b, b), number(1)),
    "a delta is symmetric": (Delta(b, k), Delta(k, b)),
    "a delta squared": (Delta(b, k) ** 2, Delta(b, k)),
    "a delta moves indices": (Delta(b, k) * u[b], Delta(b, k) * u[k]),
    "a delta moves indices inside sums": (Delta(b, k) * Sum(H[b, c], c), Delta(b, k) * Sum(H[k, c], c)),
    "a delta moves indices under roots": (Delta(b, k) * row(b), Delta(b, k) * row(k)),
    "deltas compose": (Sum(Delta(b, k) * Delta(k, c), k), Delta(b, c)),
    "the trace of a delta": (Sum(Sum(Delta(b, k) * Delta(b, k), b), k), m),
    "the sum of a delta": (Sum(Sum(Delta(b, k), b), k), m),
    "a delta picks from a square": (Sum(Delta(b, k) * (u[k] - Sum(u[c], c)) ** 2, k), (u[b] - Sum(u[c], c)) ** 2),
    # sums
    "a constant": (Sum(x, b), m * x),
    "a constant over a number of values": (Sum(x, indices("t", number(3))[0]), 3 * x),
    "over two sizes": (Sum(Sum(X[b, i], b), i), Sum(Sum(X[b, i], i), b)),
    "over two sizes, constants": (Sum(x, b, i), m * n * x),
    "over one size within another": (Sum(Sum(x, b) * w[i], i), m * x * Sum(w[i], i)),
    "names of bound indices": (Sum(u[b] * v[b], b), Sum(v[k] * u[k], k)),
    "the same name bound twice": (Sum(u[b] * Sum(v[b], b), b), Sum(u[b], b) * Sum(v[k], k)),
    "a factor goes out": (Sum(u[b] * x, b), x * Sum(u[k], k)),
    "a product of sums": (Sum(Sum(u[b] * v[k], b), k), Sum(u[b], b) * Sum(v[b], b)),
    "a power of a sum": (Sum(u[b], b) ** 3, Sum(u[b] * u[c] * u[k], b, c, k)),
    "a power of a sum within a sum": (Sum(Sum(H[b, k], k) ** 2, b), Sum(H[b, k] * H[b, c], b, k, c)),
    "a variance": (Sum((u[b] - Sum(u[k], k) / m) ** 2, b), Sum(u[b] ** 2, b) - Sum(u[b], b) ** 2 / m),
    "symmetry": (Sum(S[b, k] * u[k], k), Sum(S[k, b] * u[k], k)),
    "a chain both ways": (Sum(H[b, k] * u[b] * v[k], b, k), Sum(H[k, b] * u[k] * v[b], b, k)),
    "a trace turned": (Sum(H[b, k] * H[k, c] * S[c, b], b, k, c), Sum(S[b, k] * H[k, c] * H[c, b], b, k, c)),
    # roots
    "a root squared": (sqrt(x + y) ** 2, x + y),
    "a root to the third": (sqrt(q) ** 3, q * sqrt(q)),
    "one over a root": (1 / sqrt(x + y), sqrt(x + y) / (x + y)),
    "a square under a root": (sqrt(x**2), Abs(x)),
    "a nonnegative square": (sqrt(q**2), q),
    "a nonpositive square": (sqrt(nonpositive**2), -nonpositive),
    "a fourth power": (sqrt(x**4), x**2),
    "a sixth power": (sqrt(x**6), Abs(x) ** 3),
    "a square beside": (sqrt(x**2 * (y**2 + 1)), Abs(x) * sqrt(y**2 + 1)),
    "an expanded square beside": (sqrt(x**2 * y**2 + x**2), Abs(x) * sqrt(y**2 + 1)),
    "a root of a product of positives": (sqrt(p * r), sqrt(p) * sqrt(r)),
    "a root of a quotient of positives": (sqrt(p / r), sqrt(p) / sqrt(r)),
    "a positive factor": (sqrt(p * x), sqrt(p) * sqrt(x)),
    "a root of a reciprocal": (sqrt(1 / p), 1 / sqrt(p)),
    "a root of a reciprocal square": (sqrt(1 / x**2), 1 / Abs(x)),
    "a root of a reciprocal square of a sum": (sqrt(1 / (x + 1) ** 2), 1 / Abs(x + 1)),
    "a root of a power of a sum": (sqrt((x - y) ** 2), Abs(x - y)),
    "a root in a quotient": ((x - y) / (sqrt(p) - sqrt(p + 1)), (x - y) / (sqrt(p) - sqrt(p + 1))),
    "numbers: 12": (sqrt(number(12)), 2 * sqrt(number(3))),
    "numbers: 6": (sqrt(number(2)) * sqrt(number(3)), sqrt(number(6))),
    "numbers: 1/2": (sqrt(number(1) / 2), sqrt(number(2)) / 2),
    "numbers: squares": (sqrt(number(144) / 25), number(12) / 5),
    "numbers: one over": (1 / sqrt(number(2)), sqrt(number(2)) / 2),
    "numbers before a root": (sqrt(12 * (x + y)), 2 * sqrt(number(3)) * sqrt(x + y)),
    "numbers in a sum": (sqrt(4 * x + 8 * y), 2 * sqrt(x + 2 * y)),
    "a size": (sqrt(m**2 * n), m * sqrt(n)),
    # quotients
    "a common denominator": (1 / (x + 1) - 1 / (x + 2), 1 / ((x + 1) * (x + 2))),
    "a leading factor": (x / (x + 1), 1 - 1 / (x + 1)),
    "a leading square": (x**2 / (x**2 + 1), 1 - 1 / (x**2 + 1)),
    "a leading sum": (Sum(u[b] ** 2, b) / (Sum(u[b] ** 2, b) + p), 1 - p / (Sum(u[b] ** 2, b) + p)),
    "a leading sum of a row": (Sum(X[b, i] ** 2, i) / row(b) ** 2, 1 - p / row(b) ** 2),
    "rows in a sum": (Sum(Sum(X[b, i] ** 2, i) / row(b) ** 2, b), m - p * Sum(1 / row(b) ** 2, b)),
    "rows in a sum, entry by entry": (Sum(X[b, i] ** 2 / row(b) ** 2, b, i), m - p * Sum(1 / row(k) ** 2, k)),
    "rows and a root": (Sum(Sum(X[b, i] ** 2, i) / row(b), b), Sum(row(b) - p / row(b), b)),
    "rows of two kinds": (
        Sum(Sum(X[b, i] ** 2, i) * u[b] / row(b) ** 2, b), Sum(u[b], b) - p * Sum(u[b] / row(b) ** 2, b)
    ),
    "a multiple": (1 / (2 * x + 2 * y), 1 / (x + y) / 2),
    "a sign": (1 / (x - y), -1 / (y - x)),
    "a monomial": (1 / (x * y + x), 1 / x / (y + 1)),
    "a quotient of a quotient": (1 / (1 / x + 1 / y), x * y / (x + y)),
    # entrywise functions
    "exp of a sum": (exp(x + y), exp(x) * exp(y)),
    "exp of a negative": (exp(-x), 1 / exp(x)),
    "exp of a multiple": (exp(3 * x), exp(x) ** 3),
    "exp of 0": (exp(x - x), number(1)),
    "exp of log": (exp(log(p)), p),
    "exp of a multiple of log": (exp(-2 * log(p)), p**-2),
    "exp of a sum with log": (exp(x + log(p)), p * exp(x)),
    "softmax": (exp(u[b]) / Sum(exp(u[k]), k), exp(u[b] - x) / Sum(exp(u[k] - x), k)),
    "log of exp": (log(exp(x)), x),
    "log of a power of exp": (log(exp(x) ** 2 * p), 2 * x + log(p)),
    "log of a product": (log(p * r), log(p) + log(r)),
    "log of a power": (log(p**3), 3 * log(p)),
    "log of a quotient": (log(p / r), log(p) - log(r)),
    "log of 1": (log(x / x), number(0)),
    "abs of a product": (Abs(x * y), Abs(x) * Abs(y)),
    "abs of a negative": (Abs(-x), Abs(x)),
    "abs of a difference": (Abs(x - y), Abs(y - x)),
    "abs of a multiple": (Abs(-3 * x), 3 * Abs(x)),
    "abs squared": (Abs(x) ** 2, x**2),
    "abs to the third": (Abs(x) ** 3, x**2 * Abs(x)),
    "one over abs": (1 / Abs(x), Abs(x) / x**2),
    "abs of a square": (Abs(x**2), x**2),
    "abs of a reciprocal": (Abs(1 / (x + 1)), 1 / Abs(x + 1)),
    "abs of a nonnegative": (Abs(q), q),
    "abs of a negative symbol": (Abs(negative), -negative),
    "abs of a norm": (Abs(Sum(u[b] ** 2, b)), Sum(u[b] ** 2, b)),
    "abs of exp": (Abs(exp(x)), exp(x)),
    "abs of abs": (Abs(Abs(x)), Abs(x)),
    "abs of a root": (Abs(sqrt(x)), sqrt(x)),
    "abs under a sum": (Sum(Abs(-u[b]), b), Sum(Abs(u[b]), b)),
    "sign times abs": (sign(x) * Abs(x), x),
    "sign of a positive": (sign(p), number(1)),
    "sign of a negative": (sign(negative), number(-1)),
    "sign of a product": (sign(x * y), sign(x) * sign(y)),
    "sign of 0": (sign(x - x), number(0)),
    "tanh is odd": (tanh(-x), -tanh(x)),
    "tanh of a difference": (tanh(x - y), -tanh(y - x)),
    "tanh of 0": (tanh(x - x), number(0)),
    # definitions
    "a definition": (define("d", x + y) ** 2, x**2 + 2 * x * y + y**2),
    "a definition at another index": (Sum(define("d", u[b] * H[b, c], b, c)[c, b], b), u[c] * Sum(H[c, b], b)),
    "a definition at one index": (define("d", u[b] * u[c], b, c)[k, k], u[k] ** 2),
    "a definition with a bound index of that name": (define("d", u[b] * Sum(H[b, k], k), b)[k], u[k] * Sum(H[k, c], c)),
    # powers
    "a power 0": (x**0, number(1)),
    "a negative power": (x**-2, 1 / x**2),
}

OTHER = {
    "a delta does not vanish": (Delta(b, k), number(1)),
    "a delta is not summed by itself": (Delta(b, k) * u[b], u[b]),
    "a sum is not its body": (Sum(u[b], b), m * u[b]),
    "a square of a sum": (Sum(u[b], b) ** 2, Sum(u[b] ** 2, b)),
    "the transpose": (H[b, k], H[k, b]),
    "the transpose in a form": (Sum(H[b, k] * u[b] * v[k], b, k), Sum(H[k, b] * u[b] * v[k], b, k)),
    "powers of a matrix": (Sum(H[b, k] * H[k, b], b, k), Sum(H[b, k] * H[b, k], b, k)),
    "two sizes": (Sum(x, b), Sum(x, i)),
    "a root of a square": (sqrt(x**2), x),
    "a root of a square of a sum": (sqrt((x - y) ** 2), x - y),
    "a root of a sum": (sqrt(p + r), sqrt(p) + sqrt(r)),
    "a root of an even power": (sqrt(x**6), x**3),
    "a root of a reciprocal": (sqrt(1 / (x + 1) ** 2), 1 / (x + 1)),
    "numbers": (sqrt(number(5)), sqrt(number(2)) + sqrt(number(1))),
    "exp of a product": (exp(x * y), exp(x) * exp(y)),
    "exp of a half": (exp(x / 2), exp(x)),
    "log of a sum": (log(p + r), log(p) + log(r)),
    "abs of a sum": (Abs(x + y), Abs(x) + Abs(y)),
    "abs": (Abs(x), x),
    "abs of a reciprocal": (Abs(1 / (x + 1)), 1 / (x + 1)),
    "abs of a sum of reciprocals": (Abs(Sum(1 / (u[b] + 1), b)), Sum(1 / (u[b] + 1), b)),
    "sign": (sign(1 / (x + 1)), number(1)),
    "tanh": (tanh(x + y), tanh(x) + tanh(y)),
    "tanh is not even": (tanh(-x), tanh(x)),
    "a leading factor of another row": (Sum(X[b, i] ** 2, i) / row(c) ** 2, 1 - p / row(c) ** 2),
    "rows in a sum": (Sum(Sum(X[b, i] ** 2, i) / row(b), b), m - p * Sum(1 / row(b), b)),
    "things of one name": (Scalar("x"), Scalar("x", nonnegative=True)),
    "indices of one name": (
        Sum(Vector("t", m)[indices("b", m)[0]], indices("b", m)[0]),
        Sum(Vector("t", n)[indices("b", n)[0]], indices("b", n)[0]),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_same(name):
    left, right = SAME[name]
    reducer = Reducer()
    assert reducer.equal(left, right)
    assert reducer.equal(right * 3 + z, z + left + 2 * left)


@pytest.mark.parametrize("name", OTHER)
def test_other(name):
    left, right = OTHER[name]
    assert not Reducer().equal(left, right)


@pytest.mark.parametrize("name", SAME)
def test_the_rule_holds_in_numbers(name):
    """The oracle of the table itself: at small points, the two sides are equal wherever both have a value."""
    from derive.refute.search import search

    left, right = SAME[name]
    found = search(Eq(left, right))
    assert found.counterexample is None
    assert found.reason.startswith("it holds at all")


@pytest.mark.parametrize("name", OTHER)
def test_the_others_differ_in_numbers(name):
    from derive.refute.search import search

    assert search(Eq(*OTHER[name])).counterexample is not None
