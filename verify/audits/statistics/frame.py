"""How the values of a normalization lie: its statistics, its features, and the axes of both."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from verify.arrangement import Arrangement, arrange
from verify.assertions.families import centred
from verify.assertions.inputs import axes_of_statistics, indices_of
from verify.audits.observation.capture import INFERENCE, Capture

PART = {"cpu": 2**18}
"""How many numbers a thread looks at in one piece: on a CPU, what stays in its cache."""
LARGEST_PART = 2**26


@dataclass(frozen=True)
class Frame:
    """The program's shape of a layer: `axes` are those of one statistic, `along` those that one weight stands for.

    `statistics` and `features` are shapes with ones there, to broadcast by.
    """

    arrangement: Arrangement
    axes: tuple[int, ...]
    along: tuple[int, ...]
    frozen: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.arrangement.inner

    @property
    def statistics(self) -> tuple[int, ...]:
        return tuple(1 if axis in self.axes else size for axis, size in enumerate(self.shape))

    @property
    def features(self) -> tuple[int, ...]:
        return tuple(1 if axis in self.along else size for axis, size in enumerate(self.shape))

    @property
    def count(self) -> int:
        """m: the numbers of one statistic."""
        return math.prod(self.shape[axis] for axis in self.axes)

    @property
    def per_channel(self) -> bool:
        """Whether each statistic is that of a feature, over the whole batch."""
        return self.axes == self.along

    @property
    def centred(self) -> bool:
        return centred(self.arrangement.layer)

    def inward(self, value: torch.Tensor) -> torch.Tensor:
        return value.detach().reshape(self.shape)

    def weights(self, value: torch.Tensor | None, wide: torch.dtype) -> torch.Tensor | None:
        """A weight or a bias, to broadcast by, in the dtype of the screening."""
        return None if value is None else value.detach().to(wide).reshape(self.features)

    def pieces(self, *values: torch.Tensor, wide: torch.dtype) -> Iterator[tuple[slice, list[torch.Tensor]]]:
        """Pieces along the first axis, in the dtype of the screening."""
        count = self.shape[0]
        most = PART.get(values[0].device.type, LARGEST_PART // torch.get_num_threads()) * torch.get_num_threads()
        step = max(1, most * count // max(1, math.prod(self.shape)))
        for start in range(0, count, step):
            where = slice(start, min(count, start + step))
            yield where, [value[where].to(wide) for value in values]

    def of(self, where: slice, statistic: torch.Tensor) -> torch.Tensor:
        """The part of a value of the statistics that belongs to a piece."""
        return statistic if 0 in self.axes else statistic[where]


def frame_of(capture: Capture) -> Frame:
    """The frame of a normalization. Raises VerifyError for shapes that its kind does not take."""
    frozen = capture.like == INFERENCE
    like = "batchnorm" if frozen else capture.like
    lay = arrange(like, tuple(capture.x.shape), capture.num_groups, capture.normalized_shape)
    own = lay.layer.parameters[0].sizes
    along = tuple(axis for axis, index in enumerate(indices_of(lay.layer.output)) if index.size not in own)
    return Frame(lay, tuple(axes_of_statistics(lay)), along, frozen)


class Totals:
    """A value of every statistic, or every feature, put together from pieces."""

    def __init__(self, added: bool) -> None:
        self.added, self.parts = added, []

    def take(self, part: torch.Tensor) -> None:
        if self.added and self.parts:
            self.parts[0] += part
        else:
            self.parts.append(part)

    @property
    def value(self) -> torch.Tensor:
        return self.parts[0] if len(self.parts) == 1 else torch.cat(self.parts)
