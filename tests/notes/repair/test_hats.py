"""Hats of losses and of nablas: one that is lost, or several at once, also in bounds whose sides are equal then."""

import pytest

from tests.notes.note import of

TWO = r"""
$\mu = \frac{1}{m}\sum_{i=1}^m y_i$, $\sigma^2 = \frac{1}{m}\sum_{i=1}^m (y_i - \mu)^2$,
$\hat{y}_i = \frac{y_i - \mu}{\sigma}$ and $z_i = \gamma \hat{y}_i + \beta$. The loss is $L$ without the layer, and
$\hat{L}$ with it: $\nabla_y L$ and $\nabla_y \hat{L}$, where $\hat{\nabla}$ is $\nabla_y \hat{L}$.
"""
FIRST = (
    r"\|\nabla_y \hat{L}\|^2 \le \frac{\gamma^2}{\sigma^2} \left(\|\nabla_y L\|^2"
    r" - \frac{1}{m} \langle 1, \nabla_y L \rangle^2 - \frac{1}{m} \langle \hat{y}, \nabla_y L \rangle^2\right)"
)
FRACTIONS = (
    r"\left\|\frac{\partial \hat{L}}{\partial {y}}\right\|^2 = \frac{\gamma^2}{\sigma^2} \left("
    r"\left\|\frac{\partial L}{\partial {y}}\right\|^2"
    r" - \frac{1}{m}\left(\sum_k \frac{\partial L}{\partial y_k}\right)^2"
    r" - \frac{1}{m} \left(\sum_k \hat{y}_k \frac{\partial L}{\partial y_k}\right)^2\right)"
)
CURVED = (
    r"\hat{\nabla}^T \hat{H} \hat{\nabla} \le \frac{\gamma^2}{\sigma^2} \hat{\nabla}^T H \hat{\nabla}"
    r" - \frac{\gamma}{m \sigma^2} \langle \nabla, \hat{y} \rangle \|\hat{\nabla}\|^2"
)

LOST = {
    "of the loss, in a bound": (FIRST, r"\hat{L}", "L"),
    "of the loss, in a fraction": (FRACTIONS, r"\partial \hat{L}", r"\partial L"),
    "of a name, in a bound": (FIRST, r"\hat{y}", "y"),
    "of a nabla": (CURVED, r"\|\hat{\nabla}\|", r"\|\nabla\|"),
    "of a nabla with a script": (CURVED, r"{\sigma^2} \hat{\nabla}^T", r"{\sigma^2} \nabla^T"),
    "of two nablas and a name": (CURVED, r"H \hat{\nabla} - \frac", r"H \nabla - \frac"),
}


@pytest.mark.parametrize("name", LOST)
def test_hats_that_are_lost_are_found(name: str) -> None:
    right, old, new = LOST[name]
    assert of(right, TWO).verdict == "proved"
    wrong = right.replace(old, new, 1)
    if name == "of two nablas and a name":
        wrong = wrong.replace(r"\|\hat{\nabla}\|", r"\|\nabla\|").replace(r"\hat{y}", "y")
    (relation,) = of(wrong, TWO).relations
    assert relation.verdict == "refuted" and relation.mending is not None
    assert relation.mending.code == "missing-hat"
    assert "".join(relation.mending.latex.split()) == "".join(right.split())


def test_a_hat_of_the_loss_that_is_too_much_is_found() -> None:
    wrong = FIRST.replace(r"\|\nabla_y L\|", r"\|\nabla_y \hat{L}\|")
    (relation,) = of(wrong, TWO).relations
    assert relation.mending is not None and relation.mending.code == "extra-hat"
    assert of(relation.mending.latex, TWO).verdict == "proved"
