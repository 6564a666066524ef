"""The bound for programs that we run ourselves: every operation is known, and so is its order.

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
from dataclasses import dataclass
from fractions import Fraction

import torch

from derive.language import Derivative, Tensor, Term
from verify.bounds.formats import ORACLE, Format, format_of
from verify.compile import additions
from verify.errors import VerifyError
from verify.program import Program, execute

RAISE = 1 + 2.0**-44
FLOOR = 2.0**-1000
ULPS = {"exp": 2, "log": 2, "tanh": 2}
"""The errors of torch's functions, in units in the last place of float32 or float64 (16-bit ones go through float32).

At most 1 where torch is built with MKL (Intel oneMKL, Vector Mathematics Performance and Accuracy Data, mode VML_HA,
which torch asks for) and at most 1 elsewhere on cpu (SLEEF's reference: the functions _u10 have a bound of 1.0 ULP); on
cuda exp and log 1, tanh 2 in float32 and 1 in float64 (CUDA C++ Programming Guide, tables of mathematical functions).
"""
FUNCTIONS = ("abs", "sign", *ULPS)
"""The entrywise functions whose error in torch is known."""


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
    """Arithmetic on `Bounded` values, for one format under test; `overflows` says whether anything may be too large.

    Without a format under test the values are those of the oracle, and `error` is `drift`.
    """

    def __init__(self, tested: torch.dtype | None, device: torch.device | str = "cpu") -> None:
        self.tests = tested is not None
        self.dtype, self.device = tested or torch.float64, device
        self.format = format_of(self.dtype)
        self.overflows = False

    def number(self, value: Fraction) -> Bounded:
        double = torch.tensor([float(value)], dtype=torch.float64, device=self.device)
        tested = double.to(self.dtype).double()
        drift = self._off(double, value)
        return Bounded(double, drift, self._off(tested, value) if self.tests else drift)

    def _off(self, rounded: torch.Tensor, value: Fraction) -> torch.Tensor:
        found = float(rounded)
        if abs(found) == float("inf"):
            self.overflows = True
            return torch.full_like(rounded, float("inf"))
        return torch.full_like(rounded, float(abs(Fraction(found) - value)) * RAISE)

    def delta(self, size: int) -> Bounded:
        return exact(torch.eye(size, dtype=torch.float64, device=self.device)[None])

    def reshape(self, value: Bounded, change: Callable) -> Bounded:
        drift = change(value.drift)
        return Bounded(change(value.value), drift, change(value.error) if self.tests else drift)

    def _carried(self, rule: Callable, *args: Bounded) -> tuple[torch.Tensor, torch.Tensor]:
        """What the errors of the arguments become, in the oracle and in the format under test."""
        drift = rule(*(arg.drift for arg in args))
        return drift, rule(*(arg.error for arg in args)) if self.tests else drift

    def neg(self, value: Bounded) -> Bounded:
        return Bounded(-value.value, value.drift, value.error)

    def add(self, left: Bounded, right: Bounded) -> Bounded:
        return self._rounded(left.value + right.value, *self._carried(torch.add, left, right))

    def mul(self, left: Bounded, right: Bounded) -> Bounded:
        left_size, right_size = left.size, right.size

        def carried(of_left: torch.Tensor, of_right: torch.Tensor) -> torch.Tensor:
            return left_size * of_right + right_size * of_left + of_left * of_right

        return self._rounded(left.value * right.value, *self._carried(carried, left, right))

    def div(self, left: Bounded, right: Bounded) -> Bounded:
        """x'/y' - x/y = ((x' - x) - (y' - y) x/y) / y', and |y'| is at least |y| less the error of y."""
        least = right.least
        quotient = left.size / least

        def carried(of_left: torch.Tensor, of_right: torch.Tensor) -> torch.Tensor:
            room = least - of_right
            return torch.where(room > 0, (of_left + quotient * of_right) / room, torch.inf)

        return self._rounded(left.value / right.value, *self._carried(carried, left, right))

    def sqrt(self, value: Bounded) -> Bounded:
        """sqrt(x') - sqrt(x) = (x' - x) / (sqrt(x') + sqrt(x))."""
        least = torch.where(value.value < 0, -torch.inf, value.least)

        def carried(of_value: torch.Tensor) -> torch.Tensor:
            room = least - of_value
            slope = least.clamp(min=0).sqrt() + room.clamp(min=0).sqrt()
            return torch.where(room > 0, of_value / slope, torch.inf)

        return self._rounded(value.value.sqrt(), *self._carried(carried, value))

    def function(self, name: str, value: Bounded) -> Bounded:
        if name not in FUNCTIONS:
            raise VerifyError(f"no error bound is known for {name} in torch, so a formula with it can't be checked")
        return getattr(self, f"_{name}")(value)

    def _abs(self, value: Bounded) -> Bounded:
        return Bounded(value.value.abs(), value.drift, value.error)

    def _sign(self, value: Bounded) -> Bounded:
        """Exact where no error reaches 0; elsewhere nothing is known."""

        def carried(of_value: torch.Tensor) -> torch.Tensor:
            return torch.where((value.least > of_value) | (value.size + of_value == 0), 0.0, torch.inf)

        return Bounded(value.value.sign(), *self._carried(carried, value))

    def _exp(self, value: Bounded) -> Bounded:
        """exp(x') - exp(x) = exp(x) (exp(x' - x) - 1).

        `drift` allows for exp(x - top) instead, with any top among the entries: that is how torch computes a softmax.
        """
        moved = 2 * ORACLE.unit * value.size.amax() if value.value.numel() else 0.0
        size = value.value.exp() * (1 + 2.0**-50)
        drift = size * (value.drift + moved).expm1()
        error = (size + drift) * value.error.expm1()
        return self._rounded(value.value.exp(), drift * (1 + 2.0**-50), error * (1 + 2.0**-50), ULPS["exp"])

    def _log(self, value: Bounded) -> Bounded:
        """|log(x') - log(x)| is at most |x' - x| / min(x, x')."""
        least = torch.where(value.value > 0, value.least, -torch.inf)

        def carried(of_value: torch.Tensor) -> torch.Tensor:
            room = least - of_value
            return torch.where(room > 0, of_value / room, torch.inf)

        return self._rounded(value.value.log(), *self._carried(carried, value), ULPS["log"])

    def _tanh(self, value: Bounded) -> Bounded:
        """The slope is at most 1."""
        return self._rounded(value.value.tanh(), value.drift, value.error, ULPS["tanh"])

    def additions(self, count: int) -> int:
        """The most additions that a term of a sum of so many passes through."""
        return additions(count)

    def sum(self, value: Bounded, axis: int) -> Bounded:
        count = value.value.shape[axis]
        above = RAISE + count * 2.0**-52

        def total(terms: torch.Tensor) -> torch.Tensor:
            return terms.sum(axis) * above

        size, result = value.size, value.value.sum(axis)
        drift = total(value.drift) + _gamma(count - 1, ORACLE) * total(size + value.drift)
        drift = drift * RAISE + FLOOR
        if not self.tests:
            return Bounded(result, drift, drift)
        terms = total(size + value.error)
        error = total(value.error) + _gamma(self.additions(count), self.format) * terms
        if self.format.rounds_sums:
            error = error + self.format.unit * (result.abs() + drift + error) + self.format.smallest
        return self._limited(result, drift, error * RAISE + FLOOR, largest_term=terms)

    def _rounded(self, value: torch.Tensor, drift: torch.Tensor, error: torch.Tensor, ulps: int = 0) -> Bounded:
        """The result of one operation: what its arguments carried into it, and one rounding, or an error of `ulps`.

        A bound e on what was carried becomes e + u (|r| + e) + eta; the oracle's own value is off by e, too.
        """
        size, cost = value.abs(), max(1, 2 * ulps)
        carried = drift * ((1 + 3 * cost * ORACLE.unit) * RAISE)
        drift = carried + size * (cost * ORACLE.unit * RAISE) + (cost * ORACLE.smallest + FLOOR) * RAISE
        if not self.tests:
            return Bounded(value, drift, drift)
        unit, smallest = self._costs(ulps)
        error = error * ((1 + unit) * RAISE) + (size + drift) * (unit * RAISE) + (smallest + FLOOR) * RAISE
        return self._limited(value, drift, error)

    def _costs(self, ulps: int) -> tuple[float, float]:
        """The relative and the absolute error of a rounding, or of a function that is off by `ulps`; one is 2 u |r|."""
        own = self.format
        if not ulps:
            return own.unit, own.smallest
        if not own.rounds_sums:
            return 2 * ulps * own.unit, ulps * own.smallest
        return own.unit + 3 * ulps * own.sum_unit, 2 * own.smallest

    def _limited(
        self, value: torch.Tensor, drift: torch.Tensor, error: torch.Tensor, largest_term: torch.Tensor | None = None
    ) -> Bounded:
        """The bounds, with an infinite one where the format may overflow."""
        reached = value.abs() + drift + error
        within = _all_at_most(reached, self.format.largest)
        if within and (largest_term is None or _all_at_most(largest_term, self.format.sum_largest)):
            return Bounded(value, drift, error)
        over = reached > self.format.largest
        if largest_term is not None:
            over = over | (largest_term > self.format.sum_largest)
        over = (over & error.isfinite()) | value.isinf()
        self.overflows = self.overflows or bool(over.any())
        error = torch.where(over, torch.inf, error).nan_to_num(nan=torch.inf, posinf=torch.inf)
        return Bounded(value, drift.nan_to_num(nan=torch.inf, posinf=torch.inf), error)


def _all_at_most(values: torch.Tensor, limit: float) -> bool:
    """False if there is a NaN."""
    return values.numel() == 0 or float(values.amax()) <= limit


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
