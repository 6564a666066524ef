"""Weight normalization: each filter by its length."""

from derive.language import Delta, Derivative, Index, Sum, Vector
from derive.layers import weightnorm
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

wn = weightnorm()
o, i = wn.vhat.definition.indices
k, other = Index("i'", i.size), Index("o'", o.size)
g, gain, v, vhat, r = wn.gradient, wn.gain, wn.v, wn.vhat, wn.r
row = Rows(wn, rows=(o,), over=(i,), hat=vhat, s=r[o], upstream=gain[o] * g[o, i], centred=False, length=True)

SOURCE = "Salimans and Kingma 2016, equation 3"


@statement("weightnorm-gain", layer=wn, source=SOURCE)
def weightnorm_gain() -> Derivation:
    """The gradient of a filter's length."""
    return Derivation(Derivative(wn.loss, gain[o])).eq(Sum(g[o, i] * v[o, i], i) / r[o], "w = gain v / |v|")


@statement("weightnorm-gradient", layer=wn, source=SOURCE)
def weightnorm_gradient() -> Derivation:
    """The gradient by the direction, with the gradient of the length in it as the paper has it."""
    return (
        row.gradient()
        .eq(gain[o] / r[o] * (g[o, i] - vhat[o, i] * Sum(g[o, k] * vhat[o, k], k)))
        .eq(
            gain[o] / r[o] * g[o, i] - gain[o] / r[o] ** 2 * Derivative(wn.loss, gain[o]) * v[o, i],
            "the gradient of the gain",
        )
    )


@statement("weightnorm-jacobian", layer=wn, source=SOURCE)
def weightnorm_jacobian() -> Derivation:
    """The Jacobian: a projection away from the filter, over its length."""
    inside = Delta(i, k) - vhat[o, i] * vhat[o, k]
    return Derivation(Derivative(wn.w[o, i], v[other, k])).eq(Delta(o, other) * gain[o] / r[o] * inside)


@statement("weightnorm-norm", layer=wn, source="the analogue of Santurkar et al. 2018, Theorem 4.1")
def weightnorm_norm() -> Derivation:
    """The norm of the gradient of a filter."""
    return row.norm()


@statement("weightnorm-curvature", layer=wn, source="the analogue of Santurkar et al. 2018, Theorem 4.2")
def weightnorm_curvature() -> Derivation:
    """The Hessian of the loss along any tangent."""
    return row.curvature()


@statement("weightnorm-orthogonal", layer=wn, source=SOURCE)
def weightnorm_orthogonal() -> Derivation:
    """The gradient of a filter is orthogonal to the filter: its length can only grow under gradient descent."""
    return row.orthogonal()


@statement("weightnorm-scale", layer=wn, source=SOURCE)
def weightnorm_scale() -> Derivation:
    """Each filter may be scaled by its own positive number."""
    return row.scaled(Vector("k", o.size, positive=True)[o])
