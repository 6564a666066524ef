"""Batch normalization by L1, by Lp and by the largest distance: the same facts with other directions.

Where r is the size of the centred batch u, the derivative of r by u[b] takes the place of yhat[b]: the sign of
yhat[b] for L1, |yhat|^p / yhat for Lp, the mark of the farthest activation for the largest distance.
"""

from derive.language import Abs, Derivative, Scalar, Sum, Term, sign, squared_norm
from derive.layers import Layer, l1_batchnorm, linf_batchnorm, lp_batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

l1, lp, linf = l1_batchnorm(), lp_batchnorm(), linf_batchnorm()
b, k = l1.indices("b k")
m = b.size
y, gamma = l1.y, l1.gamma
positive = Scalar("c", positive=True)

SOURCE = "Santurkar et al. 2018, Section 3.3"


def projected(layer: Layer, direction: Term, total: Term) -> Term:
    """The gradient of a batch that is divided by r, where `direction` is m times dr/du[b] and `total` is its sum."""
    g, yhat = layer.gradient, layer.yhat
    along = Sum(g[k] * yhat[k], k)
    return gamma / layer.r * (g[b] - Sum(g[k], k) / m - along / m * (direction - total / m))


def gradient(layer: Layer) -> Derivation:
    return Derivation(Derivative(layer.loss, y[b]))


@statement("l1-batchnorm-gradient", layer=l1, source=SOURCE)
def l1_batchnorm_gradient() -> Derivation:
    """The gradient through L1 normalization, where no activation is the mean."""
    signs = sign(l1.yhat[b])
    inside = l1.gradient[b] - Sum(l1.gradient[k], k) / m - l1.yhat[b] * Sum(l1.gradient[k] * l1.yhat[k], k) / m
    return (
        gradient(l1)
        .eq(projected(l1, signs, Sum(sign(l1.yhat[k]), k)), "the derivative of |u| is its sign")
        .but_not(Derivative(l1.loss, y[b]).equals(gamma / l1.r * inside), "with yhat as in batch normalization")
    )


@statement("l1-batchnorm-size", layer=l1, source=SOURCE)
def l1_batchnorm_size() -> Derivation:
    """The normalized activations are 1 away from 0 on the average."""
    return Derivation(Sum(Abs(l1.yhat[k]), k) / m).eq(1, "the definition of r")


@statement("l1-batchnorm-norm", layer=l1, source="the analogue of Santurkar et al. 2018, Theorem 4.1")
def l1_batchnorm_norm() -> Derivation:
    """The norm of the gradient through L1 normalization."""
    g, yhat = l1.gradient, l1.yhat
    along, signs = Sum(g[k] * yhat[k], k), Sum(sign(yhat[k]), k)
    cross = Sum(g[k] * sign(yhat[k]), k) - Sum(g[k], k) * signs / m
    inside = squared_norm(g, k) - Sum(g[k], k) ** 2 / m - 2 * along / m * cross + along**2 / m * (1 - signs**2 / m**2)
    return Derivation(squared_norm(Derivative(l1.loss, y[b]), b)).eq(
        gamma**2 / l1.r**2 * inside, "squares of signs are 1"
    )


@statement("l1-batchnorm-orthogonal", layer=l1)
def l1_batchnorm_orthogonal() -> Derivation:
    """The gradient is orthogonal to the normalized activations: there is no epsilon."""
    return Derivation(Sum(Derivative(l1.loss, y[b]) * l1.yhat[b], b)).eq(0, "r grows along")


@statement("l1-batchnorm-scale", layer=l1)
def l1_batchnorm_scale() -> Derivation:
    """L1 normalization does not feel a positive factor, nor a shift."""
    moved = l1.at(y=(b, positive * y[b] + Scalar("a")))
    return Derivation(moved.z[b]).eq(l1.z[b], "u and r grow along")


@statement("lp-batchnorm-gradient", layer=lp, source=SOURCE)
def lp_batchnorm_gradient() -> Derivation:
    """The gradient through Lp normalization, for every p > 0, where no activation is the mean."""
    direction, total = lp.a[b] / (lp.moment * lp.yhat[b]), Sum(lp.a[k] / (lp.moment * lp.yhat[k]), k)
    return gradient(lp).eq(projected(lp, direction, total), "the derivative of |u|^p is p |u|^p / u")


@statement("lp-batchnorm-orthogonal", layer=lp)
def lp_batchnorm_orthogonal() -> Derivation:
    """The gradient is orthogonal to the normalized activations, for every p."""
    return Derivation(Sum(Derivative(lp.loss, y[b]) * lp.yhat[b], b)).eq(0, "r grows along")


@statement("linf-batchnorm-gradient", layer=linf, source=SOURCE)
def linf_batchnorm_gradient() -> Derivation:
    """The gradient through division by the largest distance, where one activation alone has it."""
    return gradient(linf).eq(
        projected(linf, m * linf.top[b], m * Sum(linf.top[k], k)), "only the farthest activation moves r"
    )


@statement("linf-batchnorm-orthogonal", layer=linf)
def linf_batchnorm_orthogonal() -> Derivation:
    """The gradient is orthogonal to the normalized activations."""
    return Derivation(Sum(Derivative(linf.loss, y[b]) * linf.yhat[b], b)).eq(0, "r grows along")


@statement("linf-batchnorm-scale", layer=linf)
def linf_batchnorm_scale() -> Derivation:
    """Division by the largest distance does not feel a positive factor, nor a shift."""
    moved = linf.at(y=(b, positive * y[b] + Scalar("a")))
    return Derivation(moved.z[b]).eq(linf.z[b], "u and r grow along")
