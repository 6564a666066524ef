"""Words of code that notes write as plain letters."""

import pytest

from derive.notes.find import formulas_in
from tests.notes.note import verdicts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"$xmu_i = x_i - \mu$ and $dxmu_i = 2$", {"xmu", "dxmu"}),
        (r"$invstd = 1/std$, $std = \sqrt{var}$, $2 invstd$, $std$", {"invstd", "std"}),
        (r"$sq_i = x_i^2$ and $dsq_i$", {"sq", "dsq"}),
        (r"$xmu_i = 2x_i$ and $xmu_i + 1$", {"xmu"}),
        (r"$xmu_i = 2x_i$ and $xmu_i + u_i$", set()),
        (r"$v = 1, \qquad inv = 1/v$, $inv$, $dpre1 = 2$, $2 dpre1$", {"inv", "dpre1"}),
        (r"$xy = 1$ and $xy + 2$", set()),
        (r"$abc = 1$ and $abc$", set()),
        (r"$dx = 1$ and $dx$", set()),
        (r"$\text{xmu} = 1$ and $\text{xmu}$", set()),
        (r"$Wx = b$, $ghp = 1$", set()),
    ],
)
def test_what_is_a_word(text, words):
    assert {word for formula in formulas_in(text) for word in formula.words} == words


def test_letters_that_are_no_word_are_a_product():
    assert verdicts("$$\nabc = cab\n$$\n\n$$\nabc = c b a\n$$\n") == ["proved", "proved"]


def test_a_word_may_end_in_a_digit_and_a_digit_may_stand_behind_a_word():
    note = "$a = 3$\n\n$$\npre1 = a + 1\n$$\n\n$$\npre = a\n$$\n\n$$\npre1 + pre2 = {}a + 1\n$$\n"
    assert verdicts(note.format("3"))[-1] == "proved"
    assert verdicts(note.format("2"))[-1] == "refuted"
