"""Each line of each derivation has to be right: change it, and the line that is wrong is named, with numbers."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from derive import theorems
from derive.language import LanguageError, Number, Scalar, Size, Sum, Term, Vector, indices
from derive.theorems import names, statement
from derive.theorems.derivation import Derivation, DerivationError, Step
from derive.theorems.registry import collecting

m = Size("m")
b, k = indices("b k", m)
u = Vector("u", m)
x = Scalar("x")

MUTATIONS: dict[str, Callable[[Term], Term]] = {
    "sign flipped": lambda term: -term,
    "times m": lambda term: m * term,
    "over m": lambda term: term / m,
    "plus 1": lambda term: term + 1,
    "minus 1": lambda term: term - 1,
    "doubled": lambda term: 2 * term,
}

STILL_TRUE = {
    "=": frozenset[str](),
    "<=": frozenset({"times m", "plus 1", "doubled"}),
    "<": frozenset({"times m", "plus 1", "doubled"}),
    ">=": frozenset({"over m", "minus 1"}),
}
"""What leaves a line true: a right side that is not negative can be made larger after <=, and smaller after >=."""

SCALED = {"sign flipped", "times m", "over m", "doubled"}
"""What leaves zero as it is."""

ZERO = {"yhat-mean"}
"""Derivations all of whose lines are zero."""

SPARED = {
    ("lemma-4.5-on-the-ray", "over m"),  # k/m > 0 is true as well
    ("lemma-4.5-other-side", "minus 1"),  # false only for steps below 1, where no counterexample is looked for
}


def lines(name: str) -> list[tuple[Term, Step]]:
    """Each step with the line before it."""
    proof = statement(name).proof
    steps = proof.steps if isinstance(proof, Derivation) else []
    before = [proof.start, *(step.term for step in steps)] if steps else []
    return list(zip(before[:-1], steps, strict=True))


SCRIPTS = ("normalized_coordinates", "fact_c2", "adjoints", "fact_c1", "theorem_4_1", "lemma_4_5")
"""The scripts whose every line is changed in every way; test_misprints changes the text of all scripts."""

ALL = [
    pytest.param(name, number, mutation, id=f"{name}-{number}-{mutation}")
    for name in names()
    if statement(name).build.__module__.rpartition(".")[2] in SCRIPTS
    for number, (_, step) in enumerate(lines(name))
    for mutation in MUTATIONS
    if mutation not in STILL_TRUE[step.relation] and (name, mutation) not in SPARED
    if not (name in ZERO and mutation in SCALED)
]
CASES = [
    pytest.param(*case.values, id=case.id, marks=[pytest.mark.slow] if place % 3 else [])
    for place, case in enumerate(ALL)
]
"""Two of three are left to `make test-slow`."""


@pytest.mark.parametrize(("name", "number", "mutation"), CASES)
def test_a_changed_line_is_refuted_where_it_stands(name: str, number: int, mutation: str) -> None:
    before, step = lines(name)[number]
    wrong = MUTATIONS[mutation](step.term)
    derivation = Derivation(before, statement(name).proof.given)
    write = {"=": derivation.eq, "<=": derivation.le, "<": derivation.lt, ">=": derivation.ge}[step.relation]
    here = sys._getframe().f_lineno
    with pytest.raises(DerivationError) as caught:
        write(wrong, step.because)
    assert caught.value.place == f"{__file__}:{here + 2}"
    claim, error = caught.value.verdict.claim, caught.value
    assert str(error).startswith(f"{error.place}: this step is refuted: {before} {step.relation} {wrong}")
    assert claim.lhs == before and claim.rhs == wrong
    assert error.verdict.counterexample.recheck() is True
    assert re.search(r"\n  left   \S.*\n  right  \S", str(error)), "the numbers are shown"
    assert derivation.steps == [], "a wrong line is not kept"


@pytest.mark.parametrize("mutation", sorted(SCALED))
@pytest.mark.parametrize("name", sorted(ZERO))
def test_zero_can_be_scaled(name: str, mutation: str) -> None:
    """The changes left out above are left out for a reason: they are theorems."""
    for before, step in lines(name):
        Derivation(before).eq(MUTATIONS[mutation](step.term))


MISPRINTS = [
    ("fact_c1", "fact_c1", 1, "2 / m", "1 / m"),
    ("fact_c1", "fact_c1", 2, "- 1 / (m * s) *", "+ 1 / (m * s) *"),
    ("fact_c1", "fact_c1", 3, "* along", "/ along"),
    ("fact_c2", "fact_c2", 2, "- 1 / m", "+ 1 / m"),
    ("fact_c2", "variance_derivative", 1, "(2 *", "("),
    ("adjoints", "adjoint_var", 1, "(-1 /", "(1 /"),
    ("adjoints", "adjoint_gamma", 1, "* yhat[k]", "* bn.y[k]"),
    ("normalized_coordinates", "yhat_norm", 3, "1 - ", "1 + "),
]
"""Script, function, step, what is printed there, and what is misprinted."""


@pytest.mark.parametrize(("script", "function", "step", "right", "wrong"), MISPRINTS)
def test_a_misprint_in_the_script_itself(
    script: str, function: str, step: int, right: str, wrong: str, tmp_path: Path
) -> None:
    source = (Path(theorems.__file__).parent / "paper" / f"{script}.py").read_text().splitlines()
    start = source.index(f"def {function}() -> Derivation:")
    at = [number for number in range(start, len(source)) if ".eq(" in source[number]][step - 1]
    assert right in source[at]
    source[at] = source[at].replace(right, wrong, 1)
    copy = tmp_path / f"{script}.py"
    copy.write_text("\n".join(source))
    with collecting():
        misprinted = runpy.run_path(str(copy))[function]
    with pytest.raises(DerivationError) as caught:
        _ = misprinted.proof
    assert caught.value.place == f"{copy}:{at + 1}"
    assert caught.value.verdict.counterexample.recheck()


def test_the_message_in_full() -> None:
    here = sys._getframe().f_lineno
    with pytest.raises(DerivationError) as caught:
        Derivation(Sum(u[b], b) ** 2).eq(Sum(u[b] * u[k], b, k), "a double sum").eq(Sum(u[b] ** 2, b), "careless")
    assert str(caught.value) == (
        f"{__file__}:{here + 2}: this step is refuted: Sum(Sum(u[b]*u[k], b), k) = Sum(u[b]**2, b)\n"
        "at m = 2\n"
        "  with   u = (1, 1)\n"
        "  left   4\n"
        "  right  2"
    )


def test_the_line_of_a_call_in_the_middle_of_a_chain() -> None:
    here = sys._getframe().f_lineno
    with pytest.raises(DerivationError) as caught:
        (
            Derivation(x + x)
            .eq(2 * x)
            .eq(
                3 * x,
                "the wrong line begins three lines above",
            )
            .eq(2 * x)
        )
    assert caught.value.place == f"{__file__}:{here + 5}"


def test_a_line_written_by_a_function_is_named_there() -> None:
    def doubled(chain: Derivation) -> Derivation:
        return chain.eq(2 * chain.end)

    with pytest.raises(DerivationError) as caught:
        doubled(Derivation(x))
    assert caught.value.place == f"{__file__}:{doubled.__code__.co_firstlineno + 1}"


@pytest.mark.parametrize(
    ("relation", "wrong"), [("eq", x + 1), ("le", x - 1), ("lt", x), ("ge", x + 1)], ids=["=", "<=", "<", ">="]
)
def test_every_relation_can_fail(relation: str, wrong: Term) -> None:
    with pytest.raises(DerivationError, match="this step is refuted"):
        getattr(Derivation(x), relation)(wrong)


def test_a_chain_can_not_turn_round() -> None:
    """x <= x + 1 >= x says nothing of x and x."""
    chain = Derivation(x).le(x + 1).ge(x)
    with pytest.raises(Exception, match="nothing follows from <= and then >="):
        _ = chain.theorem


def test_what_was_to_be_refuted_is_a_theorem() -> None:
    here = sys._getframe().f_lineno
    with pytest.raises(LanguageError) as caught:
        Derivation(x + x).eq(2 * x).but_not((x + x).equals(2 * x))
    assert str(caught.value) == f"{__file__}:{here + 2}: 'x + x = 2*x' was to be refuted, but it is a theorem"


def test_a_derivation_without_a_step() -> None:
    with pytest.raises(LanguageError, match=r"^a derivation without a step proves nothing$"):
        _ = Derivation(x).theorem


@pytest.mark.parametrize("value", [0.5, "x", u, None])
def test_what_is_no_formula(value: object) -> None:
    with pytest.raises(LanguageError):
        Derivation(Number(1)).eq(value)
