"""Functions at other arguments than in their definition, and derivatives of these."""

import pytest

from tests.notes.note import verdicts

RMS = r"""
$$\text{RMS}(x) = \sqrt{\frac{1}{d} \sum_{i=1}^{d} x_i^2}$$

$$\text{RMSNorm}(x)_i = \gamma_i \frac{x_i}{\text{RMS}(x)}$$

with $a > 0$:
"""
LOGISTIC = r"$$f(x) = \frac{1}{1+e^{-x}}$$"
LINEAR = r"With $\sigma(z) = \frac{1}{1+e^{-z}}$, $z = \sum_{j=1}^n w_j x_j$ and $h = \sigma(z)$."
SOFTMAX = r"$$\text{softmax}(x)_i = \frac{e^{x_i}}{\sum_{k=1}^n e^{x_k}}$$"
FLAT = r"""
$\mu = \frac1m\sum_{i=1}^m x_i$, $\sigma^2 = \frac1m\sum_i (x_i-\mu)^2$, $\hat{x}_i = (x_i-\mu)/\sigma$, $a>0$
"""
SMOOTHED = FLAT.replace(r"\sigma$", r"\sqrt{\sigma^2+\epsilon}$")

TRUE = {
    "scale": (RMS, r"\text{RMSNorm}(a x) = \text{RMSNorm}(x)"),
    "scale, by entry": (RMS, r"\text{RMS}(a x_i) = a \text{RMS}(x)"),
    "another name": (RMS, r"\text{RMSNorm}(a z)_i = \gamma_i \frac{z_i}{\text{RMS}(z)}"),
    "the logistic of a sum": (LINEAR, r"\frac{dh}{dz} = h(1-h)"),
    "log odds": (LINEAR, r"\log\frac{h}{1-h} = z"),
    "tanh": ("", r"\tanh(2x) = \frac{2\tanh(x)}{1+\tanh^2(x)}"),
    "tanh in exponentials": ("", r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}"),
    "at a square": (LOGISTIC, r"f(x^2) = \frac{1}{1+e^{-x^2}}"),
    "at a square, by entry": (RMS, r"\text{RMS}(x^2) = \sqrt{\frac{1}{d} \sum_{i=1}^{d} x_i^4}"),
    "squared": (RMS, r"\text{RMS}(x)^2 = \frac{1}{d} \sum_{i=1}^{d} x_i^2"),
    "a matrix": (RMS, r"\text{RMSNorm}(a W u) = \text{RMSNorm}(W u)"),
    "a sign": (LOGISTIC, "f(-x) = 1 - f(x)"),
    "a prime": (LOGISTIC, "f'(x) = f(x)(1 - f(x))"),
    "a prime elsewhere": (LOGISTIC, "f'(2y) = f(2y) f(-2y)"),
    "an operator": (LOGISTIC, r"\frac{d}{dx} f(2x) = 2 f'(2x)"),
    "shift": (SOFTMAX, r"\text{softmax}(x + c)_i = \text{softmax}(x)_i"),
    "no name for it": (FLAT, r"\text{BN}(a x + c) = \text{BN}(x)"),
    "a Jacobian": (FLAT, r"\frac{\partial \text{BN}((aW)u)}{\partial u} = \frac{\partial \text{BN}(Wu)}{\partial u}"),
    "by a product": (
        FLAT,
        r"\frac{\partial \text{BN}((aW)u)}{\partial (aW)} = \frac{1}{a} \frac{\partial \text{BN}(Wu)}{\partial W}",
    ),
    "by a root": (
        SMOOTHED,
        r"\frac{\partial \hat x_i}{\partial \sqrt{\sigma^2+\epsilon}} = -\frac{x_i - \mu}{\sigma^2+\epsilon}",
    ),
    "by the deviation": (FLAT, r"\frac{\partial \hat x_i}{\partial \sigma} = -\frac{x_i - \mu}{\sigma^2}"),
}

FALSE = {
    "a negative number": (RMS, r"\text{RMSNorm}(c x) = \text{RMSNorm}(x)"),
    "tanh": ("", r"\tanh(2x) = \frac{2\tanh(x)}{1-\tanh^2(x)}"),
    "log odds": (LINEAR, r"\log\frac{h}{1-h} = -z"),
    "at a square": (LOGISTIC, "f(x^2) = f(x)"),
    "at a square, of an array": (RMS, r"\text{RMS}(x^2) = \text{RMS}(x)"),
    "squared": (RMS, r"\text{RMS}(x)^2 = \sum_{i=1}^{d} x_i^2"),
    "sum": (RMS, r"\text{RMS}(x_i + z_i) = \text{RMS}(x_i) + \text{RMS}(z_i)"),
    "shift": (RMS, r"\text{RMSNorm}(x + c) = \text{RMSNorm}(x)"),
    "prime": (LOGISTIC, "f'(x) = f(x)^2"),
    "twice": (LOGISTIC, "f(f(x)) = f(x)"),
    "scale": (SOFTMAX, r"\text{softmax}(a x)_i = \text{softmax}(x)_i"),
    "epsilon": (SMOOTHED, r"\text{BN}(a x) = \text{BN}(x)"),
    "the other way": (
        FLAT,
        r"\frac{\partial \text{BN}((aW)u)}{\partial (aW)} = a \frac{\partial \text{BN}(Wu)}{\partial W}",
    ),
    "the name dropped": (FLAT, r"\frac{\partial \text{BN}((aW)u)}{\partial u} = \frac{\partial W u}{\partial u}"),
    "sign": (
        SMOOTHED,
        r"\frac{\partial \hat x_i}{\partial \sqrt{\sigma^2+\epsilon}} = \frac{x_i - \mu}{\sigma^2+\epsilon}",
    ),
    "by the deviation": (FLAT, r"\frac{\partial \hat x_i}{\partial \sigma} = -\frac{x_i - \mu}{2\sigma^3}"),
}


@pytest.mark.parametrize(("context", "latex"), TRUE.values(), ids=TRUE.keys())
def test_true_claims_are_proved(context, latex):
    assert verdicts(f"{context}\n\n$${latex}$$\n")[-1] == "proved"


@pytest.mark.parametrize(("context", "latex"), FALSE.values(), ids=FALSE.keys())
def test_false_claims_are_refuted(context, latex):
    assert verdicts(f"{context}\n\n$${latex}$$\n")[-1] == "refuted"


def test_a_part_that_stays_elsewhere_is_no_variable():
    text = FLAT + r"$$\frac{\partial (\sigma^2 + \epsilon + \sigma^2)}{\partial (\sigma^2 + \epsilon)} = 1$$"
    assert verdicts(text) == ["undecided"]


def test_a_function_at_another_argument_is_checked_and_not_defined_anew():
    assert verdicts(RMS + r"$$\text{RMSNorm}(z)_i = \frac{\gamma_i z_i}{\text{RMS}(z)}$$")[-1] == "proved"


STATISTICS = r"""
$\mu = \frac1n\sum_{i=1}^n x_i$, $\sigma^2 = \frac1n\sum_{i=1}^n (x_i-\mu)^2$ and $a > 0$.
"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\mu(ax) = a\,\mu(x)", "proved"),
        (r"\mu(ax) = \mu(x)", "refuted"),
        (r"\mu(x + c) = \mu(x) + c", "proved"),
        (r"\sigma^2(ax) = a^2\sigma^2(x)", "proved"),
        (r"\sigma^2(ax) = a\,\sigma^2(x)", "refuted"),
        (r"\frac{ax_i-\mu(ax)}{\sqrt{\sigma^2(ax)+\epsilon}} = \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon/a^2}}", "proved"),
        (r"\frac{ax_i-\mu(ax)}{\sqrt{\sigma^2(ax)+\epsilon}} = \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}}", "refuted"),
    ],
)
def test_a_mean_and_a_variance_may_be_of_something_else(claim, verdict):
    assert verdicts(f"{STATISTICS}\n$$\n{claim}\n$$\n") == [verdict]
