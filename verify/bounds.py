"""How far a computed value can be from the exact one: tolerances, derived.

Running forward error analysis along a straight-line program (Higham, Accuracy and Stability of Numerical Algorithms,
2nd ed., 2002, sections 2.2, 3.1, 3.3 and 4.2). With the exact value x of a node for exact data, every node carries

    value    a float64 evaluation of it,
    drift    a bound on |x' - x| for every honest float64 evaluation x', `value` and torch's autograd among them,
    error    a bound on |fl(x) - x| for the evaluation in the format under test,

elementwise. One rounding of a result r costs at most u |r| + eta, with the unit roundoff u and the smallest positive
number eta of the format; a sum in which no term passes through more than k additions costs gamma_k times the sum of
their absolute values, with gamma_k = k u / (1 - k u) and the u of the format in which it is accumulated.

What is assumed. Each operation is rounded correctly, or off by no more than a correct rounding: torch's +, -, *, / and
sqrt on cpu and cuda (16-bit operations go through float32, and since its 24 digits are at least 2 * 11 + 2, the second
rounding is innocuous: Figueroa, When is double rounding innocuous?, 1995). `drift` takes u = 2^-52, two roundings for
each operation of the program, and sums in any order: that is the allowance for torch's own order of operations in
float64 (a product for a quotient, Welford's mean for a sum), which no one can read off its interface.

The bounds are computed in float64 themselves. They only add, multiply and divide nonnegative numbers, so each rule is
off by a relative error below 2^-44 (fewer than 256 roundings), by which every bound is raised; sums of n terms by
n 2^-52 more. `FLOOR` is more than everything that can underflow in there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import torch

from derive.language import Derivative, Tensor, Term
from verify.compile import accumulator, additions
from verify.errors import VerifyError
from verify.program import Program, execute

RAISE = 1 + 2.0**-44
FLOOR = 2.0**-1000
FUNCTIONS = ("abs",)
"""The entrywise functions whose error in torch is known."""


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


def format_of(dtype: torch.dtype) -> Format:
    """The format of a torch dtype."""
    own, sums = torch.finfo(dtype), torch.finfo(accumulator(dtype))
    name = str(dtype).removeprefix("torch.")
    return Format(name, own.eps / 2, own.smallest_normal * own.eps, own.max, sums.eps / 2, sums.max)


_DOUBLE = format_of(torch.float64)
ORACLE = replace(_DOUBLE, unit=2 * _DOUBLE.unit, smallest=2 * _DOUBLE.smallest, sum_unit=2 * _DOUBLE.sum_unit)
"""float64 with two roundings an operation: the format of every value that is taken for the truth."""


@dataclass(frozen=True)
class Bounded:
    """A float64 value, its own largest distance from the exact one, and that of the format under test."""

    value: torch.Tensor
    drift: torch.Tensor
    error: torch.Tensor

    @property
    def size(self) -> torch.Tensor:
        """At least the absolute value of the exact number."""
        return self.value.abs() + self.drift

    @property
    def least(self) -> torch.Tensor:
        """At most the absolute value of the exact number; negative if that is not known to be positive."""
        return (self.value.abs() - self.drift) / RAISE - FLOOR


def exact(value: torch.Tensor) -> Bounded:
    """A number that is the same in every format: data that was rounded before it came here."""
    value = value.double()
    return Bounded(value, torch.zeros_like(value), torch.zeros_like(value))


class Running:
    """Arithmetic on `Bounded` values, for one format under test; `overflows` says whether anything may be too large."""

    def __init__(self, tested: torch.dtype, device: torch.device | str = "cpu") -> None:
        self.dtype, self.device, self.format = tested, device, format_of(tested)
        self.overflows = False

    def number(self, value: Fraction) -> Bounded:
        double = torch.tensor([float(value)], dtype=torch.float64, device=self.device)
        tested = double.to(self.dtype).double()
        return Bounded(double, self._off(double, value), self._off(tested, value))

    def _off(self, rounded: torch.Tensor, value: Fraction) -> torch.Tensor:
        found = float(rounded)
        if abs(found) == float("inf"):
            self.overflows = True
            return torch.full_like(rounded, float("inf"))
        return torch.full_like(rounded, float(abs(Fraction(found) - value)) * RAISE)

    def delta(self, size: int) -> Bounded:
        return exact(torch.eye(size, dtype=torch.float64, device=self.device)[None])

    def reshape(self, value: Bounded, change: Callable) -> Bounded:
        return Bounded(change(value.value), change(value.drift), change(value.error))

    def neg(self, value: Bounded) -> Bounded:
        return Bounded(-value.value, value.drift, value.error)

    def add(self, left: Bounded, right: Bounded) -> Bounded:
        return self._rounded(left.value + right.value, left.drift + right.drift, left.error + right.error)

    def mul(self, left: Bounded, right: Bounded) -> Bounded:
        def carried(of_left: torch.Tensor, of_right: torch.Tensor) -> torch.Tensor:
            return left.size * of_right + right.size * of_left + of_left * of_right

        drift, error = carried(left.drift, right.drift), carried(left.error, right.error)
        return self._rounded(left.value * right.value, drift, error)

    def div(self, left: Bounded, right: Bounded) -> Bounded:
        """x'/y' - x/y = ((x' - x) - (y' - y) x/y) / y', and |y'| is at least |y| less the error of y."""
        least = right.least
        quotient = left.size / least

        def carried(of_left: torch.Tensor, of_right: torch.Tensor) -> torch.Tensor:
            room = least - of_right
            return torch.where(room > 0, (of_left + quotient * of_right) / room, torch.inf)

        drift, error = carried(left.drift, right.drift), carried(left.error, right.error)
        return self._rounded(left.value / right.value, drift, error)

    def sqrt(self, value: Bounded) -> Bounded:
        """sqrt(x') - sqrt(x) = (x' - x) / (sqrt(x') + sqrt(x))."""
        least = torch.where(value.value < 0, -torch.inf, value.least)

        def carried(of_value: torch.Tensor) -> torch.Tensor:
            room = least - of_value
            slope = least.clamp(min=0).sqrt() + room.clamp(min=0).sqrt()
            return torch.where(room > 0, of_value / slope, torch.inf)

        return self._rounded(value.value.sqrt(), carried(value.drift), carried(value.error))

    def function(self, name: str, value: Bounded) -> Bounded:
        if name not in FUNCTIONS:
            raise VerifyError(f"no error bound is known for {name} in torch, so a formula with it can't be checked")
        return Bounded(value.value.abs(), value.drift, value.error)

    def sum(self, value: Bounded, axis: int) -> Bounded:
        count = value.value.shape[axis]
        above = RAISE + count * 2.0**-52

        def total(terms: torch.Tensor) -> torch.Tensor:
            return terms.sum(axis) * above

        drift = total(value.drift) + _gamma(count - 1, ORACLE) * total(value.size + value.drift)
        terms = total(value.size + value.error)
        error = total(value.error) + _gamma(additions(count), self.format) * terms
        result = value.value.sum(axis)
        if self.format.rounds_sums:
            error = error + self.format.unit * (result.abs() + drift + error) + self.format.smallest
        return self._limited(result, drift, error, largest_term=terms)

    def _rounded(self, value: torch.Tensor, drift: torch.Tensor, error: torch.Tensor) -> Bounded:
        """The result of one operation: what its arguments carried into it, and one rounding."""
        before = value.abs() * RAISE + 2 * drift
        drift = (drift + ORACLE.unit * before + ORACLE.smallest) * RAISE + FLOOR
        error = error + self.format.unit * (value.abs() + drift + error) + self.format.smallest
        return self._limited(value, drift, error)

    def _limited(
        self, value: torch.Tensor, drift: torch.Tensor, error: torch.Tensor, largest_term: torch.Tensor | None = None
    ) -> Bounded:
        """The bounds raised for their own roundings; infinite where the format may overflow."""
        drift, error = drift * RAISE + FLOOR, error * RAISE + FLOOR
        over = value.abs() + drift + error > self.format.largest
        if largest_term is not None:
            over = over | (largest_term > self.format.sum_largest)
        over = (over & error.isfinite()) | value.isinf()
        self.overflows = self.overflows or bool(over.any())
        error = torch.where(over, torch.inf, error).nan_to_num(nan=torch.inf, posinf=torch.inf)
        return Bounded(value, drift.nan_to_num(nan=torch.inf, posinf=torch.inf), error)


def _gamma(count: int, format: Format) -> float:
    """k u / (1 - k u) for k additions in the format in which sums are accumulated, raised for its own roundings."""
    roundings = count * format.sum_unit
    return roundings / (1 - roundings) * RAISE if roundings < 1 else float("inf")


def analyse(
    program: Program,
    arithmetic: Running,
    leaves: Mapping[Tensor | Derivative, Bounded],
    sizes: Mapping[Term, int],
) -> Bounded:
    """The result of a program with its bounds; the leaves are exact data, or carry the bounds they came with."""
    return execute(program, arithmetic, dict(leaves), dict(sizes))
