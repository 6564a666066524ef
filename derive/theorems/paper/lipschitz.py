"""How far batch normalization can pull two batches apart: Lipschitz constants, at every epsilon and at none."""

from derive.kernel import Theorem, by_square
from derive.language import (
    Abs,
    Claim,
    Delta,
    Derivative,
    Eq,
    Scalar,
    Sum,
    Term,
    Vector,
    define,
    inner,
    mean,
    sqrt,
    squared_norm,
)
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
b, k = bn.indices("b k")
m = b.size
y, yhat, mu, var, s, z = bn.y, bn.yhat, bn.mu, bn.var, bn.s, bn.z
gamma, beta, epsilon = bn.gamma, bn.beta, bn.epsilon

other = bn.at(y=Vector("y'", m))
"""The same layer at a second batch y'."""

u = Vector("u", m)
rho = var / s**2
SMOOTHED = epsilon > 0
FLAT = Eq(epsilon, 0)


def moved(direction, of=z, by=y) -> Term:
    """One entry of the Jacobian of the layer times a direction."""
    return Sum(Derivative(of[b], by[k]) * direction[k], k)


def gap(left: Term, right: Term) -> Term:
    """The squared distance of two vectors, given by their entries."""
    return squared_norm(left - right, b)


apart = gap(y[b], other.y[b])
centred = gap(y[b] - mu, other.y[b] - other.mu)
both = s * other.s
excess = (var * other.var + epsilon * (var + other.var)) / (epsilon * both * (both + epsilon))
"""1/epsilon - 1/(s s')."""

spread = m * (s - other.s) ** 2 / both + m * epsilon * (1 / s - 1 / other.s) ** 2


@statement("lipschitz-distance", layer=bn)
def lipschitz_distance() -> Derivation:
    """The distance of two normalized batches, an identity: nothing has to be differentiated for a Lipschitz bound."""
    return (
        Derivation(gap(z[b], other.z[b]))
        .eq(gamma**2 * gap(yhat[b], other.yhat[b]), "the shift beta is the same")
        .eq(
            gamma**2
            * (m * var / s**2 + m * other.var / other.s**2 - 2 / both * inner(y[b] - mu, other.y[b] - other.mu, b)),
            "the square of a difference",
        )
        .eq(
            gamma**2 * (centred / both - spread),
            "2 <c, c'> = |c|^2 + |c'|^2 - |c - c'|^2 for the centred batches, with |c|^2 = m (s^2 - epsilon)",
        )
    )


@statement("lipschitz-local", layer=bn)
def lipschitz_local() -> Derivation:
    """For every epsilon, two outputs are at most |gamma| / sqrt(s s') times as far apart as the batches."""
    return (
        Derivation(gap(z[b], other.z[b]))
        .eq(gamma**2 * (centred / both - spread), "the distance of two normalized batches")
        .le(gamma**2 * centred / both, "what is subtracted is a sum of squares", certificate=gamma**2 * spread)
        .le(
            gamma**2 * apart / both,
            "centring does not lengthen: the difference is the squared distance of the means",
            certificate=gamma**2 * m * (mu - other.mu) ** 2 / both,
        )
        .but_not(
            Claim(gap(yhat[b], other.yhat[b]), "<=", apart / s**2, (SMOOTHED,)),
            "with the deviation of one of the batches alone",
        )
    )


@statement("lipschitz-squared", layer=bn)
def lipschitz_squared() -> Derivation:
    """For epsilon > 0 the squared distance grows at most by gamma^2 / epsilon, for all pairs of batches."""
    return (
        Derivation(gap(z[b], other.z[b]), given=SMOOTHED)
        .le(
            gamma**2 * apart / both,
            "the distance of two normalized batches",
            certificate=gamma**2 * (spread + m * (mu - other.mu) ** 2 / both),
        )
        .le(
            gamma**2 * apart / epsilon,
            "s s' >= epsilon, since (s s')^2 = (var + epsilon) (var' + epsilon)",
            certificate=gamma**2 * apart * excess,
        )
    )


@statement("lipschitz", layer=bn)
def lipschitz() -> Theorem:
    """For epsilon > 0 the layer is Lipschitz, with the constant |gamma| / sqrt(epsilon)."""
    lengths = sqrt(gap(z[b], other.z[b])), Abs(gamma) / sqrt(epsilon) * sqrt(apart)
    squares = (
        Derivation(lengths[0] ** 2, given=SMOOTHED)
        .eq(gap(z[b], other.z[b]), "the square of a root")
        .le(
            gamma**2 * apart / epsilon,
            "the bound on the squared distance",
            certificate=gamma**2 * (spread + m * (mu - other.mu) ** 2 / both + apart * excess),
        )
        .eq(lengths[1] ** 2, "the square of a root")
    )
    return by_square(squares.theorem)


@statement("lipschitz-attained", layer=bn)
def lipschitz_attained() -> Derivation:
    """At a constant batch the layer stretches every direction of mean zero by exactly |gamma| / sqrt(epsilon)."""
    c = Scalar("c")
    constant = bn.at(y=define("y'", c, b))
    t = define("t", u[b] - mean(u[k], k), b)
    return (
        Derivation(squared_norm(moved(t, constant.z, constant.y), b), given=SMOOTHED)
        .eq(squared_norm(gamma / constant.s * t[b], b), "yhat = 0 at a constant batch, and t has mean zero")
        .eq(gamma**2 / epsilon * squared_norm(t, b), "its variance is zero")
    )


@statement("lipschitz-constant-batch", layer=bn)
def lipschitz_constant_batch() -> Derivation:
    """How far a batch is moved from the output at a constant batch, which is beta."""
    return (
        Derivation(gap(z[b], beta))
        .eq(gamma**2 * squared_norm(yhat, b), "z = gamma yhat + beta")
        .eq(gamma**2 / (var + epsilon) * squared_norm(y[b] - mu, b), "the definition of yhat, and s^2 = var + epsilon")
    )


@statement("lipschitz-best", layer=bn)
def lipschitz_best() -> Derivation:
    """No smaller constant will do: for every q < 1 the batches of small enough variance reach q gamma^2 / epsilon."""
    q = Scalar("q")
    small = q * (var + epsilon) <= epsilon
    length = squared_norm(y[b] - mu, b)
    return (
        Derivation(q * gamma**2 / epsilon * length, given=(SMOOTHED, small))
        .le(
            gamma**2 / (var + epsilon) * length,
            "the variance is at most (1/q - 1) epsilon",
            certificate=gamma**2 * length / (epsilon * (var + epsilon)) * (epsilon - q * (var + epsilon)),
        )
        .eq(gap(z[b], beta), "the distance from the output at a constant batch")
    )


@statement("jacobian-norm", layer=bn)
def jacobian_norm() -> Derivation:
    """How the layer stretches a direction, an identity for every epsilon: Theorem 4.1 for the Jacobian."""
    return (
        Derivation(squared_norm(moved(u), b))
        .eq(
            gamma**2 / s**2 * squared_norm(u[b] - mean(u[k], k) - yhat[b] * inner(yhat, u, k) / m, b),
            "Fact C.2",
        )
        .eq(
            gamma**2 / s**2 * (squared_norm(u, b) - Sum(u[b], b) ** 2 / m - (2 - rho) * inner(u, yhat, b) ** 2 / m),
            "yhat sums to zero, and |yhat|^2 = m rho, with rho = var / s^2",
        )
    )


@statement("jacobian-bound", layer=bn)
def jacobian_bound() -> Derivation:
    """The layer stretches no direction by more than |gamma| / s."""
    along = (1 + epsilon / s**2) * inner(u, yhat, b) ** 2 / m
    return (
        Derivation(squared_norm(moved(u), b))
        .eq(
            gamma**2 / s**2 * (squared_norm(u, b) - Sum(u[b], b) ** 2 / m - along),
            "the norm of the Jacobian times a direction, with 2 - rho = 1 + epsilon / s^2",
        )
        .le(
            gamma**2 / s**2 * squared_norm(u, b),
            "what is subtracted are squares",
            certificate=gamma**2 / s**2 * (Sum(u[b], b) ** 2 / m + along),
        )
        .but_not(
            Claim(squared_norm(moved(u), b), "<=", gamma / s * squared_norm(u, b)), "without squaring the constant"
        )
    )


@statement("jacobian-attained", layer=bn)
def jacobian_attained() -> Derivation:
    """At epsilon = 0 every direction orthogonal to the ones and to yhat is stretched by exactly |gamma| / s."""
    A = define("A", Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m, b, k)
    t = define("t", Sum(A[b, k] * u[k], k), b)
    return (
        Derivation(squared_norm(moved(t), b), given=FLAT)
        .eq(gamma**2 / s**2 * squared_norm(Sum(A[b, k] * t[k], k), b), "Fact C.2")
        .eq(gamma**2 / s**2 * squared_norm(t, b), "A is a projector; A u is any vector orthogonal to both")
        .but_not(
            Eq(squared_norm(moved(t), b), gamma**2 / s**2 * squared_norm(u, b)).given(FLAT), "for every direction u"
        )
    )


@statement("not-lipschitz", layer=bn)
def not_lipschitz() -> Derivation:
    """At epsilon = 0 two batches can be drawn together while their outputs stay as far apart as they were."""
    t = Scalar("t", positive=True)
    near = bn.at(y=(b, t * y[b]), mark="''")
    near_other = bn.at(y=(b, t * other.y[b]), mark="'''")
    ratio = gap(z[b], other.z[b]) / apart
    drawn = gap(t * y[b], t * other.y[b])
    return (
        Derivation(gap(near.z[b], near_other.z[b]), given=(FLAT, apart > 0))
        .eq(gap(z[b], other.z[b]), "the layer does not see the factor t > 0")
        .eq(ratio / t**2 * drawn, "the batches are t times as far apart: no constant bounds the ratio")
    )


y1, y2 = Scalar("y1", latex="y_1"), Scalar("y2", latex="y_2")
mean_of_two = define("mu", (y1 + y2) / 2)
var_of_two = define("var", ((y1 - mean_of_two) ** 2 + (y2 - mean_of_two) ** 2) / 2, latex=r"\sigma^2")
s_of_two = define("s", sqrt(var_of_two))
first = define("yhat1", (y1 - mean_of_two) / s_of_two, latex=r"\hat{y}_1")
second = define("yhat2", (y2 - mean_of_two) / s_of_two, latex=r"\hat{y}_2")


@statement("batch-of-two")
def batch_of_two() -> Derivation:
    """Two activations are normalized to the two signs at epsilon = 0, and the layer is locally constant."""
    by_first = Derivative(first, y1) ** 2 + Derivative(first, y2) ** 2
    by_second = Derivative(second, y1) ** 2 + Derivative(second, y2) ** 2
    return Derivation(by_first + by_second).eq(0, "a sum of squares: all four derivatives are zero")
