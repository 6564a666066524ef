"""What a module computes, from its numbers alone."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from tests.verify.audits.written import (
    LOOKALIKES,
    AnnotatedLayerNorm,
    BatchNormByHand,
    BatchNormFunction,
    Called,
    FrozenBatchNorm,
    GroupNormByHand,
    InstanceNormByHand,
    LayerNorm2d,
    OldLayerNorm,
    RMSNorm,
    ScaledUnitNorm,
    UnitNorm,
    ZeroCentredRMSNorm,
)
from verify.audits.recognition.recognize import Recognized, Unrecognized, recognize
from verify.audits.recognition.rerun import Arguments

TOKENS, IMAGES = (3, 5, 12), (4, 6, 5, 7)
ROWS, ROWS_OF_SQUARES = "layernorm over the last axis", "rmsnorm over the last axis"
AFFINE = "it is a x + b for every channel, with numbers of its own: it does not normalize this batch"
HONEST = [
    (RMSNorm(12), TOKENS, ROWS_OF_SQUARES, "weight", None, 0.0, 1e-6, "variance_epsilon"),
    (RMSNorm(12, 3e-4), TOKENS, ROWS_OF_SQUARES, "weight", None, 0.0, 3e-4, "variance_epsilon"),
    (ZeroCentredRMSNorm(12), TOKENS, ROWS_OF_SQUARES, "weight", None, 1.0, 1e-6, "eps"),
    (OldLayerNorm(12), TOKENS, ROWS, "gamma", "beta", 0.0, 1e-12, "variance_epsilon"),
    (AnnotatedLayerNorm(12), TOKENS, ROWS, "a_2", "b_2", 0.0, 1e-6, "eps"),
    (AnnotatedLayerNorm(12), (9, 12), ROWS, "a_2", "b_2", 0.0, 1e-6, "eps"),
    (LayerNorm2d(6), IMAGES, "layernorm over the channels of axis 1", "weight", "bias", 0.0, 1e-6, None),
    (BatchNormByHand(6), IMAGES, "batchnorm", "weight", "bias", 0.0, 1e-5, "eps"),
    (BatchNormFunction(6), IMAGES, "batchnorm", "weight", "bias", 0.0, 1e-5, "eps"),
    (GroupNormByHand(6), IMAGES, "groupnorm in 3 groups", "weight", "bias", 0.0, 1e-5, "eps"),
    (GroupNormByHand(6, 1), IMAGES, "groupnorm in 1 group", "weight", "bias", 0.0, 1e-5, "eps"),
    (InstanceNormByHand(), IMAGES, "instancenorm", None, None, 0.0, 1e-5, None),
    (ScaledUnitNorm(12), TOKENS, ROWS_OF_SQUARES, "g", None, 0.0, 0.0, None),
    (nn.LayerNorm([6, 5, 7]), IMAGES, "layernorm over the last 3 axes", "weight", "bias", 0.0, 1e-5, "eps"),
    (nn.Sequential(RMSNorm(12)), TOKENS, ROWS_OF_SQUARES, "0.weight", None, 0.0, 1e-6, "0.variance_epsilon"),
]


def call(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Arguments:
    return Arguments((torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype),), {}, 0)


def centred(x: torch.Tensor) -> torch.Tensor:
    return x - x.mean(-1, keepdim=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("module, shape, form, weight, bias, shift, eps, name", HONEST)
def test_honest_normalizations_are_recognized(module, shape, form, weight, bias, shift, eps, name, dtype) -> None:
    found = recognize(module.to(dtype), call(shape, dtype))
    assert isinstance(found, Recognized)
    assert (str(found.form), found.eps_from) == (form, name)
    assert found.eps(module, dtype) == eps
    affine = found.fit.affine
    assert (affine.weight, affine.bias, affine.shift, affine.by_root) == (weight, bias, shift, False)


def test_epsilon_is_that_of_each_module() -> None:
    found = recognize(RMSNorm(12, 1e-5), call(TOKENS))
    assert isinstance(found, Recognized)
    assert found.eps(RMSNorm(12, 1e-3), torch.float32) == 1e-3
    assert found.notes == ()


def test_an_epsilon_that_nobody_says_is_read_off() -> None:
    found = recognize(Called(lambda x: x * (x.square().mean(-1, keepdim=True) + 4.2e-5).rsqrt()), call(TOKENS))
    assert isinstance(found, Recognized)
    assert found.fit.eps == 4.2e-5
    assert found.notes == ("epsilon 4.2e-05 was read off its output",)


def test_the_machine_epsilon_of_torch() -> None:
    module = nn.RMSNorm(12)
    found = recognize(module, call(TOKENS))
    assert isinstance(found, Recognized)
    assert found.eps_from == "eps"
    assert found.eps(module, torch.float32) == torch.finfo(torch.float32).eps
    assert found.eps(module, torch.float64) == torch.finfo(torch.float64).eps


def test_a_unit_vector_is_an_rms_norm_with_a_factor() -> None:
    found = recognize(UnitNorm(), call(TOKENS))
    assert isinstance(found, Recognized)
    assert found.fit.affine.by_root and found.form.like == "rmsnorm"
    weight, _ = found.fit.affine.applied({}, (12,))
    assert weight.tolist() == pytest.approx([1 / math.sqrt(12)] * 12)


@pytest.mark.parametrize("name", LOOKALIKES)
@pytest.mark.parametrize("shape", [TOKENS, pytest.param(IMAGES, marks=pytest.mark.slow)])
def test_what_is_no_normalization_is_not_recognized(name: str, shape: tuple[int, ...]) -> None:
    assert isinstance(recognize(Called(LOOKALIKES[name]), call(shape)), Unrecognized)


def test_frozen_statistics_are_an_affine_map() -> None:
    found = recognize(FrozenBatchNorm(6), call(IMAGES))
    assert found == Unrecognized(AFFINE)


@pytest.mark.parametrize(
    "function, says",
    [
        (lambda x: centred(x) / (x.var(-1, keepdim=True) + 1e-5).sqrt(), "divided by m-1"),
        (lambda x: x / (x.square().mean(-1, keepdim=True).sqrt() + 1e-5), "outside the root"),
        (lambda x: centred(x) / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt(), "not subtracted in the variance"),
    ],
)
def test_near_misses_are_said(function, says: str) -> None:
    found = recognize(Called(function), call(TOKENS))
    assert isinstance(found, Unrecognized)
    assert says in found.says


def test_a_module_that_raises_or_changes_shape() -> None:
    def refuse(x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no")

    functions: tuple[Any, ...] = (refuse, lambda x: x[..., :1], lambda x: (x, x))
    for function in functions:
        found = recognize(Called(function), call(TOKENS))
        assert found == Unrecognized("it can't be run again on other numbers")


def test_nothing_stays_changed() -> None:
    module = BatchNormByHand(6)
    handle = module.register_forward_hook(lambda *_: None)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    torch.manual_seed(5)
    state, attributes = torch.get_rng_state(), dict(vars(module))
    recognize(module, call(IMAGES))
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert {name: id(value) for name, value in vars(module).items()} == {n: id(v) for n, v in attributes.items()}
    handle.remove()
    assert not module._forward_hooks


def test_constant_and_tiny_inputs_are_no_matter() -> None:
    for x in (torch.zeros(TOKENS), torch.full(TOKENS, torch.nan), torch.ones(1, 12)):
        found = recognize(RMSNorm(12), Arguments((x,), {}, 0))
        assert isinstance(found, Recognized) and found.form.like == "rmsnorm"
