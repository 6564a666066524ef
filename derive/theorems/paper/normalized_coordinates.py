"""What normalizing does to the sums over a batch: yhat has mean 0, and mean square var / (var + epsilon)."""

from derive.language import Sum, squared_norm
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k = bn.indices("b k")
m = b.size


@statement("yhat-mean", layer=bn, source="Santurkar et al. 2018, Section C.1")
def yhat_mean() -> Derivation:
    """Normalized activations sum to zero."""
    return (
        Derivation(Sum(bn.yhat[b], b))
        .eq(Sum(bn.y[b] - bn.mu, b) / bn.s, "s is the same for all b")
        .eq((Sum(bn.y[b], b) - m * bn.mu) / bn.s, "mu is the same for all b")
        .eq(0, "mu is the mean")
    )


@statement("yhat-norm", layer=bn, source="Santurkar et al. 2018, Section C.1, there for epsilon = 0")
def yhat_norm() -> Derivation:
    """The squared norm of the normalized activations is m at epsilon = 0, and less above."""
    norm = squared_norm(bn.yhat, b)
    return (
        Derivation(norm)
        .eq(Sum((bn.y[b] - bn.mu) ** 2, b) / bn.s**2, "s is the same for all b")
        .eq(m * bn.var / bn.s**2, "var is the mean square")
        .eq(m * (1 - bn.epsilon / bn.s**2), "var = s^2 - epsilon")
    )
