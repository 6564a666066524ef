r"""Matrices and vectors that are written out, with dots and without, Jacobians, rows and columns of code."""

import pytest

from derive.notes.repair.counterexample import shown
from tests.notes.note import checked, of, verdicts

SOFTMAX = r"$y_i = \frac{e^{x_i}}{\sum_{j=1}^n e^{x_j}}$ and $\frac{\partial y_i}{\partial x_j}$"
SMALL = r"$A = \begin{bmatrix} a & b \\ c & d \end{bmatrix}$ and $u = \begin{bmatrix} 1 \\ 2 \end{bmatrix}$"
LAYER = r"$z_i = \sum_{j=1}^n w_{ij} x_j$"


def matrix(*rows: str) -> str:
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


def square(diagonal: str, other: str) -> str:
    """A matrix with dots from its entries at a and b: `{a}` and `{b}` are put in."""
    at = {(a, b): diagonal.format(a=a) if a == b else other.format(a=a, b=b) for a in "12n" for b in "12n"}
    rows = [f"{at[a, '1']} & {at[a, '2']} & \\cdots & {at[a, 'n']}" for a in "12n"]
    return matrix(rows[0], rows[1], r"\vdots & \vdots & \ddots & \vdots", rows[2])


JACOBIAN = square("y_{a}(1 - y_{a})", "-y_{a} y_{b}")
OUTER = matrix(r"x_1x_1 & \cdots & x_1x_n", r"\vdots & \ddots & \vdots", r"x_nx_1 & \cdots & x_nx_n")
WEIGHTS = matrix(r"w_{11} & \cdots & w_{1n}", r"\vdots & \ddots & \vdots", r"w_{m1} & \cdots & w_{mn}")
DOTS = r"\vdots"
ROW, COLUMN = matrix(r"x_1 & \cdots & x_n"), matrix("x_1", r"\vdots", "x_n")

TRUE = [
    (SOFTMAX, rf"\frac{{\partial y}}{{\partial x}} = {JACOBIAN}"),
    (SOFTMAX, f"J = {JACOBIAN}"),
    (SOFTMAX, r"J = \mathrm{diag}(y) - y y^\top"),
    (SOFTMAX, f"J = {matrix('y_1(1-y_1) & -y_1y_2', '-y_2y_1 & y_2(1-y_2)')}"),
    (SOFTMAX, r"\frac{\partial L}{\partial x} = J^\top \frac{\partial L}{\partial y}"),
    (SOFTMAX, r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y} \cdot J[:, i]"),
    (SOFTMAX, f"xx^T = {OUTER} = {COLUMN} {ROW}"),
    (SOFTMAX, rf"x^T x = {ROW} {COLUMN} = \sum_{{i=1}}^n x_i^2"),
    (LAYER, rf"\frac{{\partial z}}{{\partial x}} = {WEIGHTS}"),
    (SMALL, f"Au = {matrix('a + 2b', 'c + 2d')}"),
    (SMALL, f"A^T = {matrix('a & c', 'b & d')}"),
    (SMALL, f"{matrix('1 & 2', '3 & 4')} {matrix('1', '1')} = {matrix('3', '7')}"),
    (SMALL, f"{matrix('1 & 2')} {matrix('3', '4')} = 11"),
]
FALSE = [
    (SOFTMAX, rf"\frac{{\partial y}}{{\partial x}} = {square('y_{a}(1 + y_{a})', '-y_{a} y_{b}')}"),
    (SOFTMAX, rf"\frac{{\partial y}}{{\partial x}} = {square('y_{a}(1 - y_{a})', 'y_{a} y_{b}')}"),
    (SOFTMAX, rf"\frac{{\partial y}}{{\partial x}} = {square('y_{a}', '0')}"),
    (SOFTMAX, r"J = \mathrm{diag}(y) + y y^\top"),
    (SOFTMAX, f"J = {matrix('y_1(1-y_1) & y_1y_2', 'y_2y_1 & y_2(1-y_2)')}"),
    (SOFTMAX, r"\frac{\partial L}{\partial x} = -J^T \frac{\partial L}{\partial y}"),
    (SOFTMAX, f"x^Tx = {OUTER}"),
    (SMALL, f"{matrix('1 & 2', '3 & 4')} {matrix('1', '1')} = {matrix('4', '6')}"),
    (SMALL, f"{matrix('1 & 2')} {matrix('3', '4')} = 10"),
]
NEVER_PROVED = [
    (SMALL, f"Au = {matrix('a + 2c', 'b + 2d')}"),
    (SMALL, "A^T = A"),
    (SMALL, f"A = {matrix('a & c', 'b & d')}^T + {matrix('0 & 0', '0 & 1')}"),
    (SMALL, f"{matrix('1 & 2', '3 & 4')} {matrix('1', '1')} = {matrix('3 & 7')}"),
    (SMALL, f"{matrix('a', 'b')} = {matrix('b', 'a')}"),
    (LAYER, rf"\frac{{\partial z}}{{\partial x}} = {WEIGHTS}^T"),
    (LAYER, rf"\frac{{\partial z}}{{\partial w}} = {WEIGHTS}"),
    (SOFTMAX, rf"xx^T = {OUTER.replace('x_1x_n', 'x_1x_1')}"),
    (SOFTMAX, rf"x^T x = {COLUMN} {ROW}"),
    (SOFTMAX, f"2x = {matrix('x_1', 'x_2', DOTS, 'x_n')} + {matrix('x_2', 'x_1', DOTS, 'x_n')}"),
    (SOFTMAX, r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y} \cdot J[i, :] + y_i"),
]


@pytest.mark.parametrize(("context", "latex"), TRUE)
def test_true_formulas_are_proved(context, latex):
    assert of(latex, context).verdict == "proved", of(latex, context).reason


@pytest.mark.parametrize(("context", "latex"), FALSE)
def test_false_formulas_are_refuted(context, latex):
    assert of(latex, context).verdict == "refuted", of(latex, context).reason


@pytest.mark.parametrize(("context", "latex"), NEVER_PROVED)
def test_what_is_false_or_does_not_fit_is_not_proved(context, latex):
    assert of(latex, context).verdict in ("refuted", "undecided")


def test_a_matrix_of_numbers_is_proved_at_its_size_alone():
    found = of(TRUE[3][1], SOFTMAX)
    assert found.relations[0].reason == "at n = 2"


def test_lists_and_matrices_give_names_their_entries():
    text = r"$$x = (x_1, \dots, x_n)^\top$$" "\n\n" f"$$W = {WEIGHTS}$$" "\n\n" r"$$x^T x = \sum_{i=1}^n x_i^2$$"
    assert verdicts(text) == ["definition", "definition", "proved"]


def test_a_matrix_is_a_definition_and_its_entries_are_known_from_then_on():
    text = f"$$M = {matrix('2 & 1', '0 & 3')}$$\n\n$$M {matrix('1', '1')} = {matrix('3', '2')}$$"
    first, second = checked(text)
    assert (first.verdict, second.verdict) == ("definition", "refuted")
    assert shown(second.relations[0]) == ["left 3, right 2"]


@pytest.mark.parametrize(
    "text",
    [
        r"$$v = (1, 2, \dots, n)$$" "\n\n" r"$$\sum_{k=1}^n v_k = n i$$",
        r"$$v = (1, x, \dots, x^n)$$" "\n\n" r"$$\sum_{k=1}^n v_k = n x^i$$",
        r"$$v = (x^1, x^2, \dots, x^n)$$" "\n\n" r"$$\sum_{k=1}^n v_k = n x^i$$",
        r"$\hat{x}_i = x_i - \frac1n\sum_{j=1}^n x_j$ $$x = \begin{bmatrix} 1 \\ 3 \end{bmatrix}$$"
        "\n\n"
        r"$$2\hat{x} = \begin{bmatrix} -2 \\ 2 \end{bmatrix}$$",
        r"$\hat{x}_i = x_i - \frac1n\sum_{j=1}^n x_j$" "\n\n" r"$$2\hat{x} = \begin{bmatrix} -2 \\ 2 \end{bmatrix}$$",
        r"$y_i = 2x_i$, $\frac{\partial y_i}{\partial x_j}$" "\n\n" r"$$J(\theta) = \frac1n\sum_{i=1}^n y_i^2$$",
    ],
)
def test_numbers_powers_and_examples_prove_and_refute_nothing(text):
    assert verdicts(text)[-1] not in ("proved", "refuted")


def test_a_loss_called_j_is_no_jacobian():
    text = SOFTMAX + r" with the loss $J$: $\frac{\partial J}{\partial y_i}$" "\n\n" r"$$J = \mathrm{diag}(y) - y y^T$$"
    assert verdicts(text) != ["proved"]
