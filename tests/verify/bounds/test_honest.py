"""Honest implementations never exceed the bound: torch's own layers, composed ones, and every style of kernel."""

from __future__ import annotations

import warnings

import pytest
import torch

from tests.verify.bounds.cases import FIRST, KINDS, SECOND, SHAPES, Case, allowed, case, drawn_case, exceeds, honest
from tests.verify.planted.arrangement import FAMILIES
from tests.verify.planted.implementation import Call
from tests.verify.planted.oracle import Inputs, run


def worst_first(given: Case) -> tuple[int, list[tuple[float, str, str]]]:
    """How many implementations were run, and which exceed the bound of the output or a gradient."""
    bounds = {
        name: allowed(given, name)[:2] for name in FIRST if name != "bias gradient" or given.inputs.bias is not None
    }
    found, layers = [], honest(given)
    for layer in layers:
        results = dict(zip(FIRST, quietly(layer.call, given.inputs), strict=True))
        for name, bound in bounds.items():
            found.append((exceeds(results[name], *bound), str(layer), name))
    return len(layers), [each for each in found if each[0] > 1]


def quietly(call: Call, inputs: Inputs):
    """torch warns that it composes rms_norm for mixed dtypes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run(call, inputs)


def worst_second(given: Case) -> tuple[int, list[tuple[float, str, str]]]:
    """The same for the JVP and second derivatives, by autograd through the layer's own backward."""
    bounds = {name: allowed(given, name)[:2] for name in SECOND}
    found, layers = [], [layer for layer in honest(given) if layer.second_order]
    for layer in layers:
        results = dict(zip(SECOND, twice(layer.call, given), strict=True))
        for name, bound in bounds.items():
            found.append((exceeds(results[name], *bound), str(layer), name))
    return len(layers), [each for each in found if each[0] > 1]


def twice(call: Call, given: Case) -> tuple[torch.Tensor, ...]:
    """The gradients of <xdot, dL/dx> by the upstream gradient, the input and the weight."""
    inputs = given.inputs
    x, weight, upstream = (each.detach().requires_grad_() for each in (inputs.x, inputs.weight, inputs.upstream))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output = call(x, weight, inputs.bias, inputs.eps, **inputs.options)
        (by_x,) = torch.autograd.grad(output, x, upstream, create_graph=True)
        return torch.autograd.grad(by_x, (upstream, x, weight), given.tangent)


@pytest.mark.parametrize("seed", range(24))
def test_random_cases(seed: int) -> None:
    """About 600 implementations and cases."""
    given = drawn_case(seed)
    _, exceeded = worst_first(given)
    assert not exceeded, f"{given.said}: {max(exceeded)}"


@pytest.mark.parametrize("seed", range(100, 106))
def test_random_second_derivatives(seed: int) -> None:
    given = drawn_case(seed)
    _, exceeded = worst_second(given)
    assert not exceeded, f"{given.said}: {max(exceeded)}"


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_every_kind_of_data(family: str, dtype: str) -> None:
    """Every shape and kind of data at five means, for every honest layer."""
    kind = getattr(torch, dtype)
    ratios = (0, 1, 30, 1e3, 1e5) if kind.itemsize > 2 else (0, 1, 3, 30, 100)
    for shape in SHAPES[family]:
        for data in KINDS:
            for seed, ratio in enumerate(ratios):
                given = case(family, shape, data, ratio, kind, seed)
                _, exceeded = worst_first(given)
                assert not exceeded, f"{given.said}: {max(exceeded)}"


@pytest.mark.slow
def test_ten_thousand_cases() -> None:
    """Counted by implementation: each meets other data in each quantity."""
    count, seed = 0, 1000
    while count < 10_000:
        given = drawn_case(seed)
        cases, exceeded = worst_first(given)
        more, second = worst_second(given)
        assert not exceeded and not second, f"{given.said}: {max(exceeded + second)}"
        count, seed = count + cases + more, seed + 1
