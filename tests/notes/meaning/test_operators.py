r"""Operators before what they differentiate, and d in place of \partial: the same as a fraction of differentials."""

import pytest

from tests.notes.note import verdicts

LAYER = r"""
With $\mu = \frac1m \sum_{i=1}^m x_i$, $s = \sqrt{\frac1m \sum_{i=1}^m (x_i - \mu)^2 + \epsilon}$,
$\hat x_i = (x_i - \mu)/s$ and $y_i = \gamma \hat x_i + \beta$: """

PATHS = (
    r"$$\D{L}{x_i} = \D{L}{\hat x_i} \D{\hat x_i}{x_i} + \sum_{j=1}^m \D{L}{\hat x_j} \D{\hat x_j}{\mu} \D{\mu}{x_i}"
    r" SIGN \sum_{j=1}^m \D{L}{\hat x_j} \D{\hat x_j}{s} \D{s}{x_i}$$"
)
r"""Along three paths, each factor with the others held fixed, but for \mu in s, which counts for nothing."""

WAYS = {
    "partial": r"\\frac{\\partial \1}{\\partial \2}",
    "d": r"\\frac{\\mathrm{d} \1}{\\mathrm{d} \2}",
    "operator": r"\\frac{\\partial}{\\partial \2} \1",
    "slash": r"{\\partial \1}/{\\partial \2}",
    "over": r"{\\partial \1 \\over \\partial \2}",
}


def written(text: str, way: str) -> str:
    import re

    return re.sub(r"\\D\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", WAYS[way], text)


@pytest.mark.parametrize("way", WAYS)
def test_the_chain_rule_along_paths_in_every_way(way):
    text = LAYER + written(PATHS, way)
    assert verdicts(text.replace("SIGN", "+")) == ["proved"]
    assert verdicts(text.replace("SIGN", "-")) == ["refuted"]


def test_an_operator_reaches_over_brackets_or_over_all_that_follows():
    product = r"$$\frac{\partial}{\partial x_i} (x_i - 2) \cdot x_i = RIGHT$$"
    assert verdicts(product.replace("RIGHT", "x_i")) == ["proved"]
    assert verdicts(product.replace("RIGHT", "2 x_i - 2")) == ["proved"]
    assert verdicts(product.replace("RIGHT", "3 x_i - 2")) == ["refuted"]


def test_what_stands_behind_a_bar_is_held_fixed():
    text = LAYER + r"$$\frac{\mathrm{d} \hat x_i}{\mathrm{d} x_i} BAR = \frac1s$$"
    assert verdicts(text.replace("BAR", r"\Big|_{\mu, s}")) == ["proved"]
    assert verdicts(text.replace("BAR", "")) == ["refuted"]


def test_a_power_behind_the_brackets_of_a_logarithm_is_inside_or_outside():
    assert verdicts(r"$$\log (x_i)^2 = 2 \log (x_i)$$") == ["proved"]
    assert verdicts(r"$$\log (x_i)^2 = \log (x_i) \log (x_i)$$") == ["proved"]
    assert verdicts(r"$$\log (x_i)^2 = 3 \log (x_i)$$") == ["refuted"]
