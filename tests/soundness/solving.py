"""Inputs that satisfy hypotheses which no draw meets by chance: one entry is moved for each that fails.

A hypothesis that is affine in an entry (gamma = s, sum of target = 1, y[b] >= c) is solved for that entry, one place
after another; that the norm of a matrix is at most lambda is made true by a rotation of a diagonal matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from random import Random

from derive.language import Claim, Delta, Entry, Tensor, Term
from derive.language.terms import Add, Mul, Neg, Pow, Sum
from tests.soundness.arithmetic import DIGITS, Number, UndefinedError, compare, divide, is_exact
from tests.soundness.draws import Inputs, Kind, reach, same_entry
from tests.soundness.evaluation import Place, World, free

SWEEPS = 4
ANGLES = ((Fraction(3, 5), Fraction(4, 5)), (Fraction(5, 13), Fraction(12, 13)), (Fraction(8, 17), Fraction(15, 17)))
"""Cosines and sines that are rational."""

TARGETS = {"=": 0, "<=": -1, "<": -1, ">=": 1, ">": 1, "!=": 1}
"""What the difference of the two sides is set to, up to a positive factor."""


def solved(claim: Claim, kind: Kind, sizes: tuple[int, ...], seed: int) -> World | None:
    """A world in which the hypotheses hold, made from a draw; None if it could not be made so."""
    named = dict(zip(kind.names, sizes, strict=True))
    world = World(named, Inputs(kind, named, seed))
    rng = Random(f"solving {seed}")
    for hypothesis in claim.hypotheses:
        _turn(world, hypothesis, rng)
    for _ in range(SWEEPS):
        failing = [h for h in claim.hypotheses if not _meets(world, h)]
        if not failing:
            return world
        for hypothesis in failing:
            try:
                for place in world.places(free(hypothesis.lhs) | free(hypothesis.rhs)):
                    _move(world, hypothesis, place, rng)
            except UndefinedError:
                return None
    return None


def _meets(world: World, hypothesis: Claim) -> bool:
    _forget(world)
    try:
        return world.holds(hypothesis)
    except UndefinedError:
        return False


def _forget(world: World) -> None:
    world.known.clear()
    world.sums.clear()


def _difference(world: World, hypothesis: Claim, place: Place) -> Number:
    _forget(world)
    return _less(world.value(hypothesis.lhs, place), world.value(hypothesis.rhs, place))


def _less(left: Number, right: Number) -> Number:
    exact = is_exact(left) and is_exact(right)
    return left - right if exact else DIGITS.convert(left) - DIGITS.convert(right)


def _move(world: World, hypothesis: Claim, place: Place, rng: Random) -> None:
    """Moves the first entry that the difference of the two sides is affine in, unless they fit together already."""
    goal = TARGETS[hypothesis.relation] * rng.choice((Fraction(1), Fraction(3, 2), Fraction(5, 3)))
    for key in _entries(world, hypothesis, place):
        start, now = world.entry.drawn[key], _difference(world, hypothesis, place)
        if _fits(hypothesis.relation, now):
            return
        values = []
        for step in (1, 2):
            world.entry.drawn[key] = start + step
            values.append(_difference(world, hypothesis, place))
        slope = _less(values[0], now)
        world.entry.drawn[key] = start
        if compare(slope, 0) != 0 and compare(_less(values[1], values[0]), slope) == 0:
            new = _less(start, divide(_less(now, goal), slope))
            if compare(new, 0) in key[0].signs:
                world.entry.drawn[key] = new
                return


def _fits(relation: str, difference: object) -> bool:
    order = compare(difference, 0)
    return {"=": order == 0, "!=": order != 0}.get(relation, order == TARGETS[relation])


def _entries(world: World, hypothesis: Claim, place: Place) -> Iterator[tuple[Tensor, tuple[int, ...]]]:
    """The entries of the inputs: one that is a side of its own first, those at this place before others."""
    sides = (hypothesis.lhs, hypothesis.rhs)
    found = {n.tensor: None for side in (*sides, *(part for side in sides for part in reach(side))) for n in _own(side)}
    for tensor in found:
        wanted = set(place.values())
        positions = list(product(*(range(world.value(size, {})) for size in tensor.sizes)))
        positions.sort(key=lambda position: sum(at not in wanted for at in position))
        for position in positions:
            first = min(same_entry(tensor, position))
            if first == position:
                world.entry(tensor, position)
                yield tensor, position


def _own(value: Term) -> Iterator[Entry]:
    if isinstance(value, Entry) and value.tensor.definition is None and not value.tensor.integer:
        yield value


def _turn(world: World, hypothesis: Claim, rng: Random) -> None:
    """bound**2*delta(b, k) - Sum(X[b, i]*X[k, i], i) = Sum(R[b, j]*R[k, j], j): X and R are a rotation of diagonals."""
    match hypothesis.lhs, hypothesis.rhs:
        case (
            Add((Mul((Pow(bound, 2), Delta())), Neg(Sum(Mul((Entry(X), Entry(same))), _)))),
            Sum(Mul((Entry(R), Entry(other))), _),
        ) if X == same and R == other:
            length, width = (world.value(size, {}) for size in X.sizes)
            rotation, scale = _reflection(rng, length), world.value(bound, {})
            angles = [rng.choice(ANGLES) if row < width else (Fraction(0), Fraction(1)) for row in range(length)]
            columns = rng.sample(range(width), width)
            for i, j in product(range(length), range(width)):
                row = next((r for r in range(min(length, width)) if columns[r] == j), None)
                value = 0 if row is None else scale * rotation[i][row] * angles[row][0]
                world.entry.drawn[X, (i, j)] = value
            for i, j in product(range(length), repeat=2):
                world.entry.drawn[R, (i, j)] = scale * rotation[i][j] * angles[j][1]


def _reflection(rng: Random, length: int) -> Sequence[Sequence[Fraction]]:
    """An orthogonal matrix of rational numbers."""
    mirror = [Fraction(rng.randrange(1, 5)) for _ in range(length)]
    square = sum(value * value for value in mirror)
    return [[Fraction(i == j) - 2 * mirror[i] * mirror[j] / square for j in range(length)] for i in range(length)]
