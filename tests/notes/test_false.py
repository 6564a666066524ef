"""What is false, or may be, is never proved: with nothing else said, and beside the definitions of a layer."""

import pytest

from .note import BATCHNORM, checked

NOT_TRUE = r"""
\frac{\partial L}{\partial x} = 0
\sigma = \sigma^2
\hat x_i = x_i
\mathbb{E}[x^2] = \mathbb{E}[x]^2
\|x\|_1 = \|x\|_2
\|x\|_p = \|x\|
x^{(1)} = x^{(2)}
a_i = a_j
\max(x) = \min(x)
\max_i x_i = \max_j y_j
\max_i x_i = \max_i z_i
f(x) = f(y)
f'(x) = f(x)
AB = BA
(AB)^T = A^T B^T
x_1 = x_2
\nabla f(x) = \nabla f(y)
\frac{\partial f}{\partial x} = \frac{\partial f}{\partial y}
\frac{\partial f}{\partial x} = \frac{\partial g}{\partial x}
\operatorname{argmax} x = \max x
\int x dx = x
\lim_{t \to 0} x = 0
x \approx y
\frac{d}{dx} f = \frac{d}{dx} h
\sum_i x_i = \sum_i x_{i+1}
\sum_{i=1}^{n} x_i = \sum_{i=1}^{m} x_i
\sum_{i \in S} x_i = \sum_{i \in T} x_i
\sum_{i \in \{1, \dots, m-1\}} x_i = \sum_i x_i
\sum_{i \in \{2, \dots, m\}} x_i = \sum_i x_i
\sum_{i \in \{1, 3, \dots, m\}} x_i = \sum_i x_i
\sum_{i \in \{1, \dots, m\} \setminus \{k\}} x_i = \sum_i x_i
\sum_{i = 1, \dots, m - 1} x_i = \sum_i x_i
\sum_{i = 1, 3, \dots, m} x_i = \sum_i x_i
\sum_{i = 2, j = 1}^m x_i x_j = (\sum_i x_i)^2
\sum_{i = 1, i > k}^m x_i = \sum_i x_i
\sum_{i \text{ even}} x_i = \sum_i x_i
\sum_{S} x_i = \sum_i x_i
\sum_{1 \le i < m} x_i = \sum_i x_i
\sum_{i\neq j} x_i = \sum_i x_i
\prod_i x_i = \prod_i y_i
\frac{\partial \mu}{\partial x_i} = \frac{\partial \sigma}{\partial x_i}
\frac{\partial L}{\partial W} = \frac{\partial L}{\partial V}
\mathrm{Var}(x) = \mathrm{Var}(y)
\mathrm{Cov}(x,y) = \mathrm{Cov}(x,z)
P(a|b) = P(b|a)
P(a|b) = P(a)
D(p\|q) = D(q\|p)
x^T y = y x^T
\sigma(x) = \sigma(y)
\tilde{x}_i = \hat{x}_i
\bar{x} = x
x_t = x_{t-1}
x_{ij} = x_{ji}
\frac{\partial^2 L}{\partial x_i \partial x_j} = \frac{\partial L}{\partial x_i}\frac{\partial L}{\partial x_j}
H = H^{-1}
\lfloor x \rfloor = x
x \in \mathbb{R}
n! = n
\binom{n}{k} = \frac{n}{k}
\sqrt[3]{x} = \sqrt{x}
x^{y} = x^{z}
e^{x} = e^{y}
\|A\|_F = \|A\|_2
\det A = \mathrm{tr} A
\sup_x f = \inf_x f
\begin{bmatrix} a \\ b \end{bmatrix} = \begin{bmatrix} b \\ a \end{bmatrix}
\hat{L} = L
\nabla_x \hat L = \nabla_x L
\nabla \hat L = \nabla L
y_i = z_i
\mu_B = \mu_L
\sigma_B^2 = \sigma_L^2
x^2 > 0
x^T = x
\|\nabla_x \hat L\| \le \|\nabla_x L\|
\frac{\partial \hat L}{\partial x_i} = \frac{\partial L}{\partial x_i}
""".strip().split("\n")

SAID = {
    "the sign of a square": ("$x^2 > 0$", r"|x| = x"),
    "the sign of a case": (r"$f(x) = \begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}$", r"|x| = x"),
    "two cases": ("for $x > 0$ this, and for $x < 0$ that:", r"|x| = x"),
    "sizes": (r"$\mu = \frac1m\sum_{i=1}^m x_i$", r"\frac1m\sum_{i=1}^m x_i = \frac1n\sum_{i=1}^m x_i"),
    "indices from 0 and from 1": ("", r"\sum_{i=1}^m x_i = \sum_{i=0}^{m-1} x_i"),
    "a row and a column": (r"$x \in \mathbb{R}^n$", "x^T = x"),
    "an entry and a vector": (r"$x \in \mathbb{R}^n$", "x_i = x"),
    "a determinant": (r"$A \in \mathbb{R}^{n \times n}$", r"|A| = \|A\|"),
    "the spectral norm": (r"$A \in \mathbb{R}^{n \times n}$", r"\|A\|_2^2 = \sum_{i,j} A_{ij}^2"),
    "a square by entries": (r"$A, B \in \mathbb{R}^{n \times n}$", r"(A + B)^2 = (A + B) \odot (A + B)"),
    "the diagonal of a Jacobian in a bound": (
        r"$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$, $\frac{\partial p_i}{\partial z_i} \ge 0$",
        r"\frac{\partial p_i}{\partial z_j} = -p_i p_j",
    ),
    "a scale that is a number in one layer and a vector in another": (
        r"$y_i = \gamma x_i + \beta$. In the other layer $y_i = \gamma_i x_i + \beta_i$.",
        r"\frac{\partial L}{\partial \gamma} = \sum_i \frac{\partial L}{\partial y_i} x_i",
    ),
    "one statistic held fixed, and another not": (
        r"$\bar{x} = \frac{1}{n}\sum_{i=1}^{n} x_i$, $s^2 = \frac{1}{n}\sum_{i=1}^{n} (x_i-\bar{x})^2$,"
        r" $z_i = \frac{x_i-\bar{x}}{s}$, $\frac{\partial s^2}{\partial x_k} = \frac{2}{n} (x_k-\bar{x})$",
        r"\sum_{k=1}^{n}x_k\frac{\partial z_i}{\partial x_k} = z_i",
    ),
}
"""What a document says, and what does not follow from it."""

TRUE = {
    "pairs": ("", r"\sum_{i \ne j} x_i x_j = \left(\sum_i x_i\right)^2 - \sum_i x_i^2"),
    "a square of matrices": (
        "$A, B \\in \\mathbb{R}^{n \\times n}$ <!-- normproof: free: A, B -->",
        "(A + B)^2 = A^2 + AB + BA + B^2",
    ),
    "a scale that is a number in one layer and a vector in another": (
        r"$y_i = \gamma x_i + \beta$.",
        r"\frac{\partial L}{\partial \gamma} = \sum_i \frac{\partial L}{\partial y_i} x_i \]"
        r"In the other layer \[ y_i = \gamma_i x_i + \beta_i",
    ),
    "d, a size, before a variance": (
        r"$\mu = \frac1d\sum_{i=1}^d x_i$, $\sigma^2 = \frac1d\sum_{i=1}^d (x_i-\mu)^2$, $\frac{d\mu}{dx_i} = \frac1d$",
        r"d\sigma^2 = \sum_i (x_i-\mu)^2",
    ),
    "sizes below sums without limits": (
        r"$\mu_c = \frac{1}{NHW}\sum_{n,h,w} x_{nchw}$",
        r"\sum_{n,h,w} (x_{nchw} - \mu_c) = 0",
    ),
    "a dot between thousands": ("", r"32 \cdot 32 = 1.024"),
    "a logarithm to the base 10": ("", r"\log 100 = 2"),
    "a number in a variance": ("$c > 0$ and $a > 0$", r"\mathrm{Var}(a x + c) = a^2 \mathrm{Var}(x)"),
}
"""What a document says, and what is true then."""

TRUE_OF_LAYERS_ONLY = [
    r"\sum_i \frac{\partial L}{\partial x_i} = 0",
    r"\sum_i \frac{\partial L}{\partial x_i} x_i = 0",
]


@pytest.mark.parametrize("context", ["", BATCHNORM], ids=["alone", "batchnorm"])
@pytest.mark.parametrize("latex", NOT_TRUE)
def test_it_is_not_proved(latex: str, context: str):
    assert checked(f"{context}\n\n$$\n{latex}\n$$\n")[-1].verdict != "proved"


@pytest.mark.parametrize("latex", TRUE_OF_LAYERS_ONLY)
def test_what_may_be_about_a_layer_is_not_refuted_where_no_layer_is_known(latex: str):
    (found,) = checked(f"$$\n{latex}\n$$\n")
    assert found.verdict == "undecided" and found.help


@pytest.mark.parametrize(("context", "latex"), SAID.values(), ids=SAID)
def test_what_does_not_follow_is_not_proved(context: str, latex: str):
    assert checked(f"{context}\n\n$$\n{latex}\n$$\n")[-1].verdict != "proved"


@pytest.mark.parametrize(("context", "latex"), TRUE.values(), ids=TRUE)
def test_what_is_true_is_not_refuted(context: str, latex: str):
    found = checked(f"{context}\n\n\\[ {latex} \\]\n")
    assert found and all(each.verdict != "refuted" for each in found)


def test_what_is_said_of_a_sign_elsewhere_is_told():
    first, second, third = checked("$$\n\\gamma > 0\n$$\n\n$$\n|\\gamma| = \\gamma\n$$\n\n$$\n1 + 1 = 2\n$$\n")
    assert (first.verdict, second.verdict, third.verdict) == ("definition", "proved", "proved")
    assert second.reason == r"given \gamma > 0" and not third.reason


HELD = r"""
$$
\frac{\partial L}{\partial \mu} = -\frac{1}{\sqrt{\sigma^2+\epsilon}}\sum_i \frac{\partial L}{\partial \hat x_i}
$$

$$
\frac{\partial L}{\partial \sigma^2} = -\frac12 (\sigma^2+\epsilon)^{-3/2}
\sum_i \frac{\partial L}{\partial \hat x_i}(x_i-\mu)
$$
"""
SLOPES = r"\sum_{i=1}^m \frac{\partial \hat x_i}{\partial x_k} = \frac{1}{\sqrt{\sigma^2+\epsilon}}"


def test_a_sum_over_a_jacobian_is_no_sum_of_single_edges():
    (_, _, found) = checked(f"{BATCHNORM}\n{HELD}\n\n$$\n{SLOPES}\n$$\n")
    assert found.verdict == "undecided" and "held fixed" in found.reason


def test_a_name_that_only_a_convention_explains_is_no_variable_of_another():
    said = r"Let $m = \frac1n\sum_i x_i$, $s = \sqrt{\frac1n \sum_i (x_i - m)^2}$ and $z_i = \frac{x_i - m}{s}$."
    (found,) = checked(f"{said}\n\n$$\n\\sum_i \\frac{{\\partial z_i}}{{\\partial \\hat{{x}}_k}} = 0\n$$\n")
    assert found.verdict == "undecided" and "computed from" in found.reason
