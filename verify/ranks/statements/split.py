"""Programs on values of which each rank has its own rows: a sum over the batch is a local sum and one over the ranks.

A value is split along at most one axis, one over the batch; along its other axes it is whole. Where two values that
are combined are split along different axes, as in yhat[b] g[k], one of them is gathered first. Gathering moves numbers
and rounds nothing, so a program on split values costs what it costs in one process but for the order of its sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import torch
import torch.distributed as dist

from derive.language import Derivative, Index, Tensor, Term
from verify.compile import Torch, accumulator
from verify.program import Program, Step, aligner, length, spreader, viewer
from verify.ranks.shards import Shards

Leaf = Tensor | Derivative


class AllReduce(torch.autograd.Function):
    """The sum over the ranks. What is computed from it on each rank counts, so the backward pass is the same sum."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor) -> torch.Tensor:
        value = value.clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return all_reduced(gradients[0])


def all_reduced(value: torch.Tensor) -> torch.Tensor:
    """The sum over the ranks, which can be differentiated as often as one likes."""
    found: Any = AllReduce.apply(value.contiguous())
    return found


@dataclass(frozen=True)
class Part:
    """What one rank has of the batch: the size that stands for its length, and the shards."""

    size: Term
    shards: Shards
    rank: int

    @property
    def rows(self) -> slice:
        return self.shards.part(self.rank)

    def over_batch(self, index: Index) -> bool:
        return index.size == self.size


@dataclass(frozen=True)
class Split:
    """A value (instances, axes): of the axis number `place` the rank has its own rows, of the others all."""

    value: torch.Tensor
    place: int | None = None

    def with_value(self, value: torch.Tensor) -> Split:
        return replace(self, value=value)


class Splitter:
    """Runs programs in one dtype on what the ranks have; all ranks have to run the same ones."""

    def __init__(self, dtype: torch.dtype, device: torch.device, sizes: Mapping[Term, int], part: Part) -> None:
        self.dtype, self.device, self.sizes, self.part = dtype, device, dict(sizes), part
        self.arithmetic = Torch(dtype, device)

    def run(self, program: Program, leaves: Mapping[Leaf, Split]) -> Split:
        """The value of the last step."""
        values: list[Split] = []
        for step in program.steps:
            args = [values[arg] for arg in step.args]
            values.append(self._perform(step, [program.steps[arg].axes for arg in step.args], args, leaves))
        return values[-1]

    def own(self, value: torch.Tensor, sizes: tuple[Term, ...]) -> Split:
        """What this rank has of a whole value: its rows of the first axis over the batch."""
        place = next((place for place, size in enumerate(sizes) if size == self.part.size), None)
        return Split(value) if place is None else self._cut(Split(value), place)

    def whole(self, split: Split) -> torch.Tensor:
        """The rows of all ranks; nothing is rounded."""
        if split.place is None:
            return split.value
        axis, rows = 1 + split.place, self.part.rows
        before, after = rows.start, self.part.shards.total - rows.stop
        wide = split.value.to(accumulator(self.dtype))
        shape = list(wide.shape)
        empty = [wide.new_zeros([*shape[:axis], count, *shape[axis + 1 :]]) for count in (before, after)]
        return all_reduced(torch.cat([empty[0], wide, empty[1]], axis)).to(self.dtype)

    def _cut(self, split: Split, place: int) -> Split:
        """Only the own rows of an axis of a value that is whole."""
        rows = self.part.rows
        return Split(split.value.narrow(1 + place, rows.start, rows.stop - rows.start), place)

    def along(self, split: Split, place: int | None) -> Split:
        """The same value, split along another axis, or along none."""
        if split.place == place:
            return split
        found = Split(self.whole(split))
        return found if place is None else self._cut(found, place)

    def sum(self, split: Split, place: int) -> Split:
        """The sum over an axis: over the ranks, too, if it is the one that is split."""
        wide = accumulator(self.dtype)
        value, axis = split.value.to(wide), 1 + place
        found = Torch(wide, self.device).sum(value, axis) if value.shape[axis] else value.sum(axis)
        if split.place == place:
            return Split(all_reduced(found).to(self.dtype))
        left = split.place if split.place is None or split.place < place else split.place - 1
        return Split(found.to(self.dtype), left)

    def _perform(
        self, step: Step, sources: list[tuple[Index, ...]], args: list[Split], leaves: Mapping[Leaf, Split]
    ) -> Split:
        match step.op:
            case "input":
                return leaves[step.what]
            case "number" | "size":
                value = step.what if step.op == "number" else Fraction(length(step.what, self.sizes))
                return Split(self.arithmetic.number(value))
            case "delta":
                whole = Split(self.arithmetic.delta(length(step.axes[0].size, self.sizes)))
                return self._cut(whole, 0) if self.part.over_batch(step.axes[0]) else whole
            case "view":
                return self._view(step, args[0])
            case "sum":
                return self.sum(args[0], sources[0].index(step.what))
            case "function":
                return args[0].with_value(self.arithmetic.function(step.what, args[0].value))
            case "name":
                spread = spreader(sources[0], step.axes, self.sizes)
                return Split(spread(args[0].value), _moved(args[0].place, sources[0], step.axes))
        return self._combined(step, sources, args)

    def _view(self, step: Step, arg: Split) -> Split:
        """Axes by other names; of a diagonal over the split axis the rank has its own rows."""
        labels: tuple[Index, ...] = step.what
        if arg.place is None:
            return Split(viewer(labels, step.axes)(arg.value))
        value, rows = arg.value, self.part.rows
        for place, label in enumerate(labels):
            if label == labels[arg.place] and place != arg.place:
                value = value.narrow(1 + place, rows.start, rows.stop - rows.start)
        return Split(viewer(labels, step.axes)(value), step.axes.index(labels[arg.place]))

    def _combined(self, step: Step, sources: list[tuple[Index, ...]], args: list[Split]) -> Split:
        """An operation on values that are split alike, once one of them is gathered where they are not."""
        split = [axes[arg.place] for axes, arg in zip(sources, args, strict=True) if arg.place is not None]
        chosen = next((index for index in step.axes if index in split), None)
        aligned = []
        for axes, arg in zip(sources, args, strict=True):
            place = axes.index(chosen) if chosen is not None and chosen in axes else None
            aligned.append(aligner(axes, step.axes)(self.along(arg, place).value))
        value = getattr(self.arithmetic, step.op)(*aligned)
        return Split(value, None if chosen is None else step.axes.index(chosen))


def _moved(place: int | None, axes: tuple[Index, ...], target: tuple[Index, ...]) -> int | None:
    return None if place is None else target.index(axes[place])
