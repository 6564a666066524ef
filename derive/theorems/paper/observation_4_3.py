"""Observation 4.3: parameters that restore what was normalized away, for the values and not for the gradients."""

from derive.language import Delta, Derivative, Eq, Sum, define, inner, sqrt, squared_norm
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k, j = bn.indices("b k j")
m = b.size
L, g, y, yhat, mu, s, z = bn.loss, bn.gradient, bn.y, bn.yhat, bn.mu, bn.s, bn.z
gamma, beta, epsilon = bn.gamma, bn.beta, bn.epsilon

SOURCE = "Santurkar et al. 2018, Observation 4.3"

v = Derivative(L, y[b])
A = define("A", Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m, b, k)
sigma = define("sigma", sqrt(bn.var))
RESTORING = (Eq(gamma, s), Eq(beta, mu))

restored = bn.at(gamma=s, beta=mu)
"""The layer whose parameters are the deviation and the mean of the batch at hand, and move with it."""


@statement("observation-4.3", layer=bn, source=SOURCE)
def observation_4_3() -> Derivation:
    """With gamma = s and beta = mu the layer gives back the activations, for every epsilon."""
    return (
        Derivation(z[b], given=RESTORING)
        .eq(s * yhat[b] + mu, "the definition of the output")
        .eq(y[b], "the definition of yhat")
        .but_not(Eq(z[b], y[b]).given(Eq(gamma, s)), "without the shift")
        .but_not(Eq(z[b], y[b]).given(Eq(gamma, sigma), Eq(beta, mu)), "with gamma = sigma, which lacks epsilon")
    )


@statement("observation-4.3-printed", layer=bn, source=SOURCE)
def observation_4_3_printed() -> Derivation:
    """With gamma = sigma and beta = mu it gives back the activations at epsilon = 0."""
    return Derivation(z[b], given=(Eq(epsilon, 0), Eq(gamma, sigma), Eq(beta, mu))).eq(y[b], "s = sigma at epsilon = 0")


@statement("restores-values-not-gradients", layer=bn, source=SOURCE)
def restores_values_not_gradients() -> Derivation:
    """With the same parameters the gradient is A g, and not the upstream gradient g."""
    return (
        Derivation(v, given=RESTORING)
        .eq(gamma / s * Sum(A[b, k] * g[k], k), "Fact C.1")
        .eq(Sum(A[b, k] * g[k], k), "gamma = s")
        .but_not(Eq(v, g[b]).given(*RESTORING), "as the gradient without the layer")
    )


@statement("restored-gradient-lost", layer=bn)
def restored_gradient_lost() -> Derivation:
    """What is missing from the gradient: its mean, and what it has along yhat."""
    return Derivation(g[b] - v, given=RESTORING).eq(
        Sum(g[k], k) / m + yhat[b] * inner(g, yhat, k) / m, "Fact C.1 at gamma = s"
    )


@statement("restored-gradient-shorter", layer=bn)
def restored_gradient_shorter() -> Derivation:
    """So the gradient is shorter by the squares of both, although the layer computes the identity."""
    rest = Sum(g[b], b) ** 2 / m + (1 + epsilon / s**2) * inner(g, yhat, b) ** 2 / m
    return (
        Derivation(squared_norm(v, b), given=RESTORING)
        .eq(squared_norm(g, b) - rest, "Theorem 4.1 at gamma = s, with 2 - rho = 1 + epsilon / s^2")
        .le(squared_norm(g, b), "squares", certificate=rest)
    )


@statement("restored-by-moving-parameters", layer=bn)
def restored_by_moving_parameters() -> Derivation:
    """Parameters that move with the batch restore the gradient, too: then nothing is normalized."""
    outer, upstream = restored.loss, restored.gradient
    return (
        Derivation(Derivative(outer, y[b]))
        .eq(Sum(upstream[k] * Derivative(restored.z[k], y[b]), k), "chain rule")
        .eq(upstream[b], "the output is y itself")
    )
