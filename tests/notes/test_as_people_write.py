"""Notations of notes that are around: the verdicts that a person would give."""

from __future__ import annotations

import json

import pytest

from derive.notes.find import formulas_in
from derive.notes.judge import Note
from tests.notes.note import checked, verdicts

CENTRED = r"$$y_i = x_i - \mu, \quad \mu = \frac1n \sum_i x_i$$" + "\n\n"


@pytest.mark.parametrize("identity", [r"I_n", r"I_{n}", r"\mathbf{I}_{n \times n}", r"\mathbb{I}", r"\boldsymbol{I}_n"])
@pytest.mark.parametrize("ones", [r"\mathbf{1}\mathbf{1}^\top", r"\mathbf{1}_n\mathbf{1}_n^T"])
def test_the_size_of_the_identity_and_of_ones(identity, ones):
    text = CENTRED + rf"$$\frac{{\partial y}}{{\partial x}} = {identity} - \frac1n {ones}$$"
    assert verdicts(text) == ["definition", "proved"]
    assert verdicts(text.replace(r"\frac1n", "", 1).replace(r"- \frac1n", "+ \\frac1n"))[-1] == "refuted"


def test_an_identity_of_another_size_proves_nothing():
    text = CENTRED + r"$$\frac{\partial y}{\partial x} = I_3 - \frac1n \mathbf{1}\mathbf{1}^\top$$"
    assert verdicts(text)[-1] == "undecided"


@pytest.mark.parametrize("bar", [r"\bar y", r"\bar{\mathbf{y}}", r"\mathbf {\bar y}"])
def test_a_bar_over_what_is_scaled_is_no_gradient(bar):
    text = rf"""
    $$\mathbf y = \mathbf x - \mathbf x \mathbf x^\top \mathbf x, \quad \sigma = \sqrt{{\mathbf y^\top \mathbf y / d}}$$

    $${bar} = \mathbf y / \sigma$$

    $${bar}^\top {bar} = d$$

    $${bar}^\top {bar} = d^2$$
    """.replace("\n    ", "\n")
    assert verdicts(text) == ["definition", "definition", "proved", "refuted"]


def test_a_bar_over_an_output_is_its_gradient_else():
    text = r"$$y_i = w x_i$$" + "\n\n" + r"$$\bar x_i = w \bar y_i$$" + "\n\n" + r"$$\bar w = \sum_i \bar y_i x_i$$"
    assert verdicts(text) == ["definition", "proved", "proved"]


def test_differentials_in_bold():
    text = r"""
$$\mathbf{y} = \mathbf{x} \odot \mathbf{w}, \quad \mathbf{x} \in \mathbb{R}^d$$

$$\mathbf{dx} = \mathbf{w} \odot \mathbf{dy}$$

$$\mathbf{dx} = \mathbf{x} \odot \mathbf{dy}$$
"""
    assert verdicts(text) == ["definition", "proved", "refuted"]


@pytest.mark.parametrize("sign", [r"\coloneqq", ":=", r"\triangleq", "=:"])
def test_a_name_behind_what_it_stands_for(sign):
    text = rf"""
$$\mathbf{{y}} = \mathbf{{x}} \odot \mathbf{{w}}$$

$$\nabla_{{\mathbf{{x}}}} L = \nabla_{{\mathbf{{y}}}} L \odot \mathbf{{w}} {sign} \mathbf{{g}}$$

$$\nabla_{{\mathbf{{x}}}} L = \mathbf{{g}}$$
"""
    assert verdicts(text) == ["definition", "definition", "proved"]


def test_names_in_bold_in_a_distance_are_vectors():
    text = r"""
$$E = \sum_i p_i \|\mathbf{d} - \mathbf{o}_i\|^2$$

$$\frac{\partial E}{\partial \mathbf{o}_i} = -2 p_i (\mathbf{d} - \mathbf{o}_i)$$

$$\frac{\partial E}{\partial \mathbf{d}} = -2 \sum_i p_i (\mathbf{d} - \mathbf{o}_i)$$
"""
    assert verdicts(text) == ["definition", "proved", "refuted"]


def test_a_second_formula_that_is_not_understood_leaves_what_is_false_by_the_first_open():
    text = r"""
$$E = \sum_i p_i x_i^2$$

$$\frac{\partial E}{\partial x_i} = 3 p_i x_i$$

$$E = -\log \sum_i q_i^{Z} e^{-x_i}$$

$$\frac{\partial E}{\partial x_i} = 3 p_i x_i$$
"""
    assert verdicts(text) == ["definition", "refuted", "undecided", "undecided"]


def test_a_derivative_by_what_is_beside_the_way_is_not_refuted():
    text = r"""
$$\mathbf o = (\mathbf I_d - 2\mathbf y\mathbf y^\top /(\mathbf y^\top \mathbf y))\mathbf x$$

$$\sigma = \sqrt{\mathbf y^\top \mathbf y/d}, \quad \mathbf u = \mathbf y / \sigma$$

$$\frac{\partial o_i}{\partial u_j} = -\frac2d (x_j u_i + (\mathbf u^\top \mathbf x) \mathbf 1_{i=j})$$
"""
    last = checked(text)[-1]
    assert last.verdict == "undecided"
    assert last.reason == "what is said of o does not go through u"


def test_headings_in_the_cells_of_a_notebook_begin_sections():
    layer = ["## Layer norm\n", r"$$\hat x_i = \frac{x_i - \mu}{\sigma}, \quad \mu = \frac1d \sum_i x_i$$"]
    rms = ["## RMS norm\n", r"$$\hat x_i = \frac{x_i}{r}, \quad r = \sqrt{\frac1d \sum_i x_i^2}$$"]
    cells = [{"cell_type": "markdown", "source": source} for source in (layer, rms)]
    found = Note(formulas_in(json.dumps({"cells": cells, "nbformat": 4}), ".ipynb")).check()
    assert [each.verdict for each in found] == ["definition", "definition"]


def test_a_formula_of_another_layer_that_is_brought_in_to_be_compared():
    text = r"""
$\hat x_i = \frac{x_i}{r}$ with $r = \sqrt{\frac1d \sum_i x_i^2}$. The mean of the squares is

$$\frac1d \sum_i \hat x_i^2 = 1$$

Compare to LayerNorm's mean:

$$\frac1d \sum_i \hat x_i = 0$$

The mean is

$$\frac1d \sum_i \hat x_i = 0$$
"""
    assert verdicts(text) == ["proved", "undecided", "refuted"]


def test_a_name_that_a_list_describes_anew():
    text = r"""
# One neuron

$$y = 2 z$$

# Loss

- $y_i$: the label

$$\frac{\partial y_i}{\partial z_i} = 3$$
"""
    assert verdicts(text) == ["definition", "undecided"]
    assert verdicts(text.replace("- $y_i$: the label", "")) == ["definition", "refuted"]


SOFTMAX = r"$p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$." + "\n\n"


OFF = r"""
$$\begin{aligned}
\frac{\partial}{\partial z_i} p_j &= \frac{\partial}{\partial z_i} \frac{e^{z_j}}{\sum_k e^{z_k}} \\
&= e^{z_j} \frac{\partial}{\partial z_i} \left(\sum_k e^{z_k}\right)^{-1} \\
&= -p_j p_i
\end{aligned}$$
"""
ON = "\n" + r"$$\frac{\partial}{\partial z_i} p_i = p_i (1 - p_i)$$"


def test_steps_off_the_diagonal_where_the_diagonal_stands_apart():
    assert verdicts(SOFTMAX + OFF + ON) == ["undecided", "proved"]
    assert verdicts(SOFTMAX + OFF) == ["refuted"]
    assert verdicts(SOFTMAX + OFF.replace(r"= e^{z_j}", r"= 2 e^{z_j}") + ON) == ["refuted", "proved"]


@pytest.mark.parametrize(
    "formula",
    [
        r"\mathrm{softmax}(z)_i = \sigma(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
        r"\frac{\partial g}{\partial t} = (1 + e^{-t})^{-2} e^{-t} = g(t) (1 - g(t))",
        r"w_i \underbrace{\sum_j v_j}_{=1} - v_i = w_i - v_i",
    ],
)
def test_what_rests_on_something_that_is_only_said_is_not_refuted(formula):
    assert verdicts(f"$$v_j = x_j^2, \\quad w_j = x_j^3$$\n\n$${formula}$$")[-1] == "undecided"


def test_a_bound_that_is_meant_is_written_with_one_sign():
    text = r"$$\begin{aligned} s &= \sum_k x_k^2 \\ &= \left(\sum_k |x_k|\right)^2 \end{aligned}$$"
    mending = checked(text)[-1].relations[-1].mending
    assert mending is not None
    assert (mending.code, mending.latex.count("=")) == ("equality-for-bound", 0)


def test_numbers_of_an_interval():
    text = r"""
$$f(x) = (x - 1)^2$$

For all LAMBDA:

$$\lambda f(x) + (1 - \lambda) f(y) \ge f(\lambda x + (1 - \lambda) y)$$
"""
    found = checked(text.replace("LAMBDA", r"$\lambda \in [0, 1]$"))[-1]
    assert (found.verdict, found.help) == ("undecided", r"declare: normproof: assume: 0 \le \lambda \le 1")
    declared = "<!-- normproof: assume: 0 \\le \\lambda \\le 1 -->\n" + text
    assert verdicts(declared)[-1] != "refuted"


def test_what_is_left_out_is_no_definition():
    text = r"""
Without a residual $\mathbf{y} = \mathbf{0}$.

$$\mathbf{p} = \mathbf{x} + \mathbf{y}$$

$$\nabla_{\mathbf{y}} L = \nabla_{\mathbf{p}} L$$
"""
    assert verdicts(text) == ["definition", "proved"]


def test_a_differential_where_dx_is_a_gradient_elsewhere():
    text = r"""
$$y_i = r x_i w_i, \quad r = \frac{1}{\sqrt{\frac1n \sum_i x_i^2}}, \quad \hat x_i = r x_i$$

$$\frac{\partial L}{\partial w_i} = dy_i \, \hat x_i$$

$$d\hat x_i = r \, dx_i + x_i \, dr$$

$$d\hat x_i = r \, dx_i - x_i \, dr$$
"""
    assert verdicts(text) == ["definition", "proved", "undecided", "refuted"]
