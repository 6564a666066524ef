"""Letters that are functions, and functions that everybody knows."""

import pytest

from derive.latex.reader import parse
from derive.notes.meaning.letters import function_letters
from tests.notes.note import verdicts

LOGISTIC = r"$$\sigma(x) = \frac{1}{1+e^{-x}}$$"
SOFTMAX = r"$$\sigma(z)_i = \frac{e^{z_i}}{\sum_{j=1}^K e^{z_j}}$$"

TRUE = {
    "product rule": (LOGISTIC, r"\sigma'(x) = \sigma(x)(1 - \sigma(x))"),
    "short": (LOGISTIC, r"\frac{d\sigma}{dx} = \sigma(1 - \sigma)"),
    "reflected": (LOGISTIC, r"1 - \sigma(x) = \sigma(-x)"),
    "not defined": ("", r"\sigma'(x) = \sigma(x)(1 - \sigma(x))"),
    "a vector": (SOFTMAX, r"\frac{\partial \sigma(z)_i}{\partial z_j} = \sigma(z)_i(\delta_{ij} - \sigma(z)_j)"),
    "log": (SOFTMAX, r"\frac{\partial \log \sigma(z)_i}{\partial z_j} = \delta_{ij} - \sigma(z)_j"),
    "a word": ("", r"\operatorname{softplus}'(x) = \operatorname{sigmoid}(x)"),
    "in a chain": (r"$$p = \sigma(z) = \frac{1}{1+e^{-z}}$$", r"\frac{\partial p}{\partial z} = p(1-p)"),
}

FALSE = {
    "sign": (LOGISTIC, r"\sigma'(x) = \sigma(x)(1 + \sigma(x))"),
    "not defined": ("", r"\sigma'(x) = \sigma(x)(1 + \sigma(x))"),
    "index": (SOFTMAX, r"\frac{\partial \log \sigma(z)_i}{\partial z_j} = \delta_{ij} - \sigma(z)_i"),
    "in a chain": (r"$$p = \sigma(z) = \frac{1}{1+e^{-z}}$$", r"\frac{\partial p}{\partial z} = p(1+p)"),
}


@pytest.mark.parametrize(("context", "latex"), TRUE.values(), ids=TRUE.keys())
def test_true_claims_are_proved(context, latex):
    assert verdicts(f"{context}\n\n$${latex}$$\n")[-1] == "proved"


@pytest.mark.parametrize(("context", "latex"), FALSE.values(), ids=FALSE.keys())
def test_false_claims_are_refuted(context, latex):
    assert verdicts(f"{context}\n\n$${latex}$$\n")[-1] == "refuted"


def test_what_is_multiplied_is_no_function():
    chains = [parse(latex)[0].chain for latex in (r"y = \gamma(x) + \gamma", r"z = \alpha (x - \mu)", r"f = a(b)b")]
    assert function_letters(chains) == frozenset()
