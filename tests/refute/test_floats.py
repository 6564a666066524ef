"""Floating-point values of terms are those that exact numbers have, up to rounding."""

from __future__ import annotations

from fractions import Fraction
from math import isclose

import pytest

from derive import Abs, Eq, Index, Scalar, Size, Sum, Vector, define, sqrt
from derive.language import Derivative, mean
from derive.language.terms import Function
from derive.refute.evaluate import Evaluation, Intervals, NoValue, Point, Rationals
from derive.refute.floats import Floats
from derive.refute.points import Plan

m = Size("m")
i, j = Index("i", m), Index("j", m)
x, y, a = Vector("x", m), Vector("y", m), Scalar("a")


def _values(term, kind):
    plan = Plan(Eq(term, 0))
    entries = {(place,): Fraction(2 * place + 3, place + 2) for place in range(3)}
    point = Point({m.tensor: 3}, {tensor: dict(entries) for tensor in plan.tensors if tensor.sizes})
    point.values.update({tensor: {(): Fraction(-5, 4)} for tensor in plan.tensors if not tensor.sizes})
    evaluation = Evaluation(point, kind, program=plan.program)
    return [evaluation(term, dict.fromkeys(plan.free, place)) for place in range(3)]


@pytest.mark.parametrize(
    "term",
    [
        Sum(x[i] * y[i], i) / mean(x[j], j) - a * x[i],
        (x[i] - a) ** -3 + Abs(a) ** 2,
        Derivative(Sum(x[i] ** 2 * y[i], i) / (a - x[j]), x[i]),
    ],
)
def test_rational_formulas(term):
    for exact, rounded in zip(_values(term, Rationals), _values(term, Floats), strict=True):
        assert isclose(exact, rounded, rel_tol=1e-12)


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "abs", "sign"])
def test_functions_and_roots(name):
    term = Function(name, sqrt(x[i] + 2)) - y[i]
    for interval, rounded in zip(_values(term, Intervals), _values(term, Floats), strict=True):
        assert isclose(float(interval.mid), rounded, rel_tol=1e-12)


@pytest.mark.parametrize("term", [1 / (a - a), sqrt(a) * x[i], Function("log", a) + x[i]])
def test_what_has_no_value(term):
    with pytest.raises(NoValue):
        _values(term, Floats)


@pytest.mark.parametrize("tensor", [x, y, a.tensor], ids=str)
def test_what_is_kept_beside_another_point_is_what_is_computed_anew(tensor):
    mu = define("mu", mean(x[j], j))
    claim = Eq(Sum((x[i] - mu) * y[i], i) / (a + 4) + mu, Derivative(a * Sum(x[i] ** 2, i), x[j]))
    plan = Plan(claim)
    values = {t: {(place,) if t.sizes else (): Fraction(place, 3) for place in range(3)} for t in plan.tensors}
    near = Evaluation(Point({m.tensor: 3}, values), Rationals, program=plan.program)
    where = {j: 1}
    before = near(claim.lhs, where), near(claim.rhs, where)
    changed = {
        t: {place: (value + 1) ** 2 if t == tensor else value for place, value in own.items()}
        for t, own in values.items()
    }
    point = Point({m.tensor: 3}, changed)
    moved = near.moved(point)
    assert any(True for _ in moved.all()), "something is kept"
    found = moved(claim.lhs, where), moved(claim.rhs, where)
    assert found == tuple(Evaluation(point, Rationals)(side, where) for side in (claim.lhs, claim.rhs))
    assert before == (near(claim.lhs, where), near(claim.rhs, where))
    assert found != before
    with pytest.raises(ValueError, match="sizes"):
        near.moved(Point({m.tensor: 4}, values))
