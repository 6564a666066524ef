"""Batch normalization in inference: the statistics are frozen numbers, so the layer is affine."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Scalar, Size, Vector, define, sqrt
from derive.layers.program import Layer


@cache
def batchnorm_inference() -> Layer:
    """The forward program y -> yhat -> z for one feature, with the statistics that training has kept."""
    m = Size("m")
    b = Index("b", m)
    y = Vector("y", m)
    gamma, beta = Scalar("gamma"), Scalar("beta")
    mu, var = Scalar("mu"), Scalar("var", latex=r"\sigma^2", nonnegative=True)
    epsilon = Scalar("epsilon", nonnegative=True)

    s = define("s", sqrt(var + epsilon))
    yhat = define("yhat", (y[b] - mu) / s, b)
    z = define("z", gamma * yhat[b] + beta, b)

    return Layer(
        name="batchnorm-inference",
        title="Batch normalization, inference mode",
        inputs=(y,),
        parameters=(gamma.tensor, beta.tensor),
        constants=(mu.tensor, var.tensor, epsilon.tensor),
        steps=(s.tensor, yhat, z),
    )
