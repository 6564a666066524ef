"""Theorem 4.1 at the batch normalizations of a network: what autograd measures against what is proved.

At each layer and channel, with y its input, g the gradient of the loss by its output, and v that by its input, all from
the network's own backward pass:

    |v|^2  = gamma^2/s^2 (|g|^2 - <1,g>^2/m - (2 - var/s^2) <g,yhat>^2/m)     theorem-4.1
    |v|^2 <= gamma^2/s^2 (|g|^2 - <1,g>^2/m - <g,yhat>^2/m)                   theorem-4.1-bound
    |v|^2 <= |g|^2 where |gamma| <= s                                         theorem-4.1-contraction

The right sides are the proved formulas themselves, compiled, in float64. What |v|^2 may be off by follows from the
rounding error bound of each entry of v.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn

from derive.layers import batchnorm
from derive.theorems import statement
from verify import forms
from verify.bounds import Allowed, Model, forward_error
from verify.bounds.summation import gamma
from verify.compile import program_of
from verify.experiments.landscape.objective import Objective
from verify.program import Program, same

LARGEST = 1e300
UNIT = 2.0**-53
"""Half the spacing of float64 at 1: what a sum of m squares, and s, may be off by is `gamma` of their roundings."""
STATEMENTS = ("theorem-4.1", "theorem-4.1-bound", "theorem-4.1-contraction")


@dataclass(frozen=True)
class Call:
    """One execution of a batch normalization: rows are (channels, m), in what the network computes in."""

    layer: str
    y: torch.Tensor
    g: torch.Tensor
    v: torch.Tensor
    gamma: torch.Tensor
    eps: float


@dataclass(frozen=True)
class Measured:
    """The statements of one layer at one step, in the channels that were looked at.

    `ratio` is the largest |v|^2 over the printed right side, `contraction` the largest |v|^2 / |g|^2, `scale` the
    largest gamma^2/s^2. `excess` gives for each statement by how much it is violated at most, over what rounding
    explains: it held where that is at most 1. It is infinite where nothing can be said, and `applies` counts the
    channels that a statement is about. A v that is no number although y and g are counts as the largest number.
    """

    layer: str
    channels: int
    ratio: float
    contraction: float
    scale: float
    excess: Mapping[str, float]
    applies: Mapping[str, int]


def measure(objective: Objective, channels: int) -> tuple[Measured, ...]:
    """Every execution of a batch normalization in training mode, in up to so many of its channels."""
    return tuple(measured_at(call) for call in calls_of(objective, channels))


def calls_of(objective: Objective, channels: int) -> Iterator[Call]:
    """What came in and went out of every batch normalization, with the gradients of the loss."""
    seen: list[tuple[str, nn.Module, torch.Tensor, torch.Tensor, torch.Tensor | None]] = []

    def note(name: str) -> Any:
        def hook(module: Any, args: tuple, output: torch.Tensor) -> torch.Tensor:
            if args:
                seen.append((name, module, args[0], output, module.weight))
            return output.clone()  # what follows may change its input in place

        return hook

    handles = [module.register_forward_hook(note(name)) for name, module in batch_normalizations(objective)]
    leaves = {name: value.detach().requires_grad_() for name, value in objective.parameters.items()}
    try:
        with torch.enable_grad():
            loss = objective.loss(leaves)
    finally:
        for handle in handles:
            handle.remove()
    for name, module, y, z, weight in seen:
        if y.requires_grad:
            v, g = torch.autograd.grad(loss, [y, z], retain_graph=True, materialize_grads=True)
            chosen = _chosen(y.shape[1], channels)
            gamma = torch.ones(y.shape[1], device=y.device) if weight is None else weight.detach()
            inside, upstream, below = (_rows(tensor.detach())[chosen] for tensor in (y, g, v))
            yield Call(name, inside, upstream, below, gamma[chosen], float(getattr(module, "eps", 0.0)))


def batch_normalizations(objective: Objective) -> list[tuple[str, nn.Module]]:
    """Torch's own, that normalize by the batch."""
    kind = nn.modules.batchnorm._BatchNorm
    found = objective.workload.model.named_modules()
    return [
        (name, each) for name, each in found if isinstance(each, kind) and (each.training or each.running_mean is None)
    ]


def measured_at(call: Call) -> Measured:
    """Both sides of every statement at one execution."""
    programs = _programs()
    values = {
        "y": call.y,
        "g": call.g,
        "gamma": call.gamma,
        "epsilon": torch.tensor([call.eps], dtype=torch.float64, device=call.y.device),
    }
    entries = _evaluated(programs["vjp"], values, Model(call.y.dtype))
    exact, printed = (_evaluated(programs[name], values, Model(torch.float64)) for name in STATEMENTS[:2])
    off = entries.tolerance
    left, upstream = call.v.double().square().sum(1), call.g.double().square().sum(1)
    channels, m = call.y.shape
    summed = gamma(2 * m + 8, UNIT)
    v = call.v.double().abs().nan_to_num(0.0, 0.0)  # one that is no number is a violation, however much is allowed
    lost = (2 * v * off + off.square()).sum(1) + summed * (v.square().sum(1) + upstream)
    s = (call.y.double().var(1, correction=0) + call.eps).sqrt()
    contracting = call.gamma.double().abs() <= s * (1 - summed)
    return Measured(
        call.layer,
        channels,
        _largest(left / printed.value),
        _largest(left / upstream),
        _largest((call.gamma.double() / s).square()),
        {
            STATEMENTS[0]: _excess((left - exact.value).abs(), lost + exact.tolerance),
            STATEMENTS[1]: _excess(left - printed.value, lost + printed.tolerance),
            STATEMENTS[2]: _excess((left - upstream)[contracting], lost[contracting]),
        },
        {STATEMENTS[0]: channels, STATEMENTS[1]: channels, STATEMENTS[2]: int(contracting.sum())},
    )


@cache
def _programs() -> dict[str, Program]:
    sides = {name: program_of(same(statement(name).theorems[0].claim).rhs) for name in STATEMENTS[:2]}
    return {"vjp": program_of(forms.vjp(batchnorm()).term), **sides}


def _evaluated(program: Program, values: Mapping[str, torch.Tensor], model: Model) -> Allowed:
    return forward_error(program, {leaf: values[str(leaf)] for leaf in program.leaves}, model)


def _excess(violated: torch.Tensor, allowed: torch.Tensor) -> float:
    """The largest violation over what is allowed, at least 0; infinite where nothing is known of what is allowed."""
    if not bool(allowed.isfinite().all()):
        return float("inf")
    ratio = torch.where(violated <= 0, 0.0, violated / allowed).nan_to_num(LARGEST, LARGEST)
    return float(ratio.max()) if len(ratio) else 0.0


def _largest(values: torch.Tensor) -> float:
    found = values[values.isfinite()]
    return float(found.max()) if found.numel() else float("nan")


def _chosen(count: int, channels: int) -> torch.Tensor:
    """Up to `channels` places, spread evenly."""
    return torch.linspace(0, count - 1, min(count, channels)).round().long()


def _rows(tensor: torch.Tensor) -> torch.Tensor:
    """(N, C, *) as (C, N *)."""
    return tensor.movedim(1, 0).flatten(1)
