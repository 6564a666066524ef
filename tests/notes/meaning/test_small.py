"""Epsilon is a small number above 0: what fails at 0 alone is not refuted, and what is proved says so."""

import pytest

from tests.notes.note import BATCHNORM, checked, of

GIVEN = r"given \epsilon > 0"

TRUE = [
    r"\frac{\sigma^2}{\sigma^2 + \epsilon} < 1",
    r"\frac{1}{m} \sum_i \hat{x}_i^2 < 1",
    r"\sqrt{\sigma^2 + \epsilon} > \sigma",
]

FALSE = [
    (r"\frac{\sigma^2}{\sigma^2 + \epsilon} < \frac{1}{2}", "epsilon"),
    (r"\sum_i \hat{x}_i^2 = m", "epsilon"),
    (r"|\hat{x}_i| < 1", "epsilon"),
    (r"\sigma^2 + \epsilon < \epsilon", "epsilon"),
]


@pytest.mark.parametrize("latex", TRUE)
def test_what_is_true_above_0_is_proved_and_says_so(latex):
    found = of(latex)
    assert (found.verdict, found.reason) == ("proved", GIVEN)


@pytest.mark.parametrize(("latex", "name"), FALSE)
def test_what_is_false_above_0_is_refuted_there(latex, name):
    found = of(latex)
    assert found.verdict == "refuted"
    point = found.relations[0].decision.counterexample.point.values
    assert all(entries[()] > 0 for tensor, entries in point.items() if tensor.name == name)


def test_what_is_said_of_epsilon_counts_more():
    with_zero = BATCHNORM + "\n<!-- normproof: assume: \\epsilon = 0 -->\n\n$$\n\\sigma^2 + \\epsilon > \\sigma^2\n$$\n"
    assert checked(with_zero)[-1].verdict == "refuted"


def test_what_a_proof_leaves_out_is_said():
    """The certificate divides by the variance; at a constant batch both sides have a value beside epsilon."""
    assert of(r"\hat{x}_i^2 \le m - 1").reason == r"where \sigma^2 \ne 0"
    assert of(r"\hat{x}_i^2 \le m").reason == of(r"\sum_i \hat{x}_i^2 \le m").reason == ""
    assert of(r"\frac{\sigma^2}{\sigma^2 + \epsilon} \le 1").reason == ""


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"m \ge 1", "proved"),
        (r"\frac{1}{m} \le 1", "proved"),
        (r"m \ge 2", "undecided"),  # what a note asks of its batches
        (r"\frac{1}{m} \ge 1", "refuted"),
        (r"m^2 \le m", "refuted"),
    ],
)
def test_sizes_are_at_least_1(latex, verdict):
    assert of(latex).verdict == verdict


def test_an_epsilon_with_an_index_is_any_array():
    assert of(r"\epsilon_i^2 + \sigma^2 > \sigma^2", BATCHNORM.replace("epsilon", "eta")).verdict != "proved"
