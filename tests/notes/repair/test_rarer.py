r"""Mistakes that are looked for last: fractions upside down, squares of functions, rows of cases, roots of sizes."""

import pytest

from tests.notes.note import checked

SPREAD = r"With $\hat x_i = \frac{x_i-\mu}{\sigma}$, $\mu = \frac1m\sum_i x_i$ and $\sigma^2=\frac1m\sum_i (x_i-\mu)^2$"
SCALED = r"$y_i = \gamma \hat x_i$, " + SPREAD
SOFTMAX = r"$p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$"
ROWS = r"\begin{cases} p_i (1 - p_i) & i = j \\ p_i p_j & i \neq j \end{cases}"
ATTENTION = (
    r"$S = \frac{QK^T}{\sqrt{d}}$, $P = \mathrm{softmax}(S)$, $O = PV$ with $Q, K, V \in \mathbb{R}^{n\times d}$."
)
ENTROPIES = r"""
$$H(p) = -\sum_i p_i \log p_i, \quad H(p,q) = -\sum_i p_i \log q_i$$

$$D = \sum_i p_i \log \frac{p_i}{q_i}$$
"""
CASES = [
    ("", r"\tanh'(z) = 1 - \tanh(z)", "missing-square", r"1 - \tanh^2(z)"),
    (SOFTMAX, r"\frac{\partial p_i}{\partial z_j} = " + ROWS, "sign", ROWS.replace(" p_i p_j", " -p_i p_j")),
    (ATTENTION, "dQ = dS K", "missing-factor", r"\frac{1}{\sqrt{d}} dS K"),
    (
        ATTENTION,
        r"\frac{\partial L}{\partial K} = \frac{1}{\sqrt{d}} \frac{\partial L}{\partial S} Q",
        None,
        r"\frac{1}{\sqrt{d}} \left(\frac{\partial L}{\partial S}\right)^T Q",
    ),
    (SPREAD, r"\frac{\partial \hat x_i}{\partial \mu} = -\sigma", "inverted-fraction", r"-\frac{1}{\sigma}"),
    (SPREAD, r"x_i = \mu + \frac{1}{\sigma}\hat x_i", "inverted-fraction", r"\mu + \sigma\hat x_i"),
    (
        SCALED,
        r"\frac{\partial L}{\partial \hat x_i} = \frac{1}{\gamma} \frac{\partial L}{\partial y_i}",
        "inverted-fraction",
        r"\gamma \frac{\partial L}{\partial y_i}",
    ),
    (ENTROPIES, "D = H(p,q) + H(p)", "sign", "H(p,q) - H(p)"),
]


@pytest.mark.parametrize(("said", "latex", "code", "right"), CASES)
def test_it_is_mended(said, latex, code, right):
    (relation,) = checked(f"{said}\n\n$${latex}$$\n")[-1].relations
    mending = relation.mending
    assert relation.verdict == "refuted" and mending is not None
    assert (mending.code, mending.latex.partition(" = ")[2]) == (code, right)


def test_that_something_is_itself_is_no_mending():
    latex = r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial \hat x_i}\frac{1}{\sqrt{\sigma^2+\epsilon}}"
    said = r"$\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2+\epsilon}}$"
    mending = checked(f"{said}\n\n$${latex}$$\n")[-1].relations[0].mending
    assert mending is None or r"\partial \hat x_i} = \frac{\partial L}{\partial \hat x_i}" not in mending.latex
