r"""Functions of two distributions, D(p \| q) and H(p, q); means that a note defines itself; gradients of products."""

import pytest

from tests.notes.note import verdicts

SAID = r"""
$$H(p) = -\sum_{k=1}^K p_k\log p_k, \qquad H(p,q) = -\sum_{k=1}^K p_k\log q_k$$

$$D(p\|q) = \sum_{k=1}^K p_k \log p_k - \sum_{k=1}^K p_k \log q_k$$
"""
MEAN = (
    r"For $x_1, \dots, x_m$ let $\mathrm{E}[x] = \frac1m \sum_{i=1}^m x_i$ "
    r"and $V = \mathrm{E}[(x - \mathrm{E}[x])^2]$."
)
TOTAL = MEAN.replace(r"\frac1m", "")
SHAPES = r"Let $A \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$ and $b \in \mathbb{R}^m$."


@pytest.mark.parametrize(
    ("said", "latex", "verdict"),
    [
        (SAID, r"D(p\|q) = H(p,q) - H(p)", "proved"),
        (SAID, r"2H(p) = H(p) + H(p)", "proved"),
        (SAID, r"2H(p) = H(p) + H(p,q)", "refuted"),
        (SAID, r"\frac{\partial H(p,q)}{\partial q_k} = -\frac{p_k}{q_k}", "proved"),
        (SAID, r"\frac{\partial H(p,q)}{\partial q_k} = \frac{p_k}{q_k}", "refuted"),
        (MEAN, r"V = \mathrm{E}[x^2] - \mathrm{E}[x]^2", "proved"),
        (MEAN, r"\mathrm{E}[x^2] = \mathrm{E}[x]^2", "refuted"),
        (TOTAL, r"\mathrm{E}[x^2] = \mathrm{E}[x]^2", "undecided"),
        (SHAPES, r"\nabla_x b^\top A x = A^\top b", "proved"),
        (SHAPES, r"\nabla_x (Ax-b)^T(Ax-b) = 2A^T(Ax-b)", "proved"),
        (SHAPES, r"\nabla_x x^\top x = 2x", "proved"),
        (SHAPES, r"\nabla_x x^\top x = x", "refuted"),
        (SHAPES, r"\nabla_x x \cdot x = x", "refuted"),
        (SHAPES, r"\nabla_x 3 x^\top x = 6x", "proved"),
        (SHAPES, r"\nabla_x \lambda \|x\|^2 = 0", "undecided"),
    ],
)
def test_verdicts(said, latex, verdict):
    assert verdicts(f"{said}\n\n$${latex}$$\n")[-1] == verdict
