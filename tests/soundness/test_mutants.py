"""Planted errors: no false formula is proved, no true one refuted, and every refutation is checked by the oracle."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from derive.language import Claim, Derivative, Eq, Sum
from derive.theorems import statements
from tests.soundness.batchnorm_statements import L, b, epsilon, gamma, k, m, s, y, yhat
from tests.soundness.fragment_statements import M, alpha, i, j, tau, u
from tests.soundness.judgement import Judgement, judge
from tests.soundness.mutants import LONG_TO_EVALUATE, Mutant, mutants, other_relations, singles
from tests.soundness.mutations import OPERATORS
from tests.soundness.oracle import oracle
from tests.soundness.package_statements import EXCEPTIONS, PACKAGE
from tests.soundness.statements import STATEMENTS

ROWS: list[tuple[str, Claim, list[str]]] = [
    ("sign", Eq(m, u[i] - u[j]), ["-u[i] - u[j]", "u[i] + u[j]"]),
    ("sign", Eq(m, -u[i]), ["u[i]"]),
    ("factor m", Eq(m, u[i] * alpha), ["m*(u[i]*alpha)", "u[i]*alpha/m"]),
    ("m less one", Eq(u[i], m), ["m - 1", "m + 1"]),
    ("factor of a scalar", Eq(tau, u[i] * u[i]), ["tau*(u[i]*u[i])", "u[i]*u[i]/tau"]),
    ("other scalar", Eq(gamma, tau), ["gamma", "1"]),
    ("power", Eq(m, tau**2), ["tau**1", "tau**3"]),
    ("power", Eq(m, u[i]), ["u[i]**2"]),
    ("hat", Eq(u[k], yhat[k]), ["u[k]", "y[k]"]),
    ("dropped term", Eq(m, alpha + tau), ["tau", "alpha"]),
    (
        "doubled term",
        Eq(m, alpha + tau),
        ["2*alpha + tau", "alpha + tau + alpha", "alpha + 2*tau"],
    ),
    ("dropped factor", Eq(m, alpha * tau), ["tau", "alpha"]),
    ("dropped factor", Eq(m, alpha / tau), ["alpha", "alpha*tau"]),
    ("doubled factor", Eq(m, alpha * tau), ["alpha*tau*alpha", "alpha*tau*tau"]),
    ("number", Eq(m, 2 * m), ["1*m", "3*m", "(1/2)*m"]),
    ("swapped index", Eq(m, M[i, j]), ["M[j, j]", "M[i, i]", "M[j, i]"]),
    ("swapped index", Eq(y[b], Derivative(L, y[k])), ["D(L, y[b])"]),
    ("captured index", Eq(u[k], Sum(M[b, k], b)), ["Sum(M[b, k], k)", "Sum(M[k, k], k)"]),
    ("no epsilon", Eq(m, s**2), ["sqrt(var + 0)**2"]),
    ("no epsilon", Eq(m, epsilon), ["0"]),
    ("sum of factors", Eq(m, Sum(u[i] * u[i], i)), ["Sum(u[i], i)*Sum(u[i], i)"]),
    ("sum of factors", Eq(m, alpha * Sum(u[i], i)), ["Sum(alpha*u[i], i)"]),
    ("sum of factors", Eq(m, Sum(u[i], i) ** 2), ["Sum(u[i]**2, i)"]),
    ("sum of factors", Eq(m, Sum(u[i] ** 2, i)), ["Sum(u[i], i)**2"]),
    ("moved sum", Eq(u[k], Sum(u[i], i)), ["u[i]", "u[k]", "Sum(Sum(u[i], i), i)"]),
    ("delta", Eq(u[k], u[i]), ["delta(i, k)*u[i]"]),
    ("function", Eq(m, STATEMENTS["function: exponential"].rhs.args[1]), ["u[b]", "abs(u[b])", "tanh(u[b])"]),
    ("upside down", Eq(m, alpha / tau), ["tau/alpha"]),
    ("variable of a derivative", Eq(tau, Derivative(alpha**2, alpha)), ["D(alpha**2, tau)"]),
]
"""For every operator: what it makes of the right-hand side of a claim, all mistakes of that kind."""


@pytest.mark.parametrize(("name", "claim", "expected"), ROWS, ids=[f"{row[0]}: {row[1].rhs}" for row in ROWS])
def test_each_operator(name: str, claim: Claim, expected: list[str]) -> None:
    made = [str(mutant.claim.rhs) for mutant in singles(claim) if mutant.mistakes == (f"{name} rhs",)]
    assert set(expected) <= set(made), made


def test_every_operator_has_a_row() -> None:
    assert {name for name, _, _ in ROWS} == set(OPERATORS)


def test_relations_and_hypotheses_are_mutated_too() -> None:
    printed = STATEMENTS["norm: a smaller gradient"]
    texts = [str(mutant.claim) for mutant in other_relations(printed)]
    assert any(" >= " in text for text in texts) and any("given" not in text for text in texts)


@cache
def every() -> list[tuple[str, Mutant]]:
    return [(name, mutant) for name in STATEMENTS for mutant in mutants(name)]


def test_every_statement_of_the_package_is_mutated() -> None:
    """So that nothing that is listed as proved stays without a test that would notice if too much were proved."""
    named = {name.partition(": ")[2] for name in PACKAGE}
    assert named | set(EXCEPTIONS) == set(statements())
    assert not named & set(EXCEPTIONS) and len(EXCEPTIONS) < 5
    assert {name for name in PACKAGE if len(mutants(name)) < 5} == set()


def test_there_are_enough_mutants_and_they_differ() -> None:
    assert len({mutant.claim for _, mutant in every()}) >= 6000
    assert len({str(mutant.claim) for _, mutant in every()}) >= 6000
    assert not {mutant.claim for _, mutant in every()} & set(STATEMENTS.values())


def test_every_kind_of_mistake_is_made() -> None:
    kinds = Counter(mistake.rpartition(" ")[0] for _, mutant in every() for mistake in mutant.mistakes)
    assert all(kinds[name] >= 25 for name in OPERATORS), kinds


@pytest.mark.parametrize("part", range(4))
def test_most_mutants_are_false(part: int) -> None:
    """A mutant that is true, or means nothing, tests little; the oracle is asked about one of each statement."""
    names = list(STATEMENTS)[part::4]
    truths = Counter(oracle(mutants(name)[part].claim, draws=1) for name in names)
    assert truths["false"] >= 0.75 * truths.total()
    assert truths["undefined"] <= 0.05 * truths.total()


@pytest.fixture
def as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counterexamples as they are found: to make them small takes most of the time, and is tested in tests/refute."""
    monkeypatch.setattr("derive.refute.search.SHRINKS", 0)


@pytest.mark.usefixtures("as_found")
@pytest.mark.parametrize("name", STATEMENTS)
def test_no_false_mutant_is_proved_and_no_true_one_refuted(name: str) -> None:
    """Every tenth mutant; `make test-slow` judges all of them, and four times as many."""
    assert_sound(name, [judge(mutant.claim) for mutant in mutants(name)[:: 15 if name in LONG_TO_EVALUATE else 10]])


@pytest.mark.slow
@pytest.mark.parametrize("name", STATEMENTS)
def test_no_false_mutant_is_proved_of_many(name: str) -> None:
    """More of them, with counterexamples made small."""
    assert_sound(name, [judge(mutant.claim) for mutant in mutants(name, times=4)])


def assert_sound(name: str, judgements: list[Judgement]) -> None:
    complaints = [str(judgement) for judgement in judgements if judgement.complaint]
    assert not complaints, "\n".join(complaints)
    if name not in HARD_TO_REFUTE:
        assert_useful(judgements)


HARD_TO_REFUTE = {
    "theorem_4_2: theorem-4.2-at-sigma": "gamma = s makes gamma irrational: evaluating a Hessian takes too many steps",
}
"""Statements whose false mutants may stay undecided, each with the reason."""


def assert_useful(judgements: list[Judgement]) -> None:
    """Not a matter of soundness: hardly any false equation is left undecided."""
    false = [judgement for judgement in judgements if judgement.truth == "false" and judgement.claim.relation == "="]
    undecided = [str(judgement) for judgement in false if judgement.verdict == "undecided"]
    assert len(undecided) <= max(1, 0.1 * len(false)), "\n".join(undecided)
