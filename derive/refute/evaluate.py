"""The value of a term at a point: exact rationals, or intervals where a root or a function is not rational."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import product
from math import isqrt
from typing import Any

from derive.calculus import derivative
from derive.language.binding import free_indices, walk
from derive.language.terms import (
    Add,
    Delta,
    Derivative,
    Div,
    Entry,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
)

DIGITS = 60
"""Intervals are computed with so many decimal digits."""

EFFORT = 250_000
"""At most so many values are computed in the search for a counterexample."""

LARGEST_EXPONENT = 10_000
"""The exponential of a larger number is not evaluated."""

BITS = 20_000
"""Exact numbers of more bits are not evaluated."""

LONGEST = 200
"""Exact numbers with more digits are shown rounded."""


class NoValue(Exception):
    """A formula without a value at a point: a quotient by zero, the root of a negative number."""


class TooLarge(Exception):
    """So many values are needed that evaluating a claim would take too long."""


class Effort:
    """Counts the values that are computed for one claim."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooLarge("evaluating it takes too many steps")


class Irrational(Exception):
    """A value that is not rational; intervals are needed."""


@dataclass
class Point:
    """Values for everything that a claim leaves open: a number for each size, the entries of each tensor."""

    sizes: dict[Tensor, int]
    values: dict[Tensor, dict[tuple[int, ...], Fraction]] = field(default_factory=dict)

    def range(self, index: Index) -> range:
        match index.size:
            case Entry(tensor=size):
                return range(self.sizes[size])
            case Number(value=value):
                return range(int(value))
        raise NoValue(f"the index {index} runs over {index.size}, which is not a size")

    def places(self, tensor: Tensor) -> Iterable[tuple[int, ...]]:
        """Every place of a tensor at this point's sizes."""
        return product(*(self.range(Index("", size)) for size in tensor.sizes))


class Evaluation:
    """Evaluates terms at one point, in one kind of numbers; what was computed is kept."""

    def __init__(self, point: Point, numbers: type[Rationals] | type[Intervals], effort: Effort | None = None) -> None:
        self.point = point
        self.numbers = numbers()
        self.effort = effort or Effort(EFFORT)
        self._known: dict[tuple, Any] = {}

    def __call__(self, term: Term, where: Mapping[Index, int] | None = None) -> Any:
        where = where or {}
        self.effort.spend()
        key = (term, tuple(where[index] for index in _order(term)))
        if key not in self._known:
            self._known[key] = self._evaluate(term, where)
        return self._known[key]

    def _evaluate(self, term: Term, where: Mapping[Index, int]) -> Any:
        numbers = self.numbers
        match term:
            case Number():
                return numbers.number(Fraction(term.value))
            case Entry():
                return self._entry(term, where)
            case Delta():
                return numbers.number(Fraction(where[term.left] == where[term.right]))
            case Add():
                return sum((self(arg, where) for arg in term.args), numbers.number(Fraction(0)))
            case Neg():
                return -self(term.arg, where)
            case Mul():
                result = numbers.number(Fraction(1))
                for factor in term.factors:
                    result = result * self(factor, where)
                return result
            case Div():
                return self(term.numerator, where) / numbers.nonzero(self(term.denominator, where))
            case Pow():
                base = self(term.base, where)
                if term.exponent < 0:
                    base = 1 / numbers.nonzero(base)
                return numbers.power(base, abs(term.exponent))
            case Sqrt():
                return numbers.root(self(term.arg, where))
            case Function():
                return numbers.function(term.name, self(term.arg, where))
            case Sum():
                places = self.point.range(term.index)
                summands = (self(term.body, {**where, term.index: place}) for place in places)
                return sum(summands, numbers.number(Fraction(0)))
            case Derivative():
                self._ask(term.body, where)
                return self(derived(term), where)
        raise NoValue(f"a formula of the kind {type(term).__name__}")

    def _ask(self, term: Term, where: Mapping[Index, int]) -> None:
        """Evaluates what is differentiated: where it has no value, it has no derivative.

        An unknown function has a value where its argument has one.
        """
        heads = [part.tensor for part in walk(term) if isinstance(part, Entry)]
        unknown = [tensor.dependence.on for tensor in heads if tensor.dependence]
        for on in unknown:
            own = tuple(Index(f"#{place}", size) for place, size in enumerate(on.sizes))
            for place in self.point.places(on):
                self(Entry(on, own), dict(zip(own, place, strict=True)))
        if not unknown:
            self(term, where)

    def _entry(self, term: Entry, where: Mapping[Index, int]) -> Any:
        tensor = term.tensor
        if tensor in self.point.sizes:
            return self.numbers.number(Fraction(self.point.sizes[tensor]))
        if tensor.definition:
            own = zip(tensor.definition.indices, term.indices, strict=True)
            return self(tensor.definition.body, {mine: where[index] for mine, index in own})
        place = tuple(where[index] for index in term.indices)
        return self.numbers.number(self.point.values[tensor][same_place(tensor, place)])


def same_place(tensor: Tensor, place: tuple[int, ...]) -> tuple[int, ...]:
    """The one of the places that symmetry makes equal at which a value is kept.

    A second derivative by a tensor is symmetric in its two groups of axes.
    """
    if tensor.symmetric:
        return tuple(sorted(place))
    if tensor.partial is not None and tensor.partial.order == 2:
        half = len(place) // 2
        return min(place, place[half:] + place[:half])
    return place


@cache
def _order(term: Term) -> tuple[Index, ...]:
    return tuple(free_indices(term))


@cache
def derived(term: Derivative) -> Term:
    """The derivative carried out; equal parts of it are one object, so that they are found without being compared."""
    return _shared(derivative(term.body, term.by), {})


def _shared(term: Term, table: dict[Term, Term]) -> Term:
    if term not in table:
        args = tuple(_shared(arg, table) for arg in term.args)
        table[term] = term.rebuild(args) if args else term
    return table[term]


class Rationals:
    """Exact rational numbers; raises Irrational where they do not suffice."""

    def number(self, value: Fraction) -> Fraction:
        return value

    def nonzero(self, value: Fraction) -> Fraction:
        if value == 0:
            raise NoValue("a quotient by zero")
        return value

    def power(self, value: Fraction, exponent: int) -> Fraction:
        if exponent * (value.numerator.bit_length() + value.denominator.bit_length()) > BITS:
            raise NoValue("a number that is too large to be written")
        return value**exponent

    def root(self, value: Fraction) -> Fraction:
        if value < 0:
            raise NoValue("the root of a negative number")
        root = rational_root(value)
        if root is None:
            raise Irrational
        return root

    def function(self, name: str, value: Fraction) -> Fraction:
        if name == "abs":
            return abs(value)
        if name == "sign":
            return Fraction((value > 0) - (value < 0))
        if value == 0 and name in ("exp", "tanh"):
            return Fraction(int(name == "exp"))
        if name == "log" and value <= 0:
            raise NoValue("the logarithm of a number that is not positive")
        if name == "log" and value == 1:
            return Fraction(0)
        raise Irrational

    def differ(self, left: Fraction, right: Fraction) -> bool:
        return left != right

    def below(self, left: Fraction, right: Fraction) -> bool:
        return left < right

    def show(self, value: Fraction) -> str:
        if max(value.numerator.bit_length(), value.denominator.bit_length()) < 3 * LONGEST:
            return str(value)
        return Intervals().show(Intervals().number(value))


class Intervals:
    """Intervals with outward rounding: what is told apart here is different, without doubt."""

    def __init__(self) -> None:
        from mpmath import iv

        iv.dps = DIGITS
        self.iv: Any = iv

    def number(self, value: Fraction) -> Any:
        return self.iv.mpf(value.numerator) / self.iv.mpf(value.denominator)

    def nonzero(self, value: Any) -> Any:
        if 0 in value:
            raise NoValue("a quotient by what may be zero")
        return value

    def power(self, value: Any, exponent: int) -> Any:
        return value**exponent

    def root(self, value: Any) -> Any:
        if value.b < 0:
            raise NoValue("the root of a negative number")
        if value.a < 0:
            raise NoValue("the root of what may be negative")
        return self.iv.sqrt(value)

    def function(self, name: str, value: Any) -> Any:
        try:
            return self._function(name, value)
        except (OverflowError, ValueError, MemoryError):
            raise NoValue(f"a value of {name} that is too large to be written") from None

    def _function(self, name: str, value: Any) -> Any:
        iv = self.iv
        match name:
            case "exp":
                return iv.exp(self._moderate(value))
            case "log":
                if not value.a > 0:
                    raise NoValue("the logarithm of what may not be positive")
                return iv.log(value)
            case "abs":
                return abs(value)
            case "sign":
                return value / abs(self.nonzero(value))
            case "tanh":
                twice = iv.exp(2 * self._moderate(value))
                return (twice - 1) / (twice + 1)
        raise NoValue(f"the function {name}")

    def _moderate(self, value: Any) -> Any:
        if value.b > LARGEST_EXPONENT or value.a < -LARGEST_EXPONENT:
            raise NoValue("the exponential of a number that is too large to be written")
        return value

    def differ(self, left: Any, right: Any) -> bool:
        return 0 not in left - right

    def below(self, left: Any, right: Any) -> bool:
        return (left - right).b < 0

    def show(self, value: Any) -> str:
        from mpmath import mp

        return str(mp.nstr(mp.mpf(value.mid), 10)).removesuffix(".0")


def rational_root(value: Fraction) -> Fraction | None:
    """The square root of a rational number that is the square of one."""
    above, below = isqrt(value.numerator), isqrt(value.denominator)
    if above**2 == value.numerator and below**2 == value.denominator:
        return Fraction(above, below)
    return None


REFUTES: dict[str, Callable[[Any, Any, Any], bool]] = {
    "=": lambda n, left, right: n.differ(left, right),
    "<=": lambda n, left, right: n.below(right, left),
    ">=": lambda n, left, right: n.below(left, right),
    "<": lambda n, left, right: (not n.below(left, right) and isinstance(n, Rationals)) or n.below(right, left),
    ">": lambda n, left, right: (not n.below(right, left) and isinstance(n, Rationals)) or n.below(left, right),
    "!=": lambda n, left, right: isinstance(n, Rationals) and not n.differ(left, right),
}
"""Whether a relation certainly fails between two values."""
