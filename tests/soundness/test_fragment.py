"""Random terms of the fragment: the two deciders agree, whatever comes."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from derive.language import Claim, Derivative, Eq, Term, term
from tests.soundness.equivalents import rewrite, rewritten
from tests.soundness.judgement import Judgement, judge
from tests.soundness.mutants import singles
from tests.soundness.strategies import alpha, derivatives, i, j, k, tau, terms, u, with_exponentials

often = settings(deadline=None, derandomize=True, max_examples=300)
sometimes = settings(deadline=None, derandomize=True, max_examples=100)
dice = st.integers(0, 2**16).map(Random)


def judged(claim: Claim) -> Judgement:
    return judge(claim, draws=1)


def assert_proved(claim: Claim) -> None:
    judgement = judged(claim)
    assert (judgement.truth, judgement.verdict) == ("true", "proved"), str(judgement)


@often
@given(terms((i, j)), terms((i, j)))
def test_random_claims(left: Term, right: Term) -> None:
    judgement = judged(Eq(left, right))
    assert not judgement.complaint, str(judgement)


@often
@given(terms((i, j)), dice)
def test_random_equivalents(value: Term, rng: Random) -> None:
    assert_proved(rewritten(Eq(value, value), rng, 4).claim)


@often
@given(terms((i, j)), dice)
def test_random_mutants(value: Term, rng: Random) -> None:
    judgement = judged(rng.choice(list(singles(Eq(value, value)))).claim)
    assert not judgement.complaint, str(judgement)


@sometimes
@given(derivatives((k, i)), dice)
def test_random_derivatives_of_equivalents(value: Derivative, rng: Random) -> None:
    """Equal terms have equal derivatives."""
    _, body = rewrite(value.body, Eq(value.body, value.by), rng)
    assert_proved(Eq(value, Derivative(body, value.by)))


@sometimes
@given(terms((k, i), 2), terms((k, i), 2), st.sampled_from((u[k], alpha, tau)))
def test_the_product_rule(left: Term, right: Term, by: Term) -> None:
    slope = Derivative(left, by) * right + left * Derivative(right, by)
    assert_proved(Eq(Derivative(left * right, by), slope))


@sometimes
@given(derivatives((k, i)), terms((k, i), 2), dice)
def test_random_derivatives_and_their_mutants(value: Derivative, other: Term, rng: Random) -> None:
    for claim in (Eq(value, other), rng.choice(list(singles(Eq(value, value)))).claim):
        judgement = judged(claim)
        assert not judgement.complaint, str(judgement)


@sometimes
@given(with_exponentials((i, j)), dice)
def test_random_exponentials(value: Term, rng: Random) -> None:
    same = judged(rewritten(Eq(value, value), rng, 3).claim)
    other = judged(rng.choice(list(singles(Eq(value, value)))).claim)
    assert same.verdict == "proved" and not other.complaint, f"{same}\n{other}"


relations = st.sampled_from(("<=", ">=", "<", ">"))


@often
@given(terms((i, j), 2), terms((i, j), 2), relations)
def test_random_inequalities(left: Term, right: Term, relation: str) -> None:
    judgement = judged(Claim(left, relation, right))
    assert not judgement.complaint, str(judgement)


@often
@given(terms((i,), 1), terms((i,), 1), dice)
def test_sums_of_squares_and_their_mutants(first: Term, second: Term, rng: Random) -> None:
    """A sum of squares is not negative; what is made of it by a mistake may be."""
    claim = Claim(first**2 + tau * second**2, ">=", term(0))
    judgement = judged(claim)
    assert judgement.verdict != "refuted", str(judgement)
    judgement = judged(rng.choice(list(singles(claim))).claim)
    assert not judgement.complaint, str(judgement)
