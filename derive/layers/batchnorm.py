"""Batch normalization of one feature over a batch, in training (Ioffe and Szegedy 2015, Algorithm 1)."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Scalar, Size, Vector, define, mean, sqrt
from derive.layers.program import Layer


@cache
def batchnorm() -> Layer:
    """The forward program y -> mu -> var -> s -> yhat -> z, for a batch of m activations y."""
    m = Size("m")
    b = Index("b", m)
    y = Vector("y", m)
    gamma, beta = Scalar("gamma"), Scalar("beta")
    epsilon = Scalar("epsilon", nonnegative=True)

    mu = define("mu", mean(y[b], b))
    var = define("var", mean((y[b] - mu) ** 2, b), latex=r"\sigma^2")
    s = define("s", sqrt(var + epsilon))
    yhat = define("yhat", (y[b] - mu) / s, b)
    z = define("z", gamma * yhat[b] + beta, b)

    return Layer(
        name="batchnorm",
        title="Batch normalization, training mode",
        inputs=(y,),
        parameters=(gamma.tensor, beta.tensor),
        constants=(epsilon.tensor,),
        steps=(mu.tensor, var.tensor, s.tensor, yhat, z),
    )
