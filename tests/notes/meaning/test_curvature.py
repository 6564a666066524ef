"""Second derivatives, Hessians, a nabla alone, and letters that look like others."""

import pytest

from tests.notes.note import checked, verdicts

LAYER = r"""
$\mu = \frac1m\sum_{i=1}^m x_i$, $\sigma^2 = \frac1m\sum_i(x_i-\mu)^2$, $\hat x_i = \frac{x_i-\mu}{\sigma}$ and
$y_i=\gamma\hat x_i+\beta$
"""
PAIR = LAYER + r"$\|\nabla_x \hat L\|$ and $\|\nabla_x L\|$" + "\n"

SECOND = (
    r"(\nabla_x \hat L)^T \nabla_x^2 \hat L (\nabla_x \hat L) ="
    r" \frac{\gamma^2}{\sigma^2} (\nabla_x \hat L)^T \nabla_x^2 L (\nabla_x \hat L)"
    r" - \frac{\gamma}{m\sigma^2} \langle \nabla_x L, \hat x\rangle \|\nabla_x \hat L\|^2"
)
ALONE = (
    r"\hat\nabla^T \hat H \hat\nabla = \frac{\gamma^2}{\sigma^2} \hat\nabla^T H \hat\nabla"
    r" - \frac{\gamma}{m\sigma^2} \langle \nabla, \hat x\rangle \|\hat\nabla\|^2"
)

TRUE = {
    "a constant shift": r"\sum_j \frac{\partial^2 L}{\partial x_i \partial x_j} = 0",
    "order": r"\frac{\partial^2 L}{\partial x_i \partial x_j} = \frac{\partial^2 L}{\partial x_j \partial x_i}",
    "diagonal": r"\frac{\partial^2 \sigma^2}{\partial x_i^2} = \frac{2}{m}\left(1-\frac1m\right)",
    "variance": r"\frac{\partial^2 \sigma^2}{\partial x_i\partial x_j} = \frac{2}{m}\left(\delta_{ij}-\frac1m\right)",
    "operator": r"\frac{d^2}{dt^2} t^3 = 6t",
    "fraction": r"\frac{d^2 t^3}{dt^2} = 6t",
    "exponent forgotten": r"\sum_j \frac{\partial L}{\partial x_i \partial x_j} = 0",
    "braces": r"\nabla_x{L} = \nabla_x L",
}
FALSE = {
    "trace": r"\sum_i \frac{\partial^2 L}{\partial x_i^2} = 0",
    "diagonal": r"\frac{\partial^2 \sigma^2}{\partial x_i^2} = \frac{2}{m}",
    "factor": r"\frac{d^2}{dt^2} t^3 = 3t",
}


@pytest.mark.parametrize("latex", TRUE.values(), ids=TRUE.keys())
def test_true_second_derivatives_are_proved(latex):
    assert verdicts(f"{LAYER}\n\n$${latex}$$\n") == ["proved"]


@pytest.mark.parametrize("latex", FALSE.values(), ids=FALSE.keys())
def test_false_second_derivatives_are_refuted(latex):
    assert verdicts(f"{LAYER}\n\n$${latex}$$\n") == ["refuted"]


@pytest.mark.parametrize("latex", [SECOND, ALONE])
def test_the_curvature_along_the_gradient(latex):
    """The gradient and the Hessian with a hat go through the layer, those without are at the place of its output."""
    wrong = latex.replace(r"\frac{\gamma}{m", r"\frac{\gamma^2}{m")
    assert verdicts(f"{PAIR}\n\n$${latex}$$\n\n$${wrong}$$\n") == ["proved", "refuted"]


def test_the_printed_bound_with_hats_missing_is_refuted():
    wrong = SECOND.replace("=", r"\le", 1).replace(r"L (\nabla_x \hat L) -", r"L (\nabla_x L) -")
    wrong = wrong.replace(r"} (\nabla_x \hat L)^T", r"} (\nabla_x L)^T")
    assert wrong.count("hat L") == SECOND.count("hat L") - 2
    assert verdicts(f"{PAIR}\n\n$${wrong}$$\n") == ["refuted"]


def test_a_letter_that_looks_like_mu_is_read_as_mu_with_a_warning():
    text = LAYER + r"$$\sum_i (x_i - u) = 0$$" + "\n\n" + r"$$\sum_i (x_i - \mu) = 0$$"
    first, second = checked(text)
    assert first.verdict == second.verdict == "proved"
    assert first.warnings == (r"u is read as \mu",) and not second.warnings


def test_scripts_below_may_be_the_features():
    """Where sums run over what stands above in brackets."""
    text = r"""
$$\mu_j = \frac1m\sum_{b=1}^m y^{(b)}$$

$$\sigma_j^2 = \frac1m\sum_{b=1}^m (y^{(b)} - \mu_j)^2$$

$$\hat y^{(b)} = \frac{y^{(b)} - \mu_j}{\sigma_j}$$

$$\langle 1, \hat y_j \rangle = 0$$

$$\|\hat y_j\|^2 = m$$

$$\frac{\partial \hat y_j^{(b)}}{\partial y_j^{(k)}}
  = \frac{1}{\sigma_j}\left(1[b=k] - \frac1m - \frac1m \hat y_j^{(b)}\hat y_j^{(k)}\right)$$
"""
    assert verdicts(text) == ["definition"] * 3 + ["proved"] * 3
    assert verdicts(text.replace("1[b=k] -", "1[b=k] +"))[-1] == "refuted"
