"""What a side is worth with an edit: by its parts the same as when it is read again as a whole."""

import pytest

from derive.notes.find import formulas_in
from derive.notes.judge import Note
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


def looked_at(context: str, latex: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Each edit of a formula that is tried, with its values by the parts and as a whole."""
    found = []
    of_right = Search._of_right

    def kept(self: Search, edit):
        if self.rights is not None:
            try:
                by_parts = self.rights(edit.nodes)
            except Whole:
                return of_right(self, edit)
            term = self.wrong.with_right(edit.of(self.wrong.right))
            found.append((edit, by_parts, None if term is None else self.values(term)))
        return of_right(self, edit)

    monkeypatch.setattr(Search, "_of_right", kept)
    Note(formulas_in(f"{context}\n\n$$\n{tex(latex)}\n$$\n")).check()
    return found


@pytest.mark.parametrize("name", WRONG)
def test_by_its_parts_a_side_has_the_values_that_it_has_as_a_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked_at(*WRONG[name], monkeypatch)
    assert len(found) > 10  # else nothing is held against anything
    for edit, by_parts, whole in found:
        assert (by_parts is None) == (whole is None), edit
        assert by_parts is None or close(by_parts, whole), edit
