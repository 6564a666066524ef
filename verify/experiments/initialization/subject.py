"""The layers that are followed by a batch normalization: found by what the model computes, not by its names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from verify.errors import VerifyError
from verify.experiments.initialization.normalization import Normalization
from verify.workload import Workload, first_tensor

LINEAR = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@dataclass(frozen=True)
class Layer:
    """A linear layer or convolution, and the batch normalization that takes what it returns, by their names."""

    name: str
    norm: str


def output(work: Workload, eps: float | None) -> torch.Tensor:
    """What the model returns with this epsilon (None: without batch normalization), the same in every call."""
    return output_and_loss(work, eps)[0]


def output_and_loss(work: Workload, eps: float | None) -> tuple[torch.Tensor, float]:
    """Both, as numbers."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]), Normalization(eps):
        torch.manual_seed(0)
        returned = work.forward()
        found = first_tensor(returned)
        if found is None:
            raise VerifyError(f"{work.name} returns no tensor of floating-point numbers")
        return found, float(work.loss(returned))


def loss(work: Workload, eps: float | None) -> torch.Tensor:
    """The loss, with its graph."""
    with torch.random.fork_rng(devices=[]), Normalization(eps):
        torch.manual_seed(0)
        return work.step()


@contextmanager
def scaled(model: nn.Module, names: Sequence[str], k: float, *, bias: bool = True) -> Iterator[None]:
    """Within it the weights of these layers are k times as long, and their biases too, unless that is not wanted.

    A bias before a batch normalization does nothing, so that it may be scaled or not. If it is, every number in the
    layer is exactly k times as large for a power of two.
    """
    parameters = [model.get_submodule(name).weight for name in names]
    if bias:
        parameters += [model.get_submodule(name).bias for name in names]
    kept = [(each, each.detach().clone()) for each in parameters if isinstance(each, torch.Tensor)]
    try:
        with torch.no_grad():
            for each, before in kept:
                each.copy_(before * k)
        yield
    finally:
        with torch.no_grad():
            for each, before in kept:
                each.copy_(before)


def layers_of(work: Workload) -> tuple[Layer, ...]:
    """The layers whose length the model does not see: twice the weights, and bit for bit the same output.

    Epsilon is next to 0 for that, and not 0, where a constant channel has no value. Their normalization is the one
    whose input turns with the sign of the weights. Raises VerifyError where there is none, and for a model that
    returns something else at each call.
    """
    eps = _next_to_zero(work.model)
    with torch.no_grad():
        plain = output(work, eps)
        if not plain.isfinite().all():
            raise VerifyError(f"{work.name} returns numbers that are not finite, before it is trained")
        if not torch.equal(plain, output(work, eps)):
            raise VerifyError(f"{work.name} returns something else at each call on one batch; it can't be compared")
        found = [layer for name in _candidates(work.model) if (layer := _followed(work, name, plain, eps)) is not None]
    if not found:
        raise VerifyError(
            f"{work.name} has no linear layer or convolution that is followed by a batch normalization in training mode"
        )
    return tuple(found)


def _next_to_zero(model: nn.Module) -> float:
    """So small that it changes no bit of a variance that is not next to zero itself."""
    like = next((each for each in model.parameters() if each.is_floating_point()), torch.empty(0))
    return 16 * torch.finfo(like.dtype).tiny


def _candidates(model: nn.Module) -> Iterator[str]:
    for name, module in model.named_modules():
        if isinstance(module, LINEAR) and isinstance(module._parameters.get("weight"), torch.Tensor):
            yield name


def _followed(work: Workload, name: str, plain: torch.Tensor, eps: float) -> Layer | None:
    """The layer, if its length is not seen and its sign is."""
    with scaled(work.model, [name], 2.0):
        if not torch.equal(plain, output(work, eps)):
            return None
    with _inputs(work.model) as before:
        output(work, eps)
    with _inputs(work.model) as after, scaled(work.model, [name], -1.0):
        turned = output(work, eps)
    norms = [
        norm for norm in before if norm in after and torch.equal(before[norm], -after[norm]) and before[norm].any()
    ]
    return Layer(name, norms[0]) if norms and not torch.equal(plain, turned) else None


@contextmanager
def _inputs(model: nn.Module) -> Iterator[dict[str, torch.Tensor]]:
    """What each batch normalization of the model is called with, within the block."""
    seen: dict[str, torch.Tensor] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple], None]:
        def see(module: nn.Module, args: tuple) -> None:
            seen.setdefault(name, args[0].detach().clone())

        return see

    norms = [(name, module) for name, module in model.named_modules() if isinstance(module, _BatchNorm)]
    hooks = [module.register_forward_pre_hook(watch(name)) for name, module in norms]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
