"""What batch normalization does not see: the mean and, at epsilon = 0, the length of its input."""

from derive.language import Derivative, Eq, Scalar, Sum, Vector, define, inner
from derive.layers import batchnorm
from derive.layers.linear_batchnorm import linear_batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k, j = bn.indices("b k j")
m = b.size
L, g, y, yhat, mu, s, z = bn.loss, bn.gradient, bn.y, bn.yhat, bn.mu, bn.s, bn.z
gamma, epsilon = bn.gamma, bn.epsilon

factor, shift = Scalar("a", positive=True), Scalar("c")
FLAT = Eq(epsilon, 0)

scaled = bn.at(y=define("y'", factor * y[b] + shift, b))
"""The layer at the batch a y + c."""

turned = bn.at(y=(b, -factor * y[b] + shift))
"""The layer at the batch -a y + c."""

v = Derivative(L, y[b])
along = inner(g, yhat, b)


@statement("scale-invariance", layer=bn, source="the remark before Santurkar et al. 2018, Lemma 4.5")
def scale_invariance() -> Derivation:
    """At epsilon = 0 the layer sees neither a shift of its batch nor a positive factor."""
    return (
        Derivation(scaled.yhat[b], given=FLAT)
        .eq((factor * y[b] - factor * mu) / scaled.s, "the shift moves the mean with the batch")
        .eq((factor * y[b] - factor * mu) / (factor * s), "the deviation is |a| s, and a > 0")
        .eq(yhat[b], "a cancels")
        .but_not(Eq(scaled.yhat[b], yhat[b]), "for every epsilon")
        .but_not(Eq(turned.yhat[b], yhat[b]).given(FLAT), "for a negative factor -a: the signs are flipped")
    )


@statement("scale-invariance-sign", layer=bn)
def scale_invariance_sign() -> Derivation:
    """At epsilon = 0 a negative factor flips the sign of the normalized activations."""
    return (
        Derivation(turned.yhat[b], given=FLAT)
        .eq((-factor * y[b] + factor * mu) / (factor * s), "the deviation is |-a| s")
        .eq(-yhat[b], "a cancels, and leaves its sign")
    )


@statement("scale-equivariance", layer=bn)
def scale_equivariance() -> Derivation:
    """For every epsilon, to scale the batch by a > 0 and shift it is to divide epsilon by a^2."""
    rescaled = bn.at(epsilon=epsilon / factor**2, mark="''")
    return (
        Derivation(scaled.z[b])
        .eq(gamma * factor * (y[b] - mu) / scaled.s + bn.beta, "the shift moves the mean with the batch")
        .eq(gamma * (y[b] - mu) / rescaled.s + bn.beta, "(s')^2 = a^2 var + epsilon = a^2 (var + epsilon / a^2)")
        .eq(rescaled.z[b], "the definition of the layer")
        .but_not(Eq(scaled.z[b], bn.at(epsilon=epsilon / factor, mark="''").z[b]), "with epsilon / a")
    )


@statement("scale-gradient", layer=bn)
def scale_gradient() -> Derivation:
    """At epsilon = 0 the gradient for the same upstream gradient falls as 1/a, where the batch grows as a."""
    u = Vector("u", m)
    return (
        Derivation(Derivative(inner(u, scaled.z, j), scaled.y[b]), given=FLAT)
        .eq(gamma / scaled.s * (u[b] - Sum(u[j], j) / m - scaled.yhat[b] * inner(u, scaled.yhat, j) / m), "Fact C.1")
        .eq(gamma / (factor * s) * (u[b] - Sum(u[j], j) / m - yhat[b] * inner(u, yhat, j) / m), "scale invariance")
        .eq(Derivative(inner(u, z, j), y[b]) / factor, "Fact C.1")
    )


@statement("gradient-along-ones", layer=bn)
def gradient_along_ones() -> Derivation:
    """The gradient sums to zero: a common shift of the batch changes nothing."""
    return (
        Derivation(Sum(v, b))
        .eq(gamma / s * (Sum(g[b], b) - Sum(g[k], k) - Sum(yhat[b], b) * along / m), "Fact C.1")
        .eq(0, "yhat sums to zero")
    )


@statement("gradient-along-yhat", layer=bn)
def gradient_along_yhat() -> Derivation:
    """What the gradient has along the normalized activations vanishes with epsilon."""
    return (
        Derivation(inner(v, yhat, b))
        .eq(gamma / s * (along - Sum(yhat[b] ** 2, b) * along / m), "Fact C.1, and yhat sums to zero")
        .eq(gamma * epsilon / s**3 * along, "|yhat|^2 = m (1 - epsilon / s^2)")
        .but_not(Eq(inner(v, yhat, b), 0), "as orthogonal for every epsilon")
    )


@statement("gradient-along-batch", layer=bn)
def gradient_along_batch() -> Derivation:
    """The batch and its gradient are orthogonal at epsilon = 0, and nearly so above."""
    return (
        Derivation(inner(y[b], v, b))
        .eq(Sum((y[b] - mu) * v, b), "the gradient sums to zero")
        .eq(s * inner(yhat[b], v, b), "the definition of yhat")
        .eq(gamma * epsilon / s**2 * along, "what the gradient has along yhat")
        .but_not(Eq(inner(y[b], v, b), 0), "as orthogonal for every epsilon")
    )


linear = linear_batchnorm()
(i,) = linear.indices("i", of=linear.W)


@statement("weight-scale", layer=linear, source="Santurkar et al. 2018, what Lemma 4.5 rests on")
def weight_scale() -> Derivation:
    """At epsilon = 0 weights and their positive multiples give the same output, for every input."""
    longer = linear.at(W=(i, factor * linear.W[i]))
    shorter = linear.at(W=(i, -factor * linear.W[i]))
    (row,) = linear.indices("b", of=linear.yhat)
    return (
        Derivation(longer.yhat[row], given=Eq(linear.epsilon, 0))
        .eq(linear.yhat[row], "X (a W) = a X W, and the layer does not see a")
        .but_not(Eq(shorter.yhat[row], linear.yhat[row]).given(Eq(linear.epsilon, 0)), "for a negative multiple")
    )


@statement("weight-gradient", layer=linear)
def weight_gradient() -> Derivation:
    """The weights and their gradient are orthogonal at epsilon = 0; this is what is left above."""
    (row,) = linear.indices("b", of=linear.yhat)
    W, loss = linear.W, linear.loss
    return (
        Derivation(Sum(W[i] * Derivative(loss, W[i]), i))
        .eq(Sum(W[i] * Sum(linear.X[row, i] * Derivative(loss, linear.y[row]), row), i), "y = X W")
        .eq(inner(linear.y[row], Derivative(loss, linear.y[row]), row), "the sum over the weights is X W")
        .eq(
            linear.gamma * linear.epsilon / linear.s**2 * inner(linear.gradient, linear.yhat, row),
            "what the gradient has along the batch",
        )
        .but_not(Eq(Sum(W[i] * Derivative(loss, W[i]), i), 0), "as orthogonal for every epsilon")
    )
