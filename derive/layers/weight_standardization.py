"""Weight standardization (Qiao et al. 2019), with the gain of Brock, De and Smith 2021."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Matrix, Scalar, Size, Vector, define, mean, sqrt
from derive.layers.program import Layer


@cache
def weight_standardization() -> Layer:
    """The forward program v -> mu -> var -> s -> vhat -> w: each of O rows of I weights with its own statistics."""
    o, i = Index("o", Size("O")), Index("i", Size("I"))
    v = Matrix("v", o.size, i.size)
    gain = Vector("gain", o.size, latex=r"\gamma")
    epsilon = Scalar("epsilon", nonnegative=True)

    mu = define("mu", mean(v[o, i], i), o)
    var = define("var", mean((v[o, i] - mu[o]) ** 2, i), o, latex=r"\sigma^2")
    s = define("s", sqrt(var[o] + epsilon), o)
    vhat = define("vhat", (v[o, i] - mu[o]) / s[o], o, i)
    w = define("w", gain[o] * vhat[o, i], o, i)

    return Layer(
        name="weight-standardization",
        title="Weight standardization",
        inputs=(v,),
        parameters=(gain,),
        constants=(epsilon.tensor,),
        steps=(mu, var, s, vhat, w),
    )
