"""What the layers that can be checked have in common: parameters, axes, statistics."""

from __future__ import annotations

import math

from derive.language import Tensor
from derive.layers import LAYERS, Layer
from verify.arrangement import ARRANGED, ROWS, Arrangement, arrange
from verify.errors import VerifyError

SOFTMAXES = ("softmax", "log-softmax")
"""Layers without parameters, over the last axis."""
WEIGHTS = ("weightnorm", "weight-standardization")
"""Functions f(v, gain) of the weights v (O, ...) of another layer; the gain has the shape (O,)."""
BY_ROW = (*ROWS, *WEIGHTS)
CHECKED = (*ARRANGED, *WEIGHTS)
"""The layers that somebody's layer can be compared with."""
STATISTICS = ("s", "total", "r")
"""What a row is divided by, in the programs."""


def roles_of(like: str) -> tuple[str, ...]:
    """What people differentiate by."""
    if like in SOFTMAXES:
        return ("input",)
    return ("input", "weight") if like == "rmsnorm" or like in WEIGHTS else ("input", "weight", "bias")


def has_epsilon(like: str) -> bool:
    return like != "weightnorm" and like not in SOFTMAXES


def centred(layer: Layer) -> bool:
    """Whether the layer subtracts a mean."""
    return "mu" in layer.names


def statistic(layer: Layer) -> Tensor:
    """The step of the program that has one value for each set of statistics."""
    return next(layer.names[name] for name in STATISTICS if name in layer.names)


def arranged(
    like: str, shape: tuple[int, ...], num_groups: int | None = None, normalized: tuple[int, ...] | None = None
) -> Arrangement:
    """The arrangement of a layer for an input of torch's shape; reparametrized weights have one, too."""
    if like not in WEIGHTS:
        return arrange(like, shape, num_groups, normalized)
    if len(shape) < 2:
        raise VerifyError(f"{like} takes weights of at least 2 axes; {shape} has {len(shape)}")
    count, *rest = shape
    return Arrangement(LAYERS[like](), shape, (count, math.prod(rest)), (count,), (count,))
