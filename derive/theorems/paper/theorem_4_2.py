"""Theorem 4.2: what batch normalization does to the second derivative of the loss, and to it along the gradient."""

from typing import cast

from derive.language import Claim, Delta, Derivative, Eq, Ne, Sum, Tensor, Term, Vector, define, inner, squared_norm
from derive.language.terms import Dependence
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k, i, j = bn.indices("b k i j")
m = b.size
L, g, y, yhat, mu, s, gamma, epsilon = bn.loss, bn.gradient, bn.y, bn.yhat, bn.mu, bn.s, bn.gamma, bn.epsilon
H = cast(Tensor, cast(Dependence, g.dependence).derivative)

SOURCE = "Santurkar et al. 2018, Theorem 4.2"

A = define("A", Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m, b, k)
v = define("v", Derivative(L, y[b]), b)
rho = bn.var / s**2
along = inner(g, yhat, j)
norm_v, norm_g = squared_norm(v, b), squared_norm(g, b)


def second(of: Term) -> Term:
    """The second derivative by the activations y[b] and y[k]."""
    return Derivative(Derivative(of, y[b]), y[k])


def times_A(x: Tensor, row=b) -> Term:
    """One entry of A x."""
    return Sum(A[row, j] * x[j], j)


def form(x: Tensor, matrix: Tensor = H) -> Term:
    """The quadratic form x' H x."""
    return Sum(x[b] * matrix[b, k] * x[k], b, k)


AHA = Sum(A[b, i] * H[i, j] * A[j, k], i, j)
curvature = Sum(v[b] * second(L) * v[k], b, k)
projected = Sum(times_A(v) * H[b, k] * times_A(v, k), b, k)
exact = gamma**2 / s**2 * projected - gamma / (m * s**2) * along * (
    (3 - 2 * rho) * norm_v - gamma**2 / (m * s**2) * (1 - rho) ** 2 * along**2
)
printed = gamma**2 / s**2 * form(v) - gamma / (m * s**2) * along * norm_v
printed_below = gamma**2 / s**2 * (form(g) - along * norm_v / (m * gamma))
FLAT = Eq(epsilon, 0)


@statement("projector", layer=bn)
def projector() -> Derivation:
    """A is symmetric and removes the mean; it is a projector at epsilon = 0, and nearly one above."""
    return (
        Derivation(Sum(A[b, j] * A[j, k], j))
        .eq(A[b, k] - yhat[b] * Sum(yhat[j] * A[j, k], j) / m, "A removes the mean already")
        .eq(A[b, k] - (1 - rho) / m * yhat[b] * yhat[k], "A yhat = (1 - rho) yhat, with rho = var / s^2")
        .but_not(Eq(Sum(A[b, j] * A[j, k], j), A[b, k]), "as a projector for every epsilon")
    )


@statement("hessian", layer=bn, source=SOURCE)
def hessian() -> Derivation:
    """The second derivative of every loss through batch normalization, for every epsilon."""
    slope_g, slope_A = Derivative(g[j], y[k]), Derivative(A[b, j], y[k])
    bent = A[b, k] * yhat[j] + yhat[b] * A[j, k]
    whole = gamma**2 / s**2 * AHA - gamma / (m * s**2) * (
        along * A[b, k] + times_A(g) * yhat[k] + yhat[b] * times_A(g, k)
    )
    return (
        Derivation(second(L))
        .eq(Derivative(gamma / s * times_A(g), y[k]), "Fact C.1")
        .eq(
            gamma / s * Sum(A[b, j] * slope_g + slope_A * g[j], j) - gamma / s**2 * times_A(g) * Derivative(s, y[k]),
            "product rule and quotient rule",
        )
        .eq(
            gamma / s * Sum(A[b, j] * slope_g + slope_A * g[j], j) - gamma / (m * s**2) * times_A(g) * yhat[k],
            "the derivative of s is yhat / m",
        )
        .eq(
            gamma**2 / s**2 * AHA + gamma / s * Sum(slope_A * g[j], j) - gamma / (m * s**2) * times_A(g) * yhat[k],
            "chain rule, and Fact C.2 for the output",
        )
        .eq(
            gamma**2 / s**2 * AHA - gamma / (m * s**2) * (Sum(bent * g[j], j) + times_A(g) * yhat[k]),
            "only yhat depends on y in A, by Fact C.2",
        )
        .eq(whole, "the sum over j, and A is symmetric")
        .but_not(Eq(second(L), gamma**2 / s**2 * AHA), "as if the layer were linear: A depends on y, too")
    )


@statement("hessian-ones", layer=bn)
def hessian_ones() -> Derivation:
    """Along the ones there is no curvature: a common shift of the batch changes nothing."""
    return (
        Derivation(Sum(second(L), k))
        .eq(Derivative(Sum(Derivative(L, y[k]), k), y[b]), "the second derivative is symmetric")
        .eq(0, "the gradient sums to zero wherever it is taken")
    )


@statement("hessian-yhat", layer=bn)
def hessian_yhat() -> Derivation:
    """Along the normalized activations the second derivative is -rho v/s, and something that vanishes with epsilon."""
    rest = (1 - rho) * gamma / s**2 * (gamma * Sum(A[b, k] * H[k, j] * yhat[j], j, k) - 2 / m * along * yhat[b])
    return (
        Derivation(Sum(second(L) * yhat[k], k))
        .eq(
            gamma**2 / s**2 * Sum(A[b, i] * H[i, j] * Sum(A[j, k] * yhat[k], k), i, j)
            - gamma
            / (m * s**2)
            * (
                along * Sum(A[b, k] * yhat[k], k)
                + times_A(g) * squared_norm(yhat, k)
                + yhat[b] * Sum(times_A(g, k) * yhat[k], k)
            ),
            "the second derivative, term by term",
        )
        .eq(-rho * v[b] / s + rest, "A yhat = (1 - rho) yhat, |yhat|^2 = m rho, and v = gamma/s A g")
    )


@statement("hessian-scale", layer=bn)
def hessian_scale() -> Derivation:
    """At epsilon = 0 the gradient falls as 1/t on the ray mu + t (y - mu): along it the second derivative is -v."""
    along_ray = Sum(second(L) * (y[k] - mu), k)
    return (
        Derivation(along_ray, given=FLAT)
        .eq(s * Sum(second(L) * yhat[k], k), "the definition of yhat")
        .eq(-v[b], "the law for yhat, at rho = 1")
        .but_not(Eq(along_ray, -v[b]), "for every epsilon: the layer is then not invariant to scale")
    )


@statement("theorem-4.2", layer=bn, source=SOURCE)
def theorem_4_2() -> Derivation:
    """The curvature along the gradient, an identity for every epsilon."""
    return (
        Derivation(curvature)
        .eq(
            gamma**2 / s**2 * projected
            - gamma
            / (m * s**2)
            * (along * inner(v[b], times_A(v), b) + 2 * inner(v[b], times_A(g), b) * inner(v, yhat, b)),
            "the second derivative, and A is symmetric",
        )
        .eq(
            gamma**2 / s**2 * projected
            - gamma / (m * s**2) * along * inner(v[b], times_A(v), b)
            - 2 / (m * s) * norm_v * inner(v, yhat, b),
            "v = gamma/s A g",
        )
        .eq(
            gamma**2 / s**2 * projected
            - gamma / (m * s**2) * along * (inner(v[b], times_A(v), b) + 2 * (1 - rho) * norm_v),
            "<v, yhat> = (1 - rho) gamma/s <g, yhat>",
        )
        .eq(exact, "v sums to zero, so that v'Av = |v|^2 - <v, yhat>^2 / m")
    )


@statement("theorem-4.2-printed", layer=bn, source=SOURCE)
def theorem_4_2_printed() -> Derivation:
    """At epsilon = 0 the printed right side is the curvature itself: the printed <= is an equality."""
    return (
        Derivation(curvature, given=FLAT)
        .eq(printed, "A v = v and rho = 1 at epsilon = 0")
        .but_not(Claim(exact, "<=", printed), "the printed <= for every epsilon")
    )


@statement("theorem-4.2-second", layer=bn, source=f"{SOURCE}, the second inequality")
def theorem_4_2_second() -> Derivation:
    """At epsilon = 0 the second printed bound says that v'Hv <= g'Hg, and no more: this is what it leaves."""
    return (
        Derivation(printed_below - curvature, given=FLAT)
        .eq(printed_below - printed, "the first part of the theorem")
        .eq(gamma**2 / s**2 * (form(g) - form(v)), "the terms with <g, yhat> are the same")
    )


@statement("theorem-4.2-rayleigh", layer=bn, source=f"{SOURCE}, 'if H preserves the relative norms'")
def theorem_4_2_rayleigh() -> Derivation:
    """The second printed bound holds if v is not longer than g, has no larger Rayleigh quotient, and g'Hg >= 0."""
    quotients = norm_g * form(v) <= norm_v * form(g)
    shorter, curved = norm_v <= norm_g, form(g) >= 0
    front = gamma**2 / (s**2 * norm_g)
    return (
        Derivation(curvature, given=(FLAT, Ne(norm_g, 0), quotients, shorter, curved))
        .le(
            printed_below,
            "what is left are the two hypotheses, the second times g'Hg",
            certificate=front * (norm_v * form(g) - norm_g * form(v)) + front * (norm_g - norm_v) * form(g),
        )
        .but_not(
            Claim(form(v), "<=", form(g), (FLAT, Ne(gamma, 0), quotients, shorter)),
            "that v'Hv <= g'Hg without g'Hg >= 0: a shorter vector makes it less negative",
        )
    )


@statement("theorem-4.2-at-sigma", layer=bn, source="what is concluded from Theorem 4.2")
def theorem_4_2_at_sigma() -> Derivation:
    """At epsilon = 0 and gamma = s, the parameters that restore the activations, the curvature along u = A g."""
    u = define("u", times_A(g), b)
    h = Vector("h", m)
    at_sigma = form(u) - along * squared_norm(u, b) / (m * s)
    rank_one = inner(h, u, b) ** 2 - along * squared_norm(u, b) / (m * s)
    return (
        Derivation(curvature, given=(FLAT, Eq(gamma, s)))
        .eq(form(v) - along * norm_v / (m * s), "Theorem 4.2")
        .eq(at_sigma, "v = A g")
        .but_not(
            Claim(rank_one, "<=", inner(h, g, b) ** 2, (FLAT, along >= 0)),
            "that positive semidefinite H, such as H = h h', and <g, yhat> >= 0 make it at most g'Hg",
        )
    )
