r"""What is normalized: any letter that a mean is subtracted from, and each of several with statistics of its own."""

import pytest

from tests.notes.note import verdicts

LAYER = r"""
With $C = \gamma B + \beta$ and $B = BN(A) := \frac{A-u}{\sigma}$, over a batch of m:
$$\frac{\partial f}{\partial A^{(b)}} = \frac{\gamma}{m\sigma}\Big(m\frac{\partial f}{\partial C^{(b)}}
- \sum_{k=1}^{m}\frac{\partial f}{\partial C_{(k)}} SIGN
B^{(b)}\sum_{k=1}^{m}\frac{\partial f}{\partial C_{(k)}}B^{(k)}\Big)$$
"""
"""Its mean and deviation are said nowhere, and an index stands below in brackets once."""

OTHER = r"""
$$\frac{\partial \hat y^{(b)}}{\partial y^{(k)}}
= \frac1\sigma\Big(1[b=k] - \frac1m SIGN \frac1m \hat y^{(b)}\hat y^{(k)}\Big)$$
"""


@pytest.mark.parametrize("letter", ["x", "h", "p", "q", "t", "X", "A"])
def test_the_mean_without_a_name_of_its_own_is_that_of_what_it_is_subtracted_from(letter):
    text = rf"With $y_i = \gamma \hat {letter}_i + \beta$ and $\hat {letter}_i = \frac{{{letter}_i-\mu}}{{\sigma}}$: "
    true = rf"$$\sum_i \hat {letter}_i^2 = m$$"
    assert verdicts(text + true)[-1] == "proved"
    assert verdicts(text + true.replace("m$$", "1$$"))[-1] == "refuted"


def test_u_over_sigma_is_the_mean():
    assert verdicts(LAYER.replace("SIGN", "-"))[-1] == "proved"
    assert verdicts(LAYER.replace("SIGN", "+"))[-1] == "refuted"


def test_each_of_two_layers_has_its_own_mean_and_variance():
    text = LAYER.replace("SIGN", "-") + OTHER.replace("SIGN", "-") + LAYER.replace("SIGN", "-")
    assert verdicts(text) == ["proved", "proved", "proved"]
    assert verdicts(text.replace("SIGN", "-").replace(r"- \frac1m \hat y", r"+ \frac1m \hat y"))[1] == "refuted"


def test_a_mean_that_is_defined_stays_what_it_is():
    text = r"With $\mu = \frac1m \sum_{i=1}^m x_i$ and $B_i = A_i - \mu$: $$\sum_{i=1}^m B_i = 0$$"
    assert verdicts(text)[-1] != "proved"


def test_a_subscript_in_brackets_is_an_index_only_beside_one_above():
    text = r"$$\sum_{i=1}^n x_{(i)} = \sum_{i=1}^n x_INDEX$$"
    assert verdicts(text.replace("INDEX", "{(i)}")) != ["refuted"]
    assert verdicts(text.replace("INDEX", "i")) != ["proved"]


SLOPE = r"""
With $\hat x_i = \frac{x_i - MEAN}{SCALE}$: $$\frac{\partial \hat x_i}{\partial x_j} = \frac{1}{SCALE}\Big(\delta_{ij}
- \frac1m - \frac1m \hat x_i \hat x_j\Big)$$"""


def test_a_mean_or_a_deviation_of_which_nothing_is_said_refutes_nothing():
    assert verdicts(SLOPE.replace("MEAN", r"\mu").replace("SCALE", r"\sigma")) == ["proved"]
    assert verdicts(SLOPE.replace("MEAN", "c").replace("SCALE", r"\sigma")) == ["undecided"]
    assert verdicts(SLOPE.replace("MEAN", r"\mu").replace("SCALE", r"\sqrt{s_B^2 + \epsilon}")) == ["undecided"]


def test_the_output_may_be_called_o_and_the_input_h():
    text = r"With $\hat h_i = \frac{h_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$ and $\gamma, \beta$: "
    true = r"$$\frac{\partial L}{\partial \gamma} = \sum_{i=1}^m \frac{\partial L}{\partial o_i} \hat h_i$$"
    assert verdicts(text + true) == ["proved"]
    assert verdicts(text + true.replace(r" \hat h_i$", " h_i$")) == ["refuted"]


def test_a_letter_that_is_added_is_not_the_size():
    text = r"With $\hat x_i = \frac{x_i - \mu}{\sigma}$ and $y_i = r \hat x_i + d$: "
    assert verdicts(text + r"$$\sum_i \hat x_i^2 = m$$") == ["proved"]


def test_a_letter_that_stands_below_names_alone_is_an_index():
    text = r"With $\mu = \frac1d \sum_{j=1}^d x_j$: $$\frac{\partial \mu}{\partial x_n} = \frac{1}{d}$$"
    assert verdicts(text) == ["proved"]
    assert verdicts(text.replace("{1}{d}$$", "{2}{d}$$")) == ["refuted"]
    last = text.replace("$$", r" where $n$ is the last one: $$", 1)
    assert verdicts(last) != ["refuted"]
