"""Exact numbers where that is possible, 80 digits where it is not, and when two of them are equal."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from mpmath import MPContext

DIGITS = MPContext()
DIGITS.dps = 80
EQUAL, DIFFERENT = DIGITS.mpf(10) ** -55, DIGITS.mpf(10) ** -35

Number = Any
"""An int, a Fraction, or (where a root or an exponential is irrational) an mpf of 80 digits."""


class UndefinedError(ArithmeticError):
    """The formula has no value at this point."""


def is_exact(value: Number) -> bool:
    return isinstance(value, int | Fraction)


def compare(left: Number, right: Number) -> int:
    """-1, 0 or 1, as left is less than, equal to or greater than right."""
    if is_exact(left) and is_exact(right):
        return (left > right) - (left < right)
    difference = (DIGITS.convert(left) - right) / (1 + abs(DIGITS.convert(left)) + abs(DIGITS.convert(right)))
    if abs(difference) < EQUAL:
        return 0
    if abs(difference) < DIFFERENT:
        raise AssertionError(f"80 digits don't tell {left} from {right}")
    return 1 if difference > 0 else -1


def divide(left: Number, right: Number) -> Number:
    if compare(right, 0) == 0:
        raise UndefinedError("division by zero")
    return Fraction(left, right) if is_exact(left) and is_exact(right) else left / right


def square_root(value: Number) -> Number:
    """The root: exact if it is rational."""
    order = compare(value, 0)
    if order < 0:
        raise UndefinedError("the square root of a negative number")
    if order == 0:
        return 0
    if is_exact(value):
        value = Fraction(value)
        top, bottom = isqrt(value.numerator), isqrt(value.denominator)
        if top * top == value.numerator and bottom * bottom == value.denominator:
            return Fraction(top, bottom)
    return DIGITS.sqrt(DIGITS.convert(value))


def _exp(x: Number) -> list[Number]:
    return [1 if x == 0 else DIGITS.exp(DIGITS.convert(x))] * 4


def _log(x: Number) -> list[Number]:
    if compare(x, 0) <= 0:
        raise UndefinedError("the logarithm of a number that is not positive")
    slope = divide(1, x)
    return [0 if x == 1 else DIGITS.log(DIGITS.convert(x)), slope, -slope * slope, 2 * slope**3]


def _tanh(x: Number) -> list[Number]:
    t = 0 if x == 0 else DIGITS.tanh(DIGITS.convert(x))
    slope = 1 - t * t
    return [t, slope, -2 * t * slope, slope * (6 * t * t - 2)]


def _sign(x: Number) -> list[Number]:
    return [compare(x, 0), 0, 0, 0]


def _abs(x: Number) -> list[Number]:
    return [abs(x), compare(x, 0), 0, 0]


def _sqrt(x: Number) -> list[Number]:
    root = square_root(x)
    if compare(root, 0) == 0:
        return [root]
    slope = divide(1, 2 * root)
    return [root, slope, -2 * slope**3, 12 * slope**5]


DERIVATIVES = {"exp": _exp, "log": _log, "tanh": _tanh, "sign": _sign, "abs": _abs, "sqrt": _sqrt}
"""Each function's value and its first three derivatives."""

KINKS = {"sign", "abs", "sqrt"}
"""The functions that can't be differentiated at zero."""
