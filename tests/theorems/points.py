"""Random points at which a claim can be tried: its hypotheses hold there, by the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from derive.language import Claim, Entry, Tensor, Term, free_indices
from derive.language.binding import definitions_of, walk
from derive.language.terms import Derivative
from tests.theorems.numeric import Cubic, Place, Point, value

BATCHES = (3, 5)
EPSILONS = (0.0, 0.3)
RATIOS = (None, -0.7, -5.0)
"""Of gamma to s: as drawn, below 1 in size, and far below -1."""

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


def drawn(claim: Claim, m: int, epsilon: float, seed: int) -> Point:
    """A random point: every size is m, every vector Gaussian, of the sign that is assumed of it."""
    random = np.random.default_rng(seed)
    square = random.normal(size=(m**2, m**2))
    point = Point({}, Cubic(random.normal(size=m**2), random.normal(size=m**2), square + square.T))
    for tensor in inputs(claim.terms):
        array = random.normal(size=[m] * len(tensor.sizes))
        if tensor.integer:
            array = np.array(float(m))
        elif tensor.name == "epsilon":
            array = np.array(epsilon)
        elif tensor.symmetric:
            array = array + array.T
        point.arrays[tensor] = np.abs(array) if -1 not in tensor.signs else array
    return point


def trials(claim: Claim, seed: int = 0) -> Iterator[Point]:
    """Points where the hypotheses hold: as drawn, with the gradient turned orthogonal to yhat, with gamma from s."""
    for m, epsilon, turn, ratio in product(BATCHES, EPSILONS, (False, True), RATIOS):
        for draw in range(DRAWS):
            point = drawn(claim, m, epsilon, 1000 * seed + 100 * m + draw)
            named = {tensor.name: tensor for tensor in (*point.arrays, *definitions_of(*claim.terms))}
            if ratio and {"gamma", "s"} <= named.keys():
                point.arrays[named["gamma"]] = ratio * point.array(named["s"])
                point.known.clear()
            if turn and "yhat" in named:
                point = turned(point, point.array(named["yhat"]), claim)
            point = settled(point, claim)
            if all(holds(hypothesis, point) for hypothesis in claim.hypotheses):
                yield point


def settled(point: Point, claim: Claim) -> Point:
    """The same point where the hypotheses `scalar = formula` hold, as gamma = s."""
    equations = [hypothesis for hypothesis in claim.hypotheses if hypothesis.relation == "="]
    for equation in equations:
        if isinstance(equation.lhs, Entry) and equation.lhs.tensor in point.arrays and not free_indices(equation.lhs):
            point.arrays[equation.lhs.tensor] = np.array(value(equation.rhs, point, {}))
            point.known.clear()
    return point


def turned(point: Point, yhat: np.ndarray, claim: Claim) -> Point:
    """The same point under a loss whose gradient there is orthogonal to yhat."""
    if not losses(claim):
        return point
    gradient = point.loss.of(point.array(losses(claim)[0].dependence.on), 1)
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
