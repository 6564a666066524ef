"""The values of a formula at a few points, as floating-point numbers: which edits are worth a proof.

Nothing rests on them: what is shown as true is proved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

from derive.language.binding import free_indices, indices_of
from derive.language.claims import Claim, claim_indices
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
from derive.refute.evaluate import Effort, NoValue, Point, TooLarge, same_place
from derive.refute.points import Plan, Unsatisfied, is_size
from derive.refute.program import derived

Vector = tuple[float, ...]

POINTS = 3
SPOTS = 4
"""So many places of the free indices are looked at, at each of so many points."""

EFFORT = 60_000
"""So many values are calculated for one relation."""

CLOSE = 1e-7
"""What differs by less than this part of it is taken for equal."""


class Values:
    """Evaluates terms at the same few points; what was computed is kept."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.plan = Plan(claim)
        self.free = claim_indices(claim)
        self.formulas = Formulas()
        effort = Effort(EFFORT)
        self.points = [_At(self._point(number), self.formulas, effort) for number in range(POINTS)]
        self.places = [(at, where) for at in self.points for where in self._spots(at.point)]

    def _point(self, number: int) -> Point:
        rng = Random(number)
        few = 3 if len(self.plan.sizes) < 2 else 2
        sizes = {size: few + (number + 2 * place) % few for place, size in enumerate(self.plan.sizes)}
        if not self.claim.hypotheses:
            return Point(sizes, _Drawn(sizes, rng))
        for level in range(1, 9):
            try:
                point = self.plan.complete(self.plan.draw(tuple(sizes.values()), level, rng))
            except (Unsatisfied, NoValue, ArithmeticError):
                continue
            return Point(sizes, _Drawn(sizes, rng, point.values))
        raise NoValue("no point satisfies the hypotheses")

    def _spots(self, point: Point) -> list[dict[Index, int]]:
        """Places of the free indices: some where they are equal, some where they differ."""
        ranges = [point.range(index) for index in self.free]
        every = list(product(*ranges))
        kept = sorted(every, key=lambda place: (sum(place) % 3, place))[:SPOTS]
        same = [place for place in every if len(set(place)) == 1][-1:]
        return [dict(zip(self.free, place, strict=True)) for place in dict.fromkeys((*same, *kept))]

    def __call__(self, term: Term) -> Vector | None:
        """The values of a term everywhere, or None where it has none somewhere."""
        if not free_indices(term) <= set(self.free):
            return None
        try:
            node = self.formulas.node(term)
            return tuple([at(node, where) for at, where in self.places])
        except (NoValue, ArithmeticError, KeyError, ValueError, TypeError):
            return None


def close(one: Vector, other: Vector) -> bool:
    """Whether two formulas have the same values, as far as these numbers show."""
    scale = max(*map(abs, one), *map(abs, other), 1e-300)
    return all(abs(a - b) <= CLOSE * scale for a, b in zip(one, other, strict=True))


class _Drawn(dict):
    """The entries of tensors, drawn when they are first asked for."""

    def __init__(self, sizes: Mapping[Tensor, int], rng: Random, known: Mapping[Tensor, Any] | None = None) -> None:
        super().__init__(known or {})
        self.sizes, self.rng = dict(sizes), rng

    def __missing__(self, tensor: Tensor) -> dict[tuple[int, ...], float]:
        if is_size(tensor):
            raise KeyError(tensor)
        rng = self.rng
        entries: dict[tuple[int, ...], float] = {}
        for place in Point(self.sizes).places(tensor):
            value = rng.uniform(0.4, 2.1)
            negative = -1 in tensor.signs and (1 not in tensor.signs or rng.random() < 0.5)
            entries[place] = float(round(value) or 1) if tensor.integer else -value if negative else value
        self[tensor] = entries
        return entries


@dataclass(frozen=True)
class Formula:
    """A term whose parts are known by their numbers; `order` are its free indices."""

    term: Term
    below: tuple[int, ...]
    order: tuple[Index, ...]


class Formulas:
    """Terms with a number for each; equal ones have the same, so that their values are found without comparing them."""

    def __init__(self) -> None:
        self.all: list[Formula] = []
        self._known: dict[tuple, int] = {}
        self._seen: dict[int, tuple[Term, int]] = {}

    def node(self, term: Term) -> int:
        """The number of a term."""
        seen = self._seen.get(id(term))
        if seen is None:
            seen = self._seen[id(term)] = (term, self._numbered(term))
        return seen[1]

    def _numbered(self, term: Term) -> int:
        if isinstance(term, Derivative):
            return self.node(derived(term))
        below = tuple([self.node(arg) for arg in term.args])
        key = (type(term), _own(term), below)
        number = self._known.get(key)
        if number is None:
            if isinstance(term, Entry) and term.tensor.definition is not None:
                below = (self.node(term.tensor.definition.body),)
            order = dict.fromkeys(indices_of(term))
            if not isinstance(term, Entry):
                order.update(dict.fromkeys(index for each in below for index in self.all[each].order))
            if isinstance(term, Sum):
                order.pop(term.index, None)
            number = self._known[key] = len(self.all)
            self.all.append(Formula(term, below, tuple(order)))
        return number


def _own(term: Term) -> Any:
    """What tells a term apart from others with the same parts."""
    match term:
        case Number(value=value):
            return value
        case Entry(tensor=tensor, indices=indices):
            return (tensor, indices)
        case Delta(left=left, right=right):
            return (left, right)
        case Pow(exponent=exponent):
            return exponent
        case Function(name=name):
            return name
        case Sum(index=index):
            return index
    return None


class _At:
    """One point, with the values of what was evaluated there."""

    def __init__(self, point: Point, formulas: Formulas, effort: Effort) -> None:
        self.point, self.effort = point, effort
        self.formulas = formulas.all
        self.known: dict[tuple, float] = {}

    def __call__(self, number: int, where: Mapping[Index, int]) -> float:
        formula = self.formulas[number]
        key = (number, *[where[index] for index in formula.order])
        found = self.known.get(key)
        if found is None:
            self.effort.left -= 1
            if self.effort.left < 0:
                raise TooLarge("evaluating it takes too many steps")
            found = self.known[key] = self._value(formula.term, formula.below, where)
        return found

    def _value(self, term: Term, below: tuple[int, ...], where: Mapping[Index, int]) -> float:
        match term:
            case Number(value=value):
                return float(value)
            case Entry():
                return self._entry(term, below, where)
            case Delta(left=left, right=right):
                return float(where[left] == where[right])
            case Sum(index=index):
                return math.fsum([self(below[0], {**where, index: place}) for place in self.point.range(index)])
        own = [self(each, where) for each in below]
        match term:
            case Add():
                return math.fsum(own)
            case Mul():
                return math.prod(own)
            case Neg():
                return -own[0]
            case Div():
                return own[0] / own[1]
            case Pow(exponent=exponent):
                return own[0] ** exponent
            case Sqrt():
                return math.sqrt(own[0])
            case Function(name=name):
                return FUNCTIONS[name](own[0])
        raise NoValue(f"a formula of the kind {type(term).__name__}")

    def _entry(self, term: Entry, below: tuple[int, ...], where: Mapping[Index, int]) -> float:
        tensor = term.tensor
        if tensor in self.point.sizes:
            return float(self.point.sizes[tensor])
        if tensor.definition is not None:
            own = zip(tensor.definition.indices, term.indices, strict=True)
            return self(below[0], {mine: where[index] for mine, index in own})
        place = tuple([where[index] for index in term.indices])
        return float(self.point.values[tensor][same_place(tensor, place)])


FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "sign": lambda value: float((value > 0) - (value < 0)),
    "tanh": math.tanh,
}
