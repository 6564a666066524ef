"""Names become the symbols that papers use, and scripts never meet."""

import pytest

from derive.language import Index, Scalar, Size, Tensor, Vector
from derive.latex import latex
from derive.latex.names import escape, index_name, symbol

NAMES = {
    "x": "x",
    "L": "L",
    "mu": r"\mu",
    "epsilon": r"\epsilon",
    "eps": r"\varepsilon",
    "Gamma": r"\Gamma",
    "σ": r"\sigma",
    "omicron": r"\mathrm{omicron}",
    "yhat": r"\hat{y}",
    "y_hat": r"\hat{y}",
    "ybar": r"\bar{y}",
    "ytilde": r"\tilde{y}",
    "yddot": r"\ddot{y}",
    "sigmahat": r"\hat{\sigma}",
    "hat": r"\mathrm{hat}",
    "rebar": r"\mathrm{rebar}",
    "xhat0": r"\hat{x}_0",
    "W0": "W_0",
    "W_0": "W_0",
    "W12": "W_{12}",
    "W0_new": r"W_{0,\mathrm{new}}",
    "mu_B": r"\mu_B",
    "x_mu": r"x_{\mu}",
    "x_": "x",
    "var": r"\mathrm{var}",
    "running_mean": r"\mathrm{running}_{\mathrm{mean}}",
    "conv1_weight": r"\mathrm{conv}_{1,\mathrm{weight}}",
    "y'": r"y^{\prime}",
    "y2'": r"y_2^{\prime}",
    "1x": r"\text{1x}",
    "a b": r"\text{a b}",
    r"x}\input{f": r"\text{x\}\textbackslash{}input\{f}",
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_name(name, expected):
    assert str(symbol(name)) == expected


OVERRIDES = {
    r"\sigma^2": (r"\sigma^2", r"\sigma_c^2", r"(\sigma^2)^2"),
    r"\sigma^{2}": (r"\sigma^2", r"\sigma_c^2", r"(\sigma^2)^2"),
    r"\sigma_B": (r"\sigma_B", r"\sigma_{B,c}", r"\sigma_B^2"),
    r"\sigma_B^2": (r"\sigma_B^2", r"\sigma_{B,c}^2", r"(\sigma_B^2)^2"),
    r"\sigma^2_B": (r"\sigma_B^2", r"\sigma_{B,c}^2", r"(\sigma_B^2)^2"),
    r"x_{\mathrm{in}}": (r"x_{\mathrm{in}}", r"x_{\mathrm{in},c}", r"x_{\mathrm{in}}^2"),
    r"x_\mu": (r"x_{\mu}", r"x_{\mu,c}", r"x_{\mu}^2"),
    r"\hat{y}": (r"\hat{y}", r"\hat{y}_c", r"\hat{y}^2"),
    r"\hat{x_i}": (r"\hat{x_i}", r"\hat{x_i}_c", r"\hat{x_i}^2"),
    r"\mathbf{x}^{(1)}": (r"\mathbf{x}^{(1)}", r"\mathbf{x}_c^{(1)}", r"(\mathbf{x}^{(1)})^2"),
    "y'": (r"y^{\prime}", r"y_c^{\prime}", r"(y^{\prime})^2"),
    r"\frac{1}{s}": (r"\frac{1}{s}", r"\frac{1}{s}_c", r"\left( \frac{1}{s} \right)^2"),
    r"x_a^b_c": (r"{x_a^b_c}", r"{x_a^b_c}_c", r"({x_a^b_c})^2"),
    r"a_1 b": (r"{a_1 b}", r"{a_1 b}_c", r"({a_1 b})^2"),
    r"a\_b": (r"a\_b", r"a\_b_c", r"(a\_b)^2"),
}


@pytest.mark.parametrize(("override", "expected"), OVERRIDES.items())
def test_latex_of_the_author_alone_indexed_and_powered(override, expected):
    n = Size("n")
    alone = Scalar("name", latex=override)
    entry = Vector("name", n, latex=override)[Index("c", n)]
    assert (latex(alone), latex(entry), latex(alone**2)) == expected


def test_a_superscript_stays_outside_of_a_power_of_an_entry():
    n = Size("n")
    assert latex(Vector("var", n, latex=r"\sigma^2")[Index("c", n)] ** 2) == r"(\sigma_c^2)^2"


INDICES = {
    ("b",): "x_b",
    ("b", "k"): "x_{bk}",
    ("b", "k'"): "x_{bk'}",
    ("k0", "k1"): "x_{k_0,k_1}",
    ("mu", "b"): r"x_{\mu,b}",
    ("row", "b"): r"x_{\mathrm{row},b}",
}


@pytest.mark.parametrize(("names", "expected"), INDICES.items())
def test_indices(names, expected):
    n = Size("n")
    tensor = Tensor("x", (n,) * len(names))
    assert latex(tensor[tuple(Index(name, n) for name in names)]) == expected


def test_indices_come_after_the_subscript_of_the_name():
    n = Size("n")
    assert latex(Tensor("W0", (n, n))[Index("b", n), Index("k", n)]) == "W_{0,bk}"


def test_words_are_escaped():
    assert escape(r"50% of a_b & c^2 <~> {x} #1 $ |\end|") == (
        r"50\% of a\_b \& c\textasciicircum{}2 $<$\textasciitilde{}$>$ \{x\} \#1 \$ $|$\textbackslash{}end$|$"
    )


def test_every_symbol_renders(katex):
    n = Size("n")
    tensors = [(name, None) for name in NAMES] + [("x", override) for override in OVERRIDES if override != "x_a^b_c"]
    formulas = [str(symbol(name, override)) for name, override in tensors]
    for name, override in tensors:
        entry = Tensor(name, (n,), latex=override)[Index("c", n)]
        formulas += [latex(entry), latex(entry**2), latex(entry**2 * entry)]
    formulas += [rf"x_{{{index_name(name)}}}" for name in ("b", "k''", "k0", "mu", "row")]
    assert [message for message in katex(formulas) if message] == []
