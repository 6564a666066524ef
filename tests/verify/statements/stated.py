"""A stand-in for `derive.theorems`: the three statements, as claims that nobody has proved."""

from __future__ import annotations

from dataclasses import dataclass

from derive.language import Abs, Claim, Delta, Derivative, Eq, Ne, Sum, inner, squared_norm
from derive.layers import Layer, batchnorm


@dataclass(frozen=True)
class Said:
    """What a theorem looks like from outside."""

    claim: Claim


@dataclass(frozen=True)
class Statement:
    id: str
    title: str
    layer: Layer
    theorems: tuple[Said, ...]


layer = batchnorm()
m = layer.y.sizes[0]
b, k = layer.indices("b k")
y, g, yhat, s, var, gamma, beta, epsilon = (
    layer.y,
    layer.gradient,
    layer.yhat,
    layer.s,
    layer.var,
    layer.gamma,
    layer.beta,
    layer.epsilon,
)
v = Derivative(layer.loss, y[b])

jacobian = Eq(Derivative(yhat[b], y[k]), (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s)
gradient = Eq(v, gamma / (m * s) * (m * g[b] - Sum(g[k], k) - yhat[b] * Sum(g[k] * yhat[k], k)))
length = Sum(v**2, b)
printed = gamma**2 / s**2 * (squared_norm(g, b) - Sum(g[b], b) ** 2 / m - inner(g, yhat, b) ** 2 / m)
lengths = (
    Eq(
        length,
        gamma**2 / s**2 * (squared_norm(g, b) - Sum(g[b], b) ** 2 / m - (2 - var / s**2) * inner(g, yhat, b) ** 2 / m),
    ),
    length <= printed,
    Eq(length, printed).given(Eq(epsilon, 0)),
    (length < printed).given(Ne(inner(g, yhat, b), 0), epsilon > 0),
    (length <= squared_norm(g, b)).given(Abs(gamma) <= s),
)

STATEMENTS = {
    "fact-c2": Statement("fact-c2", "Jacobian of batch normalization", layer, (Said(jacobian),)),
    "fact-c1": Statement("fact-c1", "Gradient of batch normalization", layer, (Said(gradient),)),
    "theorem-4.1": Statement("theorem-4.1", "Lipschitz constant of the loss", layer, tuple(map(Said, lengths))),
}


def names() -> tuple[str, ...]:
    return tuple(STATEMENTS)


def statement(name: str) -> Statement:
    return STATEMENTS[name]
