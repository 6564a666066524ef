"""Batch normalization in training, with running statistics: what is kept for later takes no part in the gradient."""

from derive.language import Sum, Vector
from derive.layers import batchnorm_running
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

bn = batchnorm_running()
b, k = bn.indices("b k")
g, yhat, gamma, momentum = bn.gradient, bn.yhat, bn.gamma, bn.momentum
batch = Rows(bn, rows=(), over=(b,), hat=yhat, s=bn.s, upstream=gamma * g[b])

SOURCE = "torch.nn.BatchNorm1d"


@statement("batchnorm-running-gradient", layer=bn, source=SOURCE)
def batchnorm_running_gradient() -> Derivation:
    """The gradient is that of batch normalization: running statistics are not differentiated."""
    plain = Rows(bn, rows=(), over=(b,), hat=yhat, s=bn.s, upstream=g[b])
    return batch.gradient().eq(gamma * plain.textbook, "one gamma for the feature")


@statement("batchnorm-curvature", layer=bn, source="the analogue of Santurkar et al. 2018, Theorem 4.2")
def batchnorm_curvature() -> Derivation:
    """The Hessian of the loss along any tangent, for every epsilon."""
    return batch.curvature()


@statement("running-mean-update", layer=bn, source=SOURCE)
def running_mean_update() -> Derivation:
    """The running mean moves a part `momentum` of the way to the mean of the batch."""
    return (
        Derivation(bn.new_mean - bn.running_mean)
        .eq(momentum * (bn.mu - bn.running_mean), "torch weights the new mean by momentum")
        .but_not(
            (bn.new_mean - bn.running_mean).equals((1 - momentum) * (bn.mu - bn.running_mean)),
            "the convention that weights the old mean by it",
        )
    )


@statement("running-variance-update", layer=bn, source=SOURCE)
def running_variance_update() -> Derivation:
    """The running variance takes the unbiased variance, which the output does not use."""
    m = b.size
    return (
        Derivation(bn.new_var)
        .eq((1 - momentum) * bn.running_var + momentum / (m - 1) * Sum((bn.y[k] - bn.mu) ** 2, k), "m - 1, not m")
        .but_not(bn.new_var.equals((1 - momentum) * bn.running_var + momentum * bn.var), "the biased variance")
    )


@statement("batchnorm-shift", layer=bn)
def batchnorm_shift() -> Derivation:
    """A shift of the batch changes nothing; a different shift for each sample does."""
    moved = bn.at(y=(b, bn.y[b] + Vector("c", b.size)[b]))
    c = Vector("c", b.size)
    return (
        Derivation(bn.at(y=(b, bn.y[b] + Sum(c[k], k))).z[b])
        .eq(bn.z[b], "the mean moves along")
        .but_not(moved.z[b].equals(bn.z[b]), "a shift of each sample by itself")
    )
