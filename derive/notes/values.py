"""The values of a formula at a few points, as floating-point numbers: which claims and edits are worth a proof.

Nothing rests on them: what is shown as true is proved, and what is refuted is refuted by exact numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from random import Random
from threading import local
from typing import Any

from derive.language.binding import is_size
from derive.language.claims import Claim, claim_indices
from derive.language.node import LanguageError
from derive.language.terms import Tensor, Term
from derive.notes.vectors import Known, Slots, Vectors
from derive.refute.evaluate import NoValue, Point, TooLarge
from derive.refute.floats import CLOSE
from derive.refute.points import Plan, Unsatisfied

Vector = tuple[float, ...]

POINTS = 2
SPOTS = 4
"""So many places of the free indices are looked at, at each of so many points."""

EFFORT = 400_000
"""So many values are computed for one relation."""

ROUNDING = 1e-10
"""Values are wrong by less than this part of the largest number that comes up on the way."""


class Values:
    """Evaluates terms at the same few points; what was computed is kept."""

    def __init__(self, claim: Claim, positive: bool = False) -> None:
        """`positive` draws numbers above 0 alone, for logarithms and roots."""
        self.claim, self.positive = claim, positive
        self.plan = Plan(claim)
        self.free = claim_indices(claim)
        self.vectors = Vectors([self._point(number) for number in range(POINTS)], EFFORT)
        self.slots = self.vectors.slots(self.free)
        self.places = list(self._places())
        self._picks: dict[Slots, list[int] | None] = {}

    def _point(self, number: int) -> Point:
        rng = Random(number)
        few = 3 if len(self.plan.sizes) < 2 else 2
        sizes = {size: few + (number + 2 * place) % few for place, size in enumerate(self.plan.sizes)}
        if not self.claim.hypotheses:
            return Point(sizes, _Drawn(sizes, rng, positive=self.positive))
        for level in range(1, 9):
            try:
                point = self.plan.complete(self.plan.draw(tuple(sizes.values()), level, rng))
            except (Unsatisfied, NoValue, ArithmeticError):
                continue
            return Point(sizes, _Drawn(sizes, rng, point.values))
        raise NoValue("no point satisfies the hypotheses")

    def _places(self) -> Iterator[int]:
        """The numbers of places of the free indices: some where they are equal, some where they differ."""
        first = 0
        for every in self.vectors.places(self.slots):
            kept = sorted(every, key=lambda place: (sum(place) % 3, place))[:SPOTS]
            same = [place for place in every if len(set(place)) == 1][-1:]
            yield from (first + every.index(place) for place in dict.fromkeys((*same, *kept)))
            first += len(every)

    def __call__(self, term: Term) -> Vector | None:
        """The values of a term everywhere, or None where it has none somewhere."""
        try:
            return self.at_places(self.vectors(term))
        except (NoValue, ArithmeticError, KeyError, ValueError, TypeError):
            return None

    def at_places(self, known: Known) -> Vector | None:
        """Of values at all places of some indices those at the places that are looked at."""
        own, values = known
        pick = self._pick(own)
        return None if pick is None else tuple([values[place] for place in pick])

    def _pick(self, own: Slots) -> list[int] | None:
        """Where the values at the places are among those at all places of some indices; None where these are others."""
        if own not in self._picks:
            every = self.vectors.pick(own, self.slots) if set(own) <= set(self.slots) else None
            self._picks[own] = None if every is None else [every[place] for place in self.places]
        return self._picks[own]


def values_of(claim: Claim) -> Values:
    """The values of a claim at its points; those of the last few claims are kept, since what fails is mended next."""
    values = _KEPT.of(claim)
    values.vectors.left = EFFORT
    return values


class _Kept(local):
    """Each thread keeps its own, since more is computed in them all the time."""

    def __init__(self) -> None:
        self.of = lru_cache(4)(Values)


_KEPT = _Kept()


def close(one: Vector, other: Vector) -> bool:
    """Whether two formulas have the same values, as far as these numbers show."""
    scale = max(*map(abs, one), *map(abs, other), 1e-300)
    return all(abs(a - b) <= CLOSE * scale for a, b in zip(one, other, strict=True))


def differ(claim: Claim) -> bool:
    """Whether the sides of an equation have different values at these points, by more than rounding explains."""
    return _fails(claim, lambda left, right: abs(left - right))


def exceeds(claim: Claim) -> bool:
    """Whether a bound fails at these points, by more than rounding explains."""
    if claim.relation in ("<=", "<"):
        return _fails(claim, lambda left, right: left - right)
    return claim.relation in (">=", ">") and _fails(claim, lambda left, right: right - left)


def _fails(claim: Claim, excess: Callable[[float, float], float]) -> bool:
    try:
        values = values_of(claim)
        left, right = values(claim.lhs), values(claim.rhs)
    except (NoValue, TooLarge, LanguageError, RecursionError):
        return False
    if left is None or right is None:
        return False
    rounding = ROUNDING * max(map(abs, values.vectors.all()))
    return any(excess(a, b) > rounding for a, b in zip(left, right, strict=True))


class _Drawn(dict):
    """The entries of tensors, drawn when they are first asked for."""

    def __init__(
        self,
        sizes: Mapping[Tensor, int],
        rng: Random,
        known: Mapping[Tensor, Any] | None = None,
        positive: bool = False,
    ) -> None:
        super().__init__(known or {})
        self.sizes, self.rng, self.positive = dict(sizes), rng, positive

    def __missing__(self, tensor: Tensor) -> dict[tuple[int, ...], float]:
        if is_size(tensor):
            raise KeyError(tensor)
        rng = self.rng
        entries: dict[tuple[int, ...], float] = {}
        for place in Point(self.sizes).places(tensor):
            value = rng.uniform(0.4, 2.1)
            negative = not self.positive and -1 in tensor.signs and (1 not in tensor.signs or rng.random() < 0.5)
            entries[place] = float(round(value) or 1) if tensor.integer else -value if negative else value
        self[tensor] = entries
        return entries
