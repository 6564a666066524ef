"""Each counterexample, as it is printed, evaluated by a program that shares no code with the package."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from derive.errata import all_errata
from derive.language import Index, Tensor
from tests.errata.test_verdicts import REFUTED
from tests.soundness.arithmetic import compare, is_exact
from tests.soundness.evaluation import World, free

LONGEST = 4
"""No size is larger, so that a person can do the sums."""


def numbers(text: str) -> Any:
    """`(1/2, 0)` as a tuple of fractions, `3` as a fraction."""
    tokens = re.findall(r"[(),]|-?\d+(?:/\d+)?", text)
    assert "".join(tokens) == text.replace(" ", "")
    value, rest = nested(tokens)
    assert not rest
    return value


def nested(tokens: list[str]) -> tuple[object, list[str]]:
    head, *rest = tokens
    if head != "(":
        return Fraction(head), rest
    entries = []
    while rest[0] != ")":
        entry, rest = nested(rest[1:] if rest[0] == "," else rest)
        entries.append(entry)
    return tuple(entries), rest[1:]


def world(failure: dict) -> World:
    """The point that was printed."""
    values = {name: numbers(text) for name, text in failure["values"].items()}

    def entry(tensor: Tensor, position: tuple[int, ...]) -> object:
        value = values.get(tensor.name, 0)
        for at in position if isinstance(value, tuple) else ():
            value = value[at]
        return value

    return World(failure["sizes"], entry)


@pytest.fixture(params=REFUTED)
def refuted(request: pytest.FixtureRequest):
    entry = all_errata()[request.param]
    failure = entry.counterexample
    assert failure is not None
    return entry, failure.as_json()


def test_the_hypotheses_hold_and_the_claim_fails(refuted) -> None:
    entry, failure = refuted
    here = world(failure)
    assert [str(given) for given in entry.claim.hypotheses if not here.holds(given)] == []
    assert not here.holds(entry.claim)


def test_the_two_sides_have_the_values_that_are_printed(refuted) -> None:
    entry, failure = refuted
    here = world(failure)
    indices: dict[str, Index] = {index.name: index for index in free(entry.claim.lhs) | free(entry.claim.rhs)}
    place = {indices[name]: at - 1 for name, at in failure["at"].items()}
    for side, printed in ((entry.claim.lhs, failure["left"]), (entry.claim.rhs, failure["right"])):
        value = here.value(side, place)
        assert is_exact(value) and compare(value, Fraction(printed)) == 0


def test_it_is_small_and_exact(refuted) -> None:
    _, failure = refuted
    assert failure["exact"]
    assert all(size <= LONGEST for size in failure["sizes"].values())
    entries = [int(part) for text in failure["values"].values() for part in re.findall(r"\d+", text)]
    assert max(entries) <= 144 and sum(entry > 10 for entry in entries) <= 1


def test_the_evaluator_of_these_tests_is_not_fooled() -> None:
    entry = all_errata()["4.1"]
    values = {"y": "(1, 1, -1, -1)", "epsilon": "0", "gamma": "2", "g": "(3, 1, 0, 0)"}
    here = world({"sizes": {"m": 4}, "values": values})
    assert here.holds(entry.claim) and all(map(here.holds, entry.claim.hypotheses))
    assert here.value(entry.claim.lhs, {}) == 8


@pytest.mark.parametrize("gamma", ["1", "3"])
def test_parameters_that_restore(gamma: str) -> None:
    """Observation 4.3 by hand: mu = 2, sigma = 3, so that gamma = 1 is no case of it."""
    entry = all_errata()["4.3"]
    here = world({"sizes": {"m": 2}, "values": {"y": "(5, -1)", "epsilon": "0", "gamma": gamma, "beta": "2"}})
    assert all(map(here.holds, entry.claim.hypotheses)) == here.holds(entry.claim) == (gamma == "3")


def test_the_maxima_of_theorem_4_4_are_those_that_its_reading_names() -> None:
    """The largest |X'u|^2 over |X| <= lambda is lambda^2 |u|^2: no rank-one X of norm lambda = 2 gives more."""
    u, found = (3, 1, 0, 0), []
    for column in product((-1, 0, 1, 3), repeat=4):
        length = sum(entry**2 for entry in column)
        if length:
            found.append(Fraction(4 * sum(a * b for a, b in zip(u, column, strict=True)) ** 2, length))
    assert max(found) == 4 * sum(entry**2 for entry in u)
