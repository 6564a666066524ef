"""Values at all places at once are those that exact numbers have at each place by itself."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import isclose

import pytest

from derive import Delta, Derivative, Index, Matrix, Scalar, Size, Sum, Vector, define, sqrt
from derive.language.binding import appearing
from derive.language.terms import Function
from derive.notes.vectors import Vectors
from derive.refute.evaluate import Evaluation, Intervals, Irrational, NoValue, Point, Rationals, TooLarge

m, n = Size("m"), Size("n")
i, j, k = Index("i", m), Index("j", m), Index("k", n)
x, y, a, A = Vector("x", m), Vector("y", n), Scalar("a"), Matrix("A", m, n)
B = define("B", x[i] - 2 * x[j] * A[j, k], j, k, i)
POINTS = [
    Point(
        {m.tensor: rows, n.tensor: columns},
        {
            x: {(at,): Fraction(at + 2, 3 + rows) for at in range(rows)},
            y: {(at,): Fraction(7 - 2 * at, 2) for at in range(columns)},
            A: {(p, q): Fraction(3 * p - q, 5) for p in range(rows) for q in range(columns)},
            a.tensor: {(): Fraction(-rows, 4)},
        },
    )
    for rows, columns in ((3, 2), (2, 4))
]

TERMS = {
    "sums of what does and does not depend on the index": Sum(x[i] * y[k] - a, i) + m * Sum(a, k),
    "an index that is bound and free": x[i] * Sum(x[i] ** 2, i) - x[j],
    "a definition with its indices in another order": B[j, k, i] / y[k] - B[i, k, j] + A[i, k],
    "a definition and a delta at one place": B[i, k, i] * Delta(i, i) + Delta(i, j),
    "negative powers and roots": (y[k] + 9) ** -3 / sqrt(x[i]) + Function("exp", a * x[i]),
    "derivatives": Derivative(Sum(x[i] ** 2 * A[i, k], i, k) / (a - x[j]), x[i]),
}


@pytest.mark.parametrize("name", TERMS)
def test_at_every_place(name):
    term = TERMS[name]
    vectors = Vectors(POINTS, 10_000)
    slots = vectors.slots(appearing(term))
    found = iter(vectors.onto(vectors(term), slots))
    for point in POINTS:
        for place in product(*map(point.range, appearing(term))):
            exact = _value(term, point, dict(zip(appearing(term), place, strict=True)))
            assert isclose(next(found), exact, rel_tol=1e-12, abs_tol=1e-12)
    assert next(found, None) is None


def _value(term, point, where):
    try:
        return float(Evaluation(point, Rationals)(term, where))
    except Irrational:
        return float(Evaluation(point, Intervals)(term, where).mid)


@pytest.mark.parametrize("term", [1 / (x[i] - x[j]), sqrt(a) * x[i], Function("log", a) + x[i]])
def test_what_has_no_value(term):
    with pytest.raises((NoValue, ArithmeticError)):
        Vectors(POINTS, 10_000)(term)


def test_what_has_too_many_values():
    many = [Index(name, m) for name in "abcdefghijkl"]
    term = x[many[0]]
    for index in many[1:]:
        term = term * x[index]
    with pytest.raises(TooLarge):
        Vectors(POINTS, 10_000)(term)
