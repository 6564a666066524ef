"""Sums by rows and columns, broadcasting, and attention where a note leaves its definitions out."""

import pytest

from tests.notes.note import checked, of, verdicts

ARRAYS = (
    r"$X \in \mathbb{R}^{N \times d}$, $G \in \mathbb{R}^{N \times d}$, $b \in \mathbb{R}^{d}$, "
    r"$s \in \mathbb{R}^{N}$, $S \in \mathbb{R}^{n \times n}$, $v \in \mathbb{R}^n$ and "
    r"$Y = X + \mathbf{1}b^T + G + s\mathbf{1}^T$, $Z = S + vv^T$"
)
TRUE = [
    r"X + \mathbf{1} b^T = X + b",
    r"X \mathbf{1} = \text{rowsum}(X)",
    r"\mathbf{1}^T X = \text{colsum}(X)",
    r"X - \text{broadcast}(s) = X - s \mathbf{1}^T",
    r"\text{broadcast}(s) \odot X = \mathrm{diag}(s) X",
    r"\text{rowsum}(\text{softmax}(S)) = \mathbf{1}",
    r"\text{rowsum}(S)_i = \sum_{j=1}^n S_{ij}",
    r"S \odot \text{broadcast}(v) = \mathrm{diag}(v) S",
    r"\mathrm{diag}(v) S = (v \mathbf{1}^T) \odot S",
    r"\text{colmean}(X) = \frac{1}{N} \mathbf{1}^T X",
    r"(I - \frac{1}{n}\mathbf{1}\mathbf{1}^T)^2 = I - \frac{1}{n}\mathbf{1}\mathbf{1}^T",
]
NOT_PROVED = [
    r"X + \mathbf{1} s^T = X + s",
    r"X^T \mathbf{1} = \text{rowsum}(X)",
    r"\mathbf{1}^T X = \text{rowsum}(X)",
    r"X - \text{broadcast}(s) = X - \mathbf{1} s^T",
    r"\text{broadcast}(b) \odot X = \mathrm{diag}(s) X",
    r"\text{colsum}(\text{softmax}(S)) = \mathbf{1}",
    r"\text{colsum}(S)_i - \sum_{j=1}^n S_{ij} = 0",
    r"\mathrm{diag}(v) S = (\mathbf{1} v^T) \odot S",
    r"S + v = S + v\mathbf{1}^T",
    r"\text{rowmean}(X) = \frac{1}{N} X \mathbf{1}",
    r"(S + I)^2 = (S + I) \odot (S + I)",
]
ATTENTION = r"""with $\text{softmax}(x)$

$$
D = \{D_i\}_{i=1}^N = \text{rowsum}(dO \odot O)
$$

$$
dS = P \odot (dP - \text{broadcast}(D))
$$
"""


@pytest.mark.parametrize("latex", TRUE)
def test_true_formulas_are_proved(latex):
    assert of(latex, ARRAYS).verdict == "proved", of(latex, ARRAYS).reason


@pytest.mark.parametrize("latex", NOT_PROVED)
def test_the_wrong_axis_is_never_proved(latex):
    assert of(latex, ARRAYS).verdict in ("refuted", "undecided")


def test_attention_is_proved_where_the_note_has_its_gradients_alone():
    assert verdicts(ATTENTION) == ["definition", "proved"]
    assert ("P", "the softmax of S by rows") in checked(ATTENTION)[1].conventions


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"dS = P \odot (dP - ", r"dS = P \odot (dP + "),
        (r"rowsum}(dO \odot O)", r"rowsum}(dO \odot dO)"),
        (r"rowsum}(dO \odot O)", r"colsum}(dO \odot O)"),
        (r"dS = P \odot", r"dS = S \odot"),
        (r"dS = P \odot", r"dS = P^T \odot"),
    ],
)
def test_false_gradients_of_attention_are_not_proved(old, new):
    assert verdicts(ATTENTION.replace(old, new))[1] in ("refuted", "undecided")


def test_rows_of_a_softmax():
    context = r"$\text{softmax}(x)$"
    true = r"ds = dp (\text{diag}(p) - p^T p) = dp \odot p - (dp \cdot p^T) p"
    assert of(true, context).verdict == "proved"
    assert of(true.replace("= dp \\odot p - ", "= dp \\odot p + "), context).verdict == "undecided"
