"""The arithmetic that bounds are tested against: 80 digits, by mpmath."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import mpmath
import numpy
import torch

from verify.program import Program, execute

mpmath.mp.dps = 80


class Exact:
    """Arithmetic on arrays of 80-digit numbers; what torch does to shapes is done to an array of positions."""

    def number(self, value: Fraction) -> numpy.ndarray:
        return numpy.array([mpmath.mpf(value.numerator) / value.denominator])

    def delta(self, size: int) -> numpy.ndarray:
        return of_tensor(torch.eye(size)[None])

    def reshape(self, value: numpy.ndarray, change: Callable) -> numpy.ndarray:
        positions = torch.arange(value.size).reshape(value.shape)
        return value.reshape(-1)[change(positions).numpy()]

    def add(self, left: numpy.ndarray, right: numpy.ndarray) -> numpy.ndarray:
        return left + right

    def neg(self, value: numpy.ndarray) -> numpy.ndarray:
        return -value

    def mul(self, left: numpy.ndarray, right: numpy.ndarray) -> numpy.ndarray:
        return left * right

    def div(self, left: numpy.ndarray, right: numpy.ndarray) -> numpy.ndarray:
        return left / right

    def sqrt(self, value: numpy.ndarray) -> numpy.ndarray:
        return numpy.vectorize(mpmath.sqrt, otypes=[object])(value)

    def function(self, name: str, value: numpy.ndarray) -> numpy.ndarray:
        if name in ("abs", "sign"):
            return abs(value) if name == "abs" else numpy.vectorize(mpmath.sign, otypes=[object])(value)
        return numpy.vectorize(getattr(mpmath, name), otypes=[object])(value)

    def sum(self, value: numpy.ndarray, axis: int) -> numpy.ndarray:
        return value.sum(axis)


def of_tensor(tensor: torch.Tensor) -> numpy.ndarray:
    """The same numbers with 80 digits."""
    return numpy.vectorize(mpmath.mpf, otypes=[object])(tensor.double().numpy())


def exactly(program: Program, values: dict, sizes: dict) -> numpy.ndarray:
    """The value of a program for exactly these numbers."""
    leaves = {leaf: of_tensor(values[leaf]) for leaf in program.leaves}
    return execute(program, Exact(), leaves, sizes)


def distance(found: torch.Tensor, true: numpy.ndarray) -> torch.Tensor:
    """How far computed numbers are from the true ones."""
    gap = abs(of_tensor(found) - numpy.broadcast_to(true, tuple(found.shape)))
    return torch.from_numpy(gap.astype(numpy.float64))
