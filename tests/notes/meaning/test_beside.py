"""What the text before a display says of its names."""

import pytest

from tests.notes.note import BATCHNORM, checked

CLAIM = "\n\n$$\n\\frac1m\\sum_{i=1}^m \\hat x_i^2 = 1\n$$\n"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (r"With $\epsilon = 0$ the variance is one:", r"given \epsilon = 0"),
        (r"Two facts (for $\epsilon=0$):", r"given \epsilon=0"),
        (r"As $\epsilon \to 0$ we find", r"given \epsilon \to 0"),
        (r"Ignoring $\epsilon$,", r"given \epsilon = 0"),
        (r"忽略 $\epsilon$ 得", r"given \epsilon = 0"),
    ],
)
def test_a_display_is_judged_under_what_is_said_before_it(said, reason):
    found = checked(BATCHNORM + said + CLAIM)[-1]
    assert (found.verdict, found.reason) == ("proved", reason)


@pytest.mark.parametrize("said", ["", r"We choose a small $\epsilon$.", r"It is not $\epsilon = 0$ here:"])
def test_other_words_say_nothing(said):
    assert checked(BATCHNORM + said + CLAIM)[-1].verdict == "refuted"


def test_it_is_said_of_the_next_display_only():
    found = checked(BATCHNORM + r"With $\epsilon = 0$:" + CLAIM + "In general," + CLAIM)
    assert [each.verdict for each in found] == ["proved", "refuted"]


def test_what_follows_without_a_word_may_be_meant_under_the_same():
    found = checked(BATCHNORM + r"With $\epsilon = 0$:" + CLAIM + CLAIM)
    assert [each.verdict for each in found] == ["proved", "undecided"]


def test_what_is_false_all_the_same_is_refuted():
    text = BATCHNORM + r"With $\epsilon = 0$:" + CLAIM.replace("= 1", "= 2")
    assert checked(text)[-1].verdict == "refuted"


def test_samples_may_be_arrays():
    text = r"""
$x \in \mathbb{R}^D$, $r = \sqrt{\frac1D\sum_{j=1}^D x_j^2}$, $\bar x = x / r$ and $y = \gamma \odot \bar x$ with
$\gamma \in \mathbb{R}^D$ and $G = \frac{\partial L}{\partial y}$.

$$
\frac{\partial L}{\partial \gamma} = \sum_b G_b \odot \bar x_b
$$

$$
\frac{\partial L}{\partial \gamma} = \sum_b G_b \odot x_b
$$
"""
    assert [each.verdict for each in checked(text)] == ["proved", "refuted"]
