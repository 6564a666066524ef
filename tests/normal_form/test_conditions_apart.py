"""Conditions that no point satisfies, since two of their indices may be equal, prove nothing."""

import pytest

from derive.language import Abs, Claim, Eq, Ne, Size, Vector, indices, log, sign
from derive.verdicts import decide

m = Size("m")
b, k, i, j = indices("b k i j", m)
n = Size("n")
(c,) = indices("c", n)
u, w = Vector("u", m), Vector("w", n)

VACUOUS = {
    "a quotient": Eq(0 / (u[b] - u[k]) + sign(u[i] - u[j]) ** 2, 1),
    "a logarithm": Eq(0 * log(u[b] - u[k]) + Abs(u[i] - u[j]), u[i] - u[j]),
    "a hypothesis": Eq(sign(u[i] - u[j]) ** 2, 1).given(Ne(u[i], u[j])),
    "a strict hypothesis": Eq(Abs(u[i] - u[j]), u[i] - u[j]).given(u[i] - u[j] > 0),
    "a product": Eq(0 / (u[b] ** 2 - u[k] ** 2), 0),
}


@pytest.mark.parametrize("claim", VACUOUS.values(), ids=list(VACUOUS))
def test_undecided_with_the_reason(claim: Claim) -> None:
    verdict = decide(claim)
    assert verdict.verdict == "undecided"
    assert "which fails where" in verdict.reason


POSSIBLE = {
    "two sizes": Eq((u[b] - w[c]) / (u[b] - w[c]), 1),
    "a sum": Eq((u[b] + u[k]) / (u[b] + u[k]), 1),
    "one index": Eq(sign(u[b]) ** 2, 1).given(Ne(u[b], 0)),
}


@pytest.mark.parametrize("claim", POSSIBLE.values(), ids=list(POSSIBLE))
def test_conditions_that_can_hold_stay(claim: Claim) -> None:
    assert decide(claim).verdict == "proved"
