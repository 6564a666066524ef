"""A linear layer followed by batch normalization, as the paper has them: y = X W, one output feature."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Matrix, Scalar, Size, Sum, Vector, define, mean, sqrt
from derive.layers.program import Layer


@cache
def linear_batchnorm() -> Layer:
    """The forward program (X, W) -> y -> mu -> var -> s -> yhat -> z for a batch of m rows with d entries each."""
    m, d = Size("m"), Size("d")
    b, i = Index("b", m), Index("i", d)
    X, W = Matrix("X", m, d), Vector("W", d)
    gamma, beta = Scalar("gamma"), Scalar("beta")
    epsilon = Scalar("epsilon", nonnegative=True)

    y = define("y", Sum(X[b, i] * W[i], i), b)
    mu = define("mu", mean(y[b], b))
    var = define("var", mean((y[b] - mu) ** 2, b), latex=r"\sigma^2")
    s = define("s", sqrt(var + epsilon))
    yhat = define("yhat", (y[b] - mu) / s, b)
    z = define("z", gamma * yhat[b] + beta, b)

    return Layer(
        name="linear-batchnorm",
        title="A linear layer and batch normalization, training mode",
        inputs=(X,),
        parameters=(W, gamma.tensor, beta.tensor),
        constants=(epsilon.tensor,),
        steps=(y, mu.tensor, var.tensor, s.tensor, yhat, z),
    )
