"""Softmax, log-softmax and cross-entropy: rows divided by a sum of exponentials."""

from derive.gradients import tangents
from derive.language import Delta, Derivative, Eq, Index, Sum, Vector
from derive.layers import cross_entropy, log_softmax, softmax
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

soft, logs, entropy = softmax(), log_softmax(), cross_entropy()
n, k = soft.p.definition.indices
j, other = Index("k'", k.size), Index("n'", n.size)
x, p, target = soft.x, soft.p, entropy.target
one = Eq(Sum(target[n, k], k), 1)

SOURCE = "Bridle 1990"


@statement("softmax-jacobian", layer=soft, source=SOURCE)
def softmax_jacobian() -> Derivation:
    """The Jacobian of softmax: p on the diagonal, less the products."""
    return (
        Derivation(Derivative(p[n, k], x[other, j]))
        .eq(Delta(n, other) * p[n, k] * (Delta(k, j) - p[n, j]), "quotient rule")
        .but_not(
            Derivative(p[n, k], x[other, j]).equals(Delta(n, other) * Delta(k, j) * p[n, k] * (1 - p[n, k])),
            "the diagonal alone",
        )
    )


@statement("softmax-gradient", layer=soft, source=SOURCE)
def softmax_gradient() -> Derivation:
    """The gradient through softmax: the upstream gradient less its mean under p."""
    g = soft.gradient
    return (
        Derivation(Derivative(soft.loss, x[n, k]))
        .eq(p[n, k] * (g[n, k] - Sum(g[n, j] * p[n, j], j)), "the Jacobian")
        .but_not(Derivative(soft.loss, x[n, k]).equals(p[n, k] * (g[n, k] - Sum(g[n, j], j))), "without p in the sum")
    )


@statement("softmax-sum", layer=soft)
def softmax_sum() -> Derivation:
    """The gradient through softmax sums to zero over a row."""
    return Derivation(Sum(Derivative(soft.loss, x[n, k]), k)).eq(0, "the probabilities sum to 1")


@statement("softmax-shift", layer=soft)
def softmax_shift() -> Derivation:
    """A shift of a row changes nothing; that is why its largest logit may be subtracted."""
    moved = soft.at(x=((n, k), x[n, k] + Vector("c", n.size)[n]))
    scaled = soft.at(mark="''", x=((n, k), 2 * x[n, k]))
    return (
        Derivation(moved.p[n, k])
        .eq(p[n, k], "exp(c) cancels")
        .but_not(scaled.p[n, k].equals(p[n, k]), "a factor does change the output")
    )


@statement("log-softmax-gradient", layer=logs, source=SOURCE)
def log_softmax_gradient() -> Derivation:
    """The gradient through log-softmax."""
    g = logs.gradient
    return Derivation(Derivative(logs.loss, x[n, k])).eq(
        g[n, k] - p[n, k] * Sum(g[n, j], j), "the gradient of log total is p"
    )


@statement("log-softmax-jacobian", layer=logs, source=SOURCE)
def log_softmax_jacobian() -> Derivation:
    """The Jacobian of log-softmax."""
    return Derivation(Derivative(logs.z[n, k], x[other, j])).eq(Delta(n, other) * (Delta(k, j) - p[n, j]))


@statement("cross-entropy-gradient", layer=entropy, source=SOURCE)
def cross_entropy_gradient() -> Derivation:
    """The gradient of the mean cross-entropy is p - target over N, if the target sums to 1."""
    by = Derivative(entropy.z, x[n, k])
    return (
        Derivation(by, given=one)
        .eq((p[n, k] * Sum(target[n, j], j) - target[n, k]) / n.size, "for any target")
        .eq((p[n, k] - target[n, k]) / n.size, "the target sums to 1")
        .but_not(Eq(by, (p[n, k] - target[n, k]) / n.size), "for a target of any sum")
    )


@statement("cross-entropy-hessian", layer=entropy, source=SOURCE)
def cross_entropy_hessian() -> Derivation:
    """The Hessian of cross-entropy does not depend on the target."""
    return Derivation(Derivative(Derivative(entropy.z, x[n, k]), x[other, j]), given=one).eq(
        Delta(n, other) * p[n, k] * (Delta(k, j) - p[n, j]) / n.size, "the Jacobian of softmax"
    )


@statement("cross-entropy-convex", layer=soft, source=SOURCE)
def cross_entropy_convex() -> Derivation:
    """The Jacobian of softmax is positive semidefinite, so cross-entropy is convex in the logits."""
    t = Vector("t", k.size)
    mean = Sum(p[n, k] * t[k], k)
    spread = Sum(p[n, k] * (t[k] - Sum(p[n, j] * t[j], j)) ** 2, k)
    return (
        Derivation(Sum(p[n, k] * t[k] ** 2, k) - mean**2)
        .eq(spread, "a variance under p")
        .ge(0, "of squares with positive weights", certificate=spread)
    )


@statement("softmax-hvp", layer=soft)
def softmax_hvp() -> Derivation:
    """The Hessian through softmax along a tangent, for any loss."""
    g, second = soft.gradient, soft.second
    step = tangents(soft, x)
    xdot, pdot = step[x], step[p]
    row = Index("n''", n.size)
    moved = Sum(second[n, k, other, j] * pdot[other, j], j, other)
    along = Sum(p[n, j] * Sum(second[n, j, other, k] * pdot[other, k], k, other), j)
    product = Derivative(Derivative(soft.loss, x[n, k]), x[row, j]) * xdot[row, j]
    mean = Sum(g[n, j] * p[n, j], j)
    return Derivation(Sum(product, j, row)).eq(
        pdot[n, k] * (g[n, k] - mean) + p[n, k] * (moved - along - Sum(g[n, j] * pdot[n, j], j)), "product rule"
    )
