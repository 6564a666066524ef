"""Where a claim is evaluated: a value for every tensor in it, for several independent instances at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch

from derive.language import Index, Tensor, Term
from derive.layers import Layer
from verify.program import same, sizes_of
from verify.statements.inputs import Batch
from verify.statements.references.reference import Layout


@dataclass(frozen=True)
class Meaning:
    """What the exact value of a tensor is: a formula over its indices; `drawn` is what the tensor was before."""

    indices: tuple[Index, ...]
    term: Term
    drawn: Tensor | None = None


@dataclass(frozen=True)
class Point:
    """Values by tensor, each of the shape (instances, one axis for each index) and of one dtype.

    A tensor with one value for all instances has a first axis of length 1. The exact value of a tensor in `meant` is
    that of the formula it is given with: an equation among the hypotheses says so, and no format need have that number.
    `layout` says how torch gets the input of a batch normalization.
    """

    layer: Layer | None
    instances: int
    dtype: torch.dtype
    values: Mapping[Tensor, torch.Tensor]
    sizes: Mapping[Term, int]
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    meant: Mapping[Tensor, Meaning] = field(default_factory=dict)
    layout: Layout | None = None

    def chosen(self, which: torch.Tensor) -> Point:
        """Some of the instances: places, or truth values."""
        values = {
            tensor: value if value.shape[0] == 1 and self.instances > 1 else value[which]
            for tensor, value in self.values.items()
        }
        count = int(which.sum()) if which.dtype == torch.bool else len(which)
        return replace(self, values=values, instances=count)

    def part(self, start: int, stop: int) -> Point:
        """The instances from `start` to `stop`."""
        return self.chosen(torch.arange(start, min(stop, self.instances), device=self.device))

    def put(self, values: Mapping[Tensor, torch.Tensor], meant: Mapping[Tensor, Meaning] | None = None) -> Point:
        """The same point with other values for some tensors."""
        return replace(self, values={**self.values, **values}, meant={**self.meant, **(meant or {})})

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {same(tensor): value for tensor, value in self.values.items()})

    @property
    def eps(self) -> float | None:
        """Epsilon, if there is one."""
        found = [value for tensor, value in self.values.items() if tensor.name == "epsilon"]
        return float(found[0].reshape(-1)[0]) if found else None


def point_of(batch: Batch, layer: Layer) -> Point:
    """A batch as a point: one instance for each feature."""
    values = batch.values(layer)
    sizes = sizes_of({tensor: tuple(value.shape) for tensor, value in values.items()})
    layout = Layout(batch.x.shape[0], tuple(batch.x.shape[2:]), batch.memory)
    return Point(layer, batch.x.shape[1], batch.x.dtype, values, sizes, batch.x.device, layout=layout)
