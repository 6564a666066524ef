"""Sums over samples in a note that says everything for one."""

import pytest

from tests.notes.note import LAYERNORM, of

SUM = r"\frac{\partial L}{\partial \gamma_j} = \sum_{b,t} \frac{\partial L}{\partial y_{b,t,j}} \hat{x}_{b,t,j}"
SHIFT = r"\frac{\partial L}{\partial \beta_i} = \sum_{\text{batch}} \frac{\partial L}{\partial y_i}"
CHAIN = (
    r"\frac{\partial L}{\partial \gamma_j} = \sum_{b} \frac{\partial L}{\partial y_{bj}}"
    r" \frac{\partial y_{bj}}{\partial \gamma_j} = \sum_{b} \frac{\partial L}{\partial y_{bj}} \hat{x}_{bj}"
)


@pytest.mark.parametrize("latex", [SUM, SHIFT, CHAIN, SUM.replace(r"\hat{x}", r"\hat x")])
def test_a_gradient_by_a_parameter_is_the_sum_over_the_samples(latex):
    assert of(latex, LAYERNORM).verdict == "proved", of(latex, LAYERNORM).reason


@pytest.mark.parametrize(
    "wrong",
    [
        SUM.replace(r"\hat{x}", "x"),
        SUM.replace(r"\sum", r"-\sum").replace(r"= -\sum", r"= \sum").replace(r"\hat{x}", r"2\hat{x}"),
        SHIFT.replace(r"\sum_{\text{batch}}", r"\sum_{\text{batch}} \gamma_i"),
        CHAIN.replace(r"\partial y_{bj}}{\partial \gamma_j}", r"\partial y_{bj}}{\partial \beta_j}"),
    ],
)
def test_errors_in_it_are_refuted(wrong):
    assert of(wrong, LAYERNORM).verdict == "refuted", of(wrong, LAYERNORM).reason


@pytest.mark.parametrize(
    "other",
    [
        r"\frac{\partial L}{\partial x_j} = \sum_{b,t} \frac{\partial L}{\partial y_{b,t,j}}",
        r"\frac{\partial L}{\partial \gamma_j} = \sum_{b,t} \frac{\partial L}{\partial y_{b,t,j}} \hat{x}_{b,j}",
        r"\frac{\partial L}{\partial \gamma_j} = \sum_{b,t} \frac{\partial L}{\partial y_{b,t,j}} \hat{x}_{j}",
    ],
)
def test_other_sums_are_not_taken_for_one(other):
    assert of(other, LAYERNORM).verdict == "undecided"
