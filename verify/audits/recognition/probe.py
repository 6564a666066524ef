"""Numbers at random on which every normalization gives something else, and what a module makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from verify.audits.recognition.rerun import Arguments, aside, output_of, twins

LARGEST = 2**16
"""A module that was called with more numbers is looked at with fewer, where it takes them."""
FEW = 8
SCALES = (1.0, 2.0**-4, 3.0, 2.0**-9, 0.5, 2.0**-15)
"""Rows, samples and channels differ in size, down to where epsilon counts."""
OFFSET = 0.6


@dataclass(frozen=True)
class Probe:
    """An input, the parameters and buffers of a run, and the output: in float64 where the module takes it."""

    x: torch.Tensor
    held: Mapping[str, torch.Tensor]
    output: torch.Tensor


def probe(module: nn.Module, call: Arguments, until: str | None = None) -> Probe | None:
    """The module on numbers at random, its parameters random, too; None where it can't be run on them.

    The output is what it hands to its child `until`, if that is given.
    """
    x = call.input
    kinds = (torch.float64,) if x.dtype == torch.float64 else (torch.float64, torch.float32, x.dtype)
    for shape in dict.fromkeys((_smaller(module, call), tuple(x.shape))):
        for kind in dict.fromkeys(kinds):
            found = probe_at(module, call, numbers(shape).to(x.device, kind), until)
            if found is not None:
                return found
    return None


def probe_at(module: nn.Module, call: Arguments, x: torch.Tensor, until: str | None = None) -> Probe | None:
    """One run on these numbers."""
    try:
        with torch.enable_grad(), saved_tensors_hooks(_detached, _detached), aside(module, x.device):
            held = drawn(module, x.dtype)
            output = output_of(module, call.at(x.clone().requires_grad_().clone()), held, until)
    except Exception:  # somebody's module raises whatever it likes on numbers that it was not made for
        return None
    return Probe(x, held, output.detach())


def _detached(tensor: torch.Tensor) -> torch.Tensor:
    """Instead of the hooks around it: those of a checkpoint count what is saved."""
    return tensor.detach()


def numbers(shape: Sequence[int]) -> torch.Tensor:
    """Normal numbers with a mean, whose size differs along the axes, rounded so that 16 bits hold them."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(tuple(shape), generator=generator, dtype=torch.float64) + OFFSET
    for axis in range(min(2, len(shape) - 1)):
        sizes = [SCALES[(place + axis) % len(SCALES)] if shape[axis] > 1 else 1.0 for place in range(shape[axis])]
        x = x * torch.tensor(sizes, dtype=torch.float64).reshape(-1, *[1] * (len(shape) - axis - 1))
    return x.bfloat16().double()


def drawn(module: nn.Module, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Parameters and floating buffers at random, away from zero and one; buffers positive, as a variance is."""
    generator = torch.Generator().manual_seed(1)
    found, parameters = twins(module, dtype), {name for name, _ in module.named_parameters()}
    for name, own in found.items():
        if not own.is_floating_point():
            continue
        values = 0.5 + torch.rand(own.shape, generator=generator, dtype=torch.float64)
        flipped = torch.rand(own.shape, generator=generator) < (0.3 if name in parameters else 0.0)
        found[name] = torch.where(flipped, -values, values).bfloat16().to(own)
    return found


def _smaller(module: nn.Module, call: Arguments) -> tuple[int, ...]:
    """The shape with fewer samples and places, where no tensor of the module, and no other argument, has that size."""
    shape = list(call.input.shape)
    if call.others or math.prod(shape) <= LARGEST:
        return tuple(shape)
    taken = {size for tensor in (*module.parameters(), *module.buffers()) for size in tensor.shape}
    for axis in (0, *range(len(shape) - 1, 1, -1), 1):
        last = axis == len(shape) - 1 and len(shape) < 4
        if shape[axis] > FEW and shape[axis] not in taken and not last and math.prod(shape) > LARGEST:
            shape[axis] = FEW
    return tuple(shape)
