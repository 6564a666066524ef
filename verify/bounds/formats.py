"""Floating-point formats: unit roundoff, range, and how sums accumulate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from verify.compile import accumulator


@dataclass(frozen=True)
class Format:
    """A floating-point format: unit roundoff, smallest and largest positive number, and how sums accumulate."""

    name: str
    unit: float
    smallest: float
    largest: float
    sum_unit: float
    sum_largest: float

    @property
    def rounds_sums(self) -> bool:
        """Whether a sum is rounded once more, from the format in which it was accumulated."""
        return self.sum_unit < self.unit


def format_of(dtype: torch.dtype, accumulate: torch.dtype | None = None) -> Format:
    """The format of a torch dtype; sums accumulate in `accumulate`, or as torch accumulates them."""
    own, sums = torch.finfo(dtype), torch.finfo(accumulate or accumulator(dtype))
    name = str(dtype).removeprefix("torch.")
    return Format(name, own.eps / 2, own.smallest_normal * own.eps, own.max, sums.eps / 2, sums.max)


_DOUBLE = format_of(torch.float64)
ORACLE = replace(_DOUBLE, unit=2 * _DOUBLE.unit, smallest=2 * _DOUBLE.smallest, sum_unit=2 * _DOUBLE.sum_unit)
"""float64 with two roundings an operation: the format of every value that is taken for the truth."""
