"""The two cases of a derivative with two indices, as people set them."""

import pytest

from tests.notes.note import verdicts

CONTEXT = r"""$p_i = \frac{e^{z_i}}{\sum_{k=1}^n e^{z_k}}$

"""
SAME, APART = "p_i(1 - p_i)", "-p_i p_j"

LAYOUTS = {
    "cases": r"\begin{cases} SAME & i = j \\ APART & i \ne j \end{cases}",
    "text": r"\begin{cases} SAME, & \text{if } i = j, \\ APART, & \text{if } i \neq j. \end{cases}",
    "formula in the text": r"\begin{cases} SAME & \text{if $i=j$} \\ APART & \text{if $i \ne j$} \end{cases}",
    "the rest": r"\begin{cases} SAME & i = j \\ APART & \text{otherwise} \end{cases}",
    "another language": r"\begin{cases} SAME & j = i \\ APART & \text{否则} \end{cases}",
    "brackets": r"\begin{cases} SAME & (i = j) \\ APART & (i \ne j) \end{cases}",
    "an array": r"\left\{ \begin{array}{ll} SAME & i = j \\ APART & i \ne j \end{array} \right.",
    "one column": r"\left\{ \begin{array}{l} SAME, \quad i = j \\ APART, \quad i \ne j \end{array} \right.",
    "the other way round": r"\begin{cases} APART & i \ne j \\ SAME & i = j \end{cases}",
}


def _note(layout: str, same: str, apart: str) -> str:
    return rf"{CONTEXT}$$\frac{{\partial p_i}}{{\partial z_j}} = {layout}$$".replace("SAME", same).replace(
        "APART", apart
    )


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_cases_on_indices(layout):
    assert verdicts(_note(layout, SAME, APART)) == ["proved"]
    assert verdicts(_note(layout, SAME, "p_i p_j")) == ["refuted"]
    assert verdicts(_note(layout, APART, SAME)) == ["refuted"]


@pytest.mark.parametrize("second", ["i = j", "k = l", r"z_i > 0", r"\text{sometimes}"])
def test_cases_that_are_no_opposites_are_not_decided(second):
    layout = LAYOUTS["cases"].replace(r"i \ne j", second)
    assert verdicts(_note(layout, SAME, APART)) == ["undecided"]
