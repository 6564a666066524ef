"""A formula is read again only in ways that differ in something that it leaves open."""

from __future__ import annotations

import pytest

from derive.notes.find import formulas_in
from derive.notes.judge import Note
from derive.notes.meaning.value import Reading, Readings
from tests.notes.note import BATCHNORM

ALL = [Reading(), Reading(direct=True), Reading(inner=True), Reading(direct=True, inner=True)]


@pytest.mark.parametrize(
    ("asked", "tried"),
    [
        (frozenset(), ALL[:1]),
        (frozenset(("direct",)), ALL[:2]),
        (frozenset(("inner",)), [ALL[0], ALL[2]]),
        (frozenset(("direct", "inner")), ALL),
    ],
)
def test_readings_that_take_all_alike_are_one(asked, tried):
    readings, found = Readings(ALL), []
    for reading in readings:
        found.append(reading)
        readings.try_no_like(reading, asked)
    assert found == tried


@pytest.mark.parametrize(
    ("formula", "asked"),
    [
        (r"\frac{\partial L}{\partial \beta} = \sum_{i=1}^m \frac{\partial L}{\partial y_i}", set()),
        (r"\frac{\partial \hat{x}_i}{\partial x_j} = \frac{\delta_{ij}}{\sigma}", {"direct"}),
    ],
)
def test_what_a_formula_leaves_open(formula, asked):
    note = Note(formulas_in(f"{BATCHNORM}\n\n$$\n{formula}\n$$\n"))
    note.check()
    number = len(note.survey.formulas) - 1
    left, right = note.survey.read[number][0].chain.sides
    assert note.claims.unasked(number, left, right, "=", Reading())[1] == asked
