"""Root mean square normalization (Zhang and Sennrich 2019), as torch.nn.RMSNorm computes it."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Matrix, Scalar, Size, Vector, define, mean, sqrt
from derive.layers.program import Layer


@cache
def rmsnorm() -> Layer:
    """The forward program x -> s -> xhat -> z: each of N rows by its own root mean square, D weights, no mean."""
    n, d = Index("n", Size("N")), Index("d", Size("D"))
    x = Matrix("x", n.size, d.size)
    gamma = Vector("gamma", d.size)
    epsilon = Scalar("epsilon", nonnegative=True)

    s = define("s", sqrt(mean(x[n, d] ** 2, d) + epsilon), n)
    xhat = define("xhat", x[n, d] / s[n], n, d)
    z = define("z", gamma[d] * xhat[n, d], n, d)

    return Layer(
        name="rmsnorm",
        title="Root mean square normalization",
        inputs=(x,),
        parameters=(gamma,),
        constants=(epsilon.tensor,),
        steps=(s, xhat, z),
    )
