"""Derivatives of whole vectors, by rows or by columns; sums from 0; words that are numbers."""

import pytest

from tests.notes.note import verdicts

LINEAR = r"$x \in \mathbb{R}^n$, $W \in \mathbb{R}^{n \times n}$ and $y = Wx$."
CENTRED = r"$x \in \mathbb{R}^n$, $\mu = \frac1n \mathbf{1}^T x$, $y = x - \mu\mathbf{1}$, $J = \partial y/\partial x$."
KERNEL = r"""
$$\text{inv} = \frac{1}{\sqrt{\frac{1}{N}\sum_{i=0}^{N-1} x_i^2}}$$

$$y_i = x_i \cdot \text{inv}$$
"""


@pytest.mark.parametrize(
    ("said", "latex", "verdict"),
    [
        (LINEAR, r"\frac{\partial y}{\partial x} = W", "proved"),
        (LINEAR, r"\frac{\partial y}{\partial x} = W^T", "undecided"),
        (LINEAR, r"\frac{\partial y}{\partial x} = 2W^T", "refuted"),
        (LINEAR, r"\frac{\partial y_i}{\partial x_j} = W_{ji}", "refuted"),
        (CENTRED, r"J\mathbf{1} = 0", "proved"),
        (CENTRED, r"J = J^T", "proved"),
        (CENTRED, r"\operatorname{tr} J = n - 1", "proved"),
        (CENTRED, r"\operatorname{tr} J = n", "refuted"),
        (CENTRED, r"J x = x", "refuted"),
        (KERNEL, r"\sum_{i=0}^{N-1} y_i^2 = N", "proved"),
        (KERNEL, r"\sum_{i=0}^{N-1} y_i^2 = N - 1", "refuted"),
        (KERNEL, r"\sum_{i=0}^{N} y_i^2 = N", "undecided"),
        (KERNEL, r"\sum_{i=1}^{N-1} y_i^2 = N", "undecided"),
        (KERNEL, r"\frac{\partial y_i}{\partial x_j} = \text{inv} (\delta_{ij} - \frac{y_i y_j}{N})", "proved"),
        (KERNEL, r"\frac{\partial y_i}{\partial x_j} = \text{inv} (\delta_{ij} - y_i y_j)", "refuted"),
    ],
)
def test_verdicts(said, latex, verdict):
    assert verdicts(f"{said}\n\n$$\n{latex}\n$$\n")[-1] == verdict
