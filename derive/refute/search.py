"""Counterexamples: the smallest sizes and numbers at which a claim fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, product, takewhile
from math import prod
from random import Random
from typing import Any

from derive.language.binding import definitions_of
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Entry, Index, Tensor
from derive.refute.evaluate import (
    REFUTES,
    Evaluation,
    Intervals,
    Irrational,
    NoValue,
    Point,
    Rationals,
    TooLarge,
    same_place,
)
from derive.refute.floats import Floats
from derive.refute.points import Plan, Unsatisfied, may_be, spots

ATTEMPTS = 12
"""So many points are tried at each size."""

LARGEST = 5
"""Every size up to this one is tried."""

IRRATIONAL = 16
"""No more points are drawn at a size after so many at which values were irrational."""

FLOATS = 3
"""At so many points floating point says at which sizes a claim seems to hold."""

SPECIAL = (Fraction(0), Fraction(1), Fraction(1, 2), Fraction(-1))
"""Claims are also tried where everything is one of these numbers: inequalities may be equalities there."""

SHRINKS = 60
"""At most so many simpler points are tried in place of a counterexample."""


@dataclass(frozen=True)
class Counterexample:
    """A point at which a claim fails; `left` and `right` are the values of its two sides there.

    `exact` is False where a value is not rational: the two sides were then told apart by interval arithmetic.
    """

    claim: Claim
    point: Point
    where: dict[Index, int]
    left: Any
    right: Any
    exact: bool

    @property
    def sizes(self) -> dict[str, int]:
        return {tensor.name: value for tensor, value in self.point.sizes.items()}

    @property
    def values(self) -> dict[str, str]:
        """The inputs, each as text: a number, `(1, 0)` for a vector, `((1, 0), (0, 1))` for a matrix."""
        return {tensor.name: self._entries(tensor) for tensor in Plan(self.claim).visible}

    @property
    def at(self) -> dict[str, int]:
        """The place at which the sides differ, counted from 1."""
        return {index.name: place + 1 for index, place in self.where.items()}

    @cached_property
    def derived(self) -> dict[str, str]:
        """The values of the definitions, so that a person can follow the sum."""
        visible = Plan(self.claim).visible
        point = Point(self.point.sizes, {tensor: self.point.values[tensor] for tensor in visible})
        found: dict[str, str] = {}
        for tensor in definitions_of(*self.claim.terms):
            for kind in (Rationals, Intervals):
                try:
                    found[tensor.name] = self._evaluated(Evaluation(point, kind), tensor)
                    break
                except (NoValue, Irrational, TooLarge, KeyError):  # KeyError: it needs more than the claim does
                    continue
        return found

    def as_json(self) -> dict:
        """The fields that other programs rely on; numbers are text, so that they stay exact."""
        return {
            "sizes": self.sizes,
            "values": self.values,
            "derived": self.derived,
            "at": self.at,
            "left": self.left_text,
            "right": self.right_text,
            "exact": self.exact,
        }

    def recheck(self) -> bool:
        """Whether the claim, evaluated anew, fails at this point."""
        plan = Plan(self.claim)
        try:
            return _failure(plan, self.point, Rationals if self.exact else Intervals) is not None
        except (NoValue, Irrational):
            return False

    @property
    def left_text(self) -> str:
        return self._numbers.show(self.left)

    @property
    def right_text(self) -> str:
        return self._numbers.show(self.right)

    @property
    def _numbers(self) -> Any:
        return Rationals() if self.exact else Intervals()

    def __str__(self) -> str:
        size = ", ".join(f"{name} = {value}" for name, value in self.sizes.items())
        given = ", ".join(f"{name} = {value}" for name, value in self.values.items())
        derived = ", ".join(f"{name} = {value}" for name, value in self.derived.items())
        place = ", ".join(f"{name} = {value}" for name, value in self.at.items())
        about = "" if self.exact else "about "
        lines = [f"at {size}" if size else "at any size", f"  with   {given}"]
        lines += [f"  so     {derived}"] if derived else []
        lines += [f"  and    {place}"] if place else []
        lines += [f"  left   {about}{self.left_text}", f"  right  {about}{self.right_text}"]
        return "\n".join(lines)

    def _entries(self, tensor: Tensor) -> str:
        entries = self.point.values[tensor]

        def entry(place: tuple[int, ...]) -> str:
            return str(entries[same_place(tensor, place)])

        return _nested(self.point, tensor, entry)

    def _evaluated(self, evaluation: Evaluation, tensor: Tensor) -> str:
        own = tuple(Index(f"#{place}", size) for place, size in enumerate(tensor.sizes))

        def entry(place: tuple[int, ...]) -> str:
            return evaluation.numbers.show(evaluation(Entry(tensor, own), dict(zip(own, place, strict=True))))

        return _nested(self.point, tensor, entry)


def _nested(point: Point, tensor: Tensor, entry: Any, place: tuple[int, ...] = ()) -> str:
    if len(place) == len(tensor.sizes):
        return entry(place)
    places = point.range(Index("", tensor.sizes[len(place)]))
    return "(" + ", ".join(_nested(point, tensor, entry, (*place, i)) for i in places) + ")"


@dataclass(frozen=True)
class Search:
    """A counterexample, or the reason why there is none."""

    counterexample: Counterexample | None
    reason: str = ""


def search(claim: Claim) -> Search:
    """Tries a claim at every small size: at 2 and more first, since at 1 much is zero."""
    try:
        plan = Plan(claim)
        seen = 0
        for sizes in _promising(plan):
            failure, here = _at(plan, sizes, ATTEMPTS)
            if failure:
                return Search(_shrunk(plan, failure))
            seen += here
    except (LanguageError, NoValue, TooLarge) as reason:
        return Search(None, str(reason))
    if not seen:
        return Search(None, "no numbers were found that satisfy the hypotheses and give both sides a value")
    return Search(None, f"it holds at all {seen} points that were tried")


def held_at(claim: Claim, counterexample: Counterexample) -> tuple[tuple[int, ...], ...]:
    """The small sizes at which no point was found where a refuted claim fails."""
    plan = Plan(claim)
    if not plan.sizes:
        return ()
    failing = tuple(counterexample.point.sizes.values())
    held = []
    for sizes in _sizes(len(plan.sizes)):
        try:
            failure, seen = _at(plan, sizes, ATTEMPTS) if sizes != failing else (counterexample, 0)
        except TooLarge:
            break
        if failure is None and seen:
            held.append(sizes)
    return tuple(held)


def _sizes(count: int) -> Iterator[tuple[int, ...]]:
    """Sizes to be tried, small arrays first; where there are several, arrays with a single entry come last."""
    largest = LARGEST if count < 2 else 3
    every = list(product(range(1, largest + 1), repeat=count))
    return iter(sorted(every, key=lambda sizes: (max(sizes, default=2) < 2, prod(sizes), sum(sizes), sizes)))


def _promising(plan: Plan) -> Iterator[tuple[int, ...]]:
    """The sizes, those last at which the claim seems to hold, as at m = 2 where two numbers have but one deviation."""
    later: list[tuple[int, ...]] = []
    for sizes in _sizes(len(plan.sizes)):
        if _seems_to_hold(plan, sizes):
            later.append(sizes)
        else:
            yield sizes
    yield from later


def _seems_to_hold(plan: Plan, sizes: tuple[int, ...]) -> bool:
    """Whether floating point shows no difference at a few points that are nothing special."""
    rng = Random(repr(sizes))
    try:
        return not any(_fails(plan, plan.evaluation(plan.generic(sizes, rng), Floats)) for _ in range(FLOATS))
    except (NoValue, ArithmeticError):
        return False


def _at(plan: Plan, sizes: tuple[int, ...], enough: int) -> tuple[Counterexample | None, int]:
    """A counterexample at some sizes, or the number of points at which the claim was seen to hold."""
    rng = Random(repr(sizes))
    seen = 0
    irrational: list[Point] = []
    attempts = takewhile(lambda _: len(irrational) < IRRATIONAL, range(4 * enough))
    drawn_points = (plan.draw(sizes, attempt // 4, rng) for attempt in attempts)
    constant_points = (plan.constant(sizes, value) for value in SPECIAL)
    equation = plan.claim.relation == "="
    for drawn in chain(drawn_points, constant_points) if equation else chain(constant_points, drawn_points):
        if seen >= enough + (len(SPECIAL) if equation else 0):
            break
        try:
            point = plan.complete(drawn)
            failure = _failure(plan, point, Rationals)
        except (NoValue, Unsatisfied):
            continue
        except Irrational:
            irrational.append(drawn)
            continue
        if failure:
            return failure, seen
        seen += 1
    for drawn in irrational[:4]:
        try:
            failure = _failure(plan, plan.complete(drawn), Intervals)
        except (NoValue, Unsatisfied, Irrational):
            continue
        if failure:
            return failure, seen
        seen += 1
    return None, seen


def _failure(plan: Plan, point: Point, kind: type[Rationals] | type[Intervals]) -> Counterexample | None:
    """The first place at which the claim fails; NoValue if a side has none somewhere, since then the point is out."""
    return _fails(plan, plan.evaluation(point, kind))


def _fails(plan: Plan, evaluation: Evaluation) -> Counterexample | None:
    claim, point = plan.claim, evaluation.point
    sides = [(where, evaluation(claim.lhs, where), evaluation(claim.rhs, where)) for where in spots(point, plan.free)]
    for where, left, right in sides:
        if REFUTES[claim.relation](evaluation.numbers, left, right):
            return Counterexample(claim, point, where, left, right, isinstance(evaluation.numbers, Rationals))
    return None


def _shrunk(plan: Plan, found: Counterexample) -> Counterexample:
    """A simpler counterexample at the same sizes: one entry at a time, for as long as the claim still fails."""
    near = plan.evaluation(found.point, Rationals if found.exact else Intervals)
    tries = 0
    for tensor, entries in found.point.values.items():
        for place in entries:
            for simpler in (Fraction(0), Fraction(1), Fraction(-1), Fraction(2)):
                now = found.point.values[tensor][place]
                if now == simpler or tries >= SHRINKS:
                    break
                if not may_be(tensor, simpler):
                    continue
                tries += 1
                point = Point(found.point.sizes, {t: dict(e) for t, e in found.point.values.items()})
                point.values[tensor][place] = simpler
                try:
                    evaluation = near.moved(plan.complete(point))
                    failure = _fails(plan, evaluation)
                except (NoValue, Unsatisfied, Irrational):
                    continue
                except TooLarge:
                    return found
                if failure:
                    found, near = failure, evaluation
                    break
    return found if found.exact else _exactly(plan, found)


def _exactly(plan: Plan, found: Counterexample) -> Counterexample:
    """The same counterexample with exact values, where they are rational: simpler points often have such roots."""
    try:
        return _failure(plan, found.point, Rationals) or found
    except (NoValue, Irrational, TooLarge):
        return found
