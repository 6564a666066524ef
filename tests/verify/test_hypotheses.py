"""Hypotheses are satisfied where they can be, and reported where they can't."""

from __future__ import annotations

import pytest
import torch

from derive.language import Abs, Eq, Ne, inner
from tests.verify.statements import b as index
from tests.verify.statements import epsilon, g, gamma, gradient, jacobian, layer, m, s, y, yhat
from verify import draw
from verify.hypotheses import hold, meet
from verify.inputs import DTYPES


def test_no_hypotheses_change_nothing() -> None:
    batch = draw((6, 4), "float32")
    assert meet(gradient, layer, batch) == (batch, "")


@pytest.mark.parametrize("dtype", DTYPES)
def test_epsilon_zero(dtype: str) -> None:
    batch, reason = meet(jacobian.given(Eq(epsilon, 0)), layer, draw((6, 4), dtype, eps=1e-2))
    assert (batch.eps, reason) == (0.0, "")


@pytest.mark.parametrize("dtype", DTYPES)
def test_small_weights(dtype: str) -> None:
    drawn = draw((6, 4), dtype, eps=1e-2)
    hypothesis = Abs(gamma) <= s
    assert not hold(hypothesis, layer, drawn).all()
    batch, reason = meet(jacobian.given(hypothesis), layer, drawn)
    assert reason == ""
    assert hold(hypothesis, layer, batch).all()
    held = hold(hypothesis, layer, drawn)
    assert torch.equal(batch.weight[held], drawn.weight[held]), "only the features that need it are changed"
    assert (batch.weight != 0).all()


def test_both_at_once() -> None:
    batch, reason = meet(jacobian.given(Eq(epsilon, 0), Abs(gamma) <= s), layer, draw((6, 4), "float64"))
    assert reason == "" and batch.eps == 0
    assert hold(Abs(gamma) <= s, layer, batch).all()


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
    assert hold(hypothesis, layer, draw((6, 4), "float64")).all().item() is expected


def test_the_reason_names_what_is_not_met() -> None:
    _, reason = meet(jacobian.given(m >= 7, epsilon > 0), layer, draw((6, 4), "float64"))
    assert reason == "it assumes m >= 7, which these inputs don't satisfy"
