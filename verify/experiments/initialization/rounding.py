"""How far a layer and its batch normalization, computed at k W, can be from the same at W with epsilon / k^2.

In exact arithmetic they are equal. What rounding allows, for inputs x that are the same numbers in both:

    y = x W + b      gamma_(n+2) (|x| |W| + |b|), and u |x| |W| more where W is an exact k W rounded to its format
                     (Higham 2002, section 3.5: inner products of n numbers in any order, fused or not)
    normalization    twice the worst-case bound of `verify.bounds.forward_error` for a batch that is off by that much:
                     once for the exact layer at the exact batch, once for the computed layer at the computed one

Only the weights are multiplied, not the bias. Convolutions are taken for inner products, as torch computes them on the
CPU; there is no bound elsewhere.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from derive.layers import batchnorm
from verify.bounds import Bounded, Model, forward_error
from verify.bounds.formats import format_of
from verify.bounds.summation import gamma
from verify.compile import program_of
from verify.experiments.initialization.normalization import Normalization
from verify.experiments.initialization.subject import Layer, output, scaled
from verify.workload import Workload

RAISE = 1 + 2.0**-20
"""The bounds are made of sums of nonnegative float64 numbers; this is more than they lose."""
LARGEST = 2**16
"""As many numbers of one layer are looked at: its first channels."""


def compared(work: Workload, factors: Mapping[Layer, Sequence[float]], eps: float) -> list[dict]:
    """For each layer and factor the largest difference, what rounding allows, and the largest quotient of the two.

    Of a channel that is constant at epsilon = 0, or nearly so, nothing can be said: `unbounded` counts them.
    """
    found = []
    for layer, its in factors.items():
        module, norm = work.model.get_submodule(layer.name), work.model.get_submodule(layer.norm)
        x = _input(work, module, eps)
        if x is None or (x.dim() > 2 and x.device.type != "cpu"):
            continue
        there = [_batch(work, layer, module, x, k) for k in its]
        here = _batch(work, layer, module, x, 1.0)
        computed = [
            *(_normalized(norm, y, eps) for y, _ in there),
            *(_normalized(norm, here[0], eps / k**2) for k in its),
        ]
        batches, epsilons = [*there, *[here] * len(its)], [eps] * len(its) + [eps / k**2 for k in its]
        allowed = _allowed(norm, batches, epsilons)
        for place, k in enumerate(its):
            other = place + len(its)
            difference, limit = (computed[place] - computed[other]).abs(), allowed[place] + allowed[other]
            found.append({"layer": layer.name, "k": k} | _ratio(difference, limit))
    return found


def _ratio(difference: torch.Tensor, limit: torch.Tensor) -> dict:
    """The rows (channels) that have a bound; where one has, a difference that is no number is beyond it."""
    bounded = limit.isfinite().all(1)
    difference, limit = difference[bounded], limit[bounded]
    found = {"unbounded": int((~bounded).sum()), "difference": None, "limit": None, "ratio": None}
    if not len(limit):
        return found
    worst = torch.where(difference.isfinite(), difference / limit, torch.inf).max()
    beyond = float(worst.clamp(max=1e30))
    return found | {"difference": float(difference.max()), "limit": float(limit.max()), "ratio": beyond}


def _input(work: Workload, module: nn.Module, eps: float) -> torch.Tensor | None:
    """What the layer is called with."""
    seen: list[torch.Tensor] = []
    hook = module.register_forward_pre_hook(lambda _, args: seen.append(args[0].detach().clone()))
    try:
        with torch.no_grad():
            output(work, eps)
    finally:
        hook.remove()
    return seen[0] if seen else None


Batch = tuple[torch.Tensor, torch.Tensor]
"""What a normalization takes, (N, channels, *), and how far it may be from the exact batch."""


def _batch(work: Workload, layer: Layer, module: nn.Module, x: torch.Tensor, k: float) -> Batch:
    """What the layer returns at k W, its first channels."""
    with torch.no_grad(), scaled(work.model, [layer.name], k, bias=False):
        y, off = module(x), _off(module, x, rounded=k != 1)
    channels = max(1, LARGEST // max(1, y[:, 0].numel()))
    return y[:, :channels].contiguous(), off[:, :channels]


def _normalized(norm: nn.Module, y: torch.Tensor, eps: float) -> torch.Tensor:
    """As it is computed, in rows: (channels, numbers)."""
    weight, bias = _of(norm.weight, y.shape[1], 1.0), _of(norm.bias, y.shape[1], 0.0)
    with torch.no_grad():
        z = Normalization(eps).normalized(y, None, None, weight.to(y), bias.to(y), training=True)
    return _rows(z).double().cpu()


def _of(parameter: object, channels: int, otherwise: float) -> torch.Tensor:
    return parameter.detach()[:channels] if isinstance(parameter, torch.Tensor) else torch.full((channels,), otherwise)


def _rows(y: torch.Tensor) -> torch.Tensor:
    return y.transpose(0, 1).flatten(1)


def _off(module: nn.Module, x: torch.Tensor, *, rounded: bool) -> torch.Tensor:
    """How far each y may be from that of the exact weights."""
    sizes = copy.deepcopy(module).double()
    for parameter in sizes.parameters():
        parameter.abs_()
    format = format_of(x.dtype)
    count = next(sizes.parameters())[0].numel() + 2
    cost = gamma(count, format.unit) + rounded * format.unit
    return RAISE * (cost * sizes(x.abs().double()) + count * format.smallest)


def _allowed(norm: nn.Module, batches: Sequence[Batch], epsilons: Sequence[float]) -> tuple[torch.Tensor, ...]:
    """What rounding allows of the normalization of each batch, with its epsilon: all of them in one analysis."""
    layer, (first, _) = batchnorm(), batches[0]
    channels = first.shape[1]
    y = torch.cat([_rows(each).double().cpu() for each, _ in batches])
    off = torch.cat([_rows(each).cpu() for _, each in batches])
    eps = torch.tensor(epsilons, dtype=torch.float64).repeat_interleave(channels)
    eps_off = 4 * torch.finfo(torch.float64).eps * eps
    values = {
        "y": Bounded(y, off, off),
        "gamma": _of(norm.weight, channels, 1.0).double().cpu().repeat(len(batches)),
        "beta": _of(norm.bias, channels, 0.0).double().cpu().repeat(len(batches)),
        "epsilon": Bounded(eps, eps_off, eps_off),
    }
    (b,) = layer.indices("b")
    program = program_of(layer.z[b])
    leaves = {leaf: values[str(leaf)] for leaf in program.leaves}
    model = Model(first.dtype, worst_case=True, approximate=first.device.type != "cpu")
    return (RAISE * 2 * forward_error(program, leaves, model).error).split(channels)
