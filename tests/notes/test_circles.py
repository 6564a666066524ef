r"""Two formulas by which each of two names is computed from the other: one is a definition, the other one a claim."""

import pytest

from tests.notes.note import verdicts

SAID = r"""
With $\hat x_i = \frac{x_i-\mu}{\sigma}$, $\mu = \frac1m\sum_i x_i$ and $\sigma^2=\frac1m\sum_i (x_i-\mu)^2$

"""
JACOBIAN = r"\frac{\partial \hat x_i}{\partial x_j} = \frac1\sigma(\delta_{ij} - \frac1m - \frac{\hat x_i \hat x_j}{m})"
DIAGONAL = r"\frac{\partial \hat x_i}{\partial x_j} = \frac1\sigma\delta_{ij}"
SOFTMAX = r"$p_i = \frac{e^{z_i}}{Z}$, $Z = \sum_k e^{z_k}$"

SLOPES = r"\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)"


@pytest.mark.parametrize(
    ("said", "latex", "verdict"),
    [
        (SAID, [r"x_i = \mu + \sigma\hat x_i"], "proved"),
        (SAID, [r"x_i = \mu + \frac1\sigma\hat x_i"], "refuted"),
        (SAID, [r"x_i = \mu + \frac1\sigma\hat x_i", r"\sum_i \hat x_i = 0"], "proved"),
        (SAID, [r"x_i = \mu + \sigma\hat x_i", JACOBIAN], "proved"),
        (SAID, [r"x_i = \mu + \sigma\hat x_i", DIAGONAL], "refuted"),
        ("$x_i = \\mu + \\sigma\\hat x_i$" + SAID, [JACOBIAN], "proved"),
        ("", [r"x_i = \mu + \sigma\hat x_i", JACOBIAN], "proved"),
        (SOFTMAX, [r"z_i = \log p_i + \log Z"], "proved"),
        (SOFTMAX, [r"z_i = \log p_i + \log Z", SLOPES], "proved"),
        ("$y = Wx + b$ and $x = V y$", [r"\frac{\partial y}{\partial x} = W"], "proved"),
    ],
)
def test_verdicts(said, latex, verdict):
    assert verdicts(said + "".join(f"\n\n$${each}$$\n" for each in latex))[-1] == verdict


def test_what_may_be_an_equation_to_solve_is_not_refuted():
    assert verdicts("$$h = \\tanh(z)$$\n\n$$z = 2h + b$$\n")[-1] != "refuted"
    assert verdicts("$$o = \\tanh(h)$$\n\n$$h_t = \\tanh(h_{t-1} + o)$$\n")[-1] != "refuted"
