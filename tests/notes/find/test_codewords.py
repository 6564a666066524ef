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
