"""How a batch is split: the number of samples that each rank has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle, islice

from verify.errors import VerifyError

PATTERN = (5, 2, 1, 8, 3, 7, 4, 6)
"""Unequal sizes for the ranks, one of them a single sample, none of them the mean of those before and itself."""
MOST = 4096
"""More samples than this on one rank are refused: all ranks know the whole batch."""


@dataclass(frozen=True)
class Shards:
    """The samples of every rank, in the order of the ranks.

    >>> Shards((5, 3, 1)).total
    9
    """

    sizes: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.sizes)

    @property
    def count(self) -> int:
        return len(self.sizes)

    @property
    def equal(self) -> bool:
        return len(set(self.sizes)) == 1

    @property
    def empty(self) -> bool:
        return 0 in self.sizes

    def part(self, rank: int) -> slice:
        """The samples of one rank."""
        ends = [0, *accumulate(self.sizes)]
        return slice(ends[rank], ends[rank + 1])

    def times(self, factor: int) -> Shards:
        """Every shard a number of times as large: samples with several places each."""
        return Shards(tuple(size * factor for size in self.sizes))

    def __str__(self) -> str:
        return ",".join(map(str, self.sizes))


def shards_of(sizes: Sequence[int], ranks: int | None = None) -> Shards:
    """The shards that a person gave, for this number of ranks; raises VerifyError for sizes that are none."""
    found = tuple(sizes)
    listed = ",".join(map(str, found))
    if len(found) < 2:
        raise VerifyError(f"--shards {listed} names {len(found)} rank; give the sizes of at least 2, such as 5,3,1")
    if ranks is not None and len(found) != ranks:
        raise VerifyError(f"--shards {listed} are {len(found)} sizes for {ranks} ranks; give one size for each rank")
    if any(size < 0 or size > MOST for size in found):
        raise VerifyError(f"--shards {listed}: a shard has from 0 to {MOST} samples")
    if sum(found) < 2:
        raise VerifyError(f"--shards {listed} make a batch of {sum(found)}; all ranks together need at least 2 samples")
    return Shards(found)


def unequal(ranks: int, times: int = 1) -> Shards:
    """Shards of different sizes; from three ranks on one is a single sample."""
    return Shards(tuple(islice(cycle(PATTERN), ranks))).times(times)


def even(ranks: int, size: int) -> Shards:
    return Shards((size,) * ranks)


def with_nothing(ranks: int) -> Shards:
    """Unequal shards, and none on rank 1."""
    sizes = unequal(ranks).sizes
    return Shards((sizes[0], 0, *sizes[2:]))


def places_of(shape: Sequence[int]) -> int:
    """How many places a sample of the shape (C, ...) has in each channel."""
    return math.prod(shape[1:])
