"""What a reference is: the steps of a layer's program that torch computes, and on which numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

Values = Mapping[str, torch.Tensor]
"""Values by the names of the program, each with a first axis for independent instances."""


@dataclass(frozen=True)
class Layout:
    """Where torch wants features in a larger tensor: (N, C, ...) with the memory format that a person chose."""

    batch: int
    spatial: tuple[int, ...]
    memory: torch.memory_format = torch.contiguous_format

    def whole(self, rows: torch.Tensor) -> torch.Tensor:
        """(C, m) as (N, C, ...)."""
        shape = (rows.shape[0], self.batch, *self.spatial)
        return rows.reshape(shape).movedim(0, 1).contiguous(memory_format=self.memory)


Forward = Callable[[Values, Layout | None], dict[str, torch.Tensor]]


@dataclass(frozen=True)
class Reference:
    """torch's operation for a layer, and how its input is drawn.

    `forward` gives the steps that torch computes, by name; autograd can differentiate it, and `twice` a second time
    where that differs. Constants of the layer are numbers to it. `operation` names it. `over` are the axes of the input
    over which is normalized; `far` allows for means far from 0, and `small` for values near the root of epsilon.
    `completed` changes drawn values so that they tell something, and puts in constants that depend on the input.
    """

    operation: str
    forward: Forward
    over: tuple[int, ...] = ()
    far: bool = False
    small: bool = True
    twice: Forward | None = None
    completed: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]] | None = None


def each_instance(forward: Callable[[Values], dict[str, torch.Tensor]]) -> Forward:
    """An operation for one instance as one for all of them, one after the other."""

    def together(values: Values, layout: Layout | None = None) -> dict[str, torch.Tensor]:
        count = max(value.shape[0] for value in values.values())
        single = ({name: value[place % value.shape[0]] for name, value in values.items()} for place in range(count))
        found = [forward(instance) for instance in single]
        return {name: torch.stack([each[name] for each in found]) for name in found[0]}

    return together
