"""What every registered statement promises: a proof that can be replayed, an id, a title, text and LaTeX."""

from __future__ import annotations

import re

import pytest

from derive.kernel import Theorem, is_theorem
from derive.language import Claim, Derivative, LanguageError, Scalar
from derive.latex import claim_latex
from derive.layers import LAYERS
from derive.maxima import Maximum
from derive.theorems import names, registry, statement
from derive.theorems.derivation import Derivation
from derive.theorems.registry import Statement, collecting, statements

PROMISED = ("fact-c1", "fact-c2", "theorem-4.1")
"""The names of the design that are there by now."""

REPAIRED_AT_LEAST = 0.75
"""The share of the other refuted equations for which a nearest theorem is found: no promise, but a floor."""


x = Scalar("x")


@pytest.fixture(params=names())
def stated(request: pytest.FixtureRequest) -> Statement:
    return statement(request.param)


def test_it_is_proved(stated: Statement) -> None:
    assert is_theorem(stated.theorem)
    assert stated.theorems[0].claim == stated.theorem.claim
    assert len(stated.theorems) == 1 or isinstance(stated.proof, Maximum)
    assert all(map(is_theorem, stated.theorems))
    assert stated.theorem.steps >= 1


def test_the_proof_can_be_replayed(stated: Statement) -> None:
    stated.theorem.recheck()


def test_the_theorem_is_the_chain(stated: Statement) -> None:
    proof = stated.proof
    if isinstance(proof, Derivation):
        assert (stated.theorem.claim.lhs, stated.theorem.claim.rhs) == (proof.start, proof.end)
        assert set(stated.theorem.claim.hypotheses) == set(proof.given)
        assert all(is_theorem(step.theorem) for step in proof.steps)


def test_building_it_again_gives_the_same_claim(stated: Statement) -> None:
    again = stated.build()
    assert (again if isinstance(again, Theorem) else again.theorem).claim == stated.theorem.claim


def test_every_step_says_why_or_speaks_for_itself(stated: Statement) -> None:
    """A chain of several steps gives a reason for its first: what the reader has to see to begin."""
    steps = stated.proof.steps if isinstance(stated.proof, Derivation) else []
    assert len(steps) < 2 or steps[0].because


def test_refutations(stated: Statement) -> None:
    for verdict, remark in stated.refutations:
        assert verdict.verdict == "refuted"
        assert verdict.counterexample.recheck() is True
        assert remark and not remark.endswith(".")


def about_a_derivative(claim: Claim) -> bool:
    """Whether a claim is an equation whose left side, found in closed form, repairs it."""
    return claim.relation == "=" and isinstance(claim.lhs, Derivative)


def test_every_refuted_derivative_has_a_repair_that_is_a_theorem(stated: Statement) -> None:
    for verdict, _ in stated.refutations:
        if about_a_derivative(verdict.claim):
            assert is_theorem(verdict.repair), f"no repair of {verdict.claim}"
            verdict.repair.recheck()
            assert verdict.repair.claim != verdict.claim
            assert verdict.repair.claim.relation == "=" and verdict.repair.claim.lhs == verdict.claim.lhs


def test_most_other_refuted_equations_have_a_repair() -> None:
    """A lost hypothesis, or two mistakes at once, are more than one edit away. Every third is looked at."""
    refuted = [verdict for name in names() for verdict, _ in statement(name).refutations]
    others = [v for v in refuted if v.claim.relation == "=" and not about_a_derivative(v.claim)][::3]
    repairs = [verdict.repair for verdict in others if verdict.repair]
    assert len(others) > 10 and len(repairs) >= REPAIRED_AT_LEAST * len(others)
    for repair in repairs:
        assert is_theorem(repair)
        repair.recheck()


def test_the_id_is_kebab_case(stated: Statement) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*([-.][a-z0-9]+)*", stated.id)


def test_the_title_is_one_sentence(stated: Statement) -> None:
    assert re.fullmatch(r"[A-Z][^.]*(\.\d[^.]*)*\.", stated.title), stated.title
    assert "\n" not in stated.title


def test_text_and_latex(stated: Statement) -> None:
    claim = stated.theorem.claim
    written = claim_latex(claim)
    assert str(claim) and str(stated.theorem).startswith(str(claim)) and str(stated.proof)
    assert written.count("{") == written.count("}") > 0
    assert written.count(r"\left") == written.count(r"\right")
    assert "\n" not in str(claim) and "None" not in str(claim)


def test_the_layer_is_known(stated: Statement) -> None:
    if stated.layer is not None:
        assert stated.layer is LAYERS[stated.layer.name]()


def test_ids_are_unique_and_found() -> None:
    assert len(set(names())) == len(names()) == len(statements())
    assert all(statement(name).id == name for name in names())
    assert set(PROMISED) <= set(names())


def test_titles_are_unique_for_a_layer() -> None:
    titles = [(made.title, made.layer and made.layer.name) for made in statements().values()]
    assert len(set(titles)) == len(titles)


def test_an_id_stands_once_in_a_script() -> None:
    """A second function under the same id would hide the first; so it is refused."""
    message = r"^two statements are called twice: first and second$"
    with collecting() as own, pytest.raises(LanguageError, match=message):

        @registry.statement("twice")
        def first() -> Derivation:
            return Derivation(x).eq(x)

        @registry.statement("twice")
        def second() -> Derivation:
            return Derivation(x).eq(x)

    assert own["twice"].build is first.build


def test_a_script_can_not_replace_a_statement_of_the_package() -> None:
    before = statement("fact-c1")
    with collecting() as own:
        registry.statement("fact-c1")(lambda: Derivation(x).eq(x))
    assert statement("fact-c1") is before is not own["fact-c1"]


def test_what_is_collected_is_gone_afterwards() -> None:
    with collecting():
        registry.statement("passing")(lambda: Derivation(x).eq(x))
    assert "passing" not in statements()


@pytest.mark.parametrize("made", [None, 5, "x = x"])
def test_a_script_that_returns_no_proof(made: object) -> None:
    expected = f"^returns-it returns {re.escape(repr(made))}, which is neither a Derivation, a Theorem nor a Maximum$"
    with pytest.raises(LanguageError, match=expected):
        _ = Statement("returns-it", "It returns something else.", lambda: made).proof


def test_an_unknown_id() -> None:
    with pytest.raises(KeyError):
        statement("fact-c3")


def test_the_promised_claims() -> None:
    """The book rests on these lines, so that they change only on purpose."""
    texts = {name: str(statement(name).theorem.claim) for name in PROMISED}
    assert texts == {
        "fact-c1": "D(L, y[b]) = gamma/(m*s)*(m*g[b] - Sum(g[k], k) - yhat[b]*Sum(g[k]*yhat[k], k)) for every b",
        "fact-c2": "D(yhat[b], y[k]) = (delta(b, k) - 1/m - yhat[b]*yhat[k]/m)/s for every b, k",
        "theorem-4.1": (
            "Sum(D(L, y[b])**2, b) = gamma**2/s**2*"
            "(Sum(g[b]**2, b) - Sum(g[b], b)**2/m - (2 - var/s**2)*Sum(g[b]*yhat[b], b)**2/m)"
        ),
    }
