"""A trained network along the ray k W*: its output, loss and gradient, compared bit by bit where that can be asked.

Multiplying by a power of two commutes with rounding. So at epsilon = 0 every number that an implementation computes
from k W* is the one from W*, times a power of k, up to the quotient y / s in which k cancels: outputs are the same to
the last bit, and gradients by the weights times k, whatever the order of operations, as long as nothing leaves the
range of the format. The same is true of epsilon against epsilon / k^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import torch

from verify.experiments.initialization.subject import Layer, loss, output, output_and_loss, scaled
from verify.workload import Workload

POWERS = tuple(2.0**power for power in range(-10, 11))
OTHERS = (0.001, 0.01, 0.1, 0.3, 0.7, 1.1, 3.0, 10.0, 100.0, 1000.0)
FEW = (2.0**-10, 0.5, 2.0, 2.0**10)
"""Factors for each layer alone, and for gradients."""


def along(work: Workload, layers: Sequence[Layer], eps: float | None) -> list[dict]:
    """Loss and output at k W*, for all these layers together.

    `moved` is the largest distance of an output from the one at W*. `equal` says for a power of two whether the
    output is that at W* with epsilon / k^2, bit by bit.
    """
    names = [layer.name for layer in layers]
    found = []
    with torch.no_grad():
        start = output(work, eps)
        for k in sorted((*POWERS, *OTHERS)):
            with scaled(work.model, names, k):
                there, value = output_and_loss(work, eps)
            row = {"k": k, "loss": value, "moved": float((there - start).abs().max())}
            if eps is not None and k in POWERS:
                row["equal"] = torch.equal(there, output(work, eps / k**2))
            found.append(row)
    return found


def alone(work: Workload, layers: Sequence[Layer]) -> list[dict]:
    """Each layer alone times k, at epsilon = 0: whether the output is the same, bit by bit."""
    found = []
    with torch.no_grad():
        start = output(work, 0.0)
        for layer in layers:
            for k in FEW:
                with scaled(work.model, [layer.name], k):
                    found.append({"layer": layer.name, "k": k, "equal": torch.equal(output(work, 0.0), start)})
    return found


def turned(work: Workload, layers: Sequence[Layer], eps: float) -> list[dict]:
    """Each layer times -1: the loss, and whether the output is another one, and the same once gamma has turned, too."""
    found = []
    with torch.no_grad():
        start = output(work, eps)
        for layer in layers:
            gamma = work.model.get_submodule(layer.norm).weight
            with scaled(work.model, [layer.name], -1.0):
                there, value = output_and_loss(work, eps)
                other = not torch.equal(there, start)
                if isinstance(gamma, torch.Tensor):
                    gamma.neg_()
                    again = torch.equal(output(work, eps), start)
                    gamma.neg_()
                    found.append({"layer": layer.name, "loss": value, "equal": other and again})
    return found


def gradients(work: Workload, layers: Sequence[Layer], eps: float) -> list[dict]:
    """The gradient by the weights of each layer at k W* with epsilon, and 1/k times that at W* with epsilon / k^2.

    All layers are scaled together. `norm` is that of the gradient at W* with epsilon, `there` the one at k W*.
    """
    names = [layer.name for layer in layers]
    start = _gradients(work, names, eps)
    found = []
    for k in FEW:
        with scaled(work.model, names, k):
            there = _gradients(work, names, eps)
        expected = _gradients(work, names, eps / k**2)
        for name, before, after, other in zip(names, start, there, expected, strict=True):
            same = torch.equal(after * k, other)
            row = {"layer": name, "k": k, "equal": same, "norm": float(before.norm()), "there": float(after.norm())}
            found.append(row)
    return found


def _gradients(work: Workload, names: Sequence[str], eps: float | None) -> tuple[torch.Tensor, ...]:
    weights = [work.model.get_submodule(name).weight for name in names]
    return torch.autograd.grad(loss(work, eps), [each for each in weights if isinstance(each, torch.Tensor)])


def at_nearest(work: Workload, factors: dict[str, float], eps: float) -> dict:
    """The loss with each layer at its own multiple of W*, the one that is nearest to the start."""
    with torch.no_grad(), ExitStack() as stack:
        start, before = output_and_loss(work, eps)
        for name, k in factors.items():
            stack.enter_context(scaled(work.model, [name], k))
        there, after = output_and_loss(work, eps)
        moved = float((there - start).abs().max())
        return {"factors": factors, "loss": after, "before": before, "moved": moved}
