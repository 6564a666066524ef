"""The value of a term at a point: exact rationals, or intervals where a root or a function is not rational."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import isqrt
from typing import Any

from derive.language.terms import Entry, Index, Number, Tensor, Term
from derive.refute.program import NoValue, Program, Step

DIGITS = 60
"""Intervals are computed with so many decimal digits."""

ZERO = 1e-30
"""An interval around 0 that is shorter is shown as 0."""

EFFORT = 150_000
"""At most so many values are computed in the search for a counterexample."""

LARGEST_EXPONENT = 10_000
"""The exponential of a larger number is not evaluated."""

BITS = 20_000
"""Exact numbers of more bits are not evaluated."""

LONGEST = 200
"""Exact numbers with more digits are shown rounded."""


class TooLarge(Exception):
    """So many values are needed that evaluating a claim would take too long."""


class Effort:
    """Counts the values that are computed for one claim."""

    def __init__(self, limit: int) -> None:
        self.left = limit


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
    """Evaluates terms at one point, in one kind of numbers; what was computed is kept.

    `program` has the terms of a claim made ready; where it is given to several evaluations, that is done once.
    """

    def __init__(
        self,
        point: Point,
        numbers: Callable[[], Any],
        effort: Effort | None = None,
        program: Program | None = None,
    ) -> None:
        self.point = point
        self.numbers = numbers()
        self.effort = effort or Effort(EFFORT)
        self.program = program or Program()
        self.places: list[int] = []
        self._known: defaultdict[int, dict[Any, Any]] = defaultdict(dict)
        self._entries: dict[int, dict[tuple[int, ...], Fraction]] = {}

    def __call__(self, term: Term, where: Mapping[Index, int] | None = None) -> Any:
        step = self.program.step(term)
        self.fit()
        for index, slot in zip(step.indices, step.slots, strict=True):
            self.places[slot] = (where or {})[index]
        return self.value(step)

    def moved(self, point: Point) -> Evaluation:
        """The evaluation at a point of the same sizes; what does not rest on other entries is not computed again."""
        if point.sizes != self.point.sizes:
            raise ValueError("a point of other sizes")
        made = Evaluation(point, lambda: self.numbers, self.effort, self.program)
        changed = [tensor for tensor, entries in point.values.items() if entries != self.point.values.get(tensor)]
        kept = self.program.apart(changed)
        made._known.update((number, known) for number, known in self._known.items() if number in kept)
        return made

    def fit(self) -> None:
        """Makes room for all indices of the program."""
        self.places += [0] * (len(self.program.slots) - len(self.places))

    def value(self, step: Step) -> Any:
        """The value of a step where the indices are now."""
        known = self._known[step.number]
        key = step.key(self.places) if step.key else None
        found = known.get(key)
        if found is None:
            self.effort.left -= 1
            if self.effort.left < 0:
                raise TooLarge("evaluating it takes too many steps")
            found = known[key] = step.run(self)
        return found

    def all(self) -> Iterator[Any]:
        """Every value that was computed so far."""
        return (value for known in self._known.values() for value in known.values())

    def range(self, index: Index) -> range:
        return self.point.range(index)

    def entry(self, tensor: Tensor, place: tuple[int, ...]) -> Any:
        """An entry of a tensor that has no definition, or a size."""
        entries = self._entries.get(id(tensor))
        if entries is None:
            size = self.point.sizes.get(tensor)
            entries = self.point.values[tensor] if size is None else dict.fromkeys([place], Fraction(size))
            self._entries[id(tensor)] = entries  # the program keeps the tensor, and so its number
        return self.numbers.number(entries[same_place(tensor, place)])


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
        self._numbers: dict[Fraction, Any] = {}

    def number(self, value: Fraction) -> Any:
        found = self._numbers.get(value)
        if found is None:
            found = self._numbers[value] = self.iv.mpf(value.numerator) / self.iv.mpf(value.denominator)
        return found

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

        if 0 in value and value.delta < ZERO:
            return "0"
        return str(mp.nstr(mp.mpf(value.mid), 10)).removesuffix(".0")


def rational_root(value: Fraction) -> Fraction | None:
    """The square root of a rational number that is the square of one, else None."""
    if value < 0:
        return None
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
