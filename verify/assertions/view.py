"""The values of a case as the leaves of the shortest program for its layer, each with an axis of instances in front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from derive.language import Tensor, Term
from derive.layers import Layer, batchnorm
from verify.arrangement import BATCHES
from verify.assertions.case import Case
from verify.bounds.forward import Leaf
from verify.program import sizes_of


@dataclass(frozen=True)
class View:
    """`values` by the names of the leaves. Batch normalization has one instance for each channel, others have one."""

    case: Case
    layer: Layer
    values: Mapping[str, torch.Tensor]
    sizes: dict[Term, int]

    def outward(self, like: Tensor, value: torch.Tensor) -> torch.Tensor:
        """A value of the shape of the tensor `like`, in torch's shape."""
        if not self._by_channel:
            return self.case.arrangement.outward(like.name, value[0].contiguous())
        count, channels, *places = self.case.arrangement.shape
        return value.reshape(channels, count, *places).movedim(0, 1).contiguous() if like.sizes else value

    @property
    def _by_channel(self) -> bool:
        return self.layer is not self.case.arrangement.layer


def view_of(case: Case) -> View:
    """The view of a case."""
    layer = case.arrangement.layer
    if layer.name not in BATCHES:
        values = {name: value[None] for name, value in case.inner().items()}
        return View(case, layer, values, _sizes(layer, values))
    flat, rows = batchnorm(), {}
    for name, value in case.inner().items():
        by_place = value.dim() > 1
        called = {"x": "y", "xdot": "ydot"}.get(name, name)
        rows[called] = value.movedim(1, 0).flatten(1) if by_place else value.expand(case.arrangement.shape[1])
    return View(case, flat, rows, _sizes(flat, rows))


def _sizes(layer: Layer, values: Mapping[str, torch.Tensor]) -> dict[Term, int]:
    """The length of every axis, from the input and the parameters."""
    shapes: dict[Leaf, tuple[int, ...]] = {}
    for tensor in (*layer.inputs, *layer.parameters, *layer.constants):
        shapes[tensor] = tuple(values[tensor.name].shape)
    return sizes_of(shapes)
