"""Fact C.2: the Jacobian of the normalized activations."""

from derive.language import Delta, Derivative
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k = bn.indices("b k")
m = b.size
y, yhat, mu, var, s = bn.y, bn.yhat, bn.mu, bn.var, bn.s


def by(quantity):
    """The derivative of a quantity by the activation y[k]."""
    return Derivative(quantity, y[k])


@statement("mean-derivative", layer=bn)
def mean_derivative() -> Derivation:
    """Each activation moves the mean by 1/m."""
    return Derivation(by(mu)).eq(1 / m, "only the summand y[k] depends on y[k]")


@statement("variance-derivative", layer=bn)
def variance_derivative() -> Derivation:
    """Each activation moves the variance by twice its distance from the mean, over m."""
    return Derivation(by(var)).eq(2 * (y[k] - mu) / m, "the distances from the mean sum to zero")


@statement("fact-c2", layer=bn, source="Santurkar et al. 2018, Fact C.2, there for epsilon = 0")
def fact_c2() -> Derivation:
    """The Jacobian of the normalized activations, for every epsilon."""
    textbook = (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s
    return (
        Derivation(by(yhat[b]))
        .eq((by(y[b]) - by(mu)) / s - (y[b] - mu) / s**2 * by(s), "quotient rule")
        .eq((Delta(b, k) - 1 / m) / s - (y[b] - mu) / s**2 * by(s), "the derivative of the mean")
        .eq((Delta(b, k) - 1 / m) / s - yhat[b] / s * by(s), "the definition of yhat")
        .eq((Delta(b, k) - 1 / m) / s - yhat[b] / s * by(var) / (2 * s), "s is the root of var + epsilon")
        .eq((Delta(b, k) - 1 / m) / s - yhat[b] / s * (y[k] - mu) / (m * s), "the derivative of the variance")
        .eq(textbook, "the definition of yhat, once more")
    )


@statement("fact-c2-output", layer=bn, source="Santurkar et al. 2018, Fact C.2")
def fact_c2_output() -> Derivation:
    """The Jacobian of the layer's output."""
    return (
        Derivation(by(bn.z[b]))
        .eq(bn.gamma * by(yhat[b]), "z = gamma yhat + beta")
        .eq(bn.gamma / s * (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m), "Fact C.2")
    )
