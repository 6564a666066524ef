"""Every planted fault is one, every honest layer is right, judged by composed operations in float64."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from tests.verify.planted import ABSENT, FAMILIES, FAULTS, HONEST, KINDS, Fault, Implementation
from tests.verify.planted.faults import SECOND_ORDER, fresh
from tests.verify.planted.implementation import Call
from tests.verify.planted.inputs import SHORT_ROWS, another_layout, inputs_for, large_mean, tiny_variance, usual
from tests.verify.planted.kernel import Kernel
from tests.verify.planted.oracle import QUANTITIES, Inputs, Results, definition, expected, run
from tests.verify.planted.registered import REGISTERED
from tests.verify.planted.sums import accumulation

DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
SIXTEEN = (torch.float16, torch.bfloat16)
SHOWS = 8
"""A fault has to be this many times as large as the rounding of a right layer on the same inputs."""


def unit(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps / 2


def error(found: Tensor, right: Tensor) -> float:
    """The largest difference over the largest value; infinite where a value is not finite."""
    difference = (found.double() - right).abs().max() / right.abs().max()
    return float("inf") if difference.isnan() else difference.item()


def errors(found: Results, right: Results) -> list[float]:
    return [error(one, other) for one, other in zip(found, right, strict=True) if one is not None and other is not None]


def rounding(inputs: Inputs, right: Results) -> list[float]:
    """Of a right layer on these inputs, and at least some units of the dtype of storage."""
    honest = errors(run(Kernel(inputs.family), inputs), right)
    return [max(each, 2 * unit(inputs.x.dtype)) for each in honest]


def test_every_kind_in_every_family_is_planted_or_absent_with_a_reason() -> None:
    planted = {(fault.kind, fault.family) for fault in FAULTS if fault.listed}
    assert len(KINDS) == len(set(KINDS)) == 18
    assert planted | set(ABSENT) == {(kind, family) for kind in KINDS for family in FAMILIES}
    assert not planted & set(ABSENT)
    assert all(ABSENT.values())


def test_names_tell_faults_and_layers_apart() -> None:
    names = [fault.name for fault in FAULTS] + [str(layer) for layer in HONEST]
    assert len(names) == len(set(names))


def mean_over_s(inputs: Inputs) -> float:
    """The largest |mean| over s of a row, in float64."""
    rows = inputs.arrangement.rows(inputs.x.double())
    if inputs.family == "rmsnorm":
        return 0.0
    return (rows.mean(1).abs() / (rows.var(1, correction=0) + inputs.eps).sqrt()).max().item()


def sizes(inputs: Inputs) -> list[float]:
    """What the rounding of each quantity is measured against: the sums of the absolute values of its terms."""
    place = inputs.arrangement
    rows, g = place.rows(inputs.x.double()), place.rows(inputs.upstream.double())
    gamma = place.spread(inputs.weight.double()).abs()
    centred = rows if inputs.family == "rmsnorm" else rows - rows.mean(1, keepdim=True)
    s = (centred.square().mean(1, keepdim=True) + inputs.eps).sqrt()
    xhat, scaled = (centred / s).abs(), gamma * g.abs()
    beta = torch.zeros(()) if inputs.bias is None else place.spread(inputs.bias.double()).abs()
    by_input = (scaled + scaled.mean(1, keepdim=True) + xhat * (scaled * xhat).mean(1, keepdim=True)) / s
    by_weight, by_bias = place.by_feature(g.abs() * xhat).sum(1), place.by_feature(g.abs()).sum(1)
    return [each.max().item() for each in (gamma * xhat + beta, by_input, by_weight, by_bias)]


class Case(NamedTuple):
    """Inputs, what they must give, and for each quantity the error that an honest layer stays below."""

    inputs: Inputs
    right: Results
    bounds: list[float]


def case(inputs: Inputs) -> Case:
    """Generous: eight units of storage, and four of accumulation for each term, amplified by mean over s."""
    storage, acc = unit(inputs.x.dtype), unit(accumulation(inputs.x.dtype))
    place = inputs.arrangement
    terms = place.rows(inputs.x).shape[1] + place.by_feature(place.rows(inputs.x)).shape[1]
    relative = 8 * storage + 4 * terms * acc * (1 + mean_over_s(inputs))
    return Case(inputs, expected(inputs), [relative * size for size in sizes(inputs)])


def excess(results: Results, case: Case) -> float:
    """The largest error over its bound."""
    found = zip(results, case.right, case.bounds, strict=True)
    over = [
        ((one.double() - right).abs().max() / bound).item()
        for one, right, bound in found
        if one is not None and right is not None
    ]
    return max(float("inf") if each != each else each for each in over)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.in_what != SECOND_ORDER], ids=str)
def test_the_fault_shows(fault: Fault) -> None:
    """In every dtype: far above the rounding of a right layer, and above the bound that honest layers stay below."""
    place = QUANTITIES[fault.in_what]
    for dtype in DTYPES:
        given = case(inputs_for(fault, dtype))
        results = run(fresh(fault).call, given.inputs)
        found, usual_error = errors(results, given.right), rounding(given.inputs, given.right)
        assert found[place] > SHOWS * usual_error[place], dtype
        assert all(found[k] <= 2 * usual_error[k] for k in range(place)), f"an earlier quantity is wrong, {dtype}"
        assert excess(results, given) > 1, dtype


def another_layout_of(inputs: Inputs) -> Inputs:
    return replace(inputs, x=another_layout(inputs.x), upstream=another_layout(inputs.upstream))


def far(inputs: Inputs) -> Inputs:
    return replace(inputs, x=inputs.x + 200)


@cache
def plain_cases(family: str, dtype: torch.dtype) -> list[Case]:
    inputs = usual(family, dtype)
    short = usual(family, dtype, SHORT_ROWS)
    return [case(each) for each in (inputs, another_layout_of(inputs), tiny_variance(inputs), short)]


@cache
def far_cases(family: str, dtype: torch.dtype) -> list[Case]:
    inputs = usual(family, dtype)
    return [case(each) for each in (large_mean(inputs), far(inputs))]


@pytest.mark.parametrize("layer", HONEST, ids=str)
def test_the_honest_layer_is_right(layer: Implementation) -> None:
    for dtype in DTYPES:
        cases = plain_cases(layer.family, dtype)
        if not (layer.rounded_statistics and dtype in SIXTEEN):
            cases = cases + far_cases(layer.family, dtype)
        assert max(excess(run(layer.call, case.inputs), case) for case in cases) < 1, dtype


@pytest.mark.parametrize("layer", [layer for layer in HONEST if layer.rounded_statistics], ids=str)
def test_rounded_statistics_are_not_honest_far_from_zero(layer: Implementation) -> None:
    for dtype in SIXTEEN:
        message = "torch no longer rounds the statistics: say so in composed.py"
        assert max(excess(run(layer.call, case.inputs), case) for case in far_cases(layer.family, dtype)) > 1, message


SHAPES = {
    "layernorm": [((2, 3, 5), {}), ((5,), {})],
    "rmsnorm": [((2, 3, 5), {}), ((5,), {})],
    "batchnorm": [((4, 3), {}), ((2, 3, 4), {})],
    "groupnorm": [((3, 6), {"num_groups": 3}), ((2, 6, 4), {"num_groups": 2})],
}


@pytest.mark.parametrize("layer", HONEST, ids=str)
def test_it_can_be_called_as_torch_calls_it(layer: Implementation) -> None:
    """Other shapes, no bias, no parameters, and the upstream gradient of a sum, which has strides of zero."""
    for sizes in SHAPES[layer.family]:
        inputs = usual(layer.family, torch.float64, {layer.family: sizes})
        inputs = replace(inputs, bias=None, upstream=torch.ones(()).double().expand(inputs.x.shape))
        assert excess(run(layer.call, inputs), case(inputs)) < 1
        bare = definition(inputs)(inputs.x, None, None, inputs.eps, **inputs.options)
        assert error(layer.call(inputs.x, None, None, inputs.eps, **inputs.options), bare) < 1e-14


def test_a_weight_of_two_axes() -> None:
    inputs = usual("layernorm", torch.float64, {"layernorm": ((3, 4, 5), {})})
    weight = torch.linspace(1, 2, 20, dtype=torch.float64).reshape(4, 5)
    inputs = replace(inputs, weight=weight, bias=-weight)
    for layer in HONEST:
        if layer.family == "layernorm" and layer not in REGISTERED:
            assert max(errors(run(layer.call, inputs), expected(inputs))) < 1e-14, layer


def second_derivative(call: Call, inputs: Inputs) -> Tensor:
    """The derivative by x of <dx, direction>, with dx the input gradient."""
    x, weight = inputs.x.detach().requires_grad_(), inputs.weight.detach().requires_grad_()
    bias = None if inputs.bias is None else inputs.bias.detach().requires_grad_()
    out = call(x, weight, bias, inputs.eps, **inputs.options)
    upstream = inputs.upstream.detach().requires_grad_()
    (by_input,) = torch.autograd.grad(out, x, upstream, create_graph=True)
    direction = torch.linspace(-1, 2, x.numel(), dtype=x.dtype).reshape(x.shape)
    return torch.autograd.grad(by_input, x, direction)[0]


@pytest.mark.parametrize("layer", HONEST, ids=str)
def test_second_derivatives(layer: Implementation) -> None:
    inputs = usual(layer.family, torch.float64)
    if layer.second_order:
        right = second_derivative(definition(inputs), inputs)
        assert error(second_derivative(layer.call, inputs), right) < 1e-12
    else:
        with pytest.raises(RuntimeError, match=r"not have been used|differentiate twice"):
            second_derivative(layer.call, inputs)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.in_what == SECOND_ORDER], ids=str)
def test_second_derivatives_that_are_silently_wrong(fault: Fault) -> None:
    inputs = usual(fault.family, torch.float64)
    assert max(errors(run(fault.call, inputs), expected(inputs))) < 1e-14
    assert error(second_derivative(fault.call, inputs), second_derivative(definition(inputs), inputs)) > 0.1


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.variant == "mean of the last call"], ids=str)
def test_a_stale_mean_shows_in_a_second_call_but_not_with_the_same_x(fault: Fault) -> None:
    for dtype in DTYPES:
        call, inputs = fresh(fault).call, usual(fault.family, dtype)
        right = expected(inputs).output
        run(call, usual(fault.family, dtype, seed=1))
        assert error(run(call, inputs).output, right) > 0.02
        assert error(run(call, inputs).output, right) < 4 * unit(dtype)
