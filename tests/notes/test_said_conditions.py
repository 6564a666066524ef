"""Conditions that the text says in words: what fails without them is not refuted, and nothing rests on it."""

import pytest

from derive.notes.excuses import IN_WORDS
from derive.notes.find import formulas_in
from derive.notes.judge import Note

from .note import checked, verdicts

BATCH = r"$\mu = \frac1m\sum_{i=1}^m x_i$, $\sigma^2 = \frac1m\sum_{i=1}^m (x_i-\mu)^2$."
CENTERED = r"m\sigma^2 = \sum_i x_i^2"

SAID = [
    (f"{BATCH} Suppose the batch has zero mean. Then", CENTERED),
    (f"{BATCH} For centered data,", CENTERED),
    (f"{BATCH} Wenn die Daten zentriert sind, gilt", CENTERED),
    (f"{BATCH} Если данные центрированы, то", CENTERED),
    (f"{BATCH} 若数据已中心化，则", CENTERED),
    (r"Let $x, y \in \mathbb{R}^n$. If $x$ and $y$ are orthogonal,", r"\|x + y\|^2 = \|x\|^2 + \|y\|^2"),
    (r"For positive inputs,", r"|x_i| = x_i"),
    (r"Let $A \in \mathbb{R}^{n\times n}$ be symmetric. <!-- normproof: free: A -->", "A_{ij} = A_{ji}"),
    (r"Let $x, y \in \mathbb{R}^n$. After a step $y \perp x$", r"\|x + y\|^2 = \|x\|^2 + \|y\|^2"),
    (f"{BATCH} For $m = 1$:", r"\sigma^2 = 0"),
]
"""A text with a condition, and what holds under it."""


@pytest.mark.parametrize(("text", "latex"), SAID)
def test_what_holds_under_a_condition_in_words_is_not_refuted(text: str, latex: str):
    assert verdicts(f"{text}\n\n$$\n{latex}\n$$\n")[-1] in ("undecided", "proved")


@pytest.mark.parametrize("text", ["In general,", "When we differentiate this, we get", "If you sum up, you find"])
def test_other_words_are_no_conditions(text: str):
    assert verdicts(f"{BATCH} {text}\n\n$$\n{CENTERED}\n$$\n") == ["refuted"]


@pytest.mark.parametrize("text", ["当 $\\gamma = 1$ 且 $\\beta = 0$ 时", "If $\\gamma = 1$ and $\\beta = 0$, then"])
def test_a_formula_under_a_condition_gives_no_name_a_new_meaning(text: str):
    scale, same = r"$y_i = \gamma x_i + \beta$.", "\n\n$$\n\\sum_i y_i = \\sum_i x_i\n$$\n\n"
    assert verdicts(f"{scale} {text}\n\n$$\ny_i = x_i\n$$\n\nIn general{same}")[-1] == "refuted"


def test_a_number_that_is_said_to_be_positive_is():
    (found,) = verdicts("For a positive scalar $\\alpha$ we have\n\n$$\n|\\alpha| = \\alpha\n$$\n")
    assert found == "proved"


def test_a_logarithm_of_one_side_says_for_which_numbers_it_holds():
    (found,) = checked("For a number $x$.\n\n$$\n\\log x^2 = 2\\log x\n$$\n")
    assert (found.verdict, found.reason) == ("proved", "where x > 0")


@pytest.mark.parametrize("latex", [r"7\text{B} = 7\times10^9", "5:2 = 2.5"])
def test_units_and_ratios_are_not_refuted(latex: str):
    assert verdicts(f"$$\n{latex}\n$$\n") != ["refuted"]


def test_the_next_paragraph_says_no_condition_of_a_directive_before_it():
    text = ".. math::\n\n   m = m + 1\n\nIf the mean is zero, all is well.\n"
    (found,) = Note(formulas_in(text, ".rst")).check()
    assert found.reason != IN_WORDS


def test_labels_that_sum_up_to_one_are_understood():
    said = r"$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$, $H = -\sum_k t_k \log p_k$, for labels with $\sum_k t_k = 1$"
    claim = r"$$\frac{\partial H}{\partial z_k} = p_k - t_k$$"
    assert verdicts(f"{said}:\n\n{claim}\n") == ["proved"]
    assert verdicts(f"{said}:\n\n{claim.replace('= p_k', '= -p_k')}\n") == ["refuted"]
