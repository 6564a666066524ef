"""Theorem 4.4, Lemma 4.5, and the invariance that the Lemma rests on."""

from fractions import Fraction

from derive.errata.entry import erratum
from derive.errata.setting import (
    AT_ZERO,
    BALANCED,
    FLAT,
    FOUR,
    along_one,
    along_yhat,
    gamma,
    m,
    norm_g,
    norm_v,
    sigma,
)
from derive.language import Claim, Eq, Ne, Scalar, Size, Term, Vector, indices, inner, squared_norm
from derive.layers.linear_batchnorm import linear_batchnorm

MINIMAX = "Theorem 4.4"
FRONT = r"\hat{g}_j \le \frac{\gamma^2}{\sigma_j^2}"
BRACKET = r"\left( g_j^2 - m \mu_{g_j}^2 - \lambda^2 \langle \nabla_{y_j} \mathcal{L}, \hat{y}_j \rangle^2 \right)"
SUMS = (
    r"\left( g_j - \frac{\lambda^2}{m} \langle \mathbf{1}, \nabla_{y_j} \mathcal{L} \rangle^2 "
    r"- \frac{\lambda^2}{m} \langle \nabla_{y_j} \mathcal{L}, \hat{y}_j \rangle^2 \right)"
)
MAXIMA = (
    "g_j and g-hat_j are lambda^2 |g|^2 and lambda^2 |v|^2, the largest |X'g|^2 and |X'v|^2 over |X| <= lambda, "
    "X independent of the activations"
)

bound = Scalar("lambda", positive=True)
largest, normalized = bound**2 * norm_g, bound**2 * norm_v
mean_g = along_one / m
corrected = largest - bound**2 / m * along_one**2 - bound**2 / m * along_yhat**2


@erratum(
    "4.4",
    MINIMAX,
    seen="the paper, as reviews quote it",
    printed=f"{FRONT} {BRACKET}",
    reading=f"{AT_ZERO}; {MAXIMA}",
    remark="g^2 stands for g, lambda^2 is lacking before m mu^2, and 1/m in the last term",
    replaced_by="theorem-4.4-printed",
    point=(FOUR, {**BALANCED, "lambda": 1, "gamma": 1, "g": (1, 0, 0, 0)}),
)
def minimax() -> Claim:
    """The bound on the gradient by the weights."""
    inside = largest**2 - m * mean_g**2 - bound**2 * along_yhat**2
    return Claim(normalized, "<=", gamma**2 / sigma**2 * inside, (FLAT,))


@erratum(
    "4.4-g",
    MINIMAX,
    seen="the paper's formula, its first slip put right",
    printed=f"{FRONT} {BRACKET}".replace("g_j^2 -", "g_j -"),
    reading=f"{AT_ZERO}; {MAXIMA}",
    remark="with g for g^2 it is still false: lambda^2 and 1/m are lacking",
    replaced_by="theorem-4.4-printed",
    point=(FOUR, {**BALANCED, "lambda": 1, "gamma": 1, "g": (1, 0, 0, 0)}),
)
def minimax_of_g() -> Claim:
    """The same with g for its square."""
    inside = largest - m * mean_g**2 - bound**2 * along_yhat**2
    return Claim(normalized, "<=", gamma**2 / sigma**2 * inside, (FLAT,))


@erratum(
    "4.4-sums",
    MINIMAX,
    seen="notes in Chinese, with their hat put back",
    printed=r"\hat{g}_j = \frac{\gamma^2}{\sigma_j^2} " + SUMS,
    reading=f"{AT_ZERO}; {MAXIMA}",
    remark="true at epsilon = 0: this is the formula put right in all three places",
    replaced_by="theorem-4.4",
)
def minimax_of_sums() -> Claim:
    """The same with lambda^2/m before both squares, as an equality."""
    return Eq(normalized, gamma**2 / sigma**2 * corrected).given(FLAT)


@erratum(
    "4.4-gamma",
    MINIMAX,
    seen="a review in Korean, there with the slips of the paper",
    printed=r"\hat{g}_j \le \frac{\gamma}{\sigma_j^2} " + SUMS,
    reading=f"{AT_ZERO}; {MAXIMA}",
    remark="a square is lacking: gamma for gamma^2",
    replaced_by="theorem-4.4",
    point=(FOUR, {**BALANCED, "lambda": 1, "gamma": 2, "g": (1, -1, 0, 0)}),
)
def minimax_without_square() -> Claim:
    """With gamma for its square."""
    return Claim(normalized, "<=", gamma / sigma**2 * corrected, (FLAT,))


FAVOURABLE = "Lemma 4.5"
BETTER = (
    r"\lVert W_0 - \hat{W}^* \rVert^2 \le \lVert W_0 - W^* \rVert^2 "
    r"- \frac{1}{\lVert W^* \rVert^2} \left( \lVert W^* \rVert^2 - \langle W^*, W_0 \rangle \right)^2"
)
PREMISE = "that W* is optimal for the layer, too, is taken as given; Dannemann and Junike 2025 show that it need not be"

n = Size("n")
(i,) = indices("i", n)
start = Vector("W0", n, latex="W_0")
optimum = Vector("Wstar", n, latex="W^*")
c = Scalar("c")
length, overlap = squared_norm(optimum, i), inner(start, optimum, i)
apart = squared_norm(start[i] - optimum[i], i)
HAS_LENGTH = length > 0


def to(factor: Term) -> Term:
    """The squared distance from the start to a multiple of the optimum."""
    return squared_norm(start[i] - factor * optimum[i], i)


nearest = to(overlap / length)


@erratum(
    "4.5",
    FAVOURABLE,
    seen="the paper, as reviews quote it, if <W_0, W*> > 0",
    printed=BETTER,
    reading=f"W-hat* = k W*, k = <W_0, W*>/|W*|^2 > 0, is the nearest point of the ray of W*; {PREMISE}",
    remark="true, and more than that: both sides are equal",
    replaced_by="lemma-4.5-printed",
)
def favourable() -> Claim:
    """The nearest optimum with the layer is nearer."""
    return Claim(nearest, "<=", apart - (length - overlap) ** 2 / length, (HAS_LENGTH, overlap > 0))


@erratum(
    "4.5-condition",
    FAVOURABLE,
    seen="some copies, which lack the condition <W_0, W*> > 0",
    printed=BETTER,
    reading="<W_0, W*> < 0, W-hat* = c W* for any c > 0",
    remark="no point of the ray of W* is that near, if <W_0, W*> is not positive",
    replaced_by="lemma-4.5-other-side",
)
def favourable_everywhere() -> Claim:
    """The same for every start."""
    return Claim(to(c), "<=", apart - (length - overlap) ** 2 / length, (HAS_LENGTH, overlap < 0, c > 0))


@erratum(
    "4.5-square",
    FAVOURABLE,
    seen="notes in English",
    printed=BETTER.removesuffix("^2"),
    reading="W-hat* = k W*, k = <W_0, W*>/|W*|^2 > 0, is the nearest point of the ray of W*",
    remark="the square of the bracket is lacking",
    replaced_by="lemma-4.5-printed",
    point=({"n": 2}, {"W0": (Fraction(1, 2), 1), "Wstar": (1, 0)}),
)
def favourable_without_square() -> Claim:
    """Without the square of the bracket."""
    return Claim(nearest, "<=", apart - (length - overlap) / length, (HAS_LENGTH, overlap > 0))


linear = linear_batchnorm()
(row,) = linear.indices("b", of=linear.yhat)
(place,) = linear.indices("i", of=linear.W)
factor = Scalar("k")
scaled = linear.at(W=(place, factor * linear.W[place]))
INVARIANT = r"\forall k: \; \hat{W}^* = k W^*"


@erratum(
    "4.5-scale",
    f"proof of {FAVOURABLE}",
    seen="notes in Chinese, which do not ask for k > 0",
    printed=INVARIANT,
    reading=f"{AT_ZERO}; the weights k W, k not 0, give the same normalized output as W",
    remark="k < 0 flips the signs of the output: it takes k > 0",
    replaced_by="weight-scale",
)
def invariant() -> Claim:
    """The layer does not see any factor of its weights."""
    return Eq(scaled.yhat[row], linear.yhat[row]).given(Eq(linear.epsilon, 0), Ne(factor, 0))


@erratum(
    "4.5-scale-epsilon",
    f"proof of {FAVOURABLE}",
    seen="read as every implementation computes it",
    printed=r"\forall k > 0: \; \hat{W}^* = k W^*",
    reading="every epsilon; the weights k W, k > 0, give the same normalized output as W",
    remark="at epsilon > 0 the layer sees the factor: k y with epsilon is y with epsilon/k^2",
    replaced_by="scale-equivariance",
    point=({"m": 2, "d": 1}, {"X": ((5,), (-5,)), "W": (1,), "k": 7, "epsilon": 144}),
)
def invariant_for_every_epsilon() -> Claim:
    """The same for positive factors and every epsilon."""
    return Eq(scaled.yhat[row], linear.yhat[row]).given(factor > 0)
