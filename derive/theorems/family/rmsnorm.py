"""Root mean square normalization: layer normalization without the mean."""

from derive.language import Delta, Derivative, Index, Scalar, Sum, Vector
from derive.layers import rmsnorm
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

rms = rmsnorm()
n, d = Index("n", rms.x.sizes[0]), Index("d", rms.x.sizes[1])
e, other = Index("d'", d.size), Index("n'", n.size)
g, gamma, x, xhat, s = rms.gradient, rms.gamma, rms.x, rms.xhat, rms.s
row = Rows(rms, rows=(n,), over=(d,), hat=xhat, s=s[n], upstream=gamma[d] * g[n, d], centred=False)

SOURCE = "Zhang and Sennrich 2019"


@statement("rmsnorm-gradient", layer=rms, source=SOURCE)
def rmsnorm_gradient() -> Derivation:
    """The gradient through root mean square normalization: one projection, and no mean of the gradient."""
    h = gamma[e] * g[n, e]
    inside = d.size * gamma[d] * g[n, d] - Sum(h, e) - xhat[n, d] * Sum(h * xhat[n, e], e)
    return row.gradient().but_not(row.v.equals(1 / (d.size * s[n]) * inside), "with the mean that layer norm subtracts")


@statement("rmsnorm-weight", layer=rms, source=SOURCE)
def rmsnorm_weight() -> Derivation:
    """The gradient of the weights: a sum over the rows."""
    return Derivation(Derivative(rms.loss, gamma[d])).eq(Sum(g[n, d] * xhat[n, d], n), "z = gamma xhat")


@statement("rmsnorm-jacobian", layer=rms, source=SOURCE)
def rmsnorm_jacobian() -> Derivation:
    """The Jacobian of each row."""
    inside = Delta(d, e) - xhat[n, d] * xhat[n, e] / d.size
    return Derivation(Derivative(xhat[n, d], x[other, e])).eq(Delta(n, other) / s[n] * inside, "quotient rule")


@statement("rmsnorm-square", layer=rms)
def rmsnorm_square() -> Derivation:
    """The mean square of a normalized row: 1 at epsilon = 0, and less above."""
    return Derivation(Sum(xhat[n, d] ** 2, d) / d.size).eq(1 - rms.epsilon / s[n] ** 2, "the definition of s")


@statement("rmsnorm-norm", layer=rms, source="the analogue of Santurkar et al. 2018, Theorem 4.1")
def rmsnorm_norm() -> Derivation:
    """The norm of the gradient of a row, for every epsilon."""
    return row.norm()


@statement("rmsnorm-curvature", layer=rms, source="the analogue of Santurkar et al. 2018, Theorem 4.2")
def rmsnorm_curvature() -> Derivation:
    """The Hessian of the loss along any tangent, for every epsilon."""
    return row.curvature()


@statement("rmsnorm-orthogonal", layer=rms)
def rmsnorm_orthogonal() -> Derivation:
    """The gradient of a row is orthogonal to the row at epsilon = 0; its sum need not be zero."""
    return row.orthogonal().but_not(row.total(row.v).equals(0), "the gradient sums to zero, as in layer norm")


@statement("rmsnorm-scale", layer=rms, source=SOURCE)
def rmsnorm_scale() -> Derivation:
    """Scaling the input by k > 0 is the same as dividing epsilon by k^2."""
    shifted = rms.at(x=((n, d), x[n, d] + Vector("c", n.size)[n]))
    return row.scaled(Scalar("k", positive=True)).but_not(
        shifted.z[n, d].equals(rms.z[n, d]), "a shift of a row does change the output"
    )


@statement("rmsnorm-scale-invariance", layer=rms, source=SOURCE)
def rmsnorm_scale_invariance() -> Derivation:
    """At epsilon = 0 each row may be scaled by its own positive number."""
    return row.scaled_without_epsilon(Vector("k", n.size, positive=True)[n])
