"""Plain stochastic gradient descent on a CNN, as short as it takes to see whether it diverges."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from verify.experiments.networks.cnn import CNN
from verify.experiments.signals.measures import channel_moments
from verify.experiments.store import Numbers

Loss = Callable[[int], torch.Tensor]
"""The loss at a step of this number, which draws its own batch."""

CHANNELS_LAST = (nn.Linear, nn.LayerNorm, nn.RMSNorm)
"""Layers whose outputs have their channels in the last axis."""
DIVERGED = 1e3
"""The loss from which a network counts as diverged. Source: Bjorck et al. 2018, Section 3.2."""


def step(net: nn.Module, loss: torch.Tensor, rate: float) -> float:
    """One step of gradient descent; the loss before it."""
    net.zero_grad()
    loss.backward()
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.grad is not None:
                parameter -= rate * parameter.grad
    return float(loss.detach())


@contextmanager
def moments_of(layers: Sequence[nn.Module]) -> Iterator[list[tuple[float, float]]]:
    """A list that the next forward pass fills: the channel moments of what each layer puts out."""
    found: list[tuple[float, float]] = []

    def keep(module: nn.Module, given: tuple, made: torch.Tensor) -> None:
        found.append(channel_moments(made, last=isinstance(module, CHANNELS_LAST)))

    hooks = [layer.register_forward_hook(keep) for layer in layers]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def convolutions(net: CNN) -> list[nn.Module]:
    return [block.get_submodule("conv") for block in net.blocks]


def trained(net: nn.Module, layers: Sequence[nn.Module], loss: Loss, rate: float, steps: int) -> Numbers:
    """Losses and the layers' channel moments at each step, until a loss is above DIVERGED or all steps are made.

    Only what is finite is kept: the last numbers of a network that diverges are those of its last finite step.
    """
    found: Numbers = {"rate": rate, "diverged": False, "losses": [], "means": [], "variances": []}
    for number in range(steps + 1):
        with moments_of(layers) as now:
            before = loss(number)
        value = step(net, before, rate)
        means, variances = ([pair[side] for pair in now] for side in (0, 1))
        if all(math.isfinite(each) for each in (value, *means, *variances)):
            for name, each in (("losses", value), ("means", means), ("variances", variances)):
                found[name].append(each)
        if not value <= DIVERGED:
            return found | {"diverged": True}
    return found
