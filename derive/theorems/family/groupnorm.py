"""Group normalization: the channels and places of a group by their own mean and deviation, one weight per channel."""

from derive.language import Derivative, Matrix, Scalar, Sum
from derive.layers import groupnorm
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

gn = groupnorm()
n, q, c, l = gn.xhat.definition.indices
g, gamma, x, xhat, s = gn.gradient, gn.gamma, gn.x, gn.xhat, gn.s
group = Rows(gn, rows=(n, q), over=(c, l), hat=xhat, s=s[n, q], upstream=gamma[q, c] * g[n, q, c, l])

SOURCE = "Wu and He 2018"


@statement("groupnorm-gradient", layer=gn, source=SOURCE)
def groupnorm_gradient() -> Derivation:
    """The gradient through group normalization: a channel's weight stays inside the sums over its group."""
    plain = Rows(gn, rows=(n, q), over=(c, l), hat=xhat, s=s[n, q], upstream=g[n, q, c, l])
    return group.gradient().but_not(group.v.equals(gamma[q, c] * plain.textbook), "gamma pulled out of the sums")


@statement("groupnorm-weight", layer=gn, source=SOURCE)
def groupnorm_weight() -> Derivation:
    """The gradient of a channel's weight: a sum over the samples and the places."""
    return Derivation(Derivative(gn.loss, gamma[q, c])).eq(Sum(g[n, q, c, l] * xhat[n, q, c, l], n, l))


@statement("groupnorm-bias", layer=gn, source=SOURCE)
def groupnorm_bias() -> Derivation:
    """The gradient of a channel's bias."""
    return Derivation(Derivative(gn.loss, gn.beta[q, c])).eq(Sum(g[n, q, c, l], n, l))


@statement("groupnorm-norm", layer=gn, source="the analogue of Santurkar et al. 2018, Theorem 4.1")
def groupnorm_norm() -> Derivation:
    """The norm of the gradient of a group, for every epsilon."""
    return group.norm()


@statement("groupnorm-sum", layer=gn)
def groupnorm_sum() -> Derivation:
    """The gradient of a group sums to zero; that of a single channel need not."""
    return group.sums_to_zero().but_not(Sum(group.v, l).equals(0), "a channel by itself")


@statement("groupnorm-orthogonal", layer=gn)
def groupnorm_orthogonal() -> Derivation:
    """The gradient of a group is orthogonal to the normalized group at epsilon = 0, and almost above."""
    return group.orthogonal()


@statement("groupnorm-shift", layer=gn)
def groupnorm_shift() -> Derivation:
    """A shift of a group changes nothing, whatever epsilon is."""
    return group.shifted(Matrix("c'", n.size, q.size)[n, q])


@statement("groupnorm-scale", layer=gn)
def groupnorm_scale() -> Derivation:
    """Scaling the input by k > 0 is the same as dividing epsilon by k^2."""
    return group.scaled(Scalar("k", positive=True))
