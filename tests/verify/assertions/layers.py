"""Layers as people write them, and their mistakes, for the tests of the assertions."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn


class TextbookNorm(nn.Module):
    """Layer normalization with parameters called a_2 and b_2, and epsilon beside the variance."""

    def __init__(self, features: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.a_2, self.b_2 = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        centred = x - x.mean(-1, keepdim=True)
        return self.a_2 * centred / (centred.square().mean(-1, keepdim=True) + self.eps).sqrt() + self.b_2


class LlamaNorm(nn.Module):
    """RMS normalization with statistics in float32."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.variance_epsilon = 1e-6

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        kept, wide = hidden_states.dtype, hidden_states.to(torch.promote_types(hidden_states.dtype, torch.float32))
        return self.weight * (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.variance_epsilon)).to(kept)


class Counting(nn.LayerNorm):
    """Keeps what it should not: a counter, a list and a buffer that grows."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.calls, self.seen = 0, []
        self.register_buffer("total", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.seen.append(tuple(x.shape))
        self.total += x.detach().float().sum()
        return super().forward(x)


def layer_norm(x, weight, bias, eps):
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt() * weight + bias


def one_pass(x, weight, bias, eps):
    variance = x.square().mean(-1, keepdim=True) - x.mean(-1, keepdim=True).square()
    return (x - x.mean(-1, keepdim=True)) / (variance + eps).sqrt() * weight + bias


def in_half(x, weight, bias, eps):
    return layer_norm(x.to(torch.bfloat16), weight.to(torch.bfloat16), bias.to(torch.bfloat16), eps).to(x.dtype)


def bessel(x, weight, bias, eps):
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + eps).sqrt() * weight + bias


def contiguous_only(x, weight, bias, eps):
    """Reads memory as if it were dense: right for contiguous inputs alone."""
    if not x.is_contiguous():
        x = x.as_strided(x.shape, torch.empty(x.shape).stride())
    return layer_norm(x, weight, bias, eps)


class Backward(torch.autograd.Function):
    """Layer normalization with a backward by hand, without its projection if `faulty`."""

    faulty = False

    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        mean = x.mean(-1, keepdim=True)
        s = ((x - mean).square().mean(-1, keepdim=True) + eps).sqrt()
        ctx.save_for_backward(x, weight)
        ctx.eps = eps
        return (x - mean) / s * weight + bias

    @classmethod
    def gradient(cls, x, weight, eps, g):
        mean = x.mean(-1, keepdim=True)
        s = ((x - mean).square().mean(-1, keepdim=True) + eps).sqrt()
        xhat, slope = (x - mean) / s, g * weight
        projection = 0 if cls.faulty else xhat * (slope * xhat).mean(-1, keepdim=True)
        return xhat, (slope - slope.mean(-1, keepdim=True) - projection) / s

    @staticmethod
    def backward(ctx, g):
        return _backward(Backward, ctx, g)


class FaultyBackward(Backward):
    faulty = True

    @staticmethod
    def backward(ctx, g):
        return _backward(FaultyBackward, ctx, g)


def _backward(kind, ctx, g):
    x, weight = ctx.saved_tensors
    xhat, dx = kind.gradient(x, weight, ctx.eps, g)
    rows = tuple(range(x.dim() - 1))
    return dx, (g * xhat).sum(rows), g.sum(rows), None


class OnceOnly(Backward):
    """A backward that can't be differentiated."""

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return _backward(Backward, ctx, g)


def layer_norm_backward(dy, x, w, eps):
    return Backward.gradient(x, w, eps, dy)[1]


def slow(*values):
    """Parameters whose tests run with `-m slow` alone."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


small = partial(dict, shapes=(5, 12), order=1)
"""Options for a quick check of a layer of rows."""
