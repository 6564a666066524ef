"""Whether a bound fails at small numbers, in floating point: to look for a proof in vain takes long.

Nothing rests on it: what is shown as true is proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from random import Random

from derive.language.claims import Claim, claim_indices
from derive.language.node import LanguageError
from derive.refute.evaluate import EFFORT, REFUTES, Effort, Evaluation, NoValue, Point, TooLarge
from derive.refute.floats import Floats
from derive.refute.points import Plan, spots

SIZES, DRAWS = 8, 10
"""At so many sizes, the small ones, so many points are tried."""

LARGEST = 4

SCALE = 5
"""Names are made larger and smaller, each by itself, by at most so many powers of 2."""


def fails(claim: Claim) -> bool:
    """Whether a bound fails, by more than rounding explains, at a point at which its hypotheses hold."""
    try:
        plan = Plan(claim)
        effort = Effort(EFFORT)
        points = (Evaluation(point, Floats, effort, plan.program) for point in _points(plan))
        return any(_fails_at(claim, at) for at in points)
    except (LanguageError, NoValue, TooLarge, RecursionError):
        return False


def _points(plan: Plan) -> Iterator[Point]:
    """Points with small entries, at sizes above 1 first, and some of them scaled: of two degrees one fails there."""
    every = sorted(product(range(1, LARGEST + 1), repeat=len(plan.sizes)), key=lambda sizes: (1 in sizes, sum(sizes)))
    for number, sizes in enumerate(every[:SIZES]):
        rng = Random(number)
        for draw in range(DRAWS):
            point = plan.draw(sizes, draw // 3, rng)
            yield point
            if draw % 2:
                yield _scaled(point, Random(DRAWS * number + draw))


def _scaled(point: Point, rng: Random) -> Point:
    scaled = {}
    for tensor, entries in point.values.items():
        factor = 1 if tensor.integer else Fraction(2) ** rng.randint(-SCALE, SCALE)
        scaled[tensor] = {place: factor * value for place, value in entries.items()}
    return Point(point.sizes, scaled)


def _fails_at(claim: Claim, at: Evaluation) -> bool:
    try:
        return not any(_fails(each, at) for each in claim.hypotheses) and _fails(claim, at)
    except (NoValue, ArithmeticError):
        return False


def _fails(claim: Claim, at: Evaluation) -> bool:
    """Whether a relation fails somewhere by more than rounding explains."""
    sides = [(at(claim.lhs, where), at(claim.rhs, where)) for where in spots(at.point, claim_indices(claim))]
    return any(REFUTES[claim.relation](at.numbers, left, right) for left, right in sides)
