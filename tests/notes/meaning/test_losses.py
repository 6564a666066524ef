"""Losses with a hat and without, functions without a definition, and names that nothing is said of."""

import pytest

from tests.notes.note import BATCHNORM, checked, of, verdicts

LAYER = BATCHNORM.replace(r"\sqrt{\sigma^2 + \epsilon}", r"\sigma")

NORMS = r"\|\nabla_x \hat L\|_2 \le \|\nabla_x L\|_2"
THEOREM = (
    r"\|\nabla_x \hat L\|^2 = \frac{\gamma^2}{\sigma^2}\left(\|\nabla_x L\|^2"
    r" - \frac1m \left(\sum_i \nabla_{x_i} L\right)^2"
    r" - \frac1m \langle \nabla_x L, \hat x\rangle^2\right)"
)


def test_the_norm_of_the_gradient_is_not_smaller_whatever_gamma_is():
    """L is the loss without the layer: its gradient is what arrives at the place of the layer's output."""
    found = of(NORMS, LAYER)
    assert found.verdict == "refuted"


def test_the_theorem_about_the_two_losses_is_proved_as_an_equation_and_a_bound():
    assert of(THEOREM, LAYER).verdict == "proved"
    assert of(THEOREM.replace("=", r"\le", 1), LAYER).verdict == "proved"


@pytest.mark.parametrize(
    "wrong",
    [
        THEOREM.replace(r"\hat L", "L"),
        THEOREM.replace(r"- \frac1m \langle", r"+ \frac1m \langle"),
        THEOREM.replace("L, \\hat x", "L, x"),
    ],
)
def test_errors_in_it_are_refuted(wrong):
    text = f"{LAYER}\n\n$${THEOREM}$$\n\n$${wrong}$$\n"
    assert verdicts(text)[1] == "refuted"


def test_two_losses_are_not_taken_for_one():
    (found,) = checked(LAYER + "\n\n$$\\frac{\\partial L}{\\partial x_i} = \\frac{\\partial J}{\\partial x_i}$$")
    assert found.verdict == "undecided"


def test_a_function_without_a_definition_is_no_constant():
    """Else every equation between its derivatives would say 0 = 0."""
    text = (
        LAYER
        + r"""
$$\frac{\partial f}{\partial x_i} = 7 \frac{\partial f}{\partial y_i}$$

$$\frac{\partial f}{\partial \beta} = \sum_i \frac{\partial f}{\partial y_i}$$

$$\frac{\partial q}{\partial x_i} = 0$$

$$\frac{\partial (q + \mu)}{\partial x_i} = \frac1m$$

$$\frac{\partial \beta}{\partial x_i} = 0$$
"""
    )
    assert verdicts(text) == ["refuted", "proved", "undecided", "undecided", "proved"]
    assert checked(text)[2].reason == "nothing is said of how q depends on x"


def test_losses_may_have_labels():
    text = LAYER + "$$\\frac{\\partial L_{CE}}{\\partial \\beta} = \\sum_i \\frac{\\partial L_{CE}}{\\partial y_i}$$\n"
    assert verdicts(text) == ["proved"]
    assert verdicts(text.replace("= ", "= 2 ")) == ["refuted"]


TWO = r"""
$\mu = \frac1d\sum_{i=1}^d x_i$, $\sigma^2 = \frac1d\sum_i (x_i-\mu)^2$,
$\hat{x}_i = (x_i-\mu)/\sqrt{\sigma^2+\epsilon}$ and
$y_i = \gamma_i\hat{x}_i + \beta_i$

$$\frac{\partial L}{\partial \hat x_i} = \gamma_i\frac{\partial L}{\partial y_i}$$

$$\text{RMS}(x) = \sqrt{\frac1d\sum_{i=1}^d x_i^2}$$

$$\text{RMSNorm}(x) = \gamma \odot \frac{x}{\text{RMS}(x)}$$

$$\frac{\partial L}{\partial x_i} = \frac{1}{\text{RMS}(x)}\left(\gamma_i\frac{\partial L}{\partial y_i}
  - \frac{x_i}{d \text{RMS}(x)^2}\sum_{j=1}^d x_j\gamma_j\frac{\partial L}{\partial y_j}\right)$$

$$\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma^2+\epsilon}}\left(\frac{\partial L}{\partial \hat x_i}
  - \frac1d\sum_{j=1}^d \frac{\partial L}{\partial \hat x_j}
  - \frac{\hat x_i}{d}\sum_{j=1}^d \hat x_j\frac{\partial L}{\partial \hat x_j}\right)$$
"""


def test_a_formula_is_about_the_layer_whose_names_it_uses():
    assert verdicts(TWO) == ["proved", "definition", "definition", "proved", "proved"]
    wrong = TWO.replace(r"x_j\gamma_j\frac", r"x_j\frac").replace(r"- \frac{\hat x_i}", r"+ \frac{\hat x_i}")
    assert verdicts(wrong) == ["proved", "definition", "definition", "refuted", "refuted"]


def test_a_plain_loss_alone_beside_one_with_a_hat_is_undecided_where_it_matters():
    """The gradients through the layer sum up to 0, those that arrive at its output don't."""
    pair = LAYER + r"$\|\nabla_x \hat L\|$ and $\|\nabla_x L\|$" + "\n\n"
    assert verdicts(pair + r"$$\sum_i \frac{\partial L}{\partial x_i} = 0$$") == ["undecided"]
    assert verdicts(pair + r"$$\sum_i \frac{\partial \hat L}{\partial x_i} = 0$$") == ["proved"]
    assert verdicts(pair + r"$$\sum_i \frac{\partial L}{\partial x_i} = m$$") == ["refuted"]
