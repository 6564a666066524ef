"""Fact C.1: the gradient through batch normalization."""

from derive.closed_forms import closed_form
from derive.language import Derivative, Sum, inner
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k = bn.indices("b k")
m = b.size
L, g, y, yhat, mu, s, gamma = bn.loss, bn.gradient, bn.y, bn.yhat, bn.mu, bn.s, bn.gamma


def d(by):
    """The derivative of the loss by a name."""
    return Derivative(L, by)


@statement("fact-c1", layer=bn, source="Santurkar et al. 2018, Fact C.1, there for epsilon = 0")
def fact_c1() -> Derivation:
    """The gradient through batch normalization, for every loss and every epsilon."""
    textbook = gamma / (m * s) * (m * g[b] - Sum(g[k], k) - yhat[b] * inner(g, yhat, k))
    total, along = Sum(d(yhat[k]), k), inner(d(yhat[k]), yhat, k)
    return (
        Derivation(d(y[b]))
        .eq(1 / s * d(yhat[b]) + 1 / m * d(mu) + 2 / m * (y[b] - mu) * d(bn.var), "y stands in yhat, mu and var")
        .eq(1 / s * d(yhat[b]) - 1 / (m * s) * total - 1 / (m * s**2) * (y[b] - mu) * along, "their adjoints")
        .eq(1 / s * d(yhat[b]) - 1 / (m * s) * total - 1 / (m * s) * yhat[b] * along, "the definition of yhat")
        .eq(textbook, "the adjoint of yhat is gamma g")
        .but_not(
            d(y[b]).equals(gamma / (m * s) * (m * g[b] - Sum(g[k], k) + yhat[b] * inner(g, yhat, k))),
            "with a plus sign, as some notes have it",
        )
    )


@statement("fact-c1-found", layer=bn)
def fact_c1_found() -> Derivation:
    """The same gradient, as the program finds it from the forward definition alone."""
    return Derivation(d(y[b])).eq(closed_form(d(y[b])), "the normal form in normalized coordinates")
