"""Floating-point numbers as values of terms: fast, and never the last word on what is true."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from derive.refute.program import NoValue

CLOSE = 1e-7
"""What differs by less than this part of it is taken for equal."""


class Floats:
    """Numbers of the machine. What has no value among them, or overflows, raises NoValue or ArithmeticError."""

    def number(self, value: Fraction | float) -> float:
        return float(value)

    def nonzero(self, value: float) -> float:
        if value == 0:
            raise NoValue("a quotient by zero")
        return value

    def power(self, value: float, exponent: int) -> float:
        return value**exponent

    def root(self, value: float) -> float:
        if value < 0:
            raise NoValue("the root of a negative number")
        return math.sqrt(value)

    def function(self, name: str, value: float) -> float:
        try:
            return _FUNCTIONS[name](value)
        except (ValueError, KeyError):
            raise NoValue(f"{name} of this number") from None

    def differ(self, left: float, right: float) -> bool:
        return abs(left - right) > _rounding(left, right)

    def below(self, left: float, right: float) -> bool:
        return right - left > _rounding(left, right)


def _rounding(left: float, right: float) -> float:
    return CLOSE * max(abs(left), abs(right), 1.0)


_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "sign": lambda value: float((value > 0) - (value < 0)),
    "tanh": math.tanh,
}
