"""Slips with functions, parameters without an index and sums over several indices, as a person would mend them."""

import pytest

from tests.notes.note import checked

SIGMOID = r"$s(t) = \frac{1}{1+e^{-t}}$"
BATCHES = r"""$\mu_c = \frac{1}{NH}\sum_{n=1}^N \sum_{h=1}^H x_{nch}$ and
$y_{nch} = \gamma_c(x_{nch} - \mu_c) + \beta_c$."""
VARIANCE = r"$\mu = \frac1n\sum_{i=1}^n x_i$, $v = \frac1n\sum_{i=1}^n (x_i - \mu)^2$."

SLIPS = [
    ("", r"\frac{d}{dx}\tanh(x) = 1 - \tanh(x)", r"\frac{d}{dx}\tanh(x) = 1 - \tanh^2(x)"),
    (f"{SIGMOID}, $f(t) = \\log(1 + e^t)$.", r"f'(t) = 1 - s(t)", r"f'(t) = s(t)"),
    (
        f"{SIGMOID}, $a = s(w x + b)$.",
        r"\frac{\partial a}{\partial x} = a(1-a)",
        r"\frac{\partial a}{\partial x} = w a(1-a)",
    ),
    (
        BATCHES,
        r"\frac{\partial L}{\partial \beta_c} = \sum_{h} \frac{\partial L}{\partial y_{nch}}",
        r"\frac{\partial L}{\partial \beta_c} = \sum_{n,h} \frac{\partial L}{\partial y_{nch}}",
    ),
    (
        r"$v = \frac1n \sum_{i=1}^n x_i^2$, $s = \sqrt{v}$ and $y_i = x_i / s$.",
        r"\frac{\partial L}{\partial v} = -\frac{1}{2s} \sum_{i=1}^n \frac{\partial L}{\partial y_i} x_i",
        r"\frac{\partial L}{\partial v} = -\frac{1}{2 s^3} \sum_{i=1}^n \frac{\partial L}{\partial y_i} x_i",
    ),
    (
        r"$a_j = \sum_i w_{ji} x_i$.",
        r"\frac{\partial E}{\partial x_i} = \sum_j w_{ij} \frac{\partial E}{\partial a_j}",
        r"\frac{\partial E}{\partial x_i} = \sum_j w_{ji} \frac{\partial E}{\partial a_j}",
    ),
    (
        VARIANCE,
        r"\frac{1}{n-1}\sum_{i=1}^n (x_i - \mu)^2 = \frac{n-1}{n} v",
        r"\frac{1}{n-1}\sum_{i=1}^n (x_i - \mu)^2 = \frac{n}{n-1} v",
    ),
]


@pytest.mark.parametrize(("said", "wrong", "right"), SLIPS)
def test_it_is_mended_as_a_person_would(said, wrong, right):
    found = checked(f"{said}\n\n$$\n{wrong}\n$$\n")[-1]
    assert found.verdict == "refuted"
    assert [each.mending.latex for each in found.relations if each.mending is not None] == [right]


MATRICES = r"$A, B \in \mathbb{R}^{n \times n}$ and $C = AB$. <!-- normproof: free: A, B -->"

ORDERS = [
    (r"C^\top = A^\top B^\top", r"C^\top = B^\top A^\top"),
    (
        r"\frac{\partial L}{\partial A} = \frac{\partial L}{\partial C} B",
        r"\frac{\partial L}{\partial A} = \frac{\partial L}{\partial C} B^T",
    ),
    (
        r"\frac{\partial L}{\partial B} = \frac{\partial L}{\partial C} A^\top",
        r"\frac{\partial L}{\partial B} = A^\top \frac{\partial L}{\partial C}",
    ),
]


@pytest.mark.parametrize(("wrong", "right"), ORDERS)
def test_products_of_matrices_get_their_order_and_their_transposes(wrong, right):
    (relation,) = checked(f"{MATRICES}\n\n$$\n{wrong}\n$$\n")[-1].relations
    assert relation.mending is not None and relation.mending.latex == right
