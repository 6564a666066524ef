"""Notes about softmax, lengths, variances and activations: each formula's verdict, and by numpy whether it is true."""

import json
from pathlib import Path

import pytest

from derive.notes import check
from tests.notes.examples.others.oracle import TRUTH, holds

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_each_formula_has_its_verdict(name):
    assert [formula.verdict for formula in check(HERE / name)] == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_expected_is_true(name):
    assert len(EXPECTED[name]) == len(TRUTH[name])
    for verdict, pairs in zip(EXPECTED[name], TRUTH[name], strict=True):
        if pairs is None:
            assert verdict == "definition"
        else:
            assert verdict == ("proved" if holds(pairs) else "refuted")


def test_every_note_here_is_tested():
    notes = {path.name for path in HERE.iterdir() if path.suffix in (".md", ".tex", ".rst", ".ipynb")}
    assert notes == set(EXPECTED) == set(TRUTH)
