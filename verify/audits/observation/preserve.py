"""Leaves a model as it was: gradients, buffers, and the state of the random number generators."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from verify.workload import Workload


@contextmanager
def preserved(work: Workload) -> Iterator[None]:
    """Everything that a step changes, put back at the end, bit by bit."""
    leaves = [*work.model.parameters(), *_leaves(work.args), *_leaves(tuple(work.kwargs.values()))]
    gradients = [leaf.grad for leaf in leaves]
    buffers = [
        (module, name, value, None if value is None else value.detach().clone())
        for module in work.model.modules()
        for name, value in module._buffers.items()
    ]
    with _same_random_numbers():
        try:
            for leaf in leaves:
                leaf.grad = None
            yield
        finally:
            for leaf, gradient in zip(leaves, gradients, strict=True):
                leaf.grad = gradient
            for module, name, value, copy in buffers:
                _put_back(module, name, value, copy)


def _put_back(module: nn.Module, name: str, value: torch.Tensor | None, copy: torch.Tensor | None) -> None:
    module._buffers[name] = value
    if value is not None and copy is not None and not _same(value, copy):
        with torch.no_grad():
            value.copy_(copy)


def _same(value: torch.Tensor, copy: torch.Tensor) -> bool:
    return value.shape == copy.shape and torch.equal(value, copy)


def _leaves(value: Any) -> Iterator[torch.Tensor]:
    """The tensors of a batch that collect a gradient."""
    if isinstance(value, torch.Tensor):
        if value.requires_grad and value.is_leaf:
            yield value
    elif isinstance(value, dict):
        yield from _leaves(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _leaves(each)


@contextmanager
def _same_random_numbers() -> Iterator[None]:
    """The generators of torch, of Python and of NumPy, if that is imported."""
    numpy = sys.modules.get("numpy.random")
    states = (random.getstate(), numpy.get_state() if numpy else None)
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(states[0])
            if numpy and states[1] is not None:
                numpy.set_state(states[1])
