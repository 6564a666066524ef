"""Conditions on indices beside a formula and before it, and what is said to sum up to 1."""

import pytest

from tests.notes.note import verdicts

SOFTMAX = r"$p_i = \frac{e^{z_i}}{\sum_{k=1}^n e^{z_k}}$"
SAME, APART = r"\frac{\partial p_i}{\partial z_j} = p_i (1 - p_i)", r"\frac{\partial p_i}{\partial z_j} = -p_i p_j"

TRUE = {
    "a remark": rf"$${SAME} \quad \text{{if }} i = j$$",
    "in brackets": rf"$${SAME} \quad (i = j)$$",
    "before a colon": rf"$$\text{{if }} i = j: {SAME}$$",
    "before an arrow": rf"$$i \neq j \Rightarrow {APART}$$",
    "different": rf"$${APART}, \quad i \ne j$$",
    "in the text": rf"When $i = j$: $${SAME}$$",
    "in the text, different": rf"Case $i \neq j$. $${APART}$$",
    "in rows": rf"$$\begin{{aligned}} & i = j: \\ & {SAME} \\ & i \ne j: \\ & {APART} \end{{aligned}}$$",
}

FALSE = {
    "the other condition": rf"$${SAME}, \quad i \ne j$$",
    "none": rf"$${SAME}$$",
    "the other one in the text": rf"For $i = j$: $${APART}$$",
    "said of another display": rf"For $i = j$: $${SAME}$$ and then $${SAME}$$",
    "wrong with it": r"$$\frac{\partial p_i}{\partial z_j} = p_i p_j \quad (i \ne j)$$",
}


@pytest.mark.parametrize("text", TRUE.values(), ids=TRUE.keys())
def test_what_holds_under_its_condition_is_proved(text):
    assert verdicts(f"{SOFTMAX}\n\n{text}\n")[-1] == "proved"


@pytest.mark.parametrize("text", FALSE.values(), ids=FALSE.keys())
def test_what_fails_under_its_condition_is_refuted(text):
    assert verdicts(f"{SOFTMAX}\n\n{text}\n")[-1] == "refuted"


GRADIENT = r"$$\frac{\partial C}{\partial z_j} = p_j - t_j$$"
LOSS = r"$$C = -\sum_{i=1}^n t_i \log p_i$$"


def test_labels_sum_up_to_one_by_convention():
    assert verdicts(f"{SOFTMAX}\n\n{LOSS}\n\n{GRADIENT}\n")[-1] == "proved"


def test_weights_do_only_where_it_is_said():
    text = f"{SOFTMAX}\n\n{LOSS}\n\n{GRADIENT}\n".replace("t_", "w_")
    assert verdicts(text)[-1] == "refuted"
    assert verdicts(rf"with $\sum_i w_i = 1$: {text}")[-1] == "proved"


def test_what_is_said_does_not_prove_itself():
    assert verdicts(r"$$\sum_{i=1}^n w_i = 1$$") == ["undecided"]


ROWS = rf"$${SAME} \quad \text{{if }} i = j$$ $${APART} \quad \text{{otherwise}}$$"


def test_otherwise_is_where_the_one_before_does_not_hold():
    assert verdicts(f"{SOFTMAX}\n\n{ROWS}\n") == ["proved", "proved"]
    assert verdicts(f"{SOFTMAX}\n\n{ROWS}\n".replace("= -p_i p_j", "= p_i p_j")) == ["proved", "refuted"]


def test_what_holds_under_a_condition_that_is_not_understood_is_not_refuted():
    text = r"$f(x) = x^2$ $$f(x) = 0 \quad \text{if the weather is fine}$$"
    assert verdicts(text) == ["undecided"]
    assert verdicts(text.replace("if the weather is fine", "in fine weather")) == ["refuted"]


def test_a_loss_is_written_with_what_it_is_of():
    text = r"$\hat y_i = \frac{e^{o_i}}{\sum_{k=1}^q e^{o_k}}$ $$l(y, \hat y) = -\sum_{i=1}^q y_i \log \hat y_i$$"
    assert verdicts(text + "\n" + r"$$\partial_{o_j} l(y, \hat y) = \hat y_j - y_j$$") == ["definition", "proved"]
    assert verdicts(text + "\n" + r"$$\partial_{o_j} l(y, \hat y) = y_j - \hat y_j$$") == ["definition", "refuted"]
    assert verdicts(text + "\n" + r"$$l(o, y) = l(y, \hat y)$$")[-1] == "undecided"


def test_an_indicator_may_have_its_condition_below():
    text = rf"{SOFTMAX} $$\frac{{\partial p_i}}{{\partial z_j}} = p_i 1_{{\{{i=j\}}}} - p_i p_j$$"
    assert verdicts(text) == ["proved"]


def test_bars_are_means_where_data_have_indices():
    text = r"$$\frac1n\sum_{i=1}^n (x_i - \bar x)(y_i - \bar y) = \frac1n\sum_{i=1}^n x_i y_i SIGN \bar x\bar y$$"
    assert verdicts(text.replace("SIGN", "-")) == ["proved"]
    assert verdicts(text.replace("SIGN", "+")) == ["refuted"]
    assert verdicts(r"$$\frac1n\sum_{i=1}^n (x_i - \bar x)^2 = \overline{x^2} - \bar x^2$$") == ["proved"]


def test_what_is_reached_through_held_names_has_no_derivative_of_zero():
    text = (
        rf"{SOFTMAX} $L = -\sum_{{i=1}}^n y_i \log p_i$ and"
        + "\n\n"
        + r"$$\frac{\partial L}{\partial p_i} = -y_i/p_i$$"
    )
    assert verdicts(text + "\n" + r"$$\frac{\partial L}{\partial z_i} = y_i - y_i$$") == ["proved", "refuted"]
    assert verdicts(text + "\n" + r"$$\frac{\partial L}{\partial z_i} = p_i - y_i$$") == ["proved", "proved"]


def test_the_order_of_a_derivative_is_that_of_its_variables():
    text = r"$f(x) = \log \sum_{k=1}^n e^{x_k}$, $p_i = \frac{e^{x_i}}{\sum_{k=1}^n e^{x_k}}$" + "\n\n"
    claim = r"$$\frac{\partial^ORDER f(x)}{\partial x_i \partial x_j} = p_i\delta_{ij} - p_i p_j$$"
    assert verdicts(text + claim.replace("ORDER", "2")) == ["proved"]
    assert verdicts(text + claim.replace("ORDER", "3")) == ["undecided"]


def test_what_has_derivatives_in_it_is_about_the_diagonal_as_well():
    text = f"{SOFTMAX}\n\n" + r"$$\frac{\partial p_i}{\partial z_i} = p_i(1 - p_i)$$" + "\n\n"
    step = r"\frac{\partial \log(z_i)}{\partial z_j} p_i - p_i p_j"
    assert verdicts(text + rf"$$\frac{{\partial p_i}}{{\partial z_j}} = {step}$$")[-1] == "refuted"
    assert verdicts(text + r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$")[-1] == "proved"
