"""Instance normalization: every channel of every sample by its own mean and deviation."""

from derive.language import Derivative, Matrix, Scalar, Sum
from derive.layers import instancenorm
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

inorm = instancenorm()
n, c, l = inorm.xhat.definition.indices
g, gamma, x, xhat, s = inorm.gradient, inorm.gamma, inorm.x, inorm.xhat, inorm.s
channel = Rows(inorm, rows=(n, c), over=(l,), hat=xhat, s=s[n, c], upstream=gamma[c] * g[n, c, l])

SOURCE = "Ulyanov, Vedaldi and Lempitsky 2016"


@statement("instancenorm-gradient", layer=inorm, source=SOURCE)
def instancenorm_gradient() -> Derivation:
    """The gradient through instance normalization: a channel has one weight, so it does come out of the sums."""
    plain = Rows(inorm, rows=(n, c), over=(l,), hat=xhat, s=s[n, c], upstream=g[n, c, l])
    return channel.gradient().eq(gamma[c] * plain.textbook, "gamma is the same for the whole channel")


@statement("instancenorm-weight", layer=inorm, source=SOURCE)
def instancenorm_weight() -> Derivation:
    """The gradient of a channel's weight: a sum over the samples, too."""
    return (
        Derivation(Derivative(inorm.loss, gamma[c]))
        .eq(Sum(g[n, c, l] * xhat[n, c, l], n, l), "the weight is shared by the samples")
        .but_not(
            Derivative(inorm.loss, gamma[c]).equals(Sum(g[n, c, l] * xhat[n, c, l], l)), "for each sample by itself"
        )
    )


@statement("instancenorm-bias", layer=inorm, source=SOURCE)
def instancenorm_bias() -> Derivation:
    """The gradient of a channel's bias."""
    return Derivation(Derivative(inorm.loss, inorm.beta[c])).eq(Sum(g[n, c, l], n, l))


@statement("instancenorm-norm", layer=inorm, source="the analogue of Santurkar et al. 2018, Theorem 4.1")
def instancenorm_norm() -> Derivation:
    """The norm of the gradient of a channel, for every epsilon."""
    return channel.norm()


@statement("instancenorm-sum", layer=inorm)
def instancenorm_sum() -> Derivation:
    """The gradient of a channel sums to zero, for every epsilon."""
    return channel.sums_to_zero()


@statement("instancenorm-orthogonal", layer=inorm)
def instancenorm_orthogonal() -> Derivation:
    """The gradient of a channel is orthogonal to the normalized channel at epsilon = 0, and almost above."""
    return channel.orthogonal()


@statement("instancenorm-shift", layer=inorm)
def instancenorm_shift() -> Derivation:
    """A shift of a channel changes nothing, whatever epsilon is."""
    return channel.shifted(Matrix("c'", n.size, c.size)[n, c])


@statement("instancenorm-scale", layer=inorm)
def instancenorm_scale() -> Derivation:
    """Scaling the input by k > 0 is the same as dividing epsilon by k^2."""
    return channel.scaled(Scalar("k", positive=True))
