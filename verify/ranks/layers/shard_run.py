"""Runs a layer on the shard of one rank: output, gradients, running statistics."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import torch

from verify.assertions.subject import ModuleSubject, Ready, Subject
from verify.errors import VerifyError
from verify.ranks.layers.draw import RankCase

OUTPUT, INPUT, WEIGHT, BIAS = "output", "input gradient", "weight gradient", "bias gradient"
MEAN, VARIANCE = "running mean", "running variance"
QUANTITIES = (OUTPUT, INPUT, WEIGHT, BIAS, MEAN, VARIANCE)


def run_shard(
    subject: Subject, drawn: RankCase, rank: int, device: torch.device, say: Callable[[str], None]
) -> dict[str, torch.Tensor]:
    """What the layer gives on this rank, by quantity, on the CPU."""
    case = drawn.local(rank, device)
    with subject.ready(case) as ready, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept = kept_by(subject)
        before = None if kept is None else (kept.running_mean, kept.running_var)
        for buffer, value in zip(before or (), drawn.old, strict=False):
            buffer.copy_(value)
        x = case.x.requires_grad_()
        for parameter in (ready.weight, ready.bias):
            if parameter is not None:
                parameter.grad = None
        say("forward")
        output = _single(ready.call(x))
        if tuple(output.shape) != tuple(x.shape):
            raise VerifyError(f"the output has the shape {tuple(output.shape)}, for an input {tuple(x.shape)}")
        say("backward")
        output.backward(case.grad_output.to(output.dtype))
        found = {OUTPUT: output, INPUT: _gradient(x), **_of_parameters(ready)}
        if kept is not None:
            found |= {MEAN: kept.running_mean, VARIANCE: kept.running_var}
        return {name: value.detach().cpu().clone() for name, value in found.items()}


def _single(output: Any) -> torch.Tensor:
    found = output[0] if isinstance(output, tuple | list) and output else output
    if not isinstance(found, torch.Tensor):
        raise VerifyError(f"the layer gave {type(found).__name__}, not a tensor")
    return found


def _of_parameters(ready: Ready) -> dict[str, torch.Tensor]:
    named = ((WEIGHT, ready.weight), (BIAS, ready.bias))
    return {name: _gradient(value).reshape(-1) for name, value in named if isinstance(value, torch.Tensor)}


def _gradient(value: torch.Tensor) -> torch.Tensor:
    """What the backward pass left; nothing is a gradient of zero."""
    return torch.zeros_like(value) if value.grad is None else value.grad


def kept_by(subject: Subject) -> Any:
    """The module with running statistics, if there is one."""
    if not isinstance(subject, ModuleSubject):
        return None
    for part in subject.module.modules():
        pair = (getattr(part, "running_mean", None), getattr(part, "running_var", None))
        if all(isinstance(each, torch.Tensor) for each in pair):
            return part
    return None


def momentum_of(subject: Subject) -> float | None:
    """How far the running statistics move; None where the layer keeps none, or doesn't say it."""
    kept = kept_by(subject)
    if kept is None:
        return None
    value = getattr(kept, "momentum", math.nan)
    if value is None:
        tracked = getattr(kept, "num_batches_tracked", None)
        return 1.0 / (int(tracked) + 1) if isinstance(tracked, torch.Tensor) else None
    return float(value) if isinstance(value, int | float) and value == value else None
