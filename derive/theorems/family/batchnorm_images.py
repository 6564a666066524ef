"""Batch normalization of images: batch normalization of one feature, with m = N H W."""

from derive.language import Derivative, Scalar, Sum, Vector
from derive.layers import batchnorm2d
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

bn = batchnorm2d()
n, c, h, w = bn.xhat.definition.indices
g, gamma, x, xhat, s = bn.gradient, bn.gamma, bn.x, bn.xhat, bn.s
channel = Rows(bn, rows=(c,), over=(n, h, w), hat=xhat, s=s[c], upstream=gamma[c] * g[n, c, h, w])

SOURCE = "Ioffe and Szegedy 2015, Section 3.2"


@statement("batchnorm2d-gradient", layer=bn, source=SOURCE)
def batchnorm2d_gradient() -> Derivation:
    """The gradient through batch normalization of images: m is the number of samples times the number of places."""
    plain = Rows(bn, rows=(c,), over=(n, h, w), hat=xhat, s=s[c], upstream=g[n, c, h, w])
    along = plain.product(plain.upstream, plain.xhat)
    inside = n.size * g[n, c, h, w] - plain.total(g[n, c, h, w]) - xhat[n, c, h, w] * along
    by_samples = gamma[c] / (n.size * s[c]) * inside
    return (
        channel.gradient()
        .eq(gamma[c] * plain.textbook, "gamma is the same for the whole channel")
        .but_not(channel.v.equals(by_samples), "with the number of samples for m")
    )


@statement("batchnorm2d-weight", layer=bn, source=SOURCE)
def batchnorm2d_weight() -> Derivation:
    """The gradient of a channel's weight."""
    return Derivation(Derivative(bn.loss, gamma[c])).eq(Sum(g[n, c, h, w] * xhat[n, c, h, w], n, h, w))


@statement("batchnorm2d-bias", layer=bn, source=SOURCE)
def batchnorm2d_bias() -> Derivation:
    """The gradient of a channel's bias."""
    return Derivation(Derivative(bn.loss, bn.beta[c])).eq(Sum(g[n, c, h, w], n, h, w))


@statement("batchnorm2d-norm", layer=bn, source="the analogue of Santurkar et al. 2018, Theorem 4.1")
def batchnorm2d_norm() -> Derivation:
    """The norm of the gradient of a channel, for every epsilon."""
    return channel.norm()


@statement("batchnorm2d-sum", layer=bn)
def batchnorm2d_sum() -> Derivation:
    """The gradient of a channel sums to zero, for every epsilon."""
    return channel.sums_to_zero()


@statement("batchnorm2d-orthogonal", layer=bn)
def batchnorm2d_orthogonal() -> Derivation:
    """The gradient of a channel is orthogonal to the normalized channel at epsilon = 0, and almost above."""
    return channel.orthogonal()


@statement("batchnorm2d-shift", layer=bn)
def batchnorm2d_shift() -> Derivation:
    """A shift of a channel changes nothing, whatever epsilon is: a bias before the layer has no effect."""
    return channel.shifted(Vector("c'", c.size)[c])


@statement("batchnorm2d-scale", layer=bn)
def batchnorm2d_scale() -> Derivation:
    """Scaling the input by k > 0 is the same as dividing epsilon by k^2."""
    return channel.scaled(Scalar("k", positive=True))
