"""Vectors and matrices without indices: products, shapes, norms."""

import pytest

from tests.notes.note import checked, of, tex

LINEAR = r"""
$x \in \mathbb{R}^{n}$, $W \in \mathbb{R}^{d \times n}$, $b \in \mathbb{R}^d$ and $y = Wx + b$.
"""
ROWS = r"""
$X \in \mathbb{R}^{N \times n}$, $W \in \mathbb{R}^{n \times d}$ and $Y = XW$.
"""

TRUE = {
    "weight": (tex(r"@{W} = @{y} x^T"), LINEAR),
    "input": (tex(r"@{x} = W^T @{y}"), LINEAR),
    "bias": (tex(r"@{b} = @{y} \in \mathbb{R}^{d}"), LINEAR),
    "Jacobian": (r"\frac{\partial y}{\partial x} = W", LINEAR),
    "row times Jacobian": (tex(r"@{x} = @{y} \frac{\partial y}{\partial x}"), LINEAR),
    "transpose of a product": (r"(Wx)^T = x^T W^T", LINEAR),
    "ones": (r"1^T x = \mathbf{1}^\top x = \langle 1, x \rangle = \sum_{i=1}^n x_i", LINEAR),
    "centring": (r"(I - \frac1n \mathbf{1}\mathbf{1}^T) x = x - \frac{1}{n}\sum_i x_i", LINEAR),
    "squares": (r"x^T x = \|x\|_2^2 = \lVert x \rVert^2", LINEAR),
    "outer product": (r"x \otimes b = x b^T", LINEAR),
    "matrix weight": (tex(r"@{W} = X^T @{Y}"), ROWS),
    "matrix input": (tex(r"@{X} = @{Y} W^T"), ROWS),
    "products are associative": (r"x^T (W^T b) = (Wx)^T b", LINEAR),
}
FALSE = {
    "one row for all": (r"1^T x = x", LINEAR),
    "bias in the weight": (tex(r"@{W} = @{y} x^T + b x^T"), LINEAR),
    "transposed twice": (r"(W^T)^T x = 2 W x", LINEAR),
    "matrix sign": (tex(r"@{X} = -@{Y} W^T"), ROWS),
}
UNFIT = {
    "no transpose": (tex(r"@{x} = W @{y}"), LINEAR),
    "the other order": (tex(r"@{W} = x @{y}^T"), LINEAR),
    "wrong space": (tex(r"@{b} = @{y} \in \mathbb{R}^{d \times d}"), LINEAR),
    "weight on the left": (tex(r"@{X} = W^T @{Y}"), ROWS),
}


@pytest.mark.parametrize(("latex", "context"), TRUE.values(), ids=TRUE.keys())
def test_true_formulas_of_arrays(latex, context):
    assert of(latex, context).verdict == "proved", of(latex, context).reason


@pytest.mark.parametrize(("latex", "context"), FALSE.values(), ids=FALSE.keys())
def test_false_formulas_of_arrays(latex, context):
    assert of(latex, context).verdict == "refuted", of(latex, context).reason


@pytest.mark.parametrize(("latex", "context"), UNFIT.values(), ids=UNFIT.keys())
def test_shapes_that_do_not_fit_are_undecided(latex, context):
    found = of(latex, context)
    assert found.verdict == "undecided" and ("shape" in found.reason or "fit" in found.reason or "axes" in found.reason)


def test_a_shape_is_a_declaration():
    first, second = checked(r"$$x, y \in \mathbb{R}^{d}$$ and $$\|x + y\|^2 = \|x\|^2 + 2 x^T y + \|y\|^2$$")
    assert (first.verdict, second.verdict) == ("definition", "proved")


def test_indices_count_for_more_than_a_declared_shape():
    """x_i with one index is an entry, whatever is said of x as a whole."""
    text = r"""$x \in \mathbb{R}^{B \times d}$ $$\sum_{i=1}^d 2 x_i = 2 \sum_{i=1}^d x_i$$"""
    assert [each.verdict for each in checked(text)] == ["proved"]


def test_matrices_do_not_commute():
    context = r"$A \in \mathbb{R}^{n \times n}$ and $B \in \mathbb{R}^{n \times n}$"
    assert of(r"AB = BA", context).verdict != "proved"
    assert of(r"(AB)^T = B^T A^T", context).verdict == "proved"
    assert of(r"(AB)^T = A^T B^T", context).verdict != "proved"
    assert of(r"PQ = QP", "").verdict == "undecided"
