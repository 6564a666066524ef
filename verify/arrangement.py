"""Torch's shapes and a program's axes: (N, C, *) with groups, trailing normalized axes, any strides.

Values go inwards as views wherever their strides allow it, so that no layout costs a copy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from derive.layers import LAYERS, Layer
from verify.errors import VerifyError

ROWS = ("layernorm", "rmsnorm", "softmax", "log-softmax")
"""Layers whose program has one axis of rows and one that is normalized."""

BATCHES = ("batchnorm", "batchnorm2d", "batchnorm3d")
"""Layers that take torch's (N, C, *): their program is that for images or for volumes."""


@dataclass(frozen=True)
class Arrangement:
    """How the values of a layer lie: `shape` is torch's shape of the input, `inner` that of the program.

    `weights` and `inner_weights` are the shapes of the parameters.
    """

    layer: Layer
    shape: tuple[int, ...]
    inner: tuple[int, ...]
    weights: tuple[int, ...]
    inner_weights: tuple[int, ...]

    def inward(self, name: str, value: torch.Tensor) -> torch.Tensor:
        """A value of torch's shape in that of the program, by the name of its tensor (`x`, `g`, `gammadot`, ...)."""
        if name in ("epsilon", "p", "c"):
            return value
        of_weights = self._of_weights(name)
        outer, inner = (self.weights, self.inner_weights) if of_weights else (self.shape, self.inner)
        if tuple(value.shape) != outer:
            raise VerifyError(f"{name} has the shape {tuple(value.shape)}; {self.layer.name} takes {outer} here")
        return value.reshape(inner)

    def outward(self, name: str, value: torch.Tensor) -> torch.Tensor:
        """A value of the program's shape in that of torch."""
        return value.reshape(self.weights if self._of_weights(name) else self.shape)

    def _of_weights(self, name: str) -> bool:
        return name.removesuffix("dot") in {tensor.name for tensor in self.layer.parameters}


def arrange(
    like: str, shape: Sequence[int], num_groups: int | None = None, normalized_shape: Sequence[int] | None = None
) -> Arrangement:
    """The arrangement of a normalization layer for an input of torch's shape.

    >>> arrange("groupnorm", (8, 6, 4, 4), num_groups=3).inner
    (8, 3, 2, 16)

    Raises VerifyError for a shape that the layer doesn't take, and for layers whose values have no torch shape of
    their own (those are given in the shapes of the program).
    """
    shape = tuple(shape)
    if like in ROWS:
        return _rows(like, shape, normalized_shape)
    if like in BATCHES:
        return _batch(like, shape)
    if like == "groupnorm":
        return _groups(shape, num_groups)
    if like == "instancenorm":
        _refuse_short(like, shape, 3)
        count, channels, *places = shape
        return Arrangement(LAYERS[like](), shape, (count, channels, math.prod(places)), (channels,), (channels,))
    raise VerifyError(f"{like} has no shape of torch's; its values have the axes of its program")


ARRANGED = (*ROWS, *BATCHES, "groupnorm", "instancenorm")
"""The layers that have an arrangement."""


def _rows(like: str, shape: tuple[int, ...], normalized_shape: Sequence[int] | None) -> Arrangement:
    normalized = tuple(normalized_shape) if normalized_shape is not None else shape[-1:]
    _refuse_short(like, shape, max(1, len(normalized)))
    if not normalized or shape[-len(normalized) :] != normalized:
        raise VerifyError(f"the input {shape} doesn't end in the normalized shape {normalized}")
    width = math.prod(normalized)
    inner = (math.prod(shape[: -len(normalized)]), width)
    return Arrangement(LAYERS[like](), shape, inner, normalized, (width,))


def _batch(like: str, shape: tuple[int, ...]) -> Arrangement:
    _refuse_short(like, shape, 2)
    count, channels, *places = shape
    name = "batchnorm3d" if len(places) == 3 else "batchnorm2d"
    where = places if len(places) in (2, 3) else [*places, 1, 1][:2] if len(places) < 2 else [math.prod(places), 1]
    return Arrangement(LAYERS[name](), shape, (count, channels, *where), (channels,), (channels,))


def _groups(shape: tuple[int, ...], num_groups: int | None) -> Arrangement:
    _refuse_short("groupnorm", shape, 2)
    if num_groups is None:
        raise VerifyError("group normalization needs num_groups")
    count, channels, *places = shape
    if num_groups < 1 or channels % num_groups:
        raise VerifyError(f"{channels} channels can't be cut into {num_groups} groups of the same size")
    groups = (num_groups, channels // num_groups)
    inner = (count, *groups, math.prod(places))
    return Arrangement(LAYERS["groupnorm"](), shape, inner, (channels,), groups)


def _refuse_short(like: str, shape: tuple[int, ...], axes: int) -> None:
    if len(shape) < axes:
        raise VerifyError(f"{like} takes inputs of at least {axes} axes; {shape} has {len(shape)}")
