"""Sums cut into blocks that fit a cache: means and centred second moments in one pass over memory.

Within a block values are taken less the block's own mean, and the blocks are put together as Chan, Golub and LeVeque
(1983) do: for equal blocks of L values, sum (a - abar)(b - bbar) is the sum over blocks of their own such sums, plus L
times the sum of the products of what the block means are off. It is exact, and as stable as two passes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

RUN = 128
"""From how many neighbouring values on a sum is taken along them, and not across."""

ROWS = (32, 64, 16, 128, 8, 28, 56, 25, 20, 10)
"""How many rows a block may have, the best first: they stay in the nearest cache for the second look."""


@dataclass(frozen=True)
class Cut:
    """The axis `split` is cut into blocks of `rows` (none if rows is 0); `local` are summed first, `outer` after that.

    The axes are those after the cut.
    """

    split: int
    rows: int
    local: tuple[int, ...]
    outer: tuple[int, ...]

    def inside(self, value: torch.Tensor) -> torch.Tensor:
        if not self.rows:
            return value
        if value.shape[self.split] == 1:
            return value.unsqueeze(self.split)
        return value.unflatten(self.split, (-1, self.rows))

    def outside(self, value: torch.Tensor) -> torch.Tensor:
        """A sum, whose axes have length 1, as if nothing had been cut."""
        return value.squeeze(self.split) if self.rows else value


def cut(sample: torch.Tensor, axes: Sequence[int]) -> Cut | None:
    """How a sum over some axes of an array is cut; None where its values lie side by side, or are few.

    Along a long last axis a sum is taken by itself: weights that vary along the others are then fixed numbers in it.
    """
    shape, strides = sample.shape, sample.stride()
    ascending = sorted((axis for axis in range(sample.ndim) if shape[axis] > 1), key=lambda axis: strides[axis])
    summed = [axis for axis in ascending if axis in axes]
    run: list[int] = []
    for axis in ascending:
        if axis not in axes:
            break
        run.append(axis)
    if sample.numel() < 4096:
        return None
    if run == summed:
        inner = shape[run[0]] if run else 0
        return Cut(0, 0, (run[0],), tuple(run[1:])) if len(run) > 1 and inner >= RUN else None
    if math.prod(shape[axis] for axis in run) >= RUN:
        return Cut(0, 0, tuple(run), tuple(axis for axis in axes if axis not in run))
    return _across(shape, summed[len(run) :], axes)


def _across(shape: Sequence[int], beyond: list[int], axes: Sequence[int]) -> Cut | None:
    """Blocks of rows along the first axis beyond the columns."""
    split = beyond[0]
    rows = next((rows for rows in ROWS if shape[split] % rows == 0 and shape[split] > rows), 0)
    if rows:
        moved = [axis if axis <= split else axis + 1 for axis in axes if axis != split]
        return Cut(split, rows, (split + 1,), (*moved, split))
    others = tuple(axis for axis in axes if axis != split)
    return Cut(0, 0, (split,), others) if others and 4 <= shape[split] <= 256 else None


def total(value: torch.Tensor, axes: Sequence[int]) -> torch.Tensor:
    """A sum over some axes, which stay with length 1."""
    lay = cut(value, axes)
    if lay is None or _within(value, axes, lay):
        return value.sum(list(axes), keepdim=True)
    return lay.outside(lay.inside(value).sum(lay.local, keepdim=True).sum(lay.outer, keepdim=True))


def _within(value: torch.Tensor, axes: Sequence[int], lay: Cut) -> bool:
    """Whether blocks would lie inside an axis that is not summed, such as that of images: they gain nothing there."""
    strides = value.stride()
    others = (axis for axis in range(value.ndim) if axis not in axes and value.shape[axis] > 1)
    return bool(lay.rows) and any(strides[axis] > strides[lay.split] for axis in others)


def moments(
    arrays: Sequence[torch.Tensor], pairs: Sequence[tuple[int, int]], axes: Sequence[int]
) -> tuple[torch.Tensor, ...]:
    """The sum of each array, then for each pair the sum of the products of what the two are less their means."""
    lay = cut(arrays[0], axes)
    count = math.prod(arrays[0].shape[axis] for axis in axes)
    if lay is None:
        sums = [array.sum(list(axes), keepdim=True) for array in arrays]
        off = [array - each / count for array, each in zip(arrays, sums, strict=True)]
        return (*sums, *((off[i] * off[j]).sum(list(axes), keepdim=True) for i, j in pairs))
    inside = [lay.inside(array) for array in arrays]
    length = math.prod(inside[0].shape[axis] for axis in lay.local)
    partial = [array.sum(lay.local, keepdim=True) for array in inside]
    off = [array - each / length for array, each in zip(inside, partial, strict=True)]
    within = [(off[i] * off[j]).sum(lay.local, keepdim=True).sum(lay.outer, keepdim=True) for i, j in pairs]
    sums = [each.sum(lay.outer, keepdim=True) for each in partial]
    between = [each / length - whole / count for each, whole in zip(partial, sums, strict=True)]
    rest = [(between[i] * between[j]).sum(lay.outer, keepdim=True) for i, j in pairs]
    joined = (own + length * other for own, other in zip(within, rest, strict=True))
    return tuple(lay.outside(each) for each in (*sums, *joined))
