"""What a side is worth with an edit: by its parts the same as when it is read again as a whole."""

from contextlib import suppress

import pytest

from derive.notes.find import formulas_in
from derive.notes.judge import Note
from derive.notes.repair.kinds import edits
from derive.notes.repair.parts import Whole
from derive.notes.repair.search import Search
from derive.notes.values import close
from tests.notes.note import BATCHNORM, LAYERNORM, tex
from tests.notes.repair.test_several import LENGTH, SIMPLE

WRONG = {
    "a sum in brackets": (BATCHNORM, r"@{x_i} = \frac{\gamma}{m \sigma} (m @{y_i} + \sum_k @{y_k} - \hat{x}_i)"),
    "a power": (BATCHNORM, r"@{\sigma^2} = -\frac{\gamma}{2} (\sigma^2 + \epsilon)^{-1/2} \sum_i @{y_i} (x_i - \mu)"),
    "a norm": (SIMPLE, LENGTH.replace("- \\hat", "+ \\hat")),
    "vectors": (SIMPLE, r"\|y\|^2 = \gamma \|\hat{x}\|^2 - 2 \beta \langle e, \hat{x} \rangle + m \beta^2"),
    "for each feature": (LAYERNORM, r"@{\hat{x}_i} = \gamma_i (@{y_i} - \frac{1}{d} \sum_{k \neq i} @{y_k})"),
}


@pytest.mark.parametrize("name", WRONG)
def test_by_its_parts_a_side_has_the_values_that_it_has_as_a_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    context, latex = WRONG[name]
    looked_at = []

    def held_against_the_whole(search: Search, left_too: bool):
        assert search.rights is not None
        for edit in edits(search.wrong, search.wrong.right):
            with suppress(Whole):
                by_parts = search.rights(edit.nodes)
                term = search.wrong.with_right(edit.of(search.wrong.right))
                looked_at.append((edit, by_parts, None if term is None else search.values(term)))
        return iter(())

    monkeypatch.setattr(Search, "found", held_against_the_whole)
    Note(formulas_in(f"{context}\n\n$$\n{tex(latex)}\n$$\n")).check()
    assert len(looked_at) > 10  # else nothing is held against anything
    for edit, by_parts, whole in looked_at:
        assert (by_parts is None) == (whole is None), edit
        assert by_parts is None or close(by_parts, whole), edit
