"""Formulas in words, and a closed form as summands that mean the same."""

from __future__ import annotations

import pytest
import torch

from derive.layers import LAYERS, layernorm
from verify.diagnosis.contractions import contraction, contractions_in
from verify.diagnosis.point import forms_of, tensors_of, term_of
from verify.diagnosis.program import lines_of, run, value_of
from verify.diagnosis.summands import summands, total
from verify.diagnosis.words import form_words, spans, term_words
from verify.program import sizes_of

GRADIENTS = {
    "layernorm": "(g*gamma - <1, g*gamma>/D - xhat <g*gamma, xhat>/D)/s",
    "rmsnorm": "(g*gamma - xhat <g*gamma, xhat>/D)/s",
    "batchnorm": "gamma/s (g - <1, g>/m - yhat <g, yhat>/m)",
    "groupnorm": "(g*gamma - <1, g*gamma>/(C*P) - xhat <g*gamma, xhat>/(C*P))/s",
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_an_input_gradient_in_words(name: str) -> None:
    assert form_words(term_of(LAYERS[name](), "input gradient")) == GRADIENTS[name]


def test_a_summand_in_words() -> None:
    said = [term_words(part) for part in summands(term_of(layernorm(), "input gradient"))]
    assert said == ["g*gamma/s", "-<1, g*gamma>/(D*s)", "-xhat <g*gamma, xhat>/(D*s)"]


@pytest.mark.parametrize("name", [*GRADIENTS, "batchnorm2d", "instancenorm"])
def test_the_summands_of_a_form_are_the_form(name: str) -> None:
    layer = LAYERS[name]()
    generator = torch.Generator().manual_seed(1)
    lengths = {size: 2 + place for place, size in enumerate(layer.inputs[0].sizes)}
    values = {
        tensor: torch.rand((1, *(lengths[size] for size in tensor.sizes)), generator=generator, dtype=torch.float64)
        for tensor in tensors_of(layer).values()
    }
    sizes = sizes_of({tensor: tuple(value.shape) for tensor, value in values.items()})
    values = run(lines_of(layer), values, sizes)
    for form in forms_of(layer).values():
        term = term_of(layer, form.name)
        ways = [value_of(each, form.axes, values, sizes) for each in (term, total(summands(term)))]
        torch.testing.assert_close(*ways, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([5], "row 5"), ([3, 4], "rows 3 and 4"), (list(range(32, 64)), "rows 32 to 63"), ([1, 2, 9], "rows 1, 2 and 9")],
)
def test_numbers_as_runs(numbers: list[int], said: str) -> None:
    assert spans(numbers, "row") == said


def test_many_runs_are_counted() -> None:
    assert spans(list(range(0, 40, 2)), "row") == "20 rows (0, 2, 4, ...)"


def test_a_mean_is_found_with_its_divisor() -> None:
    (mean,) = (
        each for line in lines_of(layernorm()) if line.tensor.name == "mu" for each in contractions_in(line.body)
    )
    assert mean.is_mean and str(mean.count) == "D"
    assert contraction(mean.body) is None
