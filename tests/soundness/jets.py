"""Dual numbers, nested: sums of coefficients of e1, e2, e1*e2, ... with every ek**2 = 0.

The coefficient of ek is the derivative by the k-th perturbed entry, that of e1*e2 the second derivative, and
so on. Perturbations are numbered by bits, so that a coefficient's key is a bit mask and its product an `or`.
"""

from __future__ import annotations

from math import factorial

from tests.soundness.arithmetic import DERIVATIVES, KINKS, Number, UndefinedError, compare, divide, square_root


class Jet:
    """A number with infinitesimal parts: `{mask: coefficient}`."""

    __slots__ = ("parts",)

    def __init__(self, parts: dict[int, Number]) -> None:
        self.parts = parts

    def __add__(self, other: object) -> object:
        parts = dict(self.parts)
        for mask, value in _parts(other).items():
            parts[mask] = parts.get(mask, 0) + value
        return jet(parts)

    __radd__ = __add__

    def __neg__(self) -> object:
        return Jet({mask: -value for mask, value in self.parts.items()})

    def __mul__(self, other: object) -> object:
        parts: dict[int, Number] = {}
        for left, a in self.parts.items():
            for right, b in _parts(other).items():
                if not left & right:
                    parts[left | right] = parts.get(left | right, 0) + a * b
        return jet(parts)

    __rmul__ = __mul__


def jet(parts: dict[int, Number]) -> object:
    """The jet of these parts; a plain number when nothing in it is infinitesimal."""
    parts = {mask: value for mask, value in parts.items() if mask == 0 or value != 0}
    return Jet(parts) if any(parts) else parts.get(0, 0)


def _parts(value: object) -> dict[int, Number]:
    return value.parts if isinstance(value, Jet) else {0: value}


def coefficient(value: object, bit: int) -> object:
    """What stands with the perturbation `bit`: the derivative by it."""
    return jet({mask ^ bit: part for mask, part in _parts(value).items() if mask & bit})


def without(value: object, bit: int) -> object:
    """The value with that perturbation set to zero."""
    return jet({mask: part for mask, part in _parts(value).items() if not mask & bit})


def infinitesimal(bit: int, slope: object = 1) -> object:
    return jet({bit | mask: part for mask, part in _parts(slope).items()})


def apply(function: str, value: object) -> object:
    """A function of a jet, by its Taylor series, which ends."""
    if not isinstance(value, Jet):
        return square_root(value) if function == "sqrt" else DERIVATIVES[function](value)[0]
    start = value.parts.get(0, 0)
    if function in KINKS and compare(start, 0) == 0:
        raise UndefinedError(f"{function} has no derivative at 0")
    return _series(DERIVATIVES[function](start), value)


def reciprocal(value: object) -> object:
    if not isinstance(value, Jet):
        return divide(1, value)
    slope = divide(1, value.parts.get(0, 0))
    return _series([slope, -(slope**2), 2 * slope**3, -6 * slope**4], value)


def _series(derivatives: list[Number], value: Jet) -> object:
    rest = jet({mask: part for mask, part in value.parts.items() if mask})
    total, power = derivatives[0], 1
    for order, derivative in enumerate(derivatives[1:], start=1):
        power = power * rest
        total = total + power * divide(derivative, factorial(order))
    if power * rest != 0:
        raise NotImplementedError("a fourth derivative")
    return total


def power(value: object, exponent: int) -> object:
    if exponent < 0:
        return reciprocal(power(value, -exponent))
    result: object = 1
    for _ in range(exponent):
        result = result * value
    return result
