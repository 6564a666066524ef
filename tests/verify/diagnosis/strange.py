"""Faults that no hypothesis describes: the diagnosis has nothing to say about their cause."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Layer = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def _normalized(x: Tensor, eps: float, power: float = 0.5) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps) ** power


def squashed(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return torch.tanh(_normalized(x, eps)) * weight + bias


def clipped(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return _normalized(x, eps).clamp(-1.5, 1.5) * weight + bias


def other_power(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return _normalized(x, eps, 0.4) * weight + bias


def absolute_deviation(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.abs().mean(-1, keepdim=True) + eps) * weight + bias


def residual_added(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return _normalized(x, eps) * weight + bias + 0.1 * x


def weight_cubed(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return _normalized(x, eps) * weight**3 + bias


def median(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    spread = centred.square().mean(-1, keepdim=True)
    return (x - x.median(-1, keepdim=True).values) / (spread + eps).sqrt() * weight + bias


def noisy(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    out = _normalized(x, eps) * weight + bias
    return out + 0.01 * torch.randn(out.shape, generator=torch.Generator().manual_seed(3), dtype=out.dtype)


def every_third_wrong(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    out = _normalized(x, eps) * weight + bias
    factor = torch.ones(out.shape[-1], dtype=out.dtype)
    factor[::3] = 1.07
    return out * factor


STRANGE: tuple[Layer, ...] = (
    squashed,
    clipped,
    other_power,
    absolute_deviation,
    residual_added,
    weight_cubed,
    noisy,
    every_third_wrong,
)
"""Layers without a cause that could be named."""
