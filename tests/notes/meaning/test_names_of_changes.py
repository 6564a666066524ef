r"""\Delta v as one name, derivatives with a slash, capital letters that are functions, names with two formulas."""

import pytest

from tests.notes.note import verdicts

STEP = (
    r"$\mathbf{w} = \frac{\mathbf{v}}{\|\mathbf{v}\|}$ with $\mathbf{v} \in \mathbb{R}^k$ "
    r"and $\Delta\mathbf{v} = -\eta\nabla_{\mathbf{v}}L$."
)
SCALED = r"$y_c = \gamma_c x_c$ for $\sum_{c=1}^n x_c$. With $\delta_c = \gamma_c\,\partial\ell/\partial y_c$"
ACTIVATION = r"$$f(x) = x\,\Phi(x)$$"
SPREAD = r"""
$$\sigma^2 = \frac1n \sum_{i=1}^n (x_i-\bar x)^2, \quad s^2 = \frac{1}{n-1}\sum_{i=1}^n (x_i-\bar x)^2$$

$$s^2 = \frac{n}{n-1}\sigma^2$$
"""


ROOT = r"$v = \frac1n \sum_{i=1}^n x_i^2$ and $s = \sqrt{v + \epsilon}$"


@pytest.mark.parametrize(
    ("said", "latex", "verdict"),
    [
        (STEP, r"\|\mathbf{v}+\Delta\mathbf{v}\|^2 = \|\mathbf{v}\|^2 + \|\Delta\mathbf{v}\|^2", "proved"),
        (STEP, r"\|\mathbf{v}+\Delta\mathbf{v}\|^2 = \|\mathbf{v}\|^2 - \|\Delta\mathbf{v}\|^2", "refuted"),
        ("", r"(x+\Delta x)^2 = x^2 + 2x\Delta x + (\Delta x)^2", "proved"),
        ("$3 \\Delta = 6$", r"\Delta x = x\Delta", "proved"),
        (SCALED, r"\frac{\partial\ell}{\partial x_c} = \delta_c", "proved"),
        (SCALED, r"\frac{\partial\ell}{\partial x_c} = \gamma_c\delta_c", "refuted"),
        (SCALED, r"d\ell/dx_c = \gamma_c\,d\ell/dy_c", "proved"),
        (SCALED, r"\partial\ell/\partial x_c = -\partial\ell/\partial y_c\,\partial y_c/\partial x_c", "refuted"),
        (SCALED.replace(r"\gamma_c\,\partial\ell/", r"\text{foo}(\ell)"), r"\delta_c = 2\delta_c", "undecided"),
        (ACTIVATION, r"\Phi(-x) = 1 - \Phi(x)", "undecided"),
        (ROOT, r"s^2 = v + \epsilon", "proved"),
        (ROOT, r"s^2 = v + 2\epsilon", "refuted"),
        (ROOT, r"s^2 = v", "refuted"),
        (ROOT, r"v = \sum_{i=1}^n x_i^2", "refuted"),
        (SPREAD, r"s^2 = \frac{1}{n-1}\left(\sum_{i=1}^n x_i^2 - n\bar x^2\right)", "proved"),
        (SPREAD, r"s^2 = \frac{1}{n-1}\left(\sum_{i=1}^n x_i^2 - \bar x^2\right)", "refuted"),
    ],
)
def test_verdicts(said, latex, verdict):
    assert verdicts(f"{said}\n\n$${latex}$$\n")[-1] == verdict


def test_no_convention_takes_the_place_of_a_definition_that_is_not_understood():
    note = SCALED.replace(r"\gamma_c\,\partial\ell/\partial y_c", r"\gamma_c\,\text{foo}(\ell)")
    for right in (r"\delta_c", r"\gamma_c\delta_c"):
        assert verdicts(note + f"\n\n$$\\frac{{\\partial\\ell}}{{\\partial x_c}} = {right}$$\n") == ["undecided"]


def test_dy_is_a_gradient_where_the_note_says_so_before_it_is_used():
    said = r"$y_i = g_i x_i$ with $dy_i = \frac{\partial L}{\partial y_i}$ and $w_i = g_i\,dy_i$."
    claim = r"$$\frac{\partial L}{\partial x_i} = w_i$$"
    assert verdicts(f"{said}\n\n{claim}\n\n{claim.replace('= w', '= 2 w')}") == ["proved", "refuted"]
