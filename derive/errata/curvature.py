"""Theorem 4.2, what is concluded from it, and Observation 4.3."""

from fractions import Fraction

from derive.errata.entry import erratum
from derive.errata.setting import (
    AT_ZERO,
    BALANCED,
    FLAT,
    FOUR,
    IDENTICAL,
    H,
    L,
    along_yhat,
    b,
    beta,
    g,
    gamma,
    k,
    m,
    mu,
    norm_g,
    norm_v,
    s,
    sigma,
    v,
    y,
    z,
)
from derive.language import (
    Claim,
    Derivative,
    Eq,
    Ne,
    Number,
    Sum,
    Tensor,
    Term,
    positive_semidefinite,
    squared_norm,
)

WHERE = "Theorem 4.2"
CURVATURE = (
    r"\left( \nabla_{y_j} \hat{\mathcal{L}} \right)^\top "
    r"\frac{\partial \hat{\mathcal{L}}}{\partial y_j \partial y_j} \left( \nabla_{y_j} \hat{\mathcal{L}} \right)"
)
"""The quadratic form of the Hessian; the copies print its second derivative without a 2."""

NORM = r"\left\lVert \frac{\partial \hat{\mathcal{L}}}{\partial y_j} \right\rVert^2"
FIRST = (
    rf"{CURVATURE} \le \frac{{\gamma^2}}{{\sigma^2}} "
    r"\left( \frac{\partial \hat{\mathcal{L}}}{\partial y_j} \right)^\top H_{jj} "
    r"\left( \frac{\partial \hat{\mathcal{L}}}{\partial y_j} \right) "
    rf"- \frac{{\gamma}}{{m \sigma^2}} \langle \hat{{g}}_j, \hat{{y}}_j \rangle {NORM}"
)
SECOND = (
    rf"{CURVATURE} \le \frac{{\gamma^2}}{{\sigma^2}} \left( \hat{{g}}_j^\top H_{{jj}} \hat{{g}}_j "
    rf"- \frac{{1}}{{m \gamma}} \langle \hat{{g}}_j, \hat{{y}}_j \rangle {NORM} \right)"
)
NAMES = "g-hat is the gradient g by the output, H its derivative dg"
IDENTITY = tuple(tuple(int(row == column) for column in range(4)) for row in range(4))
NEGATIVE = tuple(tuple(-entry for entry in row) for row in IDENTITY)
ZERO = ((0,) * 4,) * 4


def form(x: Tensor) -> Term:
    """The quadratic form x' H x."""
    return Sum(x[b] * H[b, k] * x[k], b, k)


def image(x: Tensor) -> Term:
    """The squared length of H x."""
    return squared_norm(Sum(H[b, k] * x[k], k), b)


curvature = Sum(v[b] * Derivative(Derivative(L, y[b]), y[k]) * v[k], b, k)


def first(divisor: Term) -> Term:
    """The right side of the first inequality, with a divisor for sigma."""
    return gamma**2 / divisor**2 * form(v) - gamma / (m * divisor**2) * along_yhat * norm_v


second = gamma**2 / sigma**2 * (form(g) - along_yhat * norm_v / (m * gamma))
RAYLEIGH = (FLAT, Ne(gamma, 0), norm_g * form(v) <= norm_v * form(g), norm_v <= norm_g, form(g) >= 0)
"""What makes the second inequality true."""


@erratum(
    "4.2",
    WHERE,
    seen="the paper, as reviews quote it",
    printed=FIRST,
    reading=f"{AT_ZERO}; {IDENTICAL}; {NAMES}",
    remark="true, and more than that: at epsilon = 0 both sides are equal",
    replaced_by="theorem-4.2-printed",
    certificate=Number(0),
)
def printed() -> Claim:
    """The bound on the curvature along the gradient."""
    return Claim(curvature, "<=", first(sigma), (FLAT,))


@erratum(
    "4.2-epsilon",
    WHERE,
    seen="read as every implementation computes it",
    printed=FIRST,
    reading=f"every epsilon, with s for sigma; {NAMES}",
    remark="at epsilon > 0 the curvature can be larger; the exact formula has further terms",
    replaced_by="theorem-4.2",
    point=(FOUR, {**BALANCED, "epsilon": 3, "gamma": 2, "g": (0, -2, 0, 0), "dg": ZERO}),
)
def every_epsilon() -> Claim:
    """The same bound, for every epsilon."""
    return Claim(curvature, "<=", first(s))


@erratum(
    "4.2-second",
    f"{WHERE}, second part",
    seen="the paper, as reviews quote it; its condition on H is left out here",
    printed=SECOND,
    reading=f"{AT_ZERO}, gamma not 0; every H; {NAMES}",
    remark="it says that v'Hv <= g'Hg and no more, which is a condition on H, not a consequence",
    replaced_by="theorem-4.2-rayleigh",
    point=(FOUR, {**BALANCED, "gamma": 1, "g": (3, 1, 0, 0), "dg": NEGATIVE}),
)
def below() -> Claim:
    """The bound with g'Hg, for every H."""
    return Claim(curvature, "<=", second, (FLAT, Ne(gamma, 0)))


@erratum(
    "4.2-second-norms",
    f"{WHERE}, second part",
    seen="the paper, as reviews quote it: 'if H preserves the relative norms'",
    printed=r"\frac{\lVert H_{jj} \hat{g}_j \rVert}{\lVert \hat{g}_j \rVert} = "
    r"\frac{\lVert H_{jj} \nabla_{y_j} \hat{\mathcal{L}} \rVert}{\lVert \nabla_{y_j} \hat{\mathcal{L}} \rVert} "
    rf"\;\Rightarrow\; {SECOND}",
    reading=f"{AT_ZERO}, gamma not 0; the condition is read as |Hg|/|g| = |Hv|/|v|, multiplied out; {NAMES}",
    remark="lengths are not enough: it takes Rayleigh quotients, |v| <= |g|, and g'Hg >= 0",
    replaced_by="theorem-4.2-rayleigh",
    point=(
        FOUR,
        {
            **BALANCED,
            "gamma": 1,
            "g": (3, 1, 0, 0),
            "dg": ((-1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
        },
    ),
)
def below_if_norms() -> Claim:
    """The bound with g'Hg, where H stretches g and v alike."""
    alike = Eq(image(g) * norm_v, image(v) * norm_g)
    return Claim(curvature, "<=", second, (FLAT, Ne(gamma, 0), alike))


@erratum(
    "4.2-bracket",
    f"{WHERE}, second part",
    seen="a review in Korean",
    printed=rf"{CURVATURE} \le \frac{{\gamma^2}}{{\sigma^2}} \left( \hat{{g}}_j^\top H_{{jj}} \hat{{g}}_j "
    rf"- \frac{{1}}{{m \gamma}} \langle \hat{{g}}_j, \hat{{y}}_j \rangle \right) {NORM}",
    reading=f"{AT_ZERO}, and all that makes the formula true without the slip; {NAMES}",
    remark="the bracket closes too early: |v|^2 belongs to the last term only",
    replaced_by="theorem-4.2-rayleigh",
    point=(
        FOUR,
        {**BALANCED, "gamma": 1, "g": (Fraction(3, 4), Fraction(1, 4), 0, 0), "dg": IDENTITY},
    ),
)
def bracket() -> Claim:
    """With the squared length outside of the bracket."""
    early = gamma**2 / sigma**2 * (form(g) - along_yhat / (m * gamma)) * norm_v
    return Claim(curvature, "<=", early, RAYLEIGH)


@erratum(
    "4.2-factor",
    f"{WHERE}, second part",
    seen="notes in Chinese",
    printed=SECOND.replace(r"\frac{1}{m \gamma}", r"\frac{\gamma}{m \sigma^2}"),
    reading=f"{AT_ZERO}, and all that makes the formula true without the slip; {NAMES}",
    remark="inside the bracket the factor is 1/(m gamma); gamma/(m sigma^2) is that of the first part",
    replaced_by="theorem-4.2-rayleigh",
    point=(FOUR, {**BALANCED, "gamma": 2, "g": (3, 1, 0, 0), "dg": ZERO}),
)
def factor() -> Claim:
    """With the factor of the first part inside the bracket of the second."""
    mixed = gamma**2 / sigma**2 * (form(g) - gamma / (m * sigma**2) * along_yhat * norm_v)
    return Claim(curvature, "<=", mixed, RAYLEIGH)


@erratum(
    "4.2-smoother",
    f"after {WHERE}",
    seen="the paper, in words, as reviews quote it",
    printed=r"H_{jj} \succeq 0,\; \langle \hat{g}_j, \hat{y}_j \rangle \ge 0 \;\Rightarrow\; "
    rf"{CURVATURE} \le \hat{{g}}_j^\top H_{{jj}} \hat{{g}}_j",
    reading=f"{AT_ZERO}, gamma = sigma; more predictive is read as: less curvature along the gradient; {NAMES}",
    remark="the layer turns the gradient, and H can be flat along g and curved along v",
    replaced_by="theorem-4.2-rayleigh",
    point=(
        FOUR,
        {
            **BALANCED,
            "gamma": 1,
            "g": (3, 1, 0, 0),
            "dg": ((1, -3, 0, 0), (-3, 9, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)),
            "R": ((1, 0, 0, 0), (-3, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)),
        },
    ),
)
def smoother() -> Claim:
    """Positive semidefinite H and <g, yhat> >= 0 make it smoother."""
    return Claim(curvature, "<=", form(g), (FLAT, Eq(gamma, sigma), along_yhat >= 0, positive_semidefinite(H)))


RESTORED = r"\gamma = \sigma_j,\; \beta = \mu_j \;\Rightarrow\; "


@erratum(
    "4.3",
    "Observation 4.3",
    seen="in words in the paper, as reviews quote it; the parameters are those of Ioffe and Szegedy 2015",
    printed=rf"{RESTORED} z_j = y_j",
    reading=AT_ZERO,
    remark="true at epsilon = 0",
    replaced_by="observation-4.3-printed",
)
def restored() -> Claim:
    """Parameters that give the activations back."""
    return Eq(z[b], y[b]).given(FLAT, Eq(gamma, sigma), Eq(beta, mu))


@erratum(
    "4.3-epsilon",
    "Observation 4.3",
    seen="read as every implementation computes it",
    printed=rf"{RESTORED} z_j = y_j",
    reading="every epsilon; sigma is the standard deviation",
    remark="at epsilon > 0 it takes gamma = s, which is more than sigma",
    replaced_by="observation-4.3",
)
def restored_for_every_epsilon() -> Claim:
    """The same parameters, for every epsilon."""
    return Eq(z[b], y[b]).given(Eq(gamma, sigma), Eq(beta, mu))


@erratum(
    "4.3-beta",
    "Observation 4.3",
    seen="notes in English, which name gamma only",
    printed=r"\gamma = \sigma_j \;\Rightarrow\; z_j = y_j",
    reading=AT_ZERO,
    remark="the shift is lacking: it takes beta = mu, too",
    replaced_by="observation-4.3-printed",
)
def restored_without_shift() -> Claim:
    """With gamma = sigma alone."""
    return Eq(z[b], y[b]).given(FLAT, Eq(gamma, sigma))


@erratum(
    "4.3-gradient",
    "after Observation 4.3",
    seen="notes in Chinese: 'as if there were no layer'",
    printed=rf"{RESTORED} \nabla_{{y_j}} \hat{{\mathcal{{L}}}} = \nabla_{{y_j}} \mathcal{{L}}",
    reading=f"{AT_ZERO}; gamma and beta are parameters, and do not move with the batch",
    remark="the values come back, the gradient does not: it loses its mean and what it has along yhat",
    replaced_by="restores-values-not-gradients",
    point=(FOUR, {**BALANCED, "gamma": 1, "beta": 0, "g": (3, 1, 0, 0)}),
)
def restored_gradient() -> Claim:
    """The same parameters give the gradient back."""
    return Eq(v[b], g[b]).given(FLAT, Eq(gamma, sigma), Eq(beta, mu))
