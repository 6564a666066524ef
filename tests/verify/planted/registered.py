"""Honest layer norms in the two newer forms of a custom operation: for torch.func, and in torch.library."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tests.verify.planted.arrangement import LAYERNORM
from tests.verify.planted.implementation import Implementation
from tests.verify.planted.sums import accumulation


def normalized(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """xhat and 1/s over the last axis, in the accumulation dtype."""
    wide = x.to(accumulation(x.dtype))
    centred = wide - wide.mean(-1, keepdim=True)
    inverse = (centred.square().mean(-1, keepdim=True) + eps).rsqrt()
    return centred * inverse, inverse


def derivatives(grad: Tensor, x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """By x, weight and bias, all computed again from x, so that autograd differentiates it once more."""
    xhat, inverse = normalized(x, eps)
    g = grad.to(xhat.dtype)
    scaled = g * weight
    by_x = inverse * (scaled - scaled.mean(-1, keepdim=True) - xhat * (scaled * xhat).mean(-1, keepdim=True))
    rows = (-1, x.shape[-1])
    by_weight, by_bias = (g * xhat).reshape(rows).sum(0), g.reshape(rows).sum(0)
    return by_x.to(x.dtype), by_weight.to(weight.dtype), by_bias.to(weight.dtype)


def affine(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return (normalized(x, eps)[0] * weight + bias).to(x.dtype)


class WithSetup(torch.autograd.Function):
    """torch.func needs setup_context, and a rule for vmap."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        return affine(x, weight, bias, eps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor, float], output: Tensor) -> None:
        x, weight, _, ctx.eps = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        return *derivatives(grad, x, weight, ctx.eps), None


@torch.library.custom_op("normproof_planted::layer_norm", mutates_args=())
def library_layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return affine(x, weight, bias, eps)


@library_layer_norm.register_fake
def fake(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return torch.empty_like(x)


library_layer_norm.register_autograd(WithSetup.backward, setup_context=WithSetup.setup_context)


def with_parameters(operation: Any) -> Any:
    """The operation with ones and zeros where no parameter is given; a weight has one axis here."""

    def call(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
        weight = x.new_ones(x.shape[-1]) if weight is None else weight
        return operation(x, weight, torch.zeros_like(weight) if bias is None else bias, eps)

    return call


REGISTERED = [
    Implementation("autograd.Function for torch.func", LAYERNORM, with_parameters(WithSetup.apply)),
    Implementation("torch.library", LAYERNORM, with_parameters(library_layer_norm)),
]
