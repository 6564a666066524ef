"""Each rule of differentiation, against differences of values that were computed without it."""

from fractions import Fraction
from random import Random

import pytest

from derive import (
    Abs,
    Delta,
    Derivative,
    Eq,
    Matrix,
    Scalar,
    Size,
    Sum,
    Vector,
    decide,
    define,
    exp,
    indices,
    log,
    mean,
    sign,
    sqrt,
    tanh,
)
from derive.calculus import OUTER, derivative
from derive.language import Number, free_indices
from derive.language.terms import FUNCTIONS, Neg
from derive.refute.evaluate import Evaluation, Intervals, Point, Rationals

m, n = Size("m"), Size("n")
b, k, l = indices("b k l", m)
(i,) = indices("i", n)
u, v = Vector("u", m), Vector("v", m)
H, X = Matrix("H", m, m), Matrix("X", m, n)
x, y = Scalar("x"), Scalar("y")
INPUTS = (u, v, H, X, x.tensor, y.tensor)
SIZES = {m.tensor: 3, n.tensor: 2}

d = define("d", u[b] ** 2 + x * u[b], b)
dd = define("dd", Sum(d[b] * v[b], b) * x)
two = define("two", u[b] * v[k] + Delta(b, k) * x, b, k)

# Polynomials of degree at most 4 in any one entry: a difference over five points is exact.
POLYNOMIALS = {
    "a constant": (Number(7) * y, x),
    "the variable": (x, x),
    "a sum": (x + 3 * x + y, x),
    "a difference": (y - x, x),
    "a negative": (Neg(x * x), x),
    "a product": (x * y * x, x),
    "a product of three": ((x + 1) * (x - y) * (2 * x + y), x),
    "a quotient by a constant": (x**3 / 6, x),
    "a square": ((x + y) ** 2, x),
    "a cube": ((x * y + 1) ** 3, x),
    "a fourth power": ((2 * x - y) ** 4, x),
    "the power 1": (x**1, x),
    "an entry": (u[b], u[k]),
    "an entry of a matrix": (H[b, k] * H[k, b], H[k, l]),
    "the diagonal": (H[b, b], H[k, l]),
    "by the diagonal": (H[b, l], H[k, k]),
    "a sum of entries": (Sum(u[b], b), u[k]),
    "a sum of squares": (Sum(u[b] ** 2 * v[b], b), u[k]),
    "a square of a sum": (Sum(u[b], b) ** 2, u[k]),
    "a form": (Sum(H[b, l] * u[b] * u[l], b, l), u[k]),
    "a form by the matrix": (Sum(H[b, l] * u[b] * u[l], b, l), H[b, k]),
    "a bound index of the name of the variable's": (Sum(u[k] ** 2, k), u[k]),
    "both indices bound": (Sum(u[k] * u[b], b, k), u[k]),
    "a bound name, used free beside": (u[k] * Sum(u[k] ** 2, k), u[k]),
    "the inner of two sums of one name": (Sum(u[b] * Sum(u[b] * v[b], b), b), u[b]),
    "a variance": (mean((u[b] - mean(u[l], l)) ** 2, b), u[k]),
    "a centred entry": ((u[b] - mean(u[k], k)) ** 2, u[k]),
    "a delta": (Sum(Delta(b, k) * u[k] ** 3, k), u[l]),
    "two sizes": (Sum(X[b, i] ** 2, i), X[k, i]),
    "a definition": (d[k], u[b]),
    "a definition at the same index": (d[b], u[b]),
    "a definition by its scalar": (d[b], x),
    "nested definitions": (dd**1, u[k]),
    "nested definitions by a scalar": (dd, x),
    "a definition with two indices": (two[b, k] * two[k, b], u[l]),
    "a definition at one index": (two[k, k], u[k]),
    "a definition under a sum": (Sum(d[b] * u[b], b), u[b]),
    "a derivative": (Derivative(x**3 * y, x), x),
    "a derivative by another": (Derivative(x**3 * y**2, y), x),
    "a second derivative of a sum": (Derivative(Sum(u[b] ** 3, b), u[k]), u[l]),
    "a second derivative, names crossed": (Derivative(Sum(u[b] * u[k] * H[b, k], b, k), u[b]), u[k]),
}


def point(seed: int) -> Point:
    rng = Random(seed)
    made = Point(dict(SIZES))
    for tensor in INPUTS:
        made.values[tensor] = {place: Fraction(rng.randint(1, 9), 4) for place in made.places(tensor)}
    return made


def places(*terms):
    from itertools import product

    free = sorted({index for value in terms for index in free_indices(value)}, key=str)
    ranges = [range(SIZES[index.size.tensor]) for index in free]
    for values in product(*ranges):
        yield dict(zip(free, values, strict=True))


def moved(at: Point, by, where, step) -> Point:
    made = Point(at.sizes, {tensor: dict(entries) for tensor, entries in at.values.items()})
    made.values[by.tensor][tuple(where[index] for index in by.indices)] += step
    return made


def five_points(body, by, at: Point, where) -> Fraction:
    f = {step: Evaluation(moved(at, by, where, step), Rationals)(body, where) for step in (-2, -1, 1, 2)}
    return (f[-2] - 8 * f[-1] + 8 * f[1] - f[2]) / 12


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials_against_exact_differences(name):
    body, by = POLYNOMIALS[name]
    result = derivative(body, by)
    assert free_indices(result) <= free_indices(body) | set(by.indices)
    for seed in range(2):
        at = point(seed)
        for where in places(body, by):
            assert Evaluation(at, Rationals)(result, where) == five_points(body, by, at, where)


s = define("s", sqrt(mean((u[b] - mean(u[l], l)) ** 2, b) + Scalar("y") ** 2))

SMOOTH = {
    "exp": (exp(x), x),
    "log": (log(x), x),
    "tanh": (tanh(x), x),
    "abs": (Abs(x), x),
    "abs of a negative": (Abs(x - 10), x),
    "sign": (sign(x) * x, x),
    "root": (sqrt(x), x),
    "quotient": (y / x, x),
    "quotient of both": ((x + y) / (x**2 + 1), x),
    "negative power": (x**-3, x),
    "a power of a root": (sqrt(x) ** 3, x),
    "composed": (exp(tanh(x * y) / sqrt(x)) + log(x + exp(y)), x),
    "a norm": (sqrt(Sum(u[b] ** 2, b)), u[k]),
    "softmax": (exp(u[b]) / Sum(exp(u[l]), l), u[k]),
    "log of a sum of exp": (log(Sum(exp(u[k]), k)), u[k]),
    "the standard deviation": (s, u[k]),
    "a normalized entry": ((u[b] - mean(u[k], k)) / s, u[k]),
    "a normalized entry twice": (Derivative((u[b] - mean(u[k], k)) / s, u[k]), u[l]),
    "the derivative of exp twice": (Derivative(exp(x * y), x), y),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_functions_against_small_differences(name):
    body, by = SMOOTH[name]
    result = derivative(body, by)
    step = Fraction(1, 10**15)
    at = point(5)
    for where in list(places(body, by))[::3] or [{}]:
        ahead, behind = (Evaluation(moved(at, by, where, h), Intervals)(body, where) for h in (step, -step))
        difference = (ahead - behind) / (2 * Intervals().number(step))
        assert abs(Evaluation(at, Intervals)(result, where) - difference) < 1e-20


def test_every_function_has_a_derivative():
    assert set(OUTER) == set(FUNCTIONS)


IDENTITIES = {
    # what a derivative is, proved: the left side is differentiated, the right side typed in
    "capture": (Derivative(Sum(u[b] ** 2, b), u[b]), 2 * u[b]),
    "capture of the other index": (Derivative(Sum(H[b, k] * u[k], k), u[k]), H[b, k]),
    "capture in both sums": (Derivative(Sum(u[b] * u[k] * H[b, k], b, k), u[b]), Sum((H[b, k] + H[k, b]) * u[k], k)),
    "capture in a definition": (
        Derivative(define("q", Sum(u[k] ** 2, k) * u[b], b)[b], u[k]),
        2 * u[k] * u[b] + Delta(b, k) * Sum(u[l] ** 2, l),
    ),
    "a derivative under a sum": (Sum(Derivative(u[b] ** 2, u[b]), b), 2 * Sum(u[b], b)),
    "a sum over the variable's index": (Sum(Derivative(Sum(u[b] ** 2, b), u[k]) * v[k], k), 2 * Sum(u[b] * v[b], b)),
    "Leibniz": (Derivative(x * exp(x), x), exp(x) + x * exp(x)),
    "the chain rule": (Derivative(exp(x**2), x), 2 * x * exp(x**2)),
    "tanh": (Derivative(tanh(x), x), 1 - tanh(x) ** 2),
    "Schwarz": (
        Derivative(Derivative(exp(u[b] * v[k]) * x, u[l]), v[l]),
        Derivative(Derivative(exp(u[b] * v[k]) * x, v[l]), u[l]),
    ),
    "Euler": (Sum(Derivative(sqrt(Sum(u[b] ** 2, b)), u[k]) * u[k], k), sqrt(Sum(u[b] ** 2, b))),
    "softmax": (
        Derivative(exp(u[b]) / Sum(exp(u[l]), l), u[k]),
        exp(u[b]) / Sum(exp(u[l]), l) * (Delta(b, k) - exp(u[k]) / Sum(exp(u[l]), l)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities(name):
    verdict = decide(Eq(*IDENTITIES[name]))
    assert verdict.verdict == "proved", verdict.reason


@pytest.mark.parametrize("name", ["capture", "capture of the other index", "capture in both sums", "softmax"])
def test_the_same_with_a_slip_is_refuted(name):
    left, right = IDENTITIES[name]
    assert decide(Eq(left, right + u[k] + u[b])).verdict == "refuted"


def test_a_bound_index_is_renamed_before_it_meets_the_variable():
    result = derivative(Sum(u[b] * v[b], b), u[b])
    assert free_indices(result) == {b}
    assert not decide(Eq(result, Sum(v[b], b)))
    assert decide(Eq(result, v[b]))
