"""Names that a note defines by something that is not understood: no convention says what they are instead."""

import pytest

from tests.notes.note import checked, verdicts

SETS = r"""
$$
\mu = \frac{1}{|S|}\sum_{i\in S} x_i
$$

$$
\sigma^2 = \int (x-\mu)^2 p(x)
$$

$$
\hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\epsilon}}, \qquad y_i = \gamma \hat x_i + \beta
$$
"""


@pytest.mark.parametrize(
    "claim",
    [
        r"\sum_{i=1}^m (x_i - \mu) = 0",
        r"\sum_{i=1}^m \hat x_i = 0",
        r"\sum_{i=1}^m \hat x_i^2 = m",
        r"\frac{\partial \hat x_i}{\partial x_j} = \frac{\delta_{ij}}{\sqrt{\sigma^2+\epsilon}}",
        r"\frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2+\epsilon}}\frac{\partial L}{\partial y_i}",
        r"\frac{\partial \mu}{\partial x_i} = 0",
    ],
)
def test_nothing_that_depends_on_the_definition_is_decided(claim):
    found = checked(f"{SETS}\n$$\n{claim}\n$$\n")[-1]
    assert found.verdict == "undecided"


def test_what_holds_whatever_it_is_is_proved():
    claims = r"""
$$
\frac{\partial L}{\partial \gamma} = \sum_{i=1}^m \frac{\partial L}{\partial y_i} \hat x_i
$$

$$
\frac{\partial L}{\partial \hat x_i} = \gamma \frac{\partial L}{\partial y_i}
$$
"""
    assert verdicts(SETS + claims)[-2:] == ["proved", "proved"]


def test_the_reason_names_what_is_not_understood():
    found = checked(SETS + "\n$$\n\\sum_{i=1}^m (x_i - \\mu) = 0\n$$\n")[-1]
    assert found.reason == "what mu is defined by is not understood"


def test_a_second_layer_is_not_taken_for_a_claim_about_one_that_is_not_understood():
    text = r"""
$$
\mu_{ng} = \frac1m\sum_{c\in g}\sum_{h=1}^H\sum_{w=1}^W x_{nchw}
$$

$$
\mu_{nc} = \frac{1}{HW}\sum_{h=1}^H\sum_{w=1}^W x_{nchw}, \quad
\sigma_{nc}^2 = \frac{1}{HW}\sum_{h=1}^H\sum_{w=1}^W (x_{nchw}-\mu_{nc})^2
$$
"""
    assert verdicts(text)[1:] == ["definition"]


def test_a_function_of_a_list_in_the_middle_of_a_chain_is_only_notation():
    text = r"""
$\mu = \frac1m\sum_{i=1}^m x_i$

$$
y_i = f(x_i, \mathcal{B})_\gamma = \gamma(x_i - \mu)
$$

$$
\frac{\partial L}{\partial \gamma} = \sum_{i=1}^m \frac{\partial L}{\partial y_i}(x_i-\mu)
$$
"""
    assert verdicts(text) == ["definition", "proved"]


def test_a_running_mean_is_no_batch_mean():
    text = r"""
$$
\mu = (1-\alpha)\mu + \alpha\mu_B
$$

$$
\sum_{i=1}^m (x_i - \mu) = 0
$$

$$
\sum_{i=1}^m (x_i - \mu_B) = 0
$$
"""
    assert [verdicts(text)[1] == "proved", verdicts(text)[2]] == [False, "proved"]


def test_a_name_with_a_subscript_is_another_name():
    text = r"""
$\mu = \frac1m\sum_j x_j$, $\sigma_B^2 = \frac1m\sum_j(x_j-\mu)^2$, $\sigma = \sqrt{\sigma_B^2+\epsilon}$ and
$\hat{x}_j = \frac{x_j-\mu}{\sigma}$.

$$
\frac{\partial \sigma}{\partial x_i} = \frac{\hat{x}_i}{m}
$$

$$
\frac{\partial \sigma_B}{\partial x_i} = \frac{\hat{x}_i}{m}
$$
"""
    assert verdicts(text) == ["proved", "refuted"]


def test_a_gradient_by_a_name_that_is_short_for_gradients_is_undecided():
    text = r"""
$var = \frac1N\sum_i x_i^2$, $invstd = \frac{1}{\sqrt{var}}$ and $out_i = x_i invstd$.

$$
\frac{\partial L}{\partial x_i} = invstd * dout_i
$$

$$
y_i = \frac1N dvar
$$
"""
    first, second = checked(text)
    assert (first.verdict, first.reason) == ("undecided", "dout is the gradient by y, which is short for gradients")
    assert second.verdict == "definition"


def test_no_convention_says_what_a_name_is_that_a_formula_introduces_which_is_not_read():
    said = r"$\mu = \frac1d\sum_{i=1}^d x_i$. $$\hat x = \unheard{x}$$"
    claims = r"$$\sum_i \hat x_i = 1$$ $$\frac{\partial \hat x_i}{\partial x_j} = \delta_{ij}$$"
    assert verdicts(f"{said} {claims}") == ["unread", "undecided", "undecided"]
