"""A counterexample is told by the names of the note."""

import re

import pytest

from derive.notes.repair.counterexample import plain, shown
from tests.notes.note import BATCHNORM, of, tex

OTHERS = r"""
$\mu_B = \frac{1}{N}\sum_{i=1}^N a_i$, $\sigma_B^2 = \frac{1}{N}\sum_{i=1}^N (a_i - \mu_B)^2$,
$\hat{a}_i = \frac{a_i - \mu_B}{\sqrt{\sigma_B^2 + \varepsilon}}$ and $z_i = \gamma \hat{a}_i + \beta$.
"""


def test_the_names_are_those_of_the_note():
    found = of(r"\frac{\partial E}{\partial \gamma} = \sum_{i=1}^N \frac{\partial E}{\partial z_i} a_i", OTHERS)
    text = " | ".join(shown(found.relations[0]))
    for name in ("N = ", "a = (", "epsilon = ", "dE/dz = (", "mu_B = ", "sigma_B^2 = ", "ahat = (", "left ", "right "):
        assert name in text, (name, text)


def test_the_numbers_are_those_that_were_found():
    found = of(tex(r"@{\beta} = -\sum_i @{y_i}"))
    decision = found.relations[0].decision
    numbers, sides = shown(found.relations[0])
    example = decision.counterexample
    assert numbers == f"at m = {example.sizes['m']}, dL/dy = {example.values['g']}"
    assert sides == f"left {example.left}, right {example.right}"


def test_the_entry_is_named_by_its_index_or_by_its_number():
    assert shown(of(tex(r"@{\beta} = @{y_i}")).relations[0])[-1].startswith("for i = ")
    assert shown(of(tex(r"@{\hat{x}} = 2 @{y}")).relations[0])[-1].startswith("for entry ")


def test_what_is_not_rational_is_rounded():
    found = of(r"\sum_i e^{x_i} = \mu - 1")
    assert found.verdict == "refuted"
    assert re.fullmatch(r"left (about )?[-\d./]{1,9}, right (about )?[-\d./]{1,9}", shown(found.relations[0])[-1])


def test_what_is_not_refuted_has_none():
    assert shown(of(tex(r"@{\beta} = \sum_i @{y_i}"), BATCHNORM).relations[0]) == []


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\hat{x}", "xhat"),
        (r"\sigma_{B}^2", "sigma_B^2"),
        (r"\mathrm{RMS}", "RMS"),
        (r"\bar{\hat{x}}", "xhatbar"),
        (r"\overline{x}", "xbar"),
        (r"\mu_{\mathrm{new}}", "mu_new"),
        ("x'", "x'"),
    ],
)
def test_names_as_plain_text(latex, text):
    assert plain(latex) == text
