"""A claim at a point that a person gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from derive.language.binding import definitions_of
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Entry, Index, Tensor
from derive.refute.evaluate import Evaluation, Intervals, Irrational, NoValue, Point, Rationals, TooLarge, same_place
from derive.refute.points import Plan, Unsatisfied, may_be
from derive.refute.search import Counterexample, _failure


def counterexample_at(claim: Claim, sizes: Mapping[str, int], values: Mapping[str, Any]) -> Counterexample | None:
    """A counterexample, if a claim fails at a point; None if it holds there.

    >>> from derive import Scalar, Size, Sum, Vector, indices
    >>> m = Size("m"); b, k = indices("b k", m); u = Vector("u", m)
    >>> print(counterexample_at(Sum(u[b], b) ** 2 <= Sum(u[b] ** 2, b), {"m": 2}, {"u": (1, 2)}))
    at m = 2
      with   u = (1, 2)
      left   9
      right  5

    `values` gives by name a number for each scalar, a tuple for each vector, a tuple of rows for each matrix: exact
    numbers all. The gradient of an unknown loss and its derivative have names, too (`g`, `dg`). A defined name may be
    given, and is compared. Raises LanguageError if the point lacks something, or is none: the message says what.
    """
    plan = Plan(claim)
    point = Point({size: _size(size, sizes) for size in plan.sizes})
    _ask_names("size", sizes, [size.name for size in plan.sizes])
    definitions = definitions_of(*claim.terms)
    _ask_names("value", values, [tensor.name for tensor in (*plan.tensors, *definitions)])
    missing = [tensor.name for tensor in plan.visible if tensor.name not in values]
    if missing:
        raise LanguageError(f"the point says nothing of {', '.join(missing)}; give the value of each by its name")
    for tensor in plan.tensors:
        point.values[tensor] = dict(_entries(point, tensor, values.get(tensor.name)))
    for tensor in definitions:
        if tensor.name in values:
            _compare(point, tensor, values[tensor.name])
    return _judged(plan, point)


def _judged(plan: Plan, point: Point) -> Counterexample | None:
    for hypothesis in plan.claim.hypotheses:
        try:
            plan._check(point, hypothesis)
        except Unsatisfied:
            raise LanguageError(f"the hypothesis '{hypothesis}' does not hold at this point") from None
    for kind in (Rationals, Intervals):
        try:
            return _failure(plan, point, kind)
        except Irrational:
            continue
        except (NoValue, TooLarge) as reason:
            raise LanguageError(f"the claim has no value at this point: {reason}") from None
    return None


def _size(size: Tensor, sizes: Mapping[str, int]) -> int:
    value = sizes.get(size.name)
    if type(value) is not int or value < 1:
        raise LanguageError(f"the point needs a size {size.name}, a whole number from 1 up, not {value!r}")
    return value


def _ask_names(kind: str, given: Mapping[str, Any], known: list[str]) -> None:
    if unknown := [name for name in given if name not in known]:
        raise LanguageError(f"the claim has no {kind} called {unknown[0]}; it has {', '.join(sorted(known)) or 'none'}")


def _entries(point: Point, tensor: Tensor, value: Any) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """The entries of a tensor; where no value is given (nothing but the domain rests on it), they are 0 or 1."""
    if value is None:
        own = next(Fraction(c) for c in (0, 1, -1) if may_be(tensor, Fraction(c)))
        yield from ((place, own) for place in point.places(tensor))
        return
    found: dict[tuple[int, ...], Fraction] = {}
    for place in point.places(tensor):
        entry = _number(tensor, _entry(point, tensor, value, place))
        if not may_be(tensor, entry):
            raise LanguageError(f"{tensor} can't have the entry {entry}, by its assumptions")
        if found.setdefault(same_place(tensor, place), entry) != entry:
            raise LanguageError(f"{tensor} is symmetric, and its value is not")
        yield place, entry


def _entry(point: Point, tensor: Tensor, value: Any, place: tuple[int, ...]) -> Any:
    for axis, number in enumerate(place):
        size = len(point.range(Index("", tensor.sizes[axis])))
        if not isinstance(value, tuple | list) or len(value) != size:
            raise LanguageError(f"axis {axis + 1} of {tensor} needs {size} values, not {value!r}")
        value = value[number]
    return value


def _number(tensor: Tensor, value: Any) -> Fraction:
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Fraction(value)
    raise LanguageError(f"{tensor} needs exact numbers, each an int or a Fraction, not {value!r}")


def _compare(point: Point, tensor: Tensor, value: Any) -> None:
    """Whether a defined name has the value that is given for it."""
    own = tuple(Index(f"#{place}", size) for place, size in enumerate(tensor.sizes))
    for place in point.places(tensor):
        given = _number(tensor, _entry(point, tensor, value, place))
        where = dict(zip(own, place, strict=True))
        try:
            found = Evaluation(point, Rationals)(Entry(tensor, own), where)
        except Irrational:
            found = None
        except NoValue as reason:
            raise LanguageError(f"{tensor} has no value at this point: {reason}") from None
        if found != given:
            shown = "not rational" if found is None else found
            raise LanguageError(f"{tensor} is {shown} at this point, not {given}; it follows from what it is made of")
