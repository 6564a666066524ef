"""Terms as vectors of floating-point numbers: the values at every place of their free indices, at a few points at once.

Much faster than one place after the other. What has no value at one place has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, product
from math import prod
from operator import add, mul, neg, truediv
from typing import Any, TypeAlias

from derive.language.binding import appearing, walk
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
from derive.refute.evaluate import NoValue, Point, TooLarge, same_place
from derive.refute.floats import Floats
from derive.refute.program import derived

Slots: TypeAlias = tuple[int, ...]
"""The numbers of indices."""

Known: TypeAlias = tuple[Slots, list[float]]
"""The free indices of a term, and its values at all their places: at the first point, then at the second."""

TOO_LARGE = "evaluating it takes too many steps"


class Vectors:
    """Evaluates terms at all places of their free indices, at the same points; what was computed is kept.

    Raises NoValue or ArithmeticError for what has no value somewhere, TooLarge past `effort` values.
    """

    def __init__(self, points: Sequence[Point], effort: int) -> None:
        self.points = points
        self.left = effort
        self._indices: dict[Index, int] = {}
        self._ranges: list[tuple[range, ...]] = []
        self._known: dict[Term, Known] = {}
        self._seen: dict[int, tuple[Term, Known]] = {}
        self._picks: dict[tuple[Slots, Slots], list[int]] = {}

    def __call__(self, term: Term) -> Known:
        """The value of a term. It is looked up by identity first: to compare terms takes as long as they are."""
        seen = self._seen.get(id(term))
        if seen is not None:
            return seen[1]
        known = self._known.get(term)
        if known is None:
            if type(term) not in _KINDS:
                raise NoValue(f"a formula of the kind {type(term).__name__}")
            known = self._known[term] = _KINDS[type(term)](self, term)
            self._spend(len(known[1]))
        self._seen[id(term)] = term, known  # with the term, since the number of one that is gone is given to another
        return known

    def all(self) -> Iterator[float]:
        """Every value that was computed so far."""
        return chain.from_iterable(values for _, values in self._known.values())

    def slot(self, index: Index) -> int:
        """The number of an index."""
        slot = self._indices.get(index)
        if slot is None:
            self._ranges.append(tuple(point.range(index) for point in self.points))
            slot = self._indices[index] = len(self._ranges) - 1
        return slot

    def slots(self, indices: Iterable[Index]) -> Slots:
        return tuple(map(self.slot, indices))

    def places(self, slots: Slots) -> list[list[tuple[int, ...]]]:
        """All places of some indices, at each point."""
        self._ask_size(slots)
        return [list(product(*[self._ranges[slot][at] for slot in slots])) for at in range(len(self.points))]

    def onto(self, known: Known, slots: Slots) -> list[float]:
        """The same values at the places of more indices; `known` may have one index several times."""
        own, values = known
        return values if own == slots else [values[place] for place in self.pick(own, slots)]

    def pick(self, own: Slots, slots: Slots) -> list[int]:
        """For each place of some indices that of a part of them."""
        found = self._picks.get((own, slots))
        if found is None:
            self._ask_size(slots)
            found = self._picks[own, slots] = []
            first = 0
            for at in range(len(self.points)):
                places, first = self._strided(own, slots, at, first)
                found += places
        self._spend(len(found))
        return found

    def _strided(self, own: Slots, slots: Slots, at: int, first: int) -> tuple[list[int], int]:
        """The same at one point, where the places of `own` are numbered from `first` on; and where these end."""
        steps = dict.fromkeys(slots, 0)
        count = 1
        for slot in reversed(own):
            steps[slot] += count
            count *= len(self._ranges[slot][at])
        found = [first]
        for slot, step in steps.items():
            found = [place + step * number for place in found for number in self._ranges[slot][at]]
        return found, first + count

    def _ask_size(self, slots: Slots) -> None:
        each = [[self._ranges[slot][at] for slot in slots] for at in range(len(self.points))]
        if sum(prod(map(len, ranges)) for ranges in each) > self.left:
            raise TooLarge(TOO_LARGE)

    def _spend(self, values: int) -> None:
        self.left -= values
        if self.left < 0:
            raise TooLarge(TOO_LARGE)

    def entries(self, tensor: Tensor, slots: Slots, once: Slots) -> list[float]:
        """The entries of a tensor that has no definition, or a size, at the places of its different indices."""
        axes = [once.index(slot) for slot in slots]
        found: list[float] = []
        for point, places in zip(self.points, self.places(once), strict=True):
            if tensor in point.sizes:
                found += [float(point.sizes[tensor])] * len(places)
            else:
                own = point.values[tensor]
                found += [float(own[same_place(tensor, tuple([place[axis] for axis in axes]))]) for place in places]
        return found

    def summed(self, known: Known, slot: int) -> Known:
        """The sums over one index."""
        kept = tuple([each for each in known[0] if each != slot])
        values = self.onto(known, (*kept, slot))
        found: list[float] = []
        first = 0
        for at, count in enumerate(map(len, self._ranges[slot])):
            end = first + count * prod([len(self._ranges[each][at]) for each in kept])
            found += [sum(values[start : start + count]) for start in range(first, end, count)]
            first = end
        return kept, found


def _number(at: Vectors, term: Number) -> Known:
    return (), [float(term.value)] * len(at.points)


def _entry(at: Vectors, term: Entry) -> Known:
    slots, definition = at.slots(term.indices), term.tensor.definition
    once = tuple(dict.fromkeys(slots))
    if definition is None:
        return once, at.entries(term.tensor, slots, once)
    own, values = at(definition.body)
    given = dict(zip(at.slots(definition.indices), slots, strict=True))
    return once, at.onto((tuple([given[slot] for slot in own]), values), once)


def _delta(at: Vectors, term: Delta) -> Known:
    once = tuple(dict.fromkeys(at.slots((term.left, term.right))))
    return once, [float(place[0] == place[-1]) for places in at.places(once) for place in places]


def _joined(by: Callable[[float, float], float]) -> Callable[[Vectors, Any], Known]:
    """How the values of the parts of a term are joined to that of the whole."""

    def joined(at: Vectors, term: Term) -> Known:
        parts = [at(arg) for arg in term.args]
        slots = parts[0][0]
        if any(own != slots for own, _ in parts):
            slots = tuple(dict.fromkeys(chain.from_iterable(own for own, _ in parts)))
        total, *others = [at.onto(part, slots) for part in parts]
        for other in others:
            total = list(map(by, total, other))
        return slots, total

    return joined


def _neg(at: Vectors, term: Neg) -> Known:
    slots, values = at(term.arg)
    return slots, list(map(neg, values))


def _pow(at: Vectors, term: Pow) -> Known:
    slots, values = at(term.base)
    if term.exponent < 0:
        values = [1 / value for value in values]
    exponent = abs(term.exponent)
    return slots, [value**exponent for value in values]


def _sqrt(at: Vectors, term: Sqrt) -> Known:
    slots, values = at(term.arg)
    return slots, list(map(_NUMBERS.root, values))


def _function(at: Vectors, term: Function) -> Known:
    slots, values = at(term.arg)
    return slots, [_NUMBERS.function(term.name, value) for value in values]


def _sum(at: Vectors, term: Sum) -> Known:
    return at.summed(at(term.body), at.slot(term.index))


def _derivative(at: Vectors, term: Derivative) -> Known:
    """The derivative where what is differentiated has a value; an unknown function has one where its argument has."""
    heads = [part.tensor for part in walk(term.body) if isinstance(part, Entry)]
    unknown = [tensor.dependence.on for tensor in heads if tensor.dependence]
    for tensor in unknown:
        at(Entry(tensor, tuple(Index(f"#{place}", size) for place, size in enumerate(tensor.sizes))))
    if not unknown:
        at(term.body)
    slots = at.slots(appearing(term))
    return slots, at.onto(at(derived(term)), slots)


_NUMBERS = Floats()

_KINDS: dict[type[Term], Callable[[Vectors, Any], Known]] = {
    **{Number: _number, Entry: _entry, Delta: _delta, Add: _joined(add), Mul: _joined(mul), Div: _joined(truediv)},
    **{Neg: _neg, Pow: _pow, Sqrt: _sqrt, Function: _function, Sum: _sum, Derivative: _derivative},
}
