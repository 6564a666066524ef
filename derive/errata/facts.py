"""Fact C.1, Fact C.2, and what they rest on."""

from derive.errata.entry import erratum
from derive.errata.setting import AT_ZERO, FLAT, b, bn, g, gamma, k, m, s, sigma, v, y, yhat
from derive.language import Claim, Delta, Derivative, Eq, Sum, inner, squared_norm

APPENDIX = "the appendix of the paper, as a review quotes it"
QUESTION = "the proof of Theorem 4.1 in the paper, as a question about it quotes it"
REVIEW = "the appendix of the paper, as a review quotes it, there with = for the first minus sign"
NOTE = "notes in Chinese"

C1 = (
    r"\frac{\partial f}{\partial A^{(b)}} = \frac{\gamma}{m \sigma} \left( m \frac{\partial f}{\partial C^{(b)}} "
    r"- \sum_{k=1}^m \frac{\partial f}{\partial C^{(k)}} "
    r"%s B^{(b)} \sum_{k=1}^m \frac{\partial f}{\partial C^{(k)}} B^{(k)} \right)"
)
C2 = (
    r"\frac{\partial \hat{y}^{(b)}}{\partial y^{(k)}} = \frac{1}{\sigma} "
    r"\left( 1[b=k] - \frac{1}{m} - \frac{1}{m} \hat{y}^{(b)} \hat{y}^{(k)} \right)"
)
NAMES = "A is the batch y, B is yhat, C is the output z"

jacobian = Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m


def textbook(divisor, last):
    """The gradient with a divisor for sigma, and its last term."""
    return gamma / (m * divisor) * (m * g[b] - Sum(g[k], k) + last)


@erratum(
    "yhat-sum",
    "proof of Theorem 4.1",
    seen=QUESTION,
    printed=r"\sum_{b=1}^m \hat{y}^{(b)} = 0",
    reading="every epsilon",
    remark="true for every epsilon",
    replaced_by="yhat-mean",
)
def yhat_sum() -> Claim:
    """Normalized activations sum to zero."""
    return Eq(Sum(yhat[b], b), 0)


@erratum(
    "yhat-norm",
    "proof of Theorem 4.1",
    seen=QUESTION,
    printed=r"\lVert \hat{y}_j \rVert = \sqrt{m}",
    reading=AT_ZERO,
    remark="true at epsilon = 0",
    replaced_by="yhat-norm",
)
def yhat_norm() -> Claim:
    """The squared length of the normalized activations is m."""
    return Eq(squared_norm(yhat, b), m).given(FLAT)


@erratum(
    "yhat-norm-epsilon",
    "proof of Theorem 4.1",
    seen="read as every implementation computes it",
    printed=r"\lVert \hat{y}_j \rVert = \sqrt{m}",
    reading="every epsilon",
    remark="at epsilon > 0 it is less than m, by the factor var/s^2",
    replaced_by="yhat-norm",
    point=({"m": 2}, {"y": (1, -1), "epsilon": 3}),
)
def yhat_norm_epsilon() -> Claim:
    """The squared length of the normalized activations is m, for every epsilon."""
    return Eq(squared_norm(yhat, b), m)


@erratum(
    "yhat-norm-hat",
    "proof of Theorem 4.1",
    seen=NOTE,
    printed=r"\langle x, x \rangle = m",
    reading=f"{AT_ZERO}; x is the batch y, as above in those notes",
    remark="the hat is lacking: it is yhat that has this length",
    replaced_by="yhat-norm",
    point=({"m": 2}, {"y": (3, 1), "epsilon": 0}),
)
def yhat_norm_hat() -> Claim:
    """The squared length of the activations is m."""
    return Eq(squared_norm(y, b), m).given(FLAT)


@erratum(
    "c2",
    "Fact C.2",
    seen=REVIEW,
    printed=C2,
    reading=AT_ZERO,
    remark="true at epsilon = 0; with s for sigma it is true for every epsilon",
    replaced_by="fact-c2",
)
def c2() -> Claim:
    """The Jacobian of the normalized activations."""
    return Eq(Derivative(yhat[b], y[k]), jacobian / sigma).given(FLAT)


@erratum(
    "c2-epsilon",
    "Fact C.2",
    seen="read as every implementation computes it",
    printed=C2,
    reading="every epsilon; sigma is the standard deviation, yhat is divided by s",
    remark="the factor is 1/s, with s = sqrt(sigma^2 + epsilon), and not 1/sigma",
    replaced_by="fact-c2",
)
def c2_epsilon() -> Claim:
    """The Jacobian of the normalized activations, for every epsilon."""
    return Eq(Derivative(yhat[b], y[k]), jacobian / sigma)


@erratum(
    "c1",
    "Fact C.1",
    seen=APPENDIX,
    printed=C1 % "-",
    reading=f"{AT_ZERO}; {NAMES}",
    remark="true at epsilon = 0; with s for sigma it is true for every epsilon",
    replaced_by="fact-c1",
)
def c1() -> Claim:
    """The gradient through batch normalization."""
    return Eq(v[b], textbook(sigma, -yhat[b] * inner(g, yhat, k))).given(FLAT)


@erratum(
    "c1-epsilon",
    "Fact C.1",
    seen="read as every implementation computes it",
    printed=C1 % "-",
    reading=f"every epsilon; {NAMES}, and sigma is the standard deviation",
    remark="the factor is gamma/(m s), with s = sqrt(sigma^2 + epsilon), and not gamma/(m sigma)",
    replaced_by="fact-c1",
)
def c1_epsilon() -> Claim:
    """The gradient through batch normalization, for every epsilon."""
    return Eq(v[b], textbook(sigma, -yhat[b] * inner(g, yhat, k)))


@erratum(
    "c1-plus",
    "Fact C.1",
    seen=NOTE,
    printed=C1 % "+",
    reading=f"every epsilon, with s for sigma; {NAMES}",
    remark="the last sign is a minus: the layer removes what the gradient has along yhat",
    replaced_by="fact-c1",
)
def c1_plus() -> Claim:
    """The gradient with a plus sign before its last term."""
    return Eq(v[b], textbook(s, yhat[b] * inner(g, yhat, k)))


@erratum(
    "c1-hat",
    "Fact C.1",
    seen="an easy slip; not seen in print",
    printed=C1.replace("B^{(k)}", "A^{(k)}") % "-",
    reading=f"{AT_ZERO}; {NAMES}",
    remark="the inner product is with yhat, not with the activations y",
    replaced_by="fact-c1",
)
def c1_hat() -> Claim:
    """The gradient with an inner product that lacks its hat."""
    return Eq(v[b], textbook(sigma, -yhat[b] * inner(g, bn.y, k))).given(FLAT)
