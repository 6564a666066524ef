"""Names that differ in what is written at them are different names: that they are equal is never proved."""

import pytest

from tests.notes.note import BATCHNORM, checked, of, verdicts

DIFFERENT = r"""
h_{t-1} & h_{t+1}
x_{t-1} & x_{t}
h_{t} & h_{t+1}
h_{2t} & h_{t}
a_{1/2} & a_{12}
a_{\frac12} & a_{12}
a_{\frac12} & a_{1,2}
a_{\frac12} & a_{\frac21}
x_{1,2} & x_{12}
x_{1} & x_{2}
u_{out} & u_{o,u,t}
u_{\text{out}} & u_{\text{in}}
u_{\text{a b}} & u_{\text{ab}}
x_{+} & x_{-}
x^{+} & x^{-}
x_{n-1} & x_{n+1}
w^{u+v} & w^{u-v}
w^{(v)} & w^{(u)}
w^{(1)} & w^{(2)}
w^{(t+1)} & w^{(t-1)}
w^{(t+1)} & w^{(t)}
w_u^v & w_v^u
w_{u^v} & w_u^v
w_{u_v} & w_u
w_{u_v} & w_{u,v}
w_{u^2} & w_{u^3}
w_{u^2} & w_{u}
w_{u^2} & w_{u2}
w_{u'} & w_{u}
w'_{u} & w_{u'}
w_{u'} & w_{u''}
w' & w
w' & w''
w^* & w
w^\star & w
w^\star & w^*
w^\dagger & w
w_* & w^*
\hat{w} & w
\hat{w} & \bar{w}
\tilde{w} & \bar{w}
\hat{\hat{w}} & \hat{w}
\hat{\bar{w}} & \bar{\hat{w}}
\overline{w} & w
\vec{w} & w
\dot{w} & w
\dot{w} & \ddot{w}
\underline{w} & w
\check{w} & w
w_{\hat{u}} & w_{u}
w_{\hat{u}} & w_{\bar{u}}
\hat{w}_{u} & w_{\hat{u}}
\hat{w_u} & w_u
\overline{w_u} & w_u
\widehat{w_u} & w_{\hat{u}}
w^{\hat u} & w^u
w^{(\hat u)} & w^{(u)}
\mathcal{N} & N
\mathcal{X} & X
\mathbb{X} & X
\mathfrak{g} & g
\Gamma & \gamma
X & x
w_{U} & w_{u}
w_{\mu} & w_{\nu}
w_{1} & w
w_{-1} & w_{1}
w_{0.5} & w_{5}
w_{t:T} & w_{t,T}
w_{1:t} & w_{2:t}
w_{:,1} & w_{1,:}
w_{<t} & w_{>t}
w_{<t} & w_{t}
w_{\le t} & w_{<t}
w_{\neq t} & w_{t}
w_{[u]} & w_{u}
w_{(u)} & w_{u}
w_{|u|} & w_{u}
w_{\sqrt{u}} & w_{u}
w_{u|v} & w_{u,v}
w_{u|v} & w_{v|u}
w_{u\to v} & w_{v\to u}
w_{u\to v} & w_{u,v}
w_{\infty} & w
w_{u=0} & w_{u=1}
w_{u=0} & w_{u,0}
w^{[1]} & w^{[2]}
w^{\{1\}} & w^{\{2\}}
w^{l} & w^{l-1}
w^{[l]} & w^{[l-1]}
w^{l+1} & w^{l-1}
w_{uv} & w_{u}v
w_{n_1} & w_{n_2}
w_{\sum_u u} & w_{u}
w_{\max} & w_{\min}
w_{f(u)} & w_{f,u}
w_{\frac{u}{v}} & w_{\frac{v}{u}}
w_{u/v} & w_{uv}
w_{u \cdot v} & w_{u+v}
w_{u+v} & w_{u,v}
w_{-} & w
w_{+} & w
w^{+} & w
w_{\emptyset} & w
w_{\pm} & w_{\mp}
x_{i+1} & x_{i}
x_{i+1} & x_{i-1}
x_{i,j} & x_{j,i}
x_{2i} & x_{i}
x_{\pi(i)} & x_{i}
x_{-i} & x_i
x_{i/2} & x_i
x_{i^2} & x_i
x_{i_1} & x_{i_2}
x_{i_1} & x_{i}
x^{i} & x^{j}
x_i^{(1)} & x_i^{(2)}
x_{i}^{+} & x_{i}
x_{[i]} & x_{i}
x_{(i)} & x_i
x_{\hat{i}} & x_i
x_{i'} & x_i
x_{i^*} & x_i
x_{\setminus i} & x_i
x_{\bar i} & x_i
\sigma_{t-1}^2 & \sigma_{t+1}^2
\sigma2 & \sigma^2
w_{u}^2 & w_{u^2}
\theta_{t+1} & \theta_{t}
\mathrm{ab} & \mathrm{ba}
\mathrm{loss}_1 & \mathrm{loss}_2
\tilde{x}_i & x_i
w_{\text{new}}^{2} & w_{\text{old}}^{2}
\hbar & h
\ell & l
W^{-1} & W
W^{-T} & W^{-1}
"""


@pytest.mark.parametrize("pair", DIFFERENT.strip().splitlines())
def test_different_names_are_never_proved_equal(pair: str) -> None:
    left, right = pair.split("&")
    for claim in (f"{left} = {right}", f"{left} + 1 = {right} + 1", f"3 {left} = 3 {right}"):
        assert verdicts(f"\n\n$${claim}$$\n") != ["proved"], claim


@pytest.mark.parametrize(
    "name",
    [r"h_{t-1}", r"h_{t+1}", r"w_{u'}", r"w_{\text{a b}}", r"x_{<t}", r"\mathfrak{g} g", r"w_{u_v}^{l-1}"],
)
def test_a_name_is_itself(name: str) -> None:
    assert verdicts(f"\n\n$$2 {name} - {name} = {name}$$\n") == ["proved"]


@pytest.mark.parametrize(
    "claim",
    [
        r"\sum_{i=1}^m x_{i+1} = m x_{i+1}",
        r"\sum_{i=1}^m x^i = m x^i",
        r"\sum_{i=1}^m x_{1,i} = m x_{1,i}",
        r"\sum_{i=1}^m x_{-i} = \sum_{i=1}^m x_i",
        r"\sum_{i=1}^m x_{(i)} = \sum_{i=1}^m x_i",
        r"\frac{\partial \sum_{i=1}^m x_i}{\partial x_{j+1}} = 0",
        r"\sum_{i=1}^m x_{i+1} = \sum_{j=1}^m x_{j+1}",
    ],
)
def test_a_computed_subscript_moves_with_its_sum(claim: str) -> None:
    assert verdicts(f"\n\n$${claim}$$\n") == ["undecided"]


def test_a_sum_over_computed_subscripts_is_linear() -> None:
    assert verdicts("\n\n$$\\sum_{i=1}^m 2 x_{i+1} = 2 \\sum_{i=1}^m x_{i+1}$$\n") == ["proved"]


def test_a_loss_in_another_font_is_the_same_loss() -> None:
    claim = r"\frac{\partial \mathcal{L}}{\partial \beta} = \sum_i \frac{\partial L}{\partial y_i}"
    assert of(claim, BATCHNORM).verdict == "proved"


def test_a_message_names_the_subscript_as_it_was_written() -> None:
    (found,) = checked("\n\n$$h_{t-1} - h_{t+1} + 1 = 2$$\n")
    assert "h_{t-1}, h_{t+1}" in found.reason


def test_a_d_below_a_name_is_an_index_and_no_differential() -> None:
    said = r"$$z_{nc} = \sum_{d=1}^D x_{nd} w_{dc}$$"
    claim = r"$$\frac{\partial L}{\partial w_{dc}} = \sum_{n=1}^N x_{nd} \frac{\partial L}{\partial z_{nc}}$$"
    assert verdicts(f"{said}\n\n{claim}\n") == ["definition", "proved"]


def test_l_and_n_below_a_name_are_no_logarithm() -> None:
    assert verdicts(r"$$\sum_{n=1}^N \sum_{l=1}^K z_{ln} = \sum_{k=1}^K \sum_{n=1}^N z_{kn}$$") == ["proved"]
