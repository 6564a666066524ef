r"""A second formula for a name: judged by the first where it is near it, unless the text begins something new."""

import pytest

from tests.notes.note import checked, verdicts

LINE = "$$\\hat y_i = w x_i$$\n\n"
SLOPE = "$$\\frac{\\partial \\hat y_i}{\\partial x_i} = w$$\n"
SPREAD = r"""With $\mu = \frac1m\sum_i x_i$ and $q = \frac1m \sum_i x_i^2$:

$$v = \frac1m\sum_i (x_i-\mu)^2$$

"""
LAYER = "A layer computes\n\n$$y_i = w x_i + b$$\n\n"
ENTROPIES = r"""
$$H(p,q) = -\sum_i p_i \log q_i$$

$$H(p) = -\sum_i p_i \log p_i$$

$$D = \sum_i p_i \log \frac{p_i}{q_i}$$

"""


def test_a_hat_too_much_gives_no_new_meaning():
    found = checked(LINE + "$$\\hat y_i = w \\hat x_i$$\n\n" + SLOPE)
    assert [each.verdict for each in found] == ["definition", "refuted", "proved"]
    mending = found[1].relations[0].mending
    assert mending is not None and (mending.code, mending.latex) == ("extra-hat", r"\hat y_i = w x_i")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINE + "In the next layer\n\n$$\\hat y_i = -w x_i$$\n", "undecided"),
        (LINE + "Now let\n\n$$\\hat y_i = -w x_i$$\n\n" + SLOPE.replace("= w", "= -w"), "proved"),
        (LINE + "$$\\hat y_i = -w x_i$$\n\n" + SLOPE.replace("= w", "= -w"), "undecided"),
        (SPREAD + "$$v = q + \\mu^2$$", "refuted"),
        (SPREAD + "The variance is\n\n$$v = q - \\mu$$", "refuted"),
        (SPREAD + "$$v = q - \\mu^2$$", "proved"),
        (LAYER + "Without bias\n\n$$y_i = w x_i$$", "definition"),
        (LAYER + "Without bias\n\n$$y_i = w x_i$$\n\n$$\\frac{\\partial y_i}{\\partial w} = x_i$$", "proved"),
        (LAYER + "Scaled:\n\n$$y_i = 2 x_i$$\n\n$$\\frac{\\partial y_i}{\\partial x_i} = 2$$", "proved"),
        (LAYER + "$$y_i = 3$$", "refuted"),
        ("$f(x) = x^2$. The function is $f(x) = x^3$.\n\n$$f'(x) = 3x^2$$", "proved"),
        (ENTROPIES + "$$D = H(p,q) + H(p)$$", "refuted"),
        (ENTROPIES + "$$D = H(p,q) + H(p)$$\n\n$$D = H(p,q) + H(p)$$", "undecided"),
        (ENTROPIES + "$$D = H(p,q) - H(p)$$", "proved"),
    ],
)
def test_verdicts(text, expected):
    assert verdicts(text)[-1] == expected


def test_what_contradicts_a_first_formula_says_so():
    text = "$$y_i = x_i - \\mu$$\n\nIn the next layer $$y_i = x_i + \\mu$$ where $\\mu = \\frac1m\\sum_i x_i$."
    found = checked(text)
    assert found[1].reason == "it contradicts what line 1 says of y, unless this gets a new meaning here"
    assert found[1].help == "write := where a name gets a new meaning, or take another name"
