"""The number of the true class as an index, and conditions below a 1."""

import pytest

from tests.notes.note import verdicts

CONTEXT = r"""$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$

$$\mathcal{L} = -\log p_y$$

$$\frac{\partial p_i}{\partial z_j} = p_i(\mathbb{1}[i = j] - p_j)$$

$$\frac{\partial p_y}{\partial z_k} = p_y(1_{k=y} - p_k)$$

"""

TRUE = {
    "gradient": r"\frac{\partial \mathcal{L}}{\partial z_i} = p_i - \mathbb{1}[i = y]",
    "below": r"\frac{\partial \mathcal{L}}{\partial z_i} = p_i - \mathbf{1}_{\{i=y\}}",
    "the other way": r"\frac{\partial \mathcal{L}}{\partial z_i} = p_i - 1 + \mathbf{1}_{i \ne y}",
    "delta": r"\frac{\partial \mathcal{L}}{\partial z_i} = p_i - \delta_{iy}",
    "value": r"\mathcal{L} = \log \sum_j e^{z_j} - z_y",
    "sum": r"\sum_i \frac{\partial \mathcal{L}}{\partial z_i} = 0",
}
FALSE = {
    "sign": r"\frac{\partial \mathcal{L}}{\partial z_i} = \mathbb{1}[i = y] - p_i",
    "index": r"\frac{\partial \mathcal{L}}{\partial z_i} = p_y - \mathbb{1}[i = y]",
    "value": r"\mathcal{L} = \log \sum_j e^{z_j} + z_y",
}


@pytest.mark.parametrize("latex", TRUE.values(), ids=TRUE.keys())
def test_true_claims_are_proved(latex):
    assert verdicts(f"{CONTEXT}$${latex}$$\n") == ["definition", "proved", "proved", "proved"]


@pytest.mark.parametrize("latex", FALSE.values(), ids=FALSE.keys())
def test_false_claims_are_refuted(latex):
    assert verdicts(f"{CONTEXT}$${latex}$$\n")[-1] == "refuted"


def test_labels_with_an_index_are_no_class():
    text = CONTEXT.replace(r"-\log p_y", r"-\sum_k y_k \log p_k").replace("p_y", "p_m").replace("=y", "=m")
    assert verdicts(f"{text}$$\\frac{{\\partial \\mathcal{{L}}}}{{\\partial z_i}} = p_i - y_i$$")[-1] == "proved"


NABLA = {
    r"\nabla_v \|v\| = \frac{v}{\|v\|}": "proved",
    r"\nabla_v \frac{1}{2}\|v\|^2 = v": "proved",
    r"\nabla_v \sum_{i=1}^n v_i^2 = 2 v": "proved",
    r"\nabla_v (v^T v) = 2 v": "proved",
    r"\nabla_v \log \|v\| = \frac{v}{\|v\|^2}": "proved",
    r"\nabla_v \log \|v\| = \frac{v}{\|v\|}": "refuted",
    r"\nabla_v \frac{1}{2}\|v\|^2 = 2 v": "refuted",
}


@pytest.mark.parametrize(("latex", "verdict"), NABLA.items(), ids=NABLA.keys())
def test_a_nabla_with_a_variable_stands_before_more_than_a_name(latex, verdict):
    assert verdicts(rf"For $v \in \mathbb{{R}}^n$: $${latex}$$") == [verdict]


@pytest.mark.parametrize(("z", "other"), [("{nc}", "{nk}"), ("{cn}", "{kn}")])
def test_the_labels_of_each_sample_sum_up_to_one(z, other):
    said = rf"$p_{z} = \frac{{e^{{z_{z}}}}}{{\sum_{{k=1}}^C e^{{z_{other}}}}}$ and"
    loss = rf"$L = -\frac1N\sum_{{n=1}}^N\sum_{{c=1}}^C y_{z} \log p_{z}$."
    claim = rf"$$\frac{{\partial L}}{{\partial z_{z}}} = \frac1N(p_{z} - y_{z})$$"
    assert verdicts(f"{said} {loss}\n\n{claim}\n\n{claim.replace('frac1N(', 'frac1C(')}") == ["proved", "refuted"]


def test_labels_of_two_classes_do_not_sum_up_to_one():
    said = r"$J = -\sum_{i=1}^m (y_i \log p_i + (1 - y_i) \log(1 - p_i))$."
    assert verdicts(rf"{said} $$\sum_{{i=1}}^m y_i J = J$$") != ["proved"]
