"""Backpropagation through batch normalization, step by step: the adjoint of every name of the program."""

from derive.language import Derivative, Sum, inner
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k = bn.indices("b k")
m = b.size
L, g, yhat, gamma, s, y, mu = bn.loss, bn.gradient, bn.yhat, bn.gamma, bn.s, bn.y, bn.mu

SOURCE = "Ioffe and Szegedy 2015, Section 3"


def d(by):
    """The adjoint of a name: the derivative of the loss by it."""
    return Derivative(L, by)


@statement("adjoint-output", layer=bn, source=SOURCE)
def adjoint_output() -> Derivation:
    """The upstream gradient is the adjoint of the output."""
    return Derivation(d(bn.z[b])).eq(g[b], "by definition")


@statement("adjoint-beta", layer=bn, source=SOURCE)
def adjoint_beta() -> Derivation:
    """The gradient of the shift is the sum of the upstream gradient."""
    return Derivation(d(bn.beta)).eq(Sum(d(bn.z[k]), k), "every output moves with beta").eq(Sum(g[k], k))


@statement("adjoint-gamma", layer=bn, source=SOURCE)
def adjoint_gamma() -> Derivation:
    """The gradient of the scale is the inner product of the upstream gradient and the normalized activations."""
    return (
        Derivation(d(gamma))
        .eq(Sum(d(bn.z[k]) * yhat[k], k), "z = gamma yhat + beta")
        .eq(inner(g, yhat, k), "the adjoint of the output")
    )


@statement("adjoint-yhat", layer=bn, source=SOURCE)
def adjoint_yhat() -> Derivation:
    """The adjoint of the normalized activations."""
    return Derivation(d(yhat[b])).eq(d(bn.z[b]) * gamma, "z = gamma yhat + beta").eq(gamma * g[b])


@statement("adjoint-var", layer=bn, source=SOURCE)
def adjoint_var() -> Derivation:
    """The adjoint of the variance."""
    return (
        Derivation(d(bn.var))
        .eq(Sum(d(yhat[k]) * (y[k] - mu), k) * (-1 / (2 * s**3)), "the derivative of (var + epsilon)^(-1/2)")
        .eq(-Sum(d(yhat[k]) * yhat[k], k) / (2 * s**2), "the definition of yhat")
        .eq(-gamma / (2 * s**2) * inner(g, yhat, k), "the adjoint of yhat")
        .but_not(d(bn.var).equals(Sum(d(yhat[k]) * (y[k] - mu), k) / (2 * s**3)), "without the minus sign")
    )


@statement("adjoint-mu", layer=bn, source=SOURCE)
def adjoint_mu() -> Derivation:
    """The adjoint of the mean: what comes through the variance vanishes."""
    through_var = d(bn.var) * Sum(-2 * (y[k] - mu), k) / m
    return (
        Derivation(d(mu))
        .eq(-Sum(d(yhat[k]), k) / s + through_var, "mu stands in yhat and in var")
        .eq(-Sum(d(yhat[k]), k) / s, "the distances from the mean sum to zero")
        .eq(-gamma / s * Sum(g[k], k), "the adjoint of yhat")
    )
