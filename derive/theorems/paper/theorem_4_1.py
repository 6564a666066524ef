"""Theorem 4.1: what batch normalization does to the norm of the gradient."""

from derive.language import Abs, Claim, Derivative, Eq, Ne, Sum, inner, sqrt, squared_norm
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k = bn.indices("b k")
m = b.size
L, g, y, yhat, s, gamma, epsilon = bn.loss, bn.gradient, bn.y, bn.yhat, bn.s, bn.gamma, bn.epsilon

SOURCE = "Santurkar et al. 2018, Theorem 4.1"

v = Derivative(L, y[b])
norm_v = squared_norm(v, b)
norm_g = squared_norm(g, b)
along_one = Sum(g[b], b)
along_yhat = inner(g, yhat, b)
rho = bn.var / s**2
printed = gamma**2 / s**2 * (norm_g - along_one**2 / m - along_yhat**2 / m)


@statement("theorem-4.1", layer=bn, source=SOURCE)
def theorem_4_1() -> Derivation:
    """The norm of the gradient, an identity for every epsilon."""
    norm_yhat = squared_norm(yhat, b)
    inside = m * g[b] - Sum(g[k], k) - yhat[b] * inner(g, yhat, k)
    return (
        Derivation(norm_v)
        .eq(gamma**2 / (m**2 * s**2) * Sum(inside**2, b), "Fact C.1")
        .eq(
            gamma**2
            / (m**2 * s**2)
            * (
                m**2 * norm_g
                + m * along_one**2
                + norm_yhat * along_yhat**2
                - 2 * m * along_one**2
                - 2 * m * along_yhat**2
                + 2 * along_one * along_yhat * Sum(yhat[b], b)
            ),
            "three squares and three cross terms",
        )
        .eq(
            gamma**2
            / (m**2 * s**2)
            * (m**2 * norm_g - m * along_one**2 + norm_yhat * along_yhat**2 - 2 * m * along_yhat**2),
            "yhat sums to zero",
        )
        .eq(
            gamma**2 / s**2 * (norm_g - along_one**2 / m - (2 - rho) * along_yhat**2 / m),
            "|yhat|^2 = m rho, with rho = var / s^2",
        )
    )


@statement("theorem-4.1-printed", layer=bn, source=SOURCE)
def theorem_4_1_printed() -> Derivation:
    """At epsilon = 0 the printed right side is the norm itself: the printed <= is an equality."""
    return (
        Derivation(norm_v, given=Eq(epsilon, 0))
        .eq(printed, "rho = 1 at epsilon = 0")
        .but_not(Eq(norm_v, printed), "as an equality for every epsilon")
    )


@statement("theorem-4.1-bound", layer=bn, source=SOURCE)
def theorem_4_1_bound() -> Derivation:
    """For every epsilon the printed inequality holds."""
    root = gamma**2 / s**2 * (norm_g - along_one**2 / sqrt(m) - along_yhat**2 / sqrt(m))
    return (
        Derivation(norm_v)
        .le(
            printed,
            "the difference is a multiple of a square, and vanishes with epsilon",
            certificate=gamma**2 * epsilon * along_yhat**2 / (m * s**4),
        )
        .but_not(Claim(norm_v, "<=", root), "with 1/sqrt(m) for 1/m, as some copies print it")
    )


@statement("theorem-4.1-strict", layer=bn, source=SOURCE)
def theorem_4_1_strict() -> Derivation:
    """For epsilon > 0 the inequality is strict, unless the gradient has nothing along yhat."""
    given = (epsilon > 0, Ne(gamma, 0), Ne(along_yhat, 0))
    return Derivation(norm_v, given=given).lt(printed, "the certificate is positive")


@statement("theorem-4.1-equality", layer=bn, source=SOURCE)
def theorem_4_1_equality() -> Derivation:
    """Where the upstream gradient is orthogonal to yhat, the printed right side is the norm, whatever epsilon is."""
    return Derivation(norm_v, given=Eq(along_yhat, 0)).eq(printed, "the terms that differ vanish")


@statement("theorem-4.1-contraction", layer=bn, source="what the paper concludes from Theorem 4.1")
def theorem_4_1_contraction() -> Derivation:
    """The layer does not lengthen the gradient if |gamma| <= s."""
    return (
        Derivation(norm_v, given=Abs(gamma) <= s)
        .le(norm_g, "gamma^2 <= s^2, and what is subtracted is not negative")
        .but_not(Claim(norm_v, "<=", norm_g, (gamma / s <= 1,)), "gamma / s <= 1 is not enough: gamma may be negative")
    )


@statement("theorem-4.1-parameters", layer=bn, source="the remark that the two subtracted terms are gradients")
def theorem_4_1_parameters() -> Derivation:
    """The two subtracted terms are the squared gradients of beta and gamma, over m."""
    return Derivation(printed).eq(
        gamma**2 / s**2 * (norm_g - Derivative(L, bn.beta) ** 2 / m - Derivative(L, gamma) ** 2 / m),
        "the gradients of the parameters",
    )
