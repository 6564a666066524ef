"""Honest layers out of torch's own operations: autograd writes their backward."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.verify.planted.arrangement import BATCHNORM, FAMILIES, GROUPNORM, LAYERNORM, RMSNORM, arrange
from tests.verify.planted.implementation import Call, Implementation
from tests.verify.planted.sums import accumulation


def native_layernorm(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
    shape = x.shape[-1:] if weight is None else weight.shape
    return functional.layer_norm(x, shape, weight, bias, eps)


def native_rmsnorm(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
    out = functional.rms_norm(x, list(x.shape[-1:] if weight is None else weight.shape), weight, eps)
    return out if bias is None else out + bias


def native_batchnorm(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
    return functional.batch_norm(x, None, None, weight, bias, training=True, eps=eps)


def native_groupnorm(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
    return functional.group_norm(x, num_groups, weight, bias, eps)


NATIVE: dict[str, Call] = {
    LAYERNORM: native_layernorm,
    RMSNORM: native_rmsnorm,
    BATCHNORM: native_batchnorm,
    GROUPNORM: native_groupnorm,
}

ROUNDED = {LAYERNORM, BATCHNORM, GROUPNORM}
"""torch 2.13 on CPU, x and the parameters in 16 bits: mean and 1/s are saved in 16 bits for the backward (and in
batch_norm for the forward); with float32 parameters they are not."""

KNOWN = {
    BATCHNORM: "torch 2.13 on CPU: a constant feature of 1e6 in float32 comes out as 8.69 and not 0, and the float16 "
    "backward is not finite when the layouts of x and grad differ and |sum (x - mu) g| > 65504",
    GROUPNORM: "torch 2.13 on CPU computes E[x^2] - E[x]^2 for channels_last tensors",
}


class Eager:
    """The definition, step by step, in the accumulation dtype."""

    def __init__(self, family: str) -> None:
        self.family = family

    def __call__(
        self, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1
    ) -> Tensor:
        place = arrange(self.family, x, weight, num_groups)
        rows = place.rows(x).to(accumulation(x.dtype))
        if self.family != RMSNORM:
            rows = rows - rows.mean(1, keepdim=True)
        xhat = rows * torch.rsqrt(rows.square().mean(1, keepdim=True) + eps)
        xhat = xhat if weight is None else xhat * place.spread(weight)
        xhat = xhat if bias is None else xhat + place.spread(bias)
        return place.back(xhat).to(x.dtype)


def layernorm_source(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    dims = [-1 - k for k in range(weight.dim())]
    var, mean = torch.var_mean(wide, dims, correction=0, keepdim=True)
    return ((wide - mean) / torch.sqrt(var + eps) * weight + bias).to(x.dtype)


def rmsnorm_source(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    dims = [-1 - k for k in range(weight.dim())]
    return (wide * torch.rsqrt(wide.pow(2).mean(dims, keepdim=True) + eps)).to(x.dtype) * weight


def scripted(source: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """torch.jit.script is deprecated since 2.13, and says so each time; scripted layers are still in use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(source)


def scripted_layernorm() -> Call:
    function = scripted(layernorm_source)

    def call(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
        weight = x.new_ones(x.shape[-1]) if weight is None else weight
        return function(x, weight, torch.zeros_like(weight) if bias is None else bias, eps)

    return call


def scripted_rmsnorm() -> Call:
    function = scripted(rmsnorm_source)

    def call(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
        out = function(x, x.new_ones(x.shape[-1]) if weight is None else weight, eps)
        return out if bias is None else out + bias

    return call


def module_call(family: str) -> Call:
    """A torch.nn module of the right size, run with the given weight and bias in place of its parameters."""

    def call(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
        module = module_of(family, x, weight, eps, num_groups).to(x.dtype)
        own = dict(module.named_parameters())
        given = {"weight": weight, "bias": bias}
        put = {name: value for name, value in given.items() if name in own and value is not None}
        return torch.func.functional_call(module, put, (x,))

    return call


def module_of(family: str, x: Tensor, weight: Tensor | None, eps: float, num_groups: int) -> nn.Module:
    shape = list(x.shape[-1:] if weight is None else weight.shape)
    if family == LAYERNORM:
        return nn.LayerNorm(shape, eps)
    if family == RMSNORM:
        return nn.RMSNorm(shape, eps)
    if family == GROUPNORM:
        return nn.GroupNorm(num_groups, x.shape[1], eps)
    kind = nn.BatchNorm1d if x.dim() < 4 else nn.BatchNorm2d
    return kind(x.shape[1], eps, track_running_stats=False)


def chunk_moments(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Mean and 1/s over all but the first axis with torch.std_mean, as library code often has it."""
    var, mean = torch.var_mean(x.flatten(1), 1, correction=0)
    return mean, torch.rsqrt(var + eps)


def permuted_batchnorm(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1
) -> Tensor:
    """Channels first in memory, statistics by var_mean, and the affine step in one addcmul."""
    wide = x.movedim(1, 0).to(accumulation(x.dtype))
    mean, inverse = chunk_moments(wide, eps)
    alpha = inverse if weight is None else inverse * weight
    shape = (-1,) + (1,) * (wide.dim() - 1)
    shift = -mean * alpha if bias is None else bias - mean * alpha
    return torch.addcmul(shift.view(shape), wide, alpha.view(shape)).movedim(0, 1).to(x.dtype)


def composed(family: str) -> list[Implementation]:
    layers = [
        Implementation("torch", family, NATIVE[family], True, family in ROUNDED, KNOWN.get(family, "")),
        Implementation("torch.nn", family, module_call(family), True, family in ROUNDED, KNOWN.get(family, "")),
        Implementation("eager", family, Eager(family)),
    ]
    if family == LAYERNORM:
        layers.append(Implementation("torch.jit.script", family, scripted_layernorm()))
    if family == RMSNORM:
        layers.append(Implementation("torch.jit.script", family, scripted_rmsnorm()))
    if family == BATCHNORM:
        layers.append(Implementation("var_mean and addcmul", family, permuted_batchnorm))
    return layers


COMPOSED = [layer for family in FAMILIES for layer in composed(family)]
