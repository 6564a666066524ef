"""Batch normalization with frozen statistics: an affine map, with none of the facts of training mode."""

from derive.language import Delta, Derivative, Sum, squared_norm
from derive.layers import batchnorm_inference
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm_inference()
b, k = bn.indices("b k")
L, g, y, yhat, gamma, s = bn.loss, bn.gradient, bn.y, bn.yhat, bn.gamma, bn.s

SOURCE = "Ioffe and Szegedy 2015, Algorithm 2"


@statement("batchnorm-inference-gradient", layer=bn, source=SOURCE)
def batchnorm_inference_gradient() -> Derivation:
    """The gradient in inference: nothing is projected out."""
    training = gamma / (bn.y.sizes[0] * s) * (bn.y.sizes[0] * g[b] - Sum(g[k], k) - yhat[b] * Sum(g[k] * yhat[k], k))
    return (
        Derivation(Derivative(L, y[b]))
        .eq(gamma / s * g[b], "the statistics are constants")
        .but_not(Derivative(L, y[b]).equals(training), "the gradient of training mode")
    )


@statement("batchnorm-inference-weight", layer=bn, source=SOURCE)
def batchnorm_inference_weight() -> Derivation:
    """The gradient of the scale."""
    return Derivation(Derivative(L, gamma)).eq(Sum(g[k] * yhat[k], k), "z = gamma yhat + beta")


@statement("batchnorm-inference-jacobian", layer=bn, source=SOURCE)
def batchnorm_inference_jacobian() -> Derivation:
    """The Jacobian in inference is diagonal: samples do not meet."""
    return Derivation(Derivative(bn.z[b], y[k])).eq(gamma / s * Delta(b, k))


@statement("batchnorm-inference-hessian", layer=bn)
def batchnorm_inference_hessian() -> Derivation:
    """The Hessian in inference: that of the loss, rescaled."""
    return Derivation(Derivative(Derivative(L, y[b]), y[k])).eq(gamma**2 / s**2 * bn.second[b, k])


@statement("batchnorm-inference-norm", layer=bn)
def batchnorm_inference_norm() -> Derivation:
    """The norm of the gradient in inference: the terms that Theorem 4.1 subtracts are not there."""
    return Derivation(squared_norm(Derivative(L, y[b]), b)).eq(gamma**2 / s**2 * squared_norm(g, b))
