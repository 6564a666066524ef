"""Layer normalization: each row of features by its own mean and deviation, with one weight per feature."""

from derive.language import Delta, Derivative, Index, Scalar, Sum, Vector
from derive.layers import layernorm
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

ln = layernorm()
n, d = Index("n", ln.x.sizes[0]), Index("d", ln.x.sizes[1])
e, other = Index("d'", d.size), Index("n'", n.size)
g, gamma, xhat, s = ln.gradient, ln.gamma, ln.xhat, ln.s
row = Rows(ln, rows=(n,), over=(d,), hat=xhat, s=s[n], upstream=gamma[d] * g[n, d])

SOURCE = "Ba, Kiros and Hinton 2016"


@statement("layernorm-gradient", layer=ln, source=SOURCE)
def layernorm_gradient() -> Derivation:
    """The gradient through layer normalization: the weights stay inside the sums."""
    outside = (
        gamma[d] / (d.size * s[n]) * (d.size * g[n, d] - Sum(g[n, e], e) - xhat[n, d] * Sum(g[n, e] * xhat[n, e], e))
    )
    return row.gradient().but_not(row.v.equals(outside), "gamma pulled out of the sums, as in batch normalization")


@statement("layernorm-weight", layer=ln, source=SOURCE)
def layernorm_weight() -> Derivation:
    """The gradient of the weights: a sum over the rows, not over the features."""
    return Derivation(Derivative(ln.loss, gamma[d])).eq(Sum(g[n, d] * xhat[n, d], n), "z = gamma xhat + beta")


@statement("layernorm-bias", layer=ln, source=SOURCE)
def layernorm_bias() -> Derivation:
    """The gradient of the biases."""
    return Derivation(Derivative(ln.loss, ln.beta[d])).eq(Sum(g[n, d], n), "z = gamma xhat + beta")


@statement("layernorm-jacobian", layer=ln, source=SOURCE)
def layernorm_jacobian() -> Derivation:
    """The Jacobian: Fact C.2 for each row, and rows do not meet."""
    by = Derivative(xhat[n, d], ln.x[other, e])
    inside = Delta(d, e) - 1 / d.size - xhat[n, d] * xhat[n, e] / d.size
    return Derivation(by).eq(Delta(n, other) / s[n] * inside, "Fact C.2")


@statement("layernorm-norm", layer=ln, source="the analogue of Santurkar et al. 2018, Theorem 4.1")
def layernorm_norm() -> Derivation:
    """The norm of the gradient of a row, for every epsilon."""
    return row.norm()


@statement("layernorm-curvature", layer=ln, source="the analogue of Santurkar et al. 2018, Theorem 4.2")
def layernorm_curvature() -> Derivation:
    """The Hessian of the loss along any tangent, for every epsilon."""
    return row.curvature()


@statement("layernorm-sum", layer=ln)
def layernorm_sum() -> Derivation:
    """The gradient of a row sums to zero, for every epsilon."""
    return row.sums_to_zero()


@statement("layernorm-orthogonal", layer=ln)
def layernorm_orthogonal() -> Derivation:
    """The gradient of a row is orthogonal to the normalized row at epsilon = 0, and almost above."""
    return row.orthogonal().but_not(row.product(row.v, row.xhat).equals(0), "as if epsilon were 0")


@statement("layernorm-shift", layer=ln)
def layernorm_shift() -> Derivation:
    """A shift of a row changes nothing, whatever epsilon is."""
    by_feature = ln.at(x=((n, d), ln.x[n, d] + Vector("c", d.size)[d]))
    return row.shifted(Vector("c", n.size)[n]).but_not(
        by_feature.z[n, d].equals(ln.z[n, d]), "a shift of every row by the same vector does"
    )


@statement("layernorm-scale", layer=ln)
def layernorm_scale() -> Derivation:
    """Scaling the input by k > 0 is the same as dividing epsilon by k^2."""
    k = Scalar("k", positive=True)
    larger = ln.at(x=((n, d), k * ln.x[n, d]))
    return row.scaled(k).but_not(larger.z[n, d].equals(ln.z[n, d]), "it does change the output if epsilon stays")


@statement("layernorm-scale-invariance", layer=ln)
def layernorm_scale_invariance() -> Derivation:
    """At epsilon = 0 each row may be scaled by its own positive number."""
    return row.scaled_without_epsilon(Vector("k", n.size, positive=True)[n])
