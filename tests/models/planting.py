"""Puts a normalization by hand in the place of one layer of a model: an honest one, or one with a known fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

KERNEL_FAULTS = {
    "gradient scaled": "the gradient of the input is 1.01 times what is due",
    "no projection": "the gradient of the input lacks the term along xhat",
    "no mean term": "the gradient of the input lacks the term along 1",
    "one channel": "the gradient of the input is halved in channel 1",
    "no bias gradient": "the gradient of the bias is 0",
    "weight gradient of x": "the gradient of the weight is that of x in the place of xhat",
}
"""Faults of a backward that somebody wrote: an autograd.Function."""

OPERATION_FAULTS = {
    "detached statistics": "mean and variance are detached, so that no gradient goes through them",
    "no epsilon": "epsilon is not added",
    "wrong mean": "the sum is divided by m - 1 for the mean",
    "corrected variance": "the sum of squares is divided by m - 1 for the variance",
}
"""Faults of a forward pass that somebody wrote with torch's operations."""

HONEST = {"honest kernel": "nothing is wrong", "honest operations": "nothing is wrong"}
"""The same two kinds of layers, without a fault."""

FAULTS = KERNEL_FAULTS | OPERATION_FAULTS


@dataclass(frozen=True)
class Layout:
    """Which axes a normalization takes its statistics over, and the parameters in the shape that broadcasts."""

    rows: tuple[int, ...]
    centred: bool
    weight: torch.Tensor
    bias: torch.Tensor | None
    eps: float


def layout_of(norm: nn.Module, x: torch.Tensor) -> Layout:
    """How a norm of torch, timm or transformers lies over its input."""
    weight, bias = norm.weight, getattr(norm, "bias", None)
    eps = getattr(norm, "variance_epsilon", None) or norm.eps
    if isinstance(norm, nn.modules.batchnorm._BatchNorm) or type(norm).__name__ == "LayerNorm2d":
        batch = isinstance(norm, nn.modules.batchnorm._BatchNorm)
        rows = tuple(axis for axis in range(x.dim()) if axis != 1) if batch else (1,)
        shape = (1, -1, *(1,) * (x.dim() - 2))
        return Layout(rows, True, weight.view(shape), bias.view(shape), eps)
    if isinstance(norm, nn.LayerNorm):
        return Layout(tuple(range(-len(norm.normalized_shape), 0)), True, weight, bias, eps)
    if type(norm).__name__ == "GemmaRMSNorm":
        weight = 1 + weight
    return Layout((-1,), False, weight, None, eps)


def plant(model: nn.Module, path: str, fault: str) -> nn.Module:
    """The model, whose layer at `path` now is one by hand with this fault; parameters and activations stay."""
    norm = model.get_submodule(path)
    compute = _by_operations if fault in OPERATION_FAULTS or fault == "honest operations" else _by_kernel

    def forward(x: torch.Tensor) -> torch.Tensor:
        z = compute(x, layout_of(norm, x), fault)
        for after in ("drop", "act"):  # timm's BatchNormAct2d has both in one module
            z = getattr(norm, after, nn.Identity())(z)
        return z

    if fault not in FAULTS | HONEST:
        raise KeyError(fault)
    norm.forward = forward
    return model


def _by_operations(x: torch.Tensor, layout: Layout, fault: str) -> torch.Tensor:
    if fault == "detached statistics":
        mu, s = (value.detach() for value in _statistics(x, layout, fault))
    else:
        mu, s = _statistics(x, layout, fault)
    z = (x - mu) / s * layout.weight
    return z if layout.bias is None else z + layout.bias


def _statistics(x: torch.Tensor, layout: Layout, fault: str) -> tuple[torch.Tensor, torch.Tensor]:
    m = x.numel() // x.sum(layout.rows).numel()
    mu = x.mean(layout.rows, keepdim=True) if layout.centred else x.new_zeros(())
    if fault == "wrong mean":
        mu = mu * m / (m - 1)
    variance = (x - mu).square().mean(layout.rows, keepdim=True)
    if fault == "corrected variance":
        variance = variance * m / (m - 1)
    return mu, (variance + (0.0 if fault == "no epsilon" else layout.eps)).sqrt()


def _by_kernel(x: torch.Tensor, layout: Layout, fault: str) -> torch.Tensor:
    return _Kernel.apply(x, layout.weight, layout.bias, layout, fault)  # pyright: ignore[reportReturnType]


class _Kernel(torch.autograd.Function):
    """A normalization with a backward by hand, as people write them."""

    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any, layout: Layout, fault: str) -> torch.Tensor:
        mu, s = _statistics(x, layout, fault)
        xhat = (x - mu) / s
        ctx.save_for_backward(x, xhat, s, weight)
        ctx.layout, ctx.fault = layout, fault
        z = xhat * weight
        return z if bias is None else z + bias

    @staticmethod
    def backward(ctx: Any, *outer: Any) -> Any:
        (g,), fault, layout = outer, ctx.fault, ctx.layout
        x, xhat, s, weight = ctx.saved_tensors
        slope = g * weight
        dx = slope
        if layout.centred and fault != "no mean term":
            dx = dx - slope.mean(layout.rows, keepdim=True)
        if fault != "no projection":
            dx = dx - xhat * (slope * xhat).mean(layout.rows, keepdim=True)
        dweight = (g * (x if fault == "weight gradient of x" else xhat)).sum_to_size(weight.shape)
        dbias = None if layout.bias is None else g.sum_to_size(weight.shape)
        if fault == "no bias gradient" and dbias is not None:
            dbias = torch.zeros_like(dbias)
        return _marred(dx / s, fault, weight), dweight, dbias, None, None


def _marred(dx: torch.Tensor, fault: str, weight: torch.Tensor) -> torch.Tensor:
    if fault == "gradient scaled":
        return dx * 1.01
    if fault == "one channel":
        spoiled = torch.ones_like(weight)
        spoiled.view(-1)[1] = 0.5
        return dx * spoiled
    return dx
