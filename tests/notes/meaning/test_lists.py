"""Names for what is computed from several things: cos(a, b), and arrays beside one number for each column."""

from tests.notes.note import tex, verdicts

COSINE = r"""
$$
s = \cos(\mathbf{a},\mathbf{b}) = \frac{\mathbf{a}^\top\mathbf{b}}{\|\mathbf{a}\|\|\mathbf{b}\|}
$$

$$
\frac{\partial s}{\partial \mathbf{a}} = \frac{\mathbf{b}}{\|\mathbf{a}\|\|\mathbf{b}\|}
- s\,\frac{\mathbf{a}}{\|\mathbf{a}\|^2}
$$

$$
\frac{\partial s}{\partial \mathbf{b}} = \frac{\mathbf{a}}{\|\mathbf{a}\|\|\mathbf{b}\|}
- s\,\frac{\mathbf{b}}{\|\mathbf{b}\|}
$$

$$
\left(I - \frac{\mathbf{a}\mathbf{a}^\top}{\|\mathbf{a}\|^2}\right)\mathbf{a} = \mathbf{0}
$$
"""


def test_a_function_of_a_list_is_a_name():
    assert verdicts(COSINE) == ["definition", "proved", "refuted", "proved"]


def test_a_known_function_of_a_list_stays_what_it_is():
    text = "$$\nm = \\max(a, b)\n$$\n\n$$\nm = a\n$$\n"
    assert verdicts(text)[1] != "proved"


def test_the_loss_is_of_the_array_and_not_of_a_number_for_each_column():
    text = r"""
$\hat x_{kl} = (x_{kl}-\mu_l)(\sigma_l^2+\epsilon)^{-1/2}$, $y_{kl} = \gamma_l\hat x_{kl}+\beta_l$,
$\mu_l = \frac1N\sum_{p=1}^N x_{pl}$ and $\sigma_l^2 = \frac1N\sum_{p=1}^N (x_{pl}-\mu_l)^2$

With $g_l = (\sigma_l^2+\epsilon)^{-1/2}$:

$$
\frac{\partial g_l}{\partial x_{ij}} = -\frac12 (\sigma_l^2+\epsilon)^{-3/2}\frac{\partial \sigma_l^2}{\partial x_{ij}}
$$
""" + tex(r"""
$$
@{x_{ij}} = \sum_{k,l} @{y_{kl}} \frac{\partial y_{kl}}{\partial x_{ij}}
$$
""")
    assert verdicts(text) == ["proved", "proved"]


def test_a_derivative_operator_may_have_empty_braces():
    assert verdicts("$$\n\\frac{\\partial{}}{\\partial{x}}\\left[x^2\\right] = 2x\n$$\n") == ["proved"]
