"""Torch's layers composed of plain operations, whose derivatives autograd takes: they share nothing with the tool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

EPS = 1e-5


@dataclass(frozen=True)
class Example:
    """A layer at one shape: what to call it with, and the same by plain operations."""

    name: str
    shape: tuple[int, ...]
    weights: tuple[int, ...]
    parameters: int
    composed: Callable[..., torch.Tensor]
    how: tuple[tuple[str, Any], ...] = ()

    @property
    def keywords(self) -> dict[str, Any]:
        return dict(self.how)

    def __str__(self) -> str:
        return f"{self.name}-{'x'.join(map(str, self.shape))}"

    def values(self, dtype: torch.dtype = torch.float64, seed: int = 0) -> tuple[list[torch.Tensor], ...]:
        """Inputs and parameters, tangents for them, and an upstream gradient."""
        made = torch.Generator().manual_seed(seed)

        def draw() -> list[torch.Tensor]:
            shapes = [self.shape, *[self.weights] * self.parameters]
            return [torch.randn(shape, dtype=torch.float64, generator=made).to(dtype) for shape in shapes]

        return draw(), draw(), draw()[:1]


def normalized(x: torch.Tensor, axes: tuple[int, ...], centre: bool = True) -> torch.Tensor:
    off = x - x.mean(axes, keepdim=True) if centre else x
    return off / (off.square().mean(axes, keepdim=True) + EPS).sqrt()


def by_rows(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return normalized(x, tuple(range(-weight.ndim, 0))) * weight + bias


def rms(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return normalized(x, (-1,), centre=False) * weight


def _channels(x: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    return value.reshape(-1, *[1] * (x.ndim - 2))


def by_channels(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    axes = (0, *range(2, x.ndim))
    return normalized(x, axes) * _channels(x, weight) + _channels(x, bias)


def by_groups(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    cut = x.reshape(x.shape[0], 2, -1)
    return normalized(cut, (-1,)).reshape(x.shape) * _channels(x, weight) + _channels(x, bias)


def by_instances(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return normalized(x, tuple(range(2, x.ndim))) * _channels(x, weight) + _channels(x, bias)


EXAMPLES = (
    Example("layernorm", (5, 7), (7,), 2, by_rows),
    Example("layernorm", (2, 3, 4, 5), (4, 5), 2, by_rows, (("normalized_shape", (4, 5)),)),
    Example("rmsnorm", (2, 3, 5), (5,), 1, rms),
    Example("batchnorm", (6, 3), (3,), 2, by_channels),
    Example("batchnorm", (2, 3, 5), (3,), 2, by_channels),
    Example("batchnorm2d", (3, 4, 2, 3), (4,), 2, by_channels),
    Example("batchnorm3d", (2, 3, 2, 2, 3), (3,), 2, by_channels),
    Example("groupnorm", (3, 4, 3, 2), (4,), 2, by_groups, (("num_groups", 2),)),
    Example("instancenorm", (2, 3, 3, 2), (3,), 2, by_instances),
    Example("softmax", (4, 5), (), 0, lambda x: x.softmax(-1)),
    Example("log-softmax", (4, 5), (), 0, lambda x: x.log_softmax(-1)),
)


def first_and_second(example: Example, values: list, moving: list, g: torch.Tensor) -> tuple[Any, Any]:
    """The gradients by autograd, and the gradients of <moving, gradients> by g and every value."""
    leaves = [value.clone().requires_grad_() for value in values]
    upstream = g.clone().requires_grad_()
    gradients = torch.autograd.grad(example.composed(*leaves), leaves, upstream, create_graph=True)
    paired = sum((a * b).sum() for a, b in zip(gradients, moving, strict=True))
    assert isinstance(paired, torch.Tensor)
    second = torch.autograd.grad(paired, [upstream, *leaves], allow_unused=True)
    zeros = [torch.zeros_like(leaf) for leaf in (upstream, *leaves)]
    return gradients, [b if a is None else a for a, b in zip(second, zeros, strict=True)]
