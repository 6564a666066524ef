"""Theorem 4.1, and what is concluded from it."""

from fractions import Fraction

from derive.errata.entry import erratum
from derive.errata.setting import (
    AT_ZERO,
    BALANCED,
    FLAT,
    FOUR,
    IDENTICAL,
    along_one,
    along_yhat,
    b,
    g,
    gamma,
    m,
    norm_g,
    norm_v,
    s,
    sigma,
    v,
    y,
)
from derive.language import Claim, Eq, Term, inner, norm, sqrt

WHERE = "Theorem 4.1"
LENGTH = r"\lVert \nabla_{y_j} \hat{\mathcal{L}} \rVert"
LEFT = f"{LENGTH}^2"
FRONT = r"\frac{\gamma^2}{\sigma_j^2}"
BRACKET = (
    r"\left( \lVert \nabla_{y_j} \mathcal{L} \rVert^2 "
    r"- \frac{1}{m} \langle \mathbf{1}, \nabla_{y_j} \mathcal{L} \rangle^2 "
    r"- \frac{1}{m} \langle \nabla_{y_j} \mathcal{L}, \hat{y}_j \rangle^2 \right)"
)
PRINTED = rf"{LEFT} \le {FRONT} {BRACKET}"
HALF = Fraction(1, 2)
ROOT = r"- \frac{1}{\sqrt{m}} \langle \nabla_{y_j} \mathcal{L}, \hat{y}_j \rangle^2"


def right_side(of_yhat: Term, divisor: Term = sigma) -> Term:
    """The printed right side, with what is subtracted last."""
    return gamma**2 / divisor**2 * (norm_g - along_one**2 / m - of_yhat)


@erratum(
    "4.1",
    WHERE,
    seen="the paper, as reviews quote it",
    printed=PRINTED,
    reading=f"{AT_ZERO}; {IDENTICAL}",
    remark="true, and more than that: at epsilon = 0 both sides are equal",
    replaced_by="theorem-4.1-printed",
)
def printed() -> Claim:
    """The bound on the gradient by the activations."""
    return Claim(norm_v, "<=", right_side(along_yhat**2 / m), (FLAT,))


@erratum(
    "4.1-epsilon",
    WHERE,
    seen="read as every implementation computes it",
    printed=PRINTED,
    reading="every epsilon, with s for sigma",
    remark="true for every epsilon, and strict at epsilon > 0 unless gamma or <g, yhat> is zero",
    replaced_by="theorem-4.1-bound",
)
def every_epsilon() -> Claim:
    """The same bound, for every epsilon."""
    return Claim(norm_v, "<=", right_side(along_yhat**2 / m, s))


@erratum(
    "4.1-equality",
    WHERE,
    seen="notes and questions that print = for <=",
    printed=rf"{LEFT} = {FRONT} {BRACKET}",
    reading="every epsilon, with s for sigma",
    remark="an equality at epsilon = 0 only: above, the last 1/m becomes (2 - var/s^2)/m",
    replaced_by="theorem-4.1",
    point=(FOUR, {**BALANCED, "epsilon": 3, "gamma": 2, "g": (1, 1, -1, -1)}),
)
def equality() -> Claim:
    """The same as an equality, for every epsilon."""
    return Eq(norm_v, right_side(along_yhat**2 / m, s))


@erratum(
    "4.1-sqrt",
    WHERE,
    seen="some copies",
    printed=rf"{LEFT} \le {FRONT} {BRACKET}".replace(
        r"- \frac{1}{m} \langle \nabla_{y_j} \mathcal{L}, \hat{y}_j \rangle^2", ROOT
    ),
    reading=f"{AT_ZERO}; {IDENTICAL}",
    remark="1/sqrt(m) subtracts too much: the left side can be larger",
    replaced_by="theorem-4.1-bound",
    point=(FOUR, {**BALANCED, "gamma": 1, "g": (1, 1, -1, -1)}),
)
def root_of_m() -> Claim:
    """With 1/sqrt(m) for the second 1/m."""
    return Claim(norm_v, "<=", right_side(along_yhat**2 / sqrt(m)), (FLAT,))


@erratum(
    "4.1-square",
    WHERE,
    seen="notes in Chinese",
    printed=rf"{LENGTH}_2 = \left( \frac{{\gamma}}{{\sigma_j}} \right)^2 {BRACKET}",
    reading=AT_ZERO,
    remark="a square is lacking: the left side is a length, the right side a squared length",
    replaced_by="theorem-4.1-printed",
    point=(FOUR, {**BALANCED, "gamma": 2, "g": (1, -1, 1, -1)}),
)
def length_not_squared() -> Claim:
    """With the length itself on the left."""
    return Eq(norm(v, b), right_side(along_yhat**2 / m)).given(FLAT)


@erratum(
    "4.1-sigma",
    WHERE,
    seen="an easy slip; not seen in print",
    printed=PRINTED.replace(r"\sigma_j^2", r"\sigma_j"),
    reading=AT_ZERO,
    remark="a square is lacking: sigma for sigma^2",
    replaced_by="theorem-4.1-printed",
    point=(FOUR, {**BALANCED, "y": (HALF, HALF, -HALF, -HALF), "gamma": 1, "g": (1, -1, 0, 0)}),
)
def deviation_not_squared() -> Claim:
    """With sigma for its square."""
    return Claim(norm_v, "<=", gamma**2 / sigma * (norm_g - along_one**2 / m - along_yhat**2 / m), (FLAT,))


@erratum(
    "4.1-loss",
    WHERE,
    seen="a review in Korean",
    printed=PRINTED.replace(r"\hat{\mathcal{L}}", r"\mathcal{L}"),
    reading=AT_ZERO,
    remark="the hat is lacking: on the left stands the gradient with the layer",
    replaced_by="theorem-4.1-printed",
    point=(FOUR, {**BALANCED, "gamma": 1, "g": (3, 1, 0, 0)}),
)
def same_loss() -> Claim:
    """With the same loss on both sides."""
    return Claim(norm_g, "<=", right_side(along_yhat**2 / m), (FLAT,))


@erratum(
    "4.1-hat",
    WHERE,
    seen="notes in Chinese",
    printed=PRINTED.replace(r"\hat{y}_j", "y_j"),
    reading=AT_ZERO,
    remark="the hat is lacking: the inner product is with yhat, not with the activations y",
    replaced_by="theorem-4.1-printed",
    point=(FOUR, {**BALANCED, "y": (2, 2, -2, -2), "gamma": 2, "g": (2, 0, -1, -1)}),
)
def activation_without_hat() -> Claim:
    """With y for yhat in the inner product."""
    return Claim(norm_v, "<=", right_side(inner(g, y, b) ** 2 / m), (FLAT,))


@erratum(
    "4.1-shorter",
    f"after {WHERE}",
    seen="notes in English",
    printed=r"\lVert \nabla_{y_j} \hat{\mathcal{L}} \rVert \le \lVert \nabla_{y_j} \mathcal{L} \rVert",
    reading=f"{AT_ZERO}; lengths are compared by their squares",
    remark="a layer with |gamma| > sigma can lengthen the gradient",
    replaced_by="theorem-4.1-contraction",
    point=(FOUR, {**BALANCED, "gamma": 2, "g": (1, -1, 0, 0)}),
)
def shorter() -> Claim:
    """The layer never lengthens the gradient."""
    return Claim(norm_v, "<=", norm_g, (FLAT,))


@erratum(
    "4.1-contraction",
    f"after {WHERE}",
    seen="notes in Chinese",
    printed=r"\frac{\gamma}{\sigma} \le 1 \;\Rightarrow\; "
    r"\lVert \nabla_{y_j} \hat{\mathcal{L}} \rVert \le \lVert \nabla_{y_j} \mathcal{L} \rVert",
    reading=f"{AT_ZERO}; lengths are compared by their squares",
    remark="gamma can be negative: it takes |gamma| <= sigma, and |gamma| <= s for every epsilon",
    replaced_by="theorem-4.1-contraction",
    point=(FOUR, {**BALANCED, "gamma": -2, "g": (1, -1, 0, 0)}),
)
def contraction() -> Claim:
    """The layer does not lengthen the gradient if gamma/sigma <= 1."""
    return Claim(norm_v, "<=", norm_g, (FLAT, gamma / sigma <= 1))
