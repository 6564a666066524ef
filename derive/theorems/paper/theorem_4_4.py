"""Theorem 4.4: the largest gradient by the weights, over all inputs X with |X| <= lambda; and what it leaves out."""

from derive.language import (
    Claim,
    Delta,
    Derivative,
    Entry,
    Eq,
    Matrix,
    Scalar,
    Size,
    Sum,
    Tensor,
    Term,
    Vector,
    define,
    indices,
    inner,
    mean,
    operator_norm_at_most,
    sqrt,
    squared_norm,
)
from derive.layers import batchnorm
from derive.maxima import Maximum
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k, j = bn.indices("b k j")
m, d = b.size, Size("d")
(i,) = indices("i", d)
L, g, y, yhat, s, gamma, epsilon = bn.loss, bn.gradient, bn.y, bn.yhat, bn.s, bn.gamma, bn.epsilon

SOURCE = "Santurkar et al. 2018, Theorem 4.4"

bound = Scalar("lambda", positive=True)
X, R = Matrix("X", m, d), Matrix("R", m, m)
BOUNDED = operator_norm_at_most(X, bound, R)

v = define("v", Derivative(L, y[b]), b)
mean_g = mean(g[b], b)
along = inner(g, yhat, b)
rho = bn.var / s**2
largest = bound**2 * squared_norm(g, b)
"""The largest |X'g|^2, as the first theorem says: what the gradient by the weights can be without the layer."""

FLAT = Eq(epsilon, 0)


def by_weights(x: Tensor) -> Term:
    """The squared norm of X'x: of the gradient by the weights W of X W, if x is the gradient by X W."""
    return squared_norm(Sum(X[b, i] * x[b], b), i)


def bounded(x: Tensor) -> Derivation:
    """The bound that |X| <= lambda means."""
    rest = squared_norm(Sum(R[b, j] * x[b], b), j)
    return (
        Derivation(by_weights(x), given=BOUNDED)
        .eq(bound**2 * squared_norm(x, b) - rest, "X X' = lambda^2 I - R R'")
        .le(bound**2 * squared_norm(x, b), "what is subtracted is a square", certificate=rest)
    )


def in_direction_of(x: Tensor) -> dict[Tensor | Entry, object]:
    """The input all of whose columns are x, at the length where |X| = lambda, and the slack R that shows it."""
    length = squared_norm(x, k)
    return {
        X: ((b, i), bound * x[b] / (sqrt(length) * sqrt(d))),
        R: ((b, j), bound * (Delta(b, j) - x[b] * x[j] / length)),
    }


@statement("largest-weight-gradient", layer=bn, source=SOURCE)
def largest_weight_gradient() -> Maximum:
    """Without the layer, the largest gradient by the weights is lambda times the gradient by the activations."""
    return Maximum(bounded(g), in_direction_of(g), given=squared_norm(g, k) > 0)


@statement("theorem-4.4", layer=bn, source=SOURCE)
def theorem_4_4() -> Maximum:
    """The largest gradient by the weights, for every epsilon, where X does not depend on the activations."""
    limit = (
        bounded(v)
        .eq(
            bound**2 * gamma**2 / s**2 * (squared_norm(g, b) - Sum(g[b], b) ** 2 / m - (2 - rho) * along**2 / m),
            "Theorem 4.1",
        )
        .eq(
            gamma**2 / s**2 * (largest - bound**2 * m * mean_g**2 - bound**2 / m * (2 - rho) * along**2),
            "the sum of g is m times its mean",
        )
    )
    return Maximum(limit, in_direction_of(v), given=squared_norm(v, k) > 0)


@statement("theorem-4.4-printed", layer=bn, source=SOURCE)
def theorem_4_4_printed() -> Derivation:
    """At epsilon = 0, with the printed right side corrected in three places: an equality."""
    from_mean = bound**2 * m * mean_g**2
    from_yhat = bound**2 / m * along**2

    def right_side(of_largest: Term, of_mean: Term, of_yhat: Term) -> Term:
        return gamma**2 / s**2 * (of_largest - of_mean - of_yhat)

    corrected = right_side(largest, from_mean, from_yhat)
    printed = right_side(largest**2, m * mean_g**2, bound**2 * along**2)
    normalized = bound**2 * squared_norm(v, b)
    return (
        Derivation(normalized, given=FLAT)
        .eq(corrected, "rho = 1 at epsilon = 0")
        .but_not(Claim(corrected, "<=", printed, (FLAT,)), "that the printed right side is an upper bound")
        .but_not(Eq(normalized, right_side(largest**2, from_mean, from_yhat)).given(FLAT), "with g^2 for the largest g")
        .but_not(Eq(normalized, right_side(largest, m * mean_g**2, from_yhat)).given(FLAT), "without lambda^2")
        .but_not(Eq(normalized, right_side(largest, from_mean, bound**2 * along**2)).given(FLAT), "without 1/m")
    )


@statement("theorem-4.4-coupled", source=f"{SOURCE}, where the activations are X W")
def theorem_4_4_coupled() -> Derivation:
    """If the activations come from X, no bound on X bounds the gradient at epsilon = 0: a small column lets it grow.

    The batch is t w1 u + w2 c, at the weights w1 = 1 and w2 = 0: X has the columns t u and c, and t may be small.
    """
    t = Scalar("t", positive=True)
    u, c = Vector("u", m), Vector("c", m)
    w1, w2 = define("w1", 1, latex="w_1"), define("w2", 0, latex="w_2")
    coupled = bn.at(y=define("y'", t * w1 * u[b] + w2 * c[b], b), epsilon=0)
    alone = bn.at(y=u, epsilon=0, mark="''")
    A = define("A", Delta(b, k) - 1 / m - alone.yhat[b] * alone.yhat[k] / m, b, k)
    upstream = coupled.gradient
    project = Sum(A[b, k] * upstream[k], k)
    return (
        Derivation(Derivative(coupled.loss, w2))
        .eq(inner(c[b], Derivative(coupled.loss, coupled.y[b]), b), "the second column of X is c")
        .eq(gamma / (t * alone.s) * inner(c[b], project, b), "Fact C.1 at t u, and scale invariance")
    )
