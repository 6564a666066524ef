"""Hypotheses are satisfied where they can be, and reported where they can't."""

from __future__ import annotations

import pytest
import torch

from derive import decide
from derive.language import (
    Abs,
    Eq,
    Matrix,
    Ne,
    Number,
    Scalar,
    Size,
    Sum,
    Vector,
    indices,
    inner,
    operator_norm_at_most,
)
from derive.language.substitution import substitute
from tests.verify.statements.points import batch_point, point_for
from tests.verify.statements.stated import b as index
from tests.verify.statements.stated import beta, epsilon, g, gamma, gradient, jacobian, layer, m, s, y, yhat
from verify.statements import hypotheses
from verify.statements.evaluate import Evaluation
from verify.statements.hypotheses import equation_fault, hold, meet
from verify.statements.inputs import DTYPES


def test_no_hypotheses_change_nothing() -> None:
    point = batch_point((6, 4), "float32")
    assert meet(gradient, point) == (point, "")


@pytest.mark.parametrize("dtype", DTYPES)
def test_epsilon_zero(dtype: str) -> None:
    point, reason = meet(jacobian.given(Eq(epsilon, 0)), batch_point((6, 4), dtype, eps=1e-2))
    assert (point.eps, reason) == (0.0, "")


@pytest.mark.parametrize("dtype", DTYPES)
def test_small_weights(dtype: str) -> None:
    drawn = batch_point((6, 4), dtype, eps=1e-2)
    hypothesis = Abs(gamma) <= s
    held = hold(hypothesis, drawn)
    assert not held.all()
    point, reason = meet(jacobian.given(hypothesis), drawn)
    assert reason == "" and point.instances == 4
    assert hold(hypothesis, point).all()
    before, after = drawn.values[gamma.tensor], point.values[gamma.tensor]
    assert torch.equal(after[held], before[held]), "only the features that need it are changed"
    assert (after != 0).all()


def test_both_at_once() -> None:
    point, reason = meet(jacobian.given(Eq(epsilon, 0), Abs(gamma) <= s), batch_point((6, 4)))
    assert reason == "" and point.eps == 0
    assert hold(Abs(gamma) <= s, point).all()


@pytest.mark.parametrize(
    ("hypothesis", "expected"),
    [
        (Eq(epsilon, 0), False),
        (epsilon > 0, True),
        (epsilon >= 0, True),
        (s > 0, True),
        (s < 0, False),
        (Eq(s, s), False),  # not known to be equal: both carry rounding errors
        (Ne(inner(g, yhat, index), 0), True),
        (Ne(epsilon, epsilon), False),
        (m >= 3, True),
        (m > 6, False),
        (y[index] >= y[index], True),
        (Eq(y[index], y[index]), True),
    ],
    ids=str,
)
def test_a_hypothesis_holds_only_where_it_is_certain(hypothesis, expected: bool) -> None:
    assert hold(hypothesis, batch_point((6, 4))).all().item() is expected


def test_the_reason_names_what_is_not_met() -> None:
    _, reason = meet(jacobian.given(m >= 7, epsilon > 0), batch_point((6, 4)))
    assert reason == "it assumes m >= 7, which these inputs don't satisfy"


def test_instances_for_which_an_inequality_fails_are_left_out() -> None:
    drawn = batch_point((6, 4))
    hypothesis = layer.mu >= 0
    held = hold(hypothesis, drawn)
    assert 0 < held.sum() < 4
    point, reason = meet(jacobian.given(hypothesis), drawn)
    assert reason == "" and point.instances == int(held.sum())
    assert torch.equal(point.values[y], drawn.values[y][held]), "inputs are not changed"


def test_a_parameter_that_is_said_to_be_a_statistic_has_that_exact_value() -> None:
    drawn = batch_point((6, 4), "bfloat16")
    point, reason = meet(jacobian.given(Eq(gamma, s), Eq(layer.mu, beta)), drawn)
    assert reason == ""
    evaluation = Evaluation(point)
    for parameter, statistic in ((gamma, s), (beta, layer.mu)):
        found, expected = evaluation.leaf(parameter.tensor), evaluation.bounded(statistic)
        assert torch.equal(found.value, expected.value) and torch.equal(found.drift, expected.drift)
        rounding = (found.value.bfloat16().double() - found.value).abs()
        assert (found.error >= rounding).all() and (found.error <= rounding + 1e-10).all()


@pytest.mark.parametrize("hypothesis", [Eq(inner(g, yhat, index), 0), Eq(Sum(g[index], index), 0)], ids=str)
def test_a_vector_orthogonal_to_another(hypothesis) -> None:
    point, reason = meet(gradient.given(hypothesis), batch_point((6, 4)))
    assert reason == ""
    left = Evaluation(point).bounded(hypothesis.lhs)
    size = Evaluation(point).leaf(g).value.abs().sum(1)
    assert (left.value.abs() <= left.drift).all() and (left.drift < 1e-9 * size).all()


def test_a_vector_with_a_given_sum() -> None:
    u = Vector("u", m, positive=True)
    claim = Eq(Sum(2 * u[index], index), 6).given(Eq(Sum(u[index], index), 3))
    point, reason = meet(claim, point_for(None, claim, (5,)))
    found = Evaluation(point).leaf(u)
    assert reason == "" and torch.allclose(found.value.sum(1), torch.full((3,), 3.0, dtype=torch.float64))
    assert (found.value > 0).all()


@pytest.mark.parametrize(
    "hypothesis",
    [
        Eq(Sum(yhat[index] ** 4, index), m),
        Eq(y[index], gamma),
        Eq(Scalar("c", positive=True), Number(-1)),
        Eq(Scalar("c"), Scalar("c") ** 2),
        Eq(inner(Vector("u", m, positive=True), yhat, index), 0),
    ],
    ids=str,
)
def test_other_equations_are_not_met(hypothesis) -> None:
    assert "which rounded numbers can't satisfy exactly" in equation_fault(hypothesis, layer.inputs)


def test_what_stands_for_a_bounded_norm_is_proved_to_have_one() -> None:
    X, R, bound = Matrix("X", m, Size("d")), Matrix("R", m, m), Scalar("lambda", positive=True)
    hypothesis = operator_norm_at_most(X, bound, R)
    (way,) = hypotheses._ways(hypothesis, layer.inputs)
    assert set(way) == {X, R}
    put = {tensor: (meaning.indices, meaning.term) for tensor, meaning in way.items()}
    assert decide(substitute(hypothesis, put))


def test_a_bounded_norm_in_numbers() -> None:
    X, R, bound = Matrix("X", m, Size("d")), Matrix("R", m, m), Scalar("lambda", positive=True)
    (i,) = indices("i", X.sizes[1])
    claim = Eq(Sum(X[index, i], index, i) * R[index, index], 0).given(operator_norm_at_most(X, bound, R))
    point, reason = meet(claim, point_for(None, claim, (4, 3)))
    evaluation = Evaluation(point)
    x, r, size = (evaluation.leaf(tensor).value for tensor in (X, R, bound.tensor))
    assert reason == ""
    expected = size[:, None, None] ** 2 * torch.eye(x.shape[1], dtype=torch.float64)
    torch.testing.assert_close(x @ x.mT + r @ r.mT, expected)
    norms = torch.linalg.matrix_norm(x, 2)
    assert (norms <= size).all() and (norms > 0.5 * size).all()


def test_an_affine_equation_is_met_by_a_multiple() -> None:
    u, w = Vector("u", m), Vector("w", m)
    equation = Eq(Sum((2 * u[index] - 1) * w[index] ** 2, index), 5)
    point, reason = meet(equation.given(equation), point_for(None, equation, (4,)))
    assert reason == "" and set(point.meant) == {u}
    left = Evaluation(point).bounded(equation.lhs)
    assert ((left.value - 5).abs() <= left.drift).all() and (left.drift < 1e-10).all()
