"""A claim at a point that a person gives."""

from fractions import Fraction

import pytest

from derive import (
    Derivative,
    Eq,
    LanguageError,
    Matrix,
    Scalar,
    Size,
    Sum,
    Vector,
    counterexample_at,
    indices,
    inner,
    positive_semidefinite,
    sqrt,
)
from derive.layers import batchnorm

bn = batchnorm()
b, k = bn.indices("b k")
L, g, y = bn.loss, bn.gradient, bn.y
dg = g.dependence.derivative
v = Derivative(L, y[b])
curvature = Sum(Derivative(Derivative(L, y[b]), y[k]) * v * Derivative(L, y[k]), b, k)
upstream = Sum(dg[b, k] * g[b] * g[k], b, k)
smoother = (curvature <= upstream).given(
    positive_semidefinite(dg), inner(g, bn.yhat, b) >= 0, Eq(bn.gamma, bn.s), Eq(bn.epsilon, 0)
)

h = (1, -3, 0, 0)
H = tuple(tuple(left * right for right in h) for left in h)
R = tuple((entry, 0, 0, 0) for entry in h)
POINT = {"y": (1, 1, -1, -1), "gamma": 1, "epsilon": 0, "g": (3, 1, 0, 0), "dg": H, "R": R}


def test_a_positive_semidefinite_hessian_does_not_make_it_smoother():
    """The Hessian of the loss is psd, <g, yhat> >= 0 and gamma = s, and the curvature along the gradient grows."""
    found = counterexample_at(smoother, {"m": 4}, POINT)
    assert (found.left_text, found.right_text) == ("14", "0")
    assert found.derived["yhat"] == "(1, 1, -1, -1)"
    assert found.exact
    assert found.recheck()


def test_a_defined_name_is_compared():
    assert counterexample_at(smoother, {"m": 4}, POINT | {"s": 1, "yhat": (1, 1, -1, -1)})
    with pytest.raises(LanguageError, match="s is 1 at this point, not 2"):
        counterexample_at(smoother, {"m": 4}, POINT | {"s": 2})


WRONG = {
    "a hypothesis": ({"gamma": 2}, "the hypothesis 'gamma = s' does not hold"),
    "another hypothesis": ({"g": (-3, -1, 0, 0)}, "does not hold at this point"),
    "too few entries": ({"g": (3, 1, 0)}, "axis 1 of g needs 4 values"),
    "a row too short": ({"dg": (*H[:3], (0, 0))}, "axis 2 of dg needs 4 values"),
    "a number for a vector": ({"g": 3}, "axis 1 of g needs 4 values"),
    "a rounded number": ({"g": (3.0, 1, 0, 0)}, "exact numbers"),
    "a truth value": ({"gamma": True}, "exact numbers"),
    "text": ({"gamma": "1"}, "exact numbers"),
    "a sign": ({"epsilon": -1}, "epsilon can't have the entry -1"),
    "a name that is not there": ({"sigma": 1}, "no value called sigma; it has R"),
    "a matrix that is not symmetric": ({"dg": ((0, 1, 0, 0), *H[1:])}, "dg is symmetric"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_point(name):
    changed, message = WRONG[name]
    with pytest.raises(LanguageError, match=message):
        counterexample_at(smoother, {"m": 4}, POINT | changed)


def test_what_is_missing():
    with pytest.raises(LanguageError, match="the point says nothing of dg, gamma, g, R"):
        counterexample_at(smoother, {"m": 4}, {"y": (1, 1, -1, -1), "epsilon": 0})
    with pytest.raises(LanguageError, match="needs a size m"):
        counterexample_at(smoother, {}, POINT)
    with pytest.raises(LanguageError, match="needs a size m, a whole number from 1 up, not 0"):
        counterexample_at(smoother, {"m": 0}, POINT)
    with pytest.raises(LanguageError, match="no size called n"):
        counterexample_at(smoother, {"m": 4, "n": 1}, POINT)


def test_where_it_holds():
    x = Scalar("x")
    assert counterexample_at(x**2 <= x, {}, {"x": Fraction(1, 2)}) is None
    assert counterexample_at(x**2 <= x, {}, {"x": 2})


def test_roots_by_intervals():
    x = Scalar("x", positive=True)
    found = counterexample_at(sqrt(x) >= x, {}, {"x": 2})
    assert not found.exact
    assert counterexample_at(sqrt(x) <= x, {}, {"x": 2}) is None


def test_without_a_value():
    x = Scalar("x")
    with pytest.raises(LanguageError, match="no value at this point: a quotient by zero"):
        counterexample_at(1 / x <= 1, {}, {"x": 0})


def test_matrices():
    m, n = Size("m"), Size("n")
    p, q = *indices("p", m), *indices("q", n)
    A, c = Matrix("A", m, n), Vector("c", n)
    claim = Eq(Sum(A[p, q] * c[q], q), 0)
    found = counterexample_at(claim, {"m": 2, "n": 3}, {"A": ((1, 2, 3), (4, 5, 6)), "c": [1, 1, -1]})
    assert (found.at, found.left_text) == ({"p": 2}, "3")
