"""The values of a formula at a few points, as floating-point numbers: which claims and edits are worth a proof.

Nothing rests on them: what is shown as true is proved, and what is refuted is refuted by exact numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any

from derive.language.binding import is_size
from derive.language.claims import Claim, claim_indices
from derive.language.node import LanguageError
from derive.language.terms import Index, Tensor, Term
from derive.refute.evaluate import Effort, Evaluation, NoValue, Point, TooLarge
from derive.refute.floats import Floats
from derive.refute.points import Plan, Unsatisfied

Vector = tuple[float, ...]

POINTS = 2
SPOTS = 4
"""So many places of the free indices are looked at, at each of so many points."""

EFFORT = 60_000
"""So many values are computed for one relation."""

CLOSE = 1e-7
"""What differs by less than this part of it is taken for equal."""

ROUNDING = 1e-10
"""Values are wrong by less than this part of the largest number that comes up on the way."""


class Values:
    """Evaluates terms at the same few points; what was computed is kept."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.plan = Plan(claim)
        self.free = claim_indices(claim)
        effort = Effort(EFFORT)
        self.points = [Evaluation(self._point(number), Floats, effort, self.plan.program) for number in range(POINTS)]
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
        try:
            if not set(self.plan.program.step(term).indices) <= set(self.free):
                return None
            return tuple([at(term, where) for at, where in self.places])
        except (NoValue, ArithmeticError, KeyError, ValueError, TypeError):
            return None


def close(one: Vector, other: Vector) -> bool:
    """Whether two formulas have the same values, as far as these numbers show."""
    scale = max(*map(abs, one), *map(abs, other), 1e-300)
    return all(abs(a - b) <= CLOSE * scale for a, b in zip(one, other, strict=True))


def differ(claim: Claim) -> bool:
    """Whether the sides of an equation have different values at these points, by more than rounding explains."""
    try:
        values = Values(claim)
        left, right = values(claim.lhs), values(claim.rhs)
    except (NoValue, TooLarge, LanguageError, RecursionError):
        return False
    if left is None or right is None:
        return False
    rounding = ROUNDING * max(abs(value) for at in values.points for value in at.all())
    return any(abs(a - b) > rounding for a, b in zip(left, right, strict=True))


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
