"""Every statement in floating point: an oracle that shares no decision with the checker."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from random import Random

import numpy as np
import pytest

from derive.language import Claim, Derivative, Eq, Sum
from derive.layers import batchnorm
from derive.maxima import Maximum
from derive.theorems import names, statement
from derive.theorems.derivation import Derivation
from tests.long import FOURTH_ORDER, without
from tests.theorems.numeric import FIRST_ORDER, Place, Point, tolerance, value
from tests.theorems.points import BATCHES, EPSILONS, compare, holds, places, trials

POINTS = 3
"""So many points for the lengths of the sizes and each epsilon that the hypotheses leave."""

PLACES = 6
"""So many values of the free indices are tried at a point, where there are more."""


def sampled(claim: Claim) -> dict[tuple[tuple[int, ...], float], list[Point]]:
    """Points by the lengths of the sizes, in the order of their names, and epsilon."""
    found: dict[tuple[tuple[int, ...], float], list[Point]] = {}
    for point in trials(claim):
        named = {tensor.name: float(np.real(array)) for tensor, array in point.arrays.items() if array.ndim == 0}
        long = tuple(int(named[name]) for name in sorted(tensor.name for tensor in point.arrays if tensor.integer))
        kept = found.setdefault((long, named.get("epsilon", 0.0)), [])
        if len(kept) < POINTS:
            kept.append(point)
    return found


def chosen(claim: Claim, point: Point) -> list[Place]:
    every = list(places(claim, point))
    return Random(str(claim)).sample(every, PLACES) if len(every) > PLACES else every


@pytest.mark.parametrize("name", without(FOURTH_ORDER, names()))
def test_both_sides(name: str) -> None:
    claim = statement(name).theorem.claim
    samples = sampled(claim)
    assert len({long for long, _ in samples}) == (2 if any(long for long, _ in samples) else 1), (
        f"points.py knows no point where {claim.hypotheses} hold"
    )
    for (long, epsilon), points in samples.items():
        assert len(set(long)) > 1 or len(long) < 2, "sizes that agree can stand for each other"
        for point in points[: 1 if len(long) > 2 else POINTS]:
            for at in chosen(claim, point):
                sides = value(claim.lhs, point, at), value(claim.rhs, point, at)
                assert compare(claim, point, at, tolerance(*claim.terms)), f"{sides} at {long}, epsilon={epsilon}"


@pytest.mark.parametrize("name", names())
def test_each_step(name: str) -> None:
    """Also a mistake that the next line takes back is seen."""
    proof = statement(name).proof
    proof = proof.derivation if isinstance(proof, Maximum) else proof
    for step in proof.steps if isinstance(proof, Derivation) else ():
        claim = step.theorem.claim
        assert (claim.relation, claim.rhs) == (step.relation, step.term)
        point = next(trials(claim))
        assert all(compare(claim, point, at, tolerance(*claim.terms)) for at in chosen(claim, point))


@pytest.mark.parametrize("name", without(FOURTH_ORDER, names()))
def test_refuted_variants_fail_somewhere(name: str) -> None:
    for verdict, _ in statement(name).refutations:
        claim = verdict.claim
        assert not all(holds(claim, point, 1e-6) for point in trials(claim)), f"{claim} holds wherever it was tried"


def test_maxima_are_attained() -> None:
    """At the witness the constraints hold, and the objective is the value."""
    maxima = [name for name in names() if isinstance(statement(name).proof, Maximum)]
    assert {"largest-weight-gradient", "theorem-4.4"} <= set(maxima)
    for theorem in (theorem for name in maxima for theorem in statement(name).theorems[1:]):
        points = list(islice(trials(theorem.claim), POINTS))
        assert points and all(holds(theorem.claim, point, tolerance(*theorem.claim.terms)) for point in points)


def test_every_epsilon_is_tried() -> None:
    """A statement without hypotheses is tried at both epsilons, so that a lost epsilon would be seen."""
    samples = sampled(statement("theorem-4.1").theorem.claim)
    assert set(samples) == {((m,), epsilon) for m in BATCHES for epsilon in EPSILONS}
    assert all(len(points) == POINTS for points in samples.values())


def test_the_oracle_sees_a_small_mistake() -> None:
    """One part in a million in a coefficient is a thousand times what is allowed."""
    bn = batchnorm()
    (b,) = bn.indices("b")
    total = Sum(bn.gradient[b], b)
    right, wrong = (Eq(Derivative(bn.loss, bn.beta), factor * total) for factor in (1, 1 + Fraction(1, 10**6)))
    point = next(trials(right))
    assert holds(right, point, FIRST_ORDER)
    assert not holds(wrong, point, FIRST_ORDER)


def test_the_second_derivative() -> None:
    """The Hessian of the loss by beta is the sum of its Hessian by the output: 1'(Q + 2 diag(c z))1."""
    bn = batchnorm()
    term = Derivative(Derivative(bn.loss, bn.beta), bn.beta)
    point = next(trials(Eq(term, 0)))
    z = point.array(bn.z)
    q, c = point.loss.q[: z.size, : z.size], point.loss.c[: z.size]
    expected = q.sum() + 2 * (c * z).sum()
    assert value(term, point, {}) == pytest.approx(expected, abs=tolerance(term))
