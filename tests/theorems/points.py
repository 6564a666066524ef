"""Random points at which a claim can be tried: its hypotheses hold there, by the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np

from derive.language import Claim, Entry, Tensor, Term, free_indices
from derive.language.binding import definitions_of, walk
from derive.language.terms import Add, Derivative, Mul, Sum
from tests.theorems.numeric import Cubic, Place, Point, value

BATCHES = (3, 5)
EPSILONS = (0.0, 0.3)
RATIOS = (None, -0.7, -5.0)
"""Of gamma to s: as drawn, below 1 in size, and far below -1."""

SEVERAL = {
    2: ((2, 3), (4, 2)),
    3: ((2, 1, 3), (1, 3, 2)),
    4: ((3, 2, 1, 2), (1, 3, 2, 4)),
    5: ((2, 1, 3, 1, 2), (1, 3, 1, 2, 2)),
}
"""Lengths where there is more than one size, in the order of their names; one row stands for each of BATCHES."""

SWEEPS = 3
"""So many times the hypotheses are gone through, since to satisfy one may spoil another."""

DRAWS = 6
"""So many that the inequalities among the hypotheses hold at some of them."""


def inputs(terms: tuple[Term, ...]) -> list[Tensor]:
    """What terms rest on in the end, the sizes first: neither defined nor an unknown function."""
    found: dict[Tensor, None] = {}

    def collect(term: Term) -> None:
        for part in walk(term):
            if isinstance(part, Entry | Derivative):
                visit(part.tensor if isinstance(part, Entry) else part.by.tensor)

    def visit(tensor: Tensor) -> None:
        for size in tensor.sizes:
            collect(size)
        if tensor.dependence:
            visit(tensor.dependence.on)
        elif tensor.definition:
            collect(tensor.definition.body)
        else:
            found[tensor] = None

    for term in terms:
        collect(term)
    return sorted(found, key=lambda tensor: not tensor.integer)


def losses(claim: Claim) -> list[Tensor]:
    """The unknown functions in a claim."""
    parts = (part for term in claim.terms for part in walk(term))
    return [part.tensor for part in parts if isinstance(part, Entry) and part.tensor.dependence]


def lengths(tensors: list[Tensor], m: int) -> dict[Tensor, int]:
    """A length for each size: m if there is one alone, else small ones that differ."""
    sizes = sorted((tensor for tensor in tensors if tensor.integer), key=lambda tensor: tensor.name)
    row = SEVERAL[len(sizes)][BATCHES.index(m)] if len(sizes) > 1 else (m,) * len(sizes)
    return dict(zip(sizes, row, strict=True))


def drawn(claim: Claim, m: int, epsilon: float, seed: int) -> Point:
    """A random point: every array Gaussian, of the sign that is assumed of it, at sizes that differ."""
    random = np.random.default_rng(seed)
    tensors = inputs(claim.terms)
    long = lengths(tensors, m)
    entries = max(m**2, prod(long.values()))
    square = random.normal(size=(entries, entries))
    point = Point({}, Cubic(random.normal(size=entries), random.normal(size=entries), square + square.T))
    for tensor in tensors:
        array = np.array(random.normal(size=[_length(size, long) for size in tensor.sizes]))
        if tensor.integer:
            array = np.array(float(long[tensor]))
        elif tensor.name == "epsilon":
            array = np.array(epsilon)
        elif tensor.symmetric:
            array = array + array.T
        point.arrays[tensor] = np.array(np.abs(array) if -1 not in tensor.signs else array)
    return point


def _length(size: Term, long: dict[Tensor, int]) -> int:
    return long[size.tensor] if isinstance(size, Entry) else int(size.value)


def trials(claim: Claim, seed: int = 0) -> Iterator[Point]:
    """Points where the hypotheses hold: as drawn, with the gradient turned orthogonal to yhat, with gamma from s."""
    for m, epsilon, turn, ratio in product(BATCHES, EPSILONS, (False, True), RATIOS):
        for draw in range(DRAWS):
            point = drawn(claim, m, epsilon, 1000 * seed + 100 * m + draw)
            named = {tensor.name: tensor for tensor in (*point.arrays, *definitions_of(*claim.terms))}
            if ratio and {"gamma", "s"} <= named.keys() and named["gamma"].sizes == named["s"].sizes:
                point.arrays[named["gamma"]] = np.array(ratio * point.array(named["s"]))
                point.known.clear()
            if turn and "yhat" in named:
                point = turned(point, point.array(named["yhat"]), claim)
            point = settled(point, claim)
            if all(holds(hypothesis, point) for hypothesis in claim.hypotheses):
                yield point


def settled(point: Point, claim: Claim) -> Point:
    """The same point with entries moved until the hypotheses hold, as far as one entry of an input can see to each."""
    for hypothesis in claim.hypotheses:
        _shorten(point, hypothesis)
    for _ in range(SWEEPS):
        failing = [hypothesis for hypothesis in claim.hypotheses if not holds(hypothesis, point)]
        for hypothesis in failing:
            for at in places(hypothesis, point):
                _move(point, hypothesis, at)
    return point


def _shorten(point: Point, equation: Claim) -> None:
    """Makes lambda^2 I - X X' = R R' true: the length of X, and then R, a Cholesky factor."""
    match equation.lhs, equation.rhs:
        case Add() as slack, Sum(Mul((Entry(root), Entry(same))), _) if root == same and root in point.arrays:
            (matrix,) = {part.tensor for part in walk(slack) if isinstance(part, Entry) and len(part.indices) == 2}
            point.arrays[matrix] = shortened(point, matrix, slack)
            point.arrays[root] = np.linalg.cholesky(evaluated(slack, point))
            point.known.clear()


def _move(point: Point, hypothesis: Claim, at: Place) -> None:
    """Moves the first entry in which the difference of the two sides is affine, unless they fit together already."""
    if compare(hypothesis, point, at, 1e-12):
        return
    goal = {"=": 0.0, "<=": -0.5, "<": -0.5}.get(hypothesis.relation, 0.5)

    def difference(array: np.ndarray, place: tuple[int, ...], new: float) -> float:
        array[place] = new
        point.known.clear()
        return float(np.real(value(hypothesis.lhs, point, at) - value(hypothesis.rhs, point, at)))

    for tensor in _movable(point, hypothesis):
        array = point.arrays[tensor]
        for place in sorted(np.ndindex(array.shape), key=lambda place: sum(i not in at.values() for i in place)):
            start = float(array[place])
            first, second, third = (difference(array, place, start + step) for step in (0.0, 1.0, 2.0))
            slope = second - first
            affine = abs(slope) > 1e-6 and abs(third - second - slope) <= 1e-9 * max(1.0, abs(first), abs(third))
            new = start + (goal - first) / slope if affine else start
            difference(array, place, new)
            if affine and (new > 0) - (new < 0) in tensor.signs:
                return
            difference(array, place, start)


def _movable(point: Point, hypothesis: Claim) -> list[Tensor]:
    """The inputs that a hypothesis rests on; one that is a side of its own comes first."""
    sides = [side.tensor for side in (hypothesis.lhs, hypothesis.rhs) if isinstance(side, Entry)]
    found = [tensor for tensor in inputs((hypothesis.lhs, hypothesis.rhs)) if not tensor.integer]
    return sorted(found, key=lambda tensor: tensor not in sides)


def shortened(point: Point, matrix: Tensor, slack: Term) -> np.ndarray:
    """A multiple of a matrix X for which lambda^2 I - X X', here `slack`, is positive definite."""
    array = point.arrays[matrix]
    zero = Point({**point.arrays, matrix: 0 * array}, point.loss)
    bound = np.sqrt(evaluated(slack, zero)[0, 0])
    return 0.9 * bound / np.linalg.norm(array, 2) * array


def evaluated(term: Term, point: Point) -> np.ndarray:
    """A term with two free indices as a matrix."""
    rows, columns = sorted(free_indices(term), key=str)
    return np.array(
        [[value(term, point, {rows: i, columns: j}) for j in point.range(columns)] for i in point.range(rows)]
    )


def turned(point: Point, yhat: np.ndarray, claim: Claim) -> Point:
    """The same point under a loss whose gradient there is orthogonal to yhat."""
    if not losses(claim):
        return point
    gradient = point.loss.of(point.array(losses(claim)[0].dependence.on), 1)
    if gradient.shape != yhat.shape or yhat.ndim != 1:
        return point
    a = point.loss.a.copy()
    a[: yhat.size] -= yhat * (yhat @ gradient) / (yhat @ yhat)
    return Point(point.arrays, Cubic(a, point.loss.c, point.loss.q))


def holds(claim: Claim, point: Point, error: float = 1e-9) -> bool:
    """Whether a claim holds at a point, for every value of its indices."""
    return all(compare(claim, point, at, error) for at in places(claim, point))


def places(claim: Claim, point: Point) -> Iterator[Place]:
    indices = sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=str)
    for values in product(*map(point.range, indices)):
        yield dict(zip(indices, values, strict=True))


def compare(claim: Claim, point: Point, at: Place, error: float) -> bool:
    """Whether a relation holds, equations up to `error` relative to the sides."""
    left, right = value(claim.lhs, point, at), value(claim.rhs, point, at)
    slack = error * max(1.0, abs(left), abs(right))
    return {
        "=": abs(left - right) <= slack,
        "!=": abs(left - right) > slack,
        "<=": left <= right + slack,
        ">=": left >= right - slack,
        "<": left < right - slack,
        ">": left > right + slack,
    }[claim.relation]
