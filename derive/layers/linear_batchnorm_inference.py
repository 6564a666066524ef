"""A linear layer followed by batch normalization with frozen statistics: an affine map, which can be folded."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Matrix, Scalar, Size, Sum, Vector, define, sqrt
from derive.layers.program import Layer


@cache
def linear_batchnorm_inference() -> Layer:
    """The forward program x -> y -> yhat -> z, with one scale and one pair of statistics per output feature."""
    n, o, i = Index("n", Size("N")), Index("o", Size("O")), Index("i", Size("I"))
    x, W = Matrix("x", n.size, i.size), Matrix("W", o.size, i.size)
    bias = Vector("bias", o.size, latex="a")
    gamma, beta = Vector("gamma", o.size), Vector("beta", o.size)
    mu, var = Vector("mu", o.size), Vector("var", o.size, latex=r"\sigma^2", nonnegative=True)
    epsilon = Scalar("epsilon", nonnegative=True)

    y = define("y", Sum(W[o, i] * x[n, i], i) + bias[o], n, o)
    s = define("s", sqrt(var[o] + epsilon), o)
    yhat = define("yhat", (y[n, o] - mu[o]) / s[o], n, o)
    z = define("z", gamma[o] * yhat[n, o] + beta[o], n, o)

    return Layer(
        name="linear-batchnorm-inference",
        title="A linear layer and batch normalization, inference mode",
        inputs=(x,),
        parameters=(W, bias, gamma, beta),
        constants=(mu, var, epsilon.tensor),
        steps=(y, s, yhat, z),
    )
