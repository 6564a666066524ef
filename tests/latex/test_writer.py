"""One row for every kind of term and for every place where LaTeX could say something else than the term."""

from fractions import Fraction

import pytest

from derive.language import (
    Abs,
    Claim,
    Delta,
    Derivative,
    Entry,
    Eq,
    Index,
    Matrix,
    Ne,
    Number,
    Scalar,
    Size,
    Sum,
    Tensor,
    Vector,
    define,
    exp,
    indices,
    inner,
    log,
    loss,
    mean,
    norm,
    sign,
    sqrt,
    squared_norm,
    tanh,
)
from derive.language.terms import FUNCTIONS, Add, Div, Mul, Neg, Partial, Pow, Term
from derive.latex import claim_latex, latex
from derive.latex.writer import RULES

m, n = Size("m"), Size("n")
b, j, k = indices("b j k", m)
c, k_over_n = indices("c k", n)
x, a, std = Scalar("x"), Scalar("a"), Scalar("std")
epsilon, gamma = Scalar("epsilon"), Scalar("gamma")
y, u, W0 = Vector("y", m), Vector("u", m), Vector("W0", m)
X = Matrix("X", n, m)
S = Matrix("S", m, m)
mu = define("mu", mean(y[b], b))
var = define("var", mean((y[b] - mu) ** 2, b), latex=r"\sigma^2")
s = define("s", sqrt(var + epsilon))
yhat = define("yhat", (y[b] - mu) / s, b)
z = define("z", gamma * yhat[b], b)
L, g = loss("L", of=z, latex=r"\mathcal{L}")
H = g.dependence.derivative
J, q = loss("J", of=s.tensor)
Z = define("Z", X[c, b] * 2, c, b)
M, G = loss("loss", of=Z)
HALF = Fraction(1, 2)

NODES = [
    (Number(3), "3"),
    (Number(HALF), r"\frac{1}{2}"),
    (x, "x"),
    (y[b], "y_b"),
    (X[c, b], "X_{cb}"),
    (W0[b], "W_{0,b}"),
    (yhat[b], r"\hat{y}_b"),
    (var, r"\sigma^2"),
    (Delta(b, k), r"\delta_{bk}"),
    (x + a, "x + a"),
    (a + x, "a + x"),
    (-x, "-x"),
    (x * a, "x a"),
    (x / a, r"\frac{x}{a}"),
    (x**2, "x^2"),
    (sqrt(x + a), r"\sqrt{x + a}"),
    (exp(x), "e^{x}"),
    (log(x), r"\log(x)"),
    (Abs(x), r"\lvert x \rvert"),
    (sign(x), r"\operatorname{sign}(x)"),
    (tanh(x), r"\tanh(x)"),
    (Sum(y[k], k), r"\sum_{k=1}^{m} y_k"),
    (Derivative(L, y[b]), r"\frac{\partial \mathcal{L}}{\partial y_b}"),
]

SIGNS = [
    (x - a, "x - a"),
    (-x - a, "-x - a"),
    (x - (a + 1), "x - (a + 1)"),
    (x + -2 * a, "x - 2 a"),
    (x - -2 * a, "x - (-2 a)"),
    (Number(-2), "-2"),
    (Number(-HALF) * x, r"-\frac{1}{2} x"),
    (Number(-1) * x, "-x"),
    (Number(1) * x, "1 x"),
    (Mul((Number(-1), -x)), "-(-x)"),
    (Neg(Neg(x)), "-(-x)"),
    (-(x + a), "-(x + a)"),
    (-x / a, r"-\frac{x}{a}"),
    (-(x + a) / a, r"-\frac{x + a}{a}"),
    (x / -a, r"\frac{x}{-a}"),
    (-(-x / a), r"-\left( -\frac{x}{a} \right)"),
    (a - (-x) / a, r"a - \left( -\frac{x}{a} \right)"),
    (-x * a, "-x a"),
    (x * -a, "x (-a)"),
    (x * -2, "x (-2)"),
    ((-x) ** 2, "(-x)^2"),
    (-(x**2), "-x^2"),
    (Number(-2) ** 2, "(-2)^2"),
    (-Sum(y[k], k), r"-\sum_{k=1}^{m} y_k"),
    (Sum(-y[k], k), r"\sum_{k=1}^{m} (-y_k)"),
    (-Sum(y[k], k) / m, r"-\frac{1}{m} \sum_{k=1}^{m} y_k"),
    (exp(-x), "e^{-x}"),
]

PRODUCTS = [
    (Mul((x + a,)), "x + a"),
    (Add((x * a,)), "x a"),
    (Add((x, Add((a, x)))), "x + (a + x)"),
    (Mul((x, Mul((a, x)))), "x a x"),
    ((x + a) * a, "(x + a) a"),
    (2 * x, "2 x"),
    (x * 2, r"x \cdot 2"),
    (Number(2) * 3, r"2 \cdot 3"),
    (x * Number(2) ** 3, r"x \cdot 2^3"),
    (x**2 * 3, r"x^2 \cdot 3"),
    (2 * Number(HALF), r"2 \cdot \frac{1}{2}"),
    (x * 2 * Number(HALF), r"x \cdot 2 \cdot \frac{1}{2}"),
    (2 * (x / a), r"2 \frac{x}{a}"),
    (Number(HALF) * x, r"\frac{1}{2} x"),
    (x**2 * Number(HALF), r"x^2 \frac{1}{2}"),
    (x * std, r"x \, \mathrm{std}"),
    (std * x, r"\mathrm{std} \, x"),
    (std * std, r"\mathrm{std} \, \mathrm{std}"),
    (std**2 * x, r"\mathrm{std}^2 x"),
    (Scalar("run_mean") * x, r"\mathrm{run}_{\mathrm{mean}} \, x"),
    (Abs(x) * Abs(x), r"\lvert x \rvert \lvert x \rvert"),
    (var * s, r"\sigma^2 s"),
]

FRACTIONS = [
    ((x + a) / (x - a), r"\frac{x + a}{x - a}"),
    (x / (a / x), r"\frac{x}{\frac{a}{x}}"),
    ((x / a) ** 2, r"\left( \frac{x}{a} \right)^2"),
    (Number(HALF) ** 2, r"\left( \frac{1}{2} \right)^2"),
    (a * (1 + x / a), r"a \left( 1 + \frac{x}{a} \right)"),
    (Abs(x / a), r"\left\lvert \frac{x}{a} \right\rvert"),
    (log(x / a), r"\log\left( \frac{x}{a} \right)"),
    (exp(x / a), r"\exp\left( \frac{x}{a} \right)"),
    (exp(2), r"\exp(2)"),
    (exp(-2), r"\exp(-2)"),
    (mean(y[k], k), r"\frac{1}{m} \sum_{k=1}^{m} y_k"),
    (mean(y[k], k) / 2, r"\frac{1}{2} \frac{1}{m} \sum_{k=1}^{m} y_k"),
    (mean(y[k], k) * x, r"\left( \frac{1}{m} \sum_{k=1}^{m} y_k \right) x"),
    (x * mean(y[k], k), r"x \frac{1}{m} \sum_{k=1}^{m} y_k"),
    (2 * mean(y[k], k), r"2 \cdot \frac{1}{m} \sum_{k=1}^{m} y_k"),
    (mean(y[k], k) ** 2, r"\left( \frac{1}{m} \sum_{k=1}^{m} y_k \right)^2"),
    (x * Sum(y[k], k) / m, r"\frac{x \sum_{k=1}^{m} y_k}{m}"),
    (exp(y[b]) / Sum(exp(y[k]), k), r"\frac{e^{y_b}}{\sum_{k=1}^{m} e^{y_k}}"),
    (inner(y, u, k) / m, r"\frac{\langle y, u \rangle}{m}"),
]

POWERS = [
    (x**-1, "x^{-1}"),
    (x**10, "x^{10}"),
    (x**0, "x^0"),
    (y[b] ** 2, "y_b^2"),
    (W0[b] ** 2, "W_{0,b}^2"),
    (Pow(x**2, 3), "(x^2)^3"),
    ((x * a) ** 2, "(x a)^2"),
    ((x + a) ** 2, "(x + a)^2"),
    (var**2, r"(\sigma^2)^2"),
    (Delta(b, k) ** 2, r"\delta_{bk}^2"),
    (Abs(x) ** 2, r"\lvert x \rvert^2"),
    (exp(x) ** 2, "(e^{x})^2"),
    (tanh(x) ** 2, r"(\tanh(x))^2"),
    (sqrt(x) ** 2, r"\left( \sqrt{x} \right)^2"),
    (sqrt(x) ** 3, "x^{3/2}"),
    ((var + epsilon) ** Fraction(-3, 2), r"(\sigma^2 + \epsilon)^{-3/2}"),
    (Sum(y[k], k) ** 2, r"\left( \sum_{k=1}^{m} y_k \right)^2"),
    (Derivative(L, mu) ** 2, r"\left( \frac{\partial \mathcal{L}}{\partial \mu} \right)^2"),
    (g[b] ** 2, r"\left( \frac{\partial \mathcal{L}}{\partial z_b} \right)^2"),
]

SUMS = [
    (Sum(y[k] + 1, k), r"\sum_{k=1}^{m} (y_k + 1)"),
    (Sum(y[k], k) + 1, r"\sum_{k=1}^{m} y_k + 1"),
    (Sum(y[k], k) * x, r"\left( \sum_{k=1}^{m} y_k \right) x"),
    (x * Sum(y[k], k), r"x \sum_{k=1}^{m} y_k"),
    (Mul((x * Sum(y[k], k), a)), r"\left( x \sum_{k=1}^{m} y_k \right) a"),
    (Sum(X[c, b], b, c), r"\sum_{c=1}^{n} \sum_{b=1}^{m} X_{cb}"),
    (Sum(y[k] * Sum(u[j] ** 3, j), k), r"\sum_{k=1}^{m} y_k \sum_{j=1}^{m} u_j^3"),
    (Sum(y[k] / m, k), r"\sum_{k=1}^{m} \frac{y_k}{m}"),
    (Sum(X[k_over_n, k], k), r"\sum_{k'=1}^{m} X_{kk'}"),
    (Sum(Number(1), Index("i", Size("groups"))), r"\sum_{i=1}^{\mathrm{groups}} 1"),
]

DERIVATIVES = [
    (Derivative(L, yhat[b]), r"\frac{\partial \mathcal{L}}{\partial \hat{y}_b}"),
    (Derivative(yhat[b], y[k]), r"\frac{\partial \hat{y}_b}{\partial y_k}"),
    (Derivative(var, y[k]), r"\frac{\partial \sigma^2}{\partial y_k}"),
    (Derivative(L, var), r"\frac{\partial \mathcal{L}}{\partial \sigma^2}"),
    (Derivative(Derivative(L, y[k]), y[b]), r"\frac{\partial^2 \mathcal{L}}{\partial y_b \partial y_k}"),
    (Derivative(Derivative(L, y[b]), y[b]), r"\frac{\partial^2 \mathcal{L}}{\partial y_b^2}"),
    (Derivative(Derivative(L, var), var), r"\frac{\partial^2 \mathcal{L}}{\partial (\sigma^2)^2}"),
    (Derivative(y[b] - mu, y[k]), r"\frac{\partial}{\partial y_k} (y_b - \mu)"),
    (Derivative(y[b] / m, y[k]), r"\frac{\partial}{\partial y_k} \left( \frac{y_b}{m} \right)"),
    (Derivative(y[b] ** 2, y[k]), r"\frac{\partial}{\partial y_k} (y_b^2)"),
    (
        Derivative(Derivative(y[b] ** 2, y[k]), y[j]),
        r"\frac{\partial^2}{\partial y_j \partial y_k} (y_b^2)",
    ),
    (Derivative(x + a, x) * a, r"\left( \frac{\partial}{\partial x} (x + a) \right) a"),
    (a * Derivative(x + a, x), r"a \frac{\partial}{\partial x} (x + a)"),
    (Derivative(x + a, x) ** 2, r"\left( \frac{\partial}{\partial x} (x + a) \right)^2"),
    (g[b], r"\frac{\partial \mathcal{L}}{\partial z_b}"),
    (H[b, k], r"\frac{\partial^2 \mathcal{L}}{\partial z_b \partial z_k}"),
    (H[b, b], r"\frac{\partial^2 \mathcal{L}}{\partial z_b^2}"),
    (Entry(q), r"\frac{\partial J}{\partial s}"),
    (Entry(q.dependence.derivative), r"\frac{\partial^2 J}{\partial s^2}"),
    (G[c, b], r"\frac{\partial \mathrm{loss}}{\partial Z_{cb}}"),
    (Derivative(g[b], y[k]), r"\frac{\partial}{\partial y_k} \left( \frac{\partial \mathcal{L}}{\partial z_b} \right)"),
    (Tensor("d", (m,), latex="d", partial=Partial("L", z))[b], "d_b"),
]

RECOGNISED = [
    (inner(y, u, k), r"\langle y, u \rangle"),
    (inner(y, y, k), r"\langle y, y \rangle"),
    (inner(g, yhat, k), r"\langle \nabla_z \mathcal{L}, \hat{y} \rangle"),
    (Sum(Derivative(L, yhat[k]) * W0[k], k), r"\langle \nabla_{\hat{y}} \mathcal{L}, W_0 \rangle"),
    (squared_norm(y, k), r"\lVert y \rVert^2"),
    (squared_norm(g, k), r"\lVert \nabla_z \mathcal{L} \rVert^2"),
    (Sum(Derivative(L, y[k]) ** 2, k), r"\lVert \nabla_y \mathcal{L} \rVert^2"),
    (norm(y, k), r"\lVert y \rVert"),
    (squared_norm(y, k) ** 2, r"(\lVert y \rVert^2)^2"),
    (norm(y, k) ** 3, r"\lVert y \rVert^3"),
    (inner(y, u, k) ** 2, r"\langle y, u \rangle^2"),
    (x * inner(y, u, k) * a, r"x \langle y, u \rangle a"),
    (Sum(inner(y, u, k) * y[b], b), r"\sum_{b=1}^{m} \langle y, u \rangle y_b"),
]

NOT_RECOGNISED = [
    (Sum(y[k] ** 3, k), r"\sum_{k=1}^{m} y_k^3"),
    (Sum(y[k] * y[b], k), r"\sum_{k=1}^{m} y_k y_b"),
    (Sum(y[b] ** 2, k), r"\sum_{k=1}^{m} y_b^2"),
    (Sum(x * y[k], k), r"\sum_{k=1}^{m} x y_k"),
    (Sum(y[k] * u[k] * W0[k], k), r"\sum_{k=1}^{m} y_k u_k W_{0,k}"),
    (Sum(X[c, b] * y[b], b), r"\sum_{b=1}^{m} X_{cb} y_b"),
    (Sum(X[c, b] ** 2, b), r"\sum_{b=1}^{m} X_{cb}^2"),
    (Sum(S[k, k] ** 2, k), r"\sum_{k=1}^{m} S_{kk}^2"),
    (Sum(H[k, k] * y[k], k), r"\sum_{k=1}^{m} \frac{\partial^2 \mathcal{L}}{\partial z_k^2} y_k"),
    (
        Sum(Derivative(yhat[k], y[k]) ** 2, k),
        r"\sum_{k=1}^{m} \left( \frac{\partial \hat{y}_k}{\partial y_k} \right)^2",
    ),
    (Sum(Derivative(L, y[b]) * y[k], k), r"\sum_{k=1}^{m} \frac{\partial \mathcal{L}}{\partial y_b} y_k"),
    (Sum(Delta(b, k) * y[k], k), r"\sum_{k=1}^{m} \delta_{bk} y_k"),
    (sqrt(Sum(y[k] * y[k] * x, k)), r"\sqrt{\sum_{k=1}^{m} y_k y_k x}"),
    (sqrt(squared_norm(y, k) + x), r"\sqrt{\lVert y \rVert^2 + x}"),
]

TABLES = (NODES, SIGNS, PRODUCTS, FRACTIONS, POWERS, SUMS, DERIVATIVES, RECOGNISED, NOT_RECOGNISED)
ROWS = [row for table in TABLES for row in table]


@pytest.mark.parametrize(("value", "expected"), ROWS, ids=[expected for _, expected in ROWS])
def test_term(value, expected):
    assert latex(value) == expected


def test_every_kind_of_term_has_a_row():
    assert {type(value) for value, _ in NODES} == {*RULES, Neg}
    assert {kind.__name__ for kind in RULES} | {"Neg"} == {kind.__name__ for kind in Term.__subclasses__()}
    assert {value.name for value, _ in NODES if hasattr(value, "name")} == {*FUNCTIONS}


WITHOUT_PRODUCTS = [
    (inner(y, u, k), r"\sum_{k=1}^{m} y_k u_k"),
    (squared_norm(y, k), r"\sum_{k=1}^{m} y_k^2"),
    (norm(y, k), r"\sqrt{\sum_{k=1}^{m} y_k^2}"),
    (norm(y, k) ** 3, r"\left( \sum_{k=1}^{m} y_k^2 \right)^{3/2}"),
    (inner(y, u, k) / m, r"\frac{1}{m} \sum_{k=1}^{m} y_k u_k"),
]


@pytest.mark.parametrize(("value", "expected"), WITHOUT_PRODUCTS)
def test_sums_are_written_out_if_asked(value, expected):
    assert latex(value, products=False) == expected


CLAIMS = [
    (Eq(x, a), "x = a"),
    (x <= a, r"x \le a"),
    (x >= a, r"x \ge a"),
    (x < a, "x < a"),
    (x > a, "x > a"),
    (Ne(x, a), r"x \ne a"),
    (Eq(x, a).given(epsilon > 0), r"x = a, \quad \text{given } \epsilon > 0"),
    (
        Eq(x, a).given(epsilon > 0, Eq(y[b], 0)),
        r"x = a, \quad \text{given } \epsilon > 0 \text{, and } y_b = 0",
    ),
    (
        Eq(x, a).given(Eq(y[b], 0).given(Ne(x, 0))),
        r"x = a, \quad \text{given } (y_b = 0, \quad \text{given } x \ne 0)",
    ),
]


@pytest.mark.parametrize(("claim", "expected"), CLAIMS)
def test_claim(claim, expected):
    assert claim_latex(claim) == expected


QUANTIFIED = [
    (Eq(x, a), "x = a"),
    (y[b] >= y[k], r"y_b \ge y_k \quad \text{for every } b, k"),
    (Eq(Sum(y[k], k), x), r"\sum_{k=1}^{m} y_k = x"),
    (
        Eq(y[b], x).given(Eq(u[k], 0), epsilon > 0),
        r"y_b = x \quad \text{for every } b, "
        r"\quad \text{given } u_k = 0 \ \text{for every } k \text{, and } \epsilon > 0",
    ),
]


@pytest.mark.parametrize(("claim", "expected"), QUANTIFIED)
def test_claim_with_its_quantifiers(claim, expected):
    assert claim_latex(claim, quantifiers=True) == expected


def test_every_relation_has_a_row():
    assert {claim.relation for claim, _ in CLAIMS} == {"=", "<=", ">=", "<", ">", "!="}


def test_claim_with_its_sums_written_out():
    assert claim_latex(norm(y, k) >= 0, products=False) == r"\sqrt{\sum_{k=1}^{m} y_k^2} \ge 0"


def test_notebooks_show_terms_and_claims():
    assert (x / a)._repr_latex_() == r"$\displaystyle \frac{x}{a}$"
    assert Claim(x, "<=", a)._repr_latex_() == r"$\displaystyle x \le a$"


NESTINGS = [
    lambda value: mean(x * value, k),
    lambda value: Mul((x, value)),
    lambda value: Div(Mul((x, value)), a),
    lambda value: Add((x, Neg(value))),
    lambda value: sqrt(value) ** 3,
    lambda value: Derivative(value, x),
]


@pytest.mark.parametrize("nest", NESTINGS)
def test_nesting_costs_no_more_than_its_depth(nest):
    value = tanh(y[k])
    for _ in range(60):
        value = nest(value)
    assert len(latex(value)) < 60 * 60


def test_every_row_renders(katex):
    formulas = [latex(value) for value, _ in ROWS]
    formulas += [latex(value, products=False) for value, _ in ROWS]
    formulas += [claim_latex(claim, quantifiers=True) for claim, _ in CLAIMS + QUANTIFIED]
    assert [message for message in katex(formulas) if message] == []
