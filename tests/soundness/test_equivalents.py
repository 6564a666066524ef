"""The same statement in other words is proved as well."""

from __future__ import annotations

from random import Random

import pytest

from derive.language import Abs, Claim, Delta, Eq, Sum
from tests.long import FOURTH_ORDER, without
from tests.soundness.batchnorm_statements import b, k, m, s, y, yhat
from tests.soundness.equivalents import WHOLE, Equivalent, equivalents, rewrites
from tests.soundness.fragment_statements import H, alpha, i, j, tau, u, v
from tests.soundness.judgement import judge
from tests.soundness.oracle import oracle
from tests.soundness.rewrites import ALGEBRA, MEANING
from tests.soundness.statements import STATEMENTS, WRITTEN

ROWS: list[tuple[str, Claim, str]] = [
    ("reorder", Eq(m, alpha + tau), "tau + alpha"),
    ("regroup", Eq(m, alpha * tau * m), "alpha*(tau*m)"),
    ("expand", Eq(m, alpha * (tau + m)), "alpha*tau + alpha*m"),
    ("expand", Eq(m, (alpha - tau) ** 2), "alpha**2 + 2*alpha*(-tau) + (-tau)**2"),
    ("factor", Eq(m, alpha * tau - alpha * m), "alpha*(tau - m)"),
    ("quotient", Eq(m, alpha / tau), "alpha*tau**(-1)"),
    ("powers", Eq(m, alpha**3), "alpha*alpha*alpha"),
    ("signs", Eq(m, alpha - tau), "-(-alpha + tau)"),
    ("numbers", Eq(m, alpha), "(1/3)*alpha + (2/3)*alpha"),
    ("zero", Eq(tau, alpha * m), "alpha*m + alpha - alpha"),
    ("bound name", Eq(u[k], Sum(u[i], i)), "Sum(u[k], k)"),
    ("split sum", Eq(m, Sum(u[i] + v[i], i)), "Sum(u[i], i) + Sum(v[i], i)"),
    ("split sum", Eq(m, Sum(u[i], i) + Sum(v[j], j)), "Sum(u[i] + v[i], i)"),
    ("pull out", Eq(m, Sum(alpha * u[i], i)), "alpha*Sum(u[i], i)"),
    ("push in", Eq(u[i], u[i] * Sum(v[i], i)), "Sum(u[i]*v[i'], i')"),
    ("double sum", Eq(m, Sum(u[i], i) ** 2), "Sum(Sum(u[i]*u[i'], i), i')"),
    ("double sum", Eq(m, Sum(H[i, j], i, j)), "Sum(Sum(H[i, j], j), i)"),
    ("delta", Eq(m, u[i]), "Sum(delta(i', i)*u[i'], i')"),
    ("delta", Eq(m, Delta(i, j)), "Sum(delta(i, i')*delta(i', j), i')"),
    ("mean", Eq(m, Sum(u[i], i)), "m*(Sum(u[i], i)/m)"),
    ("mean", Eq(alpha, m), "Sum(1, t)"),
    ("unity", Eq(m, alpha * tau), "m/m*(alpha*tau)"),
    ("transpose", Eq(m, H[i, j]), "H[j, i]"),
    ("absolute", Eq(m, Abs(alpha) ** 2), "alpha**2"),
    ("unfold", Eq(m, yhat[k]), "(y[k] - mu)/s"),
    ("solved", Eq(yhat[b], y[k]), "mu + s*yhat[k]"),
    ("vanishing", Eq(m, yhat[k]), "yhat[k] + Sum(yhat[t], t)"),
    ("root", Eq(m, s), "(var + epsilon)/s"),
]
"""For every rewrite: a term and one thing that it is rewritten to."""


@pytest.mark.parametrize(("name", "claim", "expected"), ROWS, ids=[f"{row[0]}: {row[1].rhs}" for row in ROWS])
def test_each_rewrite(name: str, claim: Claim, expected: str) -> None:
    assert expected in [str(new) for row, new in rewrites(claim.rhs, claim) if row == name]


def test_every_rewrite_has_a_row() -> None:
    assert {name for name, _, _ in ROWS} == set(ALGEBRA | MEANING)


@pytest.mark.parametrize("name", ALGEBRA | MEANING)
def test_rewrites_keep_the_value(name: str) -> None:
    """Of every statement, a rewrite of that kind: the oracle finds it equal to what it was made from."""
    rng = Random(name)
    tried = 0
    for claim in WRITTEN.values():
        made = [(side, new) for side in (claim.lhs, claim.rhs) for row, new in rewrites(side, claim) if row == name]
        for side, new in rng.sample(made, min(2, len(made))):
            same = Claim(side, "=", new, claim.hypotheses)
            assert oracle(same, draws=1) == "true", str(same)
            tried += 1
    assert tried


@pytest.mark.parametrize("row", WHOLE)
def test_rewrites_of_whole_claims_keep_their_truth(row: str) -> None:
    for claim in WRITTEN.values():
        assert oracle(WHOLE[row](claim), draws=1) == "true", str(claim)


def test_there_are_enough_equivalents_and_they_differ() -> None:
    every = [equivalent.claim for name in STATEMENTS for equivalent in equivalents(name)]
    equations = {claim for claim in every if claim.relation == "="}
    assert len(equations) >= 500
    assert not equations & set(STATEMENTS.values())


@pytest.mark.parametrize("name", without(FOURTH_ORDER, STATEMENTS))
def test_equivalents_are_proved(name: str) -> None:
    """Every fifth one; `make test-slow` judges all."""
    assert_proved(equivalents(name)[::5])


@pytest.mark.slow
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_other_equivalents_are_proved(name: str) -> None:
    assert_proved(equivalents(name)[1::2])


def assert_proved(found: tuple[Equivalent, ...]) -> None:
    """Inequalities may stay undecided: what is searched for there is a certificate."""
    failures = []
    for equivalent in found:
        judgement = judge(equivalent.claim)
        enough = ("proved",) if equivalent.claim.relation == "=" else ("proved", "undecided")
        if judgement.truth != "true" or judgement.verdict not in enough:
            failures.append(f"{judgement}\n    by {', '.join(equivalent.steps)}")
    assert not failures, "\n".join(failures)
