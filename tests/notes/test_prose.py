"""What the text around a formula says of it: that it is wrong, or for one index; what a number is, what is new."""

import pytest

from .note import checked, verdicts

MEAN = r"$\mu = \frac1m\sum_{i=1}^m x_i$"
SUM = r"$\mu = \sum_{i=1}^m x_i$"

QUOTED = [
    f"It is wrong that {SUM}. The mean satisfies",
    f"{SUM} is not correct. The mean satisfies",
    f"Es ist falsch, dass {SUM} gilt. Richtig ist",
    f"Une erreur courante est d'écrire {SUM}. On a",
    f"Es incorrecto escribir {SUM}. La media cumple",
    f"Неверно, что {SUM}. На самом деле",
    f"常见的错误是 {SUM}。正确的是",
    f"よくある間違いは {SUM} である。正しくは",
    f"흔한 실수는 {SUM} 로 쓰는 것이다. 올바른 식은",
]
"""A false formula is quoted, and defines nothing."""

ONE = [
    "There exists an index $i$ with",
    "There is an $i$ such that",
    "Es gibt ein $i$ mit",
    "Il existe $i$ tel que",
    "Existe un $i$ tal que",
    "Найдётся $i$, для которого",
    "存在某个 $i$ 使得",
    "ある $i$ が存在して",
    "다음을 만족하는 $i$가 존재한다:",
]
REMARKS = [
    r"\exists i: x_i \ge \mu",
    r"x_i \ge \mu \quad\text{for some } i",
    r"x_i \ge \mu \quad\text{für mindestens ein } i",
]

NEW = [
    "Now let $\\mu = \\max_i x_i$ instead.",
    "Sei nun $\\mu = \\max_i x_i$.",
    "现在改用最大值：令 $\\mu = \\max_i x_i$。",
    "Теперь пусть $\\mu = \\max_i x_i$.",
]


def display(latex: str) -> str:
    return f"\n\n$$\n{latex}\n$$\n\n"


@pytest.mark.parametrize("said", QUOTED)
def test_what_is_quoted_as_wrong_defines_nothing(said: str):
    assert verdicts(said + display(r"m \mu = \sum_{i=1}^m x_i")) == ["proved"]


def test_a_display_that_is_quoted_as_wrong_is_judged_by_the_right_definition():
    wrong, right = display(r"\mu = \sum_{i=1}^m x_i"), display(r"\mu = \frac1m \sum_{i=1}^m x_i")
    assert verdicts(f"A common mistake is{wrong}The mean is{right}") == ["refuted", "definition"]
    assert verdicts(f"{wrong}is often seen, but wrong.{right}") == ["refuted", "proved"]


@pytest.mark.parametrize("said", [f"It would be wrong to forget that {MEAN}.", f"Not the sum is right, but {MEAN}:"])
def test_what_is_right_beside_it_defines(said: str):
    assert verdicts(said + display(r"m \mu = \sum_{i=1}^m x_i")) == ["proved"]


@pytest.mark.parametrize("said", ONE)
def test_what_holds_for_one_index_is_not_refuted(said: str):
    bound = display(r"x_i \ge \mu")
    assert verdicts(f"{MEAN}. {said}{bound}For all $i$:{bound}") == ["undecided", "refuted"]


@pytest.mark.parametrize("latex", REMARKS)
def test_a_remark_may_say_so(latex: str):
    (found,) = checked(f"{MEAN}{display(latex)}")
    assert found.verdict == "undecided" and "an index for which it holds" in found.reason


@pytest.mark.parametrize("latex", [r"\nexists i: x_i^2 < 0", r"\nexists i: x_i^2 \ge 0"])
def test_what_holds_for_no_index_is_not_decided(latex: str):
    assert verdicts(display(latex)) == ["undecided"]


@pytest.mark.parametrize("said", NEW)
def test_a_new_meaning_that_is_not_understood_ends_the_old_one(said: str):
    old, bound = display(r"\sum_{i=1}^m (x_i - \mu) = 0"), display(r"x_i \le \mu")
    assert verdicts(f"{MEAN}.{old}{said}{old}{bound}") == ["proved", "undecided", "undecided"]


WRONG_AGAIN = [
    (r"$\hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}}$", r"\hat x_i = \frac{x_i-\mu}{\sigma^2}"),
    (r"$r = \sqrt{\frac1n\sum_{i=1}^n x_i^2 + \epsilon}$", r"r = \frac{\|x\|}{n}"),
    (
        r"$p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$ and $L = -\sum_k y_k\log p_k$ with $\sum_k y_k = 1$",
        r"L = \sum_k y_k z_k - \log\sum_k e^{z_k}",
    ),
]
"""What a note says first, and a second formula of the same names that is false."""


@pytest.mark.parametrize(("first", "second"), WRONG_AGAIN)
def test_a_second_formula_of_what_the_first_is_made_of_is_a_claim(first: str, second: str):
    assert verdicts(f"{first}{display(second)}") == ["refuted"]
    for new in ("\n\n## Another one\n\n", " Now let", " For simplicity,"):
        assert verdicts(f"{first}.{new}{display(second)}") == ["definition"]


def test_a_second_formula_without_epsilon_is_a_definition():
    first, second = WRONG_AGAIN[0][0], r"\hat x_i = \frac{x_i-\mu}{\sigma}"
    assert verdicts(f"{first}{display(second)}") == ["definition"]


def test_the_number_of_a_name_counts_behind_a_display_and_from_where_it_is_given():
    scale, one = "$y_i = \\gamma x_i + \\beta$.", display(r"\gamma := 1")
    claim = display(r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y_i}")
    assert verdicts(scale + claim) == ["refuted"]
    assert verdicts(f"{scale}{claim}where $\\gamma = 1$.") == ["undecided"]
    assert verdicts(f"{scale}{one}{claim}")[-1] == "undecided"
    assert verdicts(f"{scale} Let $\\gamma = 1$.{display('1 = 1')}{claim}")[-1] == "undecided"
    behind = r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y_i}, \quad\text{provided that } \gamma = 1"
    (found,) = checked(scale + display(behind))
    assert (found.verdict, found.reason) == ("proved", r"given \gamma = 1")


def test_an_epsilon_below_0_is_not_taken_to_be_above():
    said = r"where $\epsilon < 0$ and $\sigma^2 + \epsilon > 0$."
    assert verdicts(said + display(r"\sigma^2 < \sigma^2 + \epsilon")) != ["proved"]
