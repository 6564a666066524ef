"""Forms that many notes on normalization have: code names, projections, the true class, rows of cases."""

from tests.notes.note import verdicts

RMS = r"""
$a = \frac1n\sum_i x_i^2$, $\hat x_i = \frac{x_i}{\sqrt{a+\epsilon}}$, $y_i = w_i\hat x_i$,
$\text{rstd} = (a+\epsilon)^{-1/2}$ and $\text{wdy} = w\odot dy$

$$
\text{c1} = \text{mean}(\hat x\odot\text{wdy}), \qquad dx = (\text{wdy} - \hat x\cdot\text{c1})\cdot\text{rstd}
$$

$$
dx = (\text{wdy} + \hat x\cdot\text{c1})\cdot\text{rstd}
$$
"""


def test_a_name_for_a_gradient_shows_that_dx_is_one():
    assert verdicts(RMS) == ["proved", "refuted"] or verdicts(RMS) == ["definition", "refuted"]


def test_a_projection_is_no_output():
    text = r"""
$w = \frac{g}{\|v\|}v$ with $v\in\mathbb{R}^k$ and $u = v/\|v\|$.

$$
\frac{\partial L}{\partial v} = \frac{g}{\|v\|}\left(I - uu^T\right)\frac{\partial L}{\partial w}
$$

$P = I - uu^T$

$$
P^2 = P, \qquad Pu = 0
$$

$$
\frac{\partial L}{\partial v} = \frac{g}{\|v\|^2}P\frac{\partial L}{\partial w}
$$
"""
    assert verdicts(text) == ["proved", "proved", "refuted"]


def test_the_rows_of_cases_may_be_chains():
    text = r"""
$s_i = e^{z_i}/Z$ with $Z = \sum_k e^{z_k}$ and $\ell = -\log s_y$

$$
\frac{\partial \ell}{\partial z_k} = -\frac{1}{s_y}\frac{\partial s_y}{\partial z_k} = \begin{cases}
-\frac{1}{s_y} \cdot s_y(1-s_y) = s_y - 1 & k = y \\ -\frac{1}{s_y}\cdot(-s_y s_k) = s_k & k \ne y \end{cases}
$$

$$
\frac{\partial \ell}{\partial z_k} = \begin{cases} s_y - 1 & k = y \\ s_y s_k = s_k & k \ne y \end{cases}
$$
"""
    assert verdicts(text) == ["proved", "refuted"]


def test_exponents_may_be_worked_out():
    assert verdicts("$$\n(x+1)^{0.5-1-1} = (x+1)^{-1.5}, \\quad x > 0\n$$\n") == ["proved"]
    assert verdicts("$$\n(x+1)^{0.5-1-1} = (x+1)^{-0.5}, \\quad x > 0\n$$\n") == ["refuted"]


def test_softmax_of_a_multiple_is_a_claim_about_every_number():
    assert verdicts(
        "$$\n\\mathrm{softmax}(z)_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}\n$$\n\n"
        "$$\n\\mathrm{softmax}(c z) = \\mathrm{softmax}(z)\n$$\n"
    )[1:] == ["refuted"]


def test_a_layer_of_which_a_part_is_defined_anew_is_not_the_old_one():
    text = r"""
$$
y_i = w\frac{x_i-\mu}{\sigma} + b
$$

where $\mu = \frac1n\sum_i x_i$ and $\sigma^2 = \frac1n\sum_i (x_i-\mu)^2$. Let $\hat x_i = \frac{x_i-\mu}{\sigma}$.

$$
\frac{\partial L}{\partial w} = \sum_i \frac{\partial L}{\partial y_i}\hat x_i
$$

Without the mean, $\hat x_i = x_i / \sqrt{\frac1n\sum_k x_k^2}$:

$$
\frac{\partial L}{\partial w} = \sum_i \frac{\partial L}{\partial y_i}\hat x_i
$$
"""
    assert verdicts(text)[1] == "proved"
    assert verdicts(text)[2] != "refuted"


def test_a_name_may_be_given_at_the_end():
    text = r"""
$$
\operatorname{lse}(x) = \log\sum_i e^{x_i}
$$

$$
\frac{\partial \operatorname{lse}(x)}{\partial x_j} = \frac{e^{x_j}}{\sum_i e^{x_i}} =: p_j
$$

$$
\frac{\partial^2 \operatorname{lse}(x)}{\partial x_i \partial x_j} = p_i\delta_{ij} - p_ip_j
$$

$$
\frac{\partial \operatorname{lse}(x)}{\partial x_j} = 2p_j
$$
"""
    found = verdicts(text)
    assert found[1] != "refuted"
    assert found[2:] == ["proved", "refuted"]


def test_what_the_text_takes_to_be_constant_refutes_nothing():
    text = r"""
$\mu = \frac1m\sum_{i=1}^m x_i$, $s = \sqrt{\frac1m\sum_i x_i^2 + \epsilon}$ and $r = \frac{s}{c}$ with $c > 0$.

TREATING

$$
\frac{\partial (r x_i)}{\partial x_i} = r
$$
"""
    assert verdicts(text.replace("TREATING", "So")) == ["refuted"]
    assert verdicts(text.replace("TREATING", "Treating $c$ and $r$ as constants")) == ["undecided"]
