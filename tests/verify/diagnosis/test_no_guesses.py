"""Where no hypothesis explains the values there is no diagnosis: rounding, strange layers, too few numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.verify.diagnosis.runs import case_of, due, observed
from tests.verify.diagnosis.strange import STRANGE, Layer
from tests.verify.planted.implementation import Implementation
from tests.verify.planted.inputs import SHORT_ROWS, tiny_variance, usual
from tests.verify.planted.kernel import Kernel
from tests.verify.planted.layers import HONEST
from tests.verify.planted.recipe import Mistake
from verify.assertions.case import Observed
from verify.assertions.expected import Expected
from verify.diagnosis import diagnose, locate
from verify.diagnosis.residual import residuals

SOME = HONEST[::13]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layer", SOME, ids=str)
def test_rounding_is_no_fault(layer: Implementation, dtype: torch.dtype) -> None:
    """With bounds that are far too tight, so that everything seems to be wrong."""
    inputs = usual(layer.family, dtype)
    seen, case = observed(layer.call, inputs), case_of(inputs)
    tight = {name: _tight(each, seen.values[name]) for name, each in due(case, seen.values).items()}
    assert any(each.wrong for each in residuals(case, seen, tight).values())
    assert diagnose(case, seen, tight) is None


def _tight(right: Expected, found: Tensor) -> Expected:
    error = (found.double() - right.value).abs().amax()
    return Expected(right.value, torch.full_like(right.value, 0.3 * float(error) + 1e-300))


@pytest.mark.parametrize("layer", STRANGE, ids=lambda layer: layer.__name__)
def test_a_strange_layer_has_no_cause(layer: Layer) -> None:
    inputs = tiny_variance(usual("layernorm", torch.float64))
    seen, case = observed(layer, inputs), case_of(inputs)
    expected = due(case, seen.values)
    assert diagnose(case, seen, expected) is None
    found = locate(case, seen, expected)
    assert found is not None and "is wrong" in found.says


def test_two_faults_are_both_named_or_none() -> None:
    inputs = usual("layernorm", torch.float64)
    two = Kernel("layernorm", mistake=Mistake(mean_terms=0, block_lost=4))
    seen, case = observed(two, inputs), case_of(inputs)
    found = diagnose(case, seen, due(case, seen.values))
    assert found is not None
    assert "the input gradient lacks the mean term" in found.says
    assert "the weight gradient and the bias gradient lack the block of row 12" in found.says


def test_two_faults_of_one_quantity_are_not_taken_for_one() -> None:
    inputs = tiny_variance(usual("layernorm", torch.float64))
    two = Kernel("layernorm", mistake=Mistake(eps_factor=10.0, mean_terms=0))
    seen, case = observed(two, inputs), case_of(inputs)
    assert diagnose(case, seen, due(case, seen.values)) is None


def test_what_the_values_cannot_tell_is_said() -> None:
    """Without a weight, twice the output may also be a weight that is one too large: but there is no weight."""
    inputs = usual("layernorm", torch.float64)
    inputs = replace(inputs, weight=torch.ones_like(inputs.weight))
    case = case_of(inputs)
    expected = due(case)
    seen = Observed({name: each.value.clone() for name, each in expected.items()})
    seen.values["output"].sub_(inputs.bias).mul_(2).add_(inputs.bias)  # type: ignore[arg-type]
    found = diagnose(case, seen, expected)
    assert found is not None and found.says == "1 + gamma stands where gamma is due, in the output"


def test_too_few_numbers_tell_nothing() -> None:
    """One weight, and a gradient that is off by a number that some formula will have."""
    inputs = usual("batchnorm", torch.float64, {"batchnorm": ((5, 1), {})})
    case = case_of(inputs)
    expected = due(case)
    seen = Observed({name: each.value.clone() for name, each in expected.items()})
    seen.values["weight gradient"].mul_(1.1)
    assert diagnose(case, seen, expected) is None


def test_nothing_wrong_is_no_diagnosis() -> None:
    inputs = usual("rmsnorm", torch.float32, SHORT_ROWS)
    case = case_of(inputs)
    seen = observed(Kernel("rmsnorm"), inputs)
    assert diagnose(case, seen, due(case, seen.values)) is None
    assert locate(case, seen, due(case, seen.values)) is None


def test_values_that_are_not_finite_are_located() -> None:
    inputs = usual("layernorm", torch.float64)
    case = case_of(inputs)
    expected = due(case)
    seen = Observed({name: each.value.clone() for name, each in expected.items()})
    seen.values["output"][3] = torch.nan
    assert diagnose(case, seen, expected) is None
    found = locate(case, seen, expected)
    assert found is not None and found.says == "the output is wrong in row 3"
