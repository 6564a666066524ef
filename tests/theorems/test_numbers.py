"""Every statement in floating point: an oracle that shares no decision with the checker."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from derive.language import Claim, Derivative, Eq, Sum
from derive.layers import batchnorm
from derive.theorems import names, statement
from tests.theorems.numeric import FIRST_ORDER, tolerance, value
from tests.theorems.points import BATCHES, EPSILONS, compare, holds, places, trials

POINTS = 3
"""So many points for each batch size and epsilon that the hypotheses leave."""


def sampled(claim: Claim) -> dict[tuple[int, float], list]:
    """Points by batch size and epsilon."""
    found: dict[tuple[int, float], list] = {}
    for point in trials(claim):
        named = {tensor.name: float(np.real(array)) for tensor, array in point.arrays.items() if array.ndim == 0}
        sizes = [int(named[tensor.name]) for tensor in point.arrays if tensor.integer]
        found.setdefault((max(sizes, default=0), named.get("epsilon", 0.0)), []).append(point)
    return {at: list(islice(points, POINTS)) for at, points in found.items()}


@pytest.mark.parametrize("name", names())
def test_both_sides(name: str) -> None:
    claim = statement(name).theorem.claim
    samples = sampled(claim)
    assert {m for m, _ in samples} in (set(BATCHES), {0}), f"points.py knows no point where {claim.hypotheses} hold"
    for (m, epsilon), points in samples.items():
        for point in points:
            for at in places(claim, point):
                sides = value(claim.lhs, point, at), value(claim.rhs, point, at)
                assert compare(claim, point, at, tolerance(*claim.terms)), f"{sides} at m={m}, epsilon={epsilon}"


@pytest.mark.parametrize("name", names())
def test_each_step(name: str) -> None:
    """Also a mistake that the next line takes back is seen."""
    proof = statement(name).proof
    for step in getattr(proof, "steps", ()):
        claim = step.theorem.claim
        assert (claim.relation, claim.rhs) == (step.relation, step.term)
        assert holds(claim, next(trials(claim)), tolerance(*claim.terms))


@pytest.mark.parametrize("name", names())
def test_refuted_variants_fail_somewhere(name: str) -> None:
    for verdict, _ in statement(name).refutations:
        claim = verdict.claim
        assert not all(holds(claim, point, 1e-6) for point in trials(claim)), f"{claim} holds wherever it was tried"


def test_every_epsilon_is_tried() -> None:
    """A statement without hypotheses is tried at both epsilons, so that a lost epsilon would be seen."""
    samples = sampled(statement("theorem-4.1").theorem.claim)
    assert set(samples) == {(m, epsilon) for m in BATCHES for epsilon in EPSILONS}
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
