"""Modules that may compute a normalization from other operations: chosen by the tensors that they hold."""

from __future__ import annotations

import math

import torch
from torch import nn

MOST_TENSORS = 6
"""A normalization has a weight and a bias, and seldom more; a module with more floating tensors is something else."""
OF_TORCH = ("normalization", "batchnorm", "instancenorm", "container")
"""Where torch has modules that may normalize, or hold such ones; its activations and other layers don't."""


def candidates(model: nn.Module) -> dict[str, nn.Module]:
    """The modules, by name, that may be a normalization of their input, as far as their tensors tell.

    >>> list(candidates(nn.ModuleList((nn.Conv2d(3, 3, 1), nn.LayerNorm(3), nn.ReLU(inplace=True)))))
    ['1']
    """
    return {name: module for name, module in model.named_modules() if _plausible(module)}


def _plausible(module: nn.Module) -> bool:
    """No matrix of weights, few tensors, and nothing that is known to write into its input."""
    home, _, kind = type(module).__module__.rpartition(".")
    if home == "torch.nn.modules" and kind not in OF_TORCH:
        return False
    if isinstance(module, nn.ModuleList | nn.ModuleDict | nn.ParameterList | nn.ParameterDict):
        return False
    held = [*module.parameters(), *(buffer for buffer in module.buffers() if buffer.is_floating_point())]
    if not held and any(getattr(part, "inplace", False) is True for part in module.modules()):
        return False
    return len(held) <= MOST_TENSORS and all(_vector(tensor.shape) or 2 <= tensor.dim() <= 3 for tensor in held)


def _vector(shape: torch.Size) -> bool:
    return sum(size > 1 for size in shape) <= 1


def fits(module: nn.Module, shape: torch.Size) -> bool:
    """Whether every parameter can belong to a normalization of an input of this shape: no matrix beside (C, H, W)."""
    return all(_fits(parameter.shape, shape) for parameter in module.parameters())


def _fits(own: torch.Size, shape: torch.Size) -> bool:
    if _vector(own):
        return math.prod(own) == 1 or math.prod(own) in shape
    return len(own) < len(shape) and tuple(own) == tuple(shape[-len(own) :])


def named_like_one(module: nn.Module) -> bool:
    """Whether a person calls it a normalization.

    >>> named_like_one(nn.LayerNorm(3)), named_like_one(nn.ReLU())
    (True, False)
    """
    return "norm" in type(module).__name__.lower()


def family(module: nn.Module) -> type | None:
    """The class that modules have in common which are meant to compute the same: the first of somebody's own.

    A class that was derived from another one of the model's belongs to its family; a container belongs to none.
    """
    if type(module) is nn.Sequential:
        return None
    own = [each for each in type(module).__mro__ if issubclass(each, nn.Module) and each is not nn.Module]
    written = [each for each in own if not each.__module__.startswith("torch.nn.")]
    return written[-1] if written else own[0] if own else None
