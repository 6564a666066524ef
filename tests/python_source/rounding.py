"""Running error bounds: float64 numbers that know how far they can be from the exact ones.

One operation with the result r is off by at most u |r|, u = 2^-53, on top of what its arguments are off by. A sum of
n numbers in any order is off by at most n u / (1 - n u) times the sum of their absolute values (Higham, Accuracy and
Stability of Numerical Algorithms, 2002, sections 3.1 and 4.2). A power is so many products. The bounds are sums and
products of nonnegative float64 numbers themselves: fewer than 2^10 roundings, so they are raised by 2^-43.
"""

from __future__ import annotations

from typing import Any

import numpy

UNIT = 2.0**-53
RAISE = 1 + 2.0**-43

SWEEP = 5
"""Reverse mode does at most five operations for one of the program (Griewank and Walther, Evaluating Derivatives,
2008, section 4.6): the oracle's rounding is taken to be as many times that of the formula, for each of its sweeps."""


class Rounded:
    """A float64 array and the largest error of each of its entries."""

    __array_ufunc__ = None

    def __init__(self, value: Any, error: Any = 0.0) -> None:
        self.value = numpy.asarray(value, dtype=numpy.float64)
        self.error = numpy.broadcast_to(error * RAISE, self.value.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __getitem__(self, at: Any) -> Rounded:
        return Rounded(self.value[at], self.error[at])

    def __neg__(self) -> Rounded:
        return Rounded(-self.value, self.error)

    def __add__(self, other: Any) -> Rounded:
        other = of(other)
        total = self.value + other.value
        return Rounded(total, self.error + other.error + UNIT * abs(total))

    def __sub__(self, other: Any) -> Rounded:
        return self + -of(other)

    def __rsub__(self, other: Any) -> Rounded:
        return of(other) - self

    def __mul__(self, other: Any) -> Rounded:
        other = of(other)
        product = self.value * other.value
        carried = abs(self.value) * other.error + abs(other.value) * self.error + self.error * other.error
        return Rounded(product, carried + UNIT * abs(product))

    def __truediv__(self, other: Any) -> Rounded:
        other = of(other)
        quotient, least = self.value / other.value, abs(other.value) - other.error
        assert (least > 0).all(), "a quotient by what may be zero"
        return Rounded(quotient, (self.error + abs(quotient) * other.error) / least + UNIT * abs(quotient))

    def __rtruediv__(self, other: Any) -> Rounded:
        return of(other) / self

    def __pow__(self, exponent: float) -> Rounded:
        if exponent == 0.5:
            root = numpy.sqrt(self.value)
            return Rounded(root, self.error / (root + (self.value - self.error) ** 0.5) + UNIT * root)
        power = Rounded(numpy.ones_like(self.value))
        for _ in range(int(exponent)):
            power = power * self
        return power

    def __gt__(self, other: float) -> numpy.ndarray:
        return self.value > other

    def sum(self, axis: int | tuple[int, ...]) -> Rounded:
        count = numpy.prod([self.shape[each] for each in numpy.atleast_1d(axis)])
        error = self.error.sum(axis) + count * UNIT / (1 - count * UNIT) * (abs(self.value) + self.error).sum(axis)
        return Rounded(self.value.sum(axis), error)

    __radd__, __rmul__ = __add__, __mul__


def of(value: Any) -> Rounded:
    return value if isinstance(value, Rounded) else Rounded(value)
