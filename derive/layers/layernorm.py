"""Layer normalization over the last axis (Ba, Kiros and Hinton 2016), as torch.nn.LayerNorm computes it."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Matrix, Scalar, Size, Vector, define, mean, sqrt
from derive.layers.program import Layer


@cache
def layernorm() -> Layer:
    """The forward program x -> mu -> var -> s -> xhat -> z: each of N rows with its own statistics, D weights."""
    n, d = Index("n", Size("N")), Index("d", Size("D"))
    x = Matrix("x", n.size, d.size)
    gamma, beta = Vector("gamma", d.size), Vector("beta", d.size)
    epsilon = Scalar("epsilon", nonnegative=True)

    mu = define("mu", mean(x[n, d], d), n)
    var = define("var", mean((x[n, d] - mu[n]) ** 2, d), n, latex=r"\sigma^2")
    s = define("s", sqrt(var[n] + epsilon), n)
    xhat = define("xhat", (x[n, d] - mu[n]) / s[n], n, d)
    z = define("z", gamma[d] * xhat[n, d] + beta[d], n, d)

    return Layer(
        name="layernorm",
        title="Layer normalization",
        inputs=(x,),
        parameters=(gamma, beta),
        constants=(epsilon.tensor,),
        steps=(mu, var, s, xhat, z),
    )
