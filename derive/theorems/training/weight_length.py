"""What follows for gradient descent from this: batch normalization does not see the length of the weights before it."""

from derive.language import (
    Derivative,
    Eq,
    Scalar,
    Sum,
    Tensor,
    Term,
    Vector,
    define,
    indices,
    inner,
    mean,
    sqrt,
    squared_norm,
)
from derive.layers import linear_batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

layer = linear_batchnorm()
X, W, yhat, s, gamma, epsilon = layer.X, layer.W, layer.yhat, layer.s, layer.gamma, layer.epsilon
(b,) = layer.indices("b")
(i,) = indices("i", W.sizes[0])
L, g = layer.loss, layer.gradient
eta, decay = Scalar("eta", latex=r"\eta"), Scalar("lambda", latex=r"\lambda")

gradient = Derivative(L, W[i])
norm_W, norm_gradient = squared_norm(W, i), squared_norm(gradient, i)
FLAT = Eq(epsilon, 0)

SOURCE = "van Laarhoven 2017, Section 3"


@statement("weight-growth", layer=layer, source=SOURCE)
def weight_growth() -> Derivation:
    """At epsilon = 0 every gradient step makes the weights longer, by Pythagoras."""
    after = squared_norm(W[i] - eta * gradient, i)
    return (
        Derivation(after, given=FLAT)
        .eq(norm_W - 2 * eta * inner(W[i], gradient, i) + eta**2 * norm_gradient, "the square of a difference")
        .eq(norm_W + eta**2 * norm_gradient, "the gradient is orthogonal to the weights")
        .but_not(
            Eq(after, norm_W + eta**2 * norm_gradient),
            "for epsilon > 0: then the gradient has a component along the weights",
        )
    )


@statement("weight-decay-balance", layer=layer, source=SOURCE)
def weight_decay_balance() -> Derivation:
    """With L2 regularization the weights shrink by (1 - eta lambda)^2 and grow by the gradient: nothing else."""
    after = squared_norm((1 - eta * decay) * W[i] - eta * gradient, i)
    shrunk = (1 - eta * decay) ** 2 * norm_W
    return (
        Derivation(after, given=FLAT)
        .eq(shrunk + eta**2 * norm_gradient, "the gradient of the loss is orthogonal to the weights")
        .but_not(
            Eq(after, (1 - eta * decay) * norm_W + eta**2 * norm_gradient).given(FLAT),
            "the length shrinks by 1 - eta lambda, its square by the square of that",
        )
    )


# The same layer at c times the weights. Its output is the same, so that the gradient G by the output is, too.

c = Scalar("c", positive=True)
G = Vector("G", b.size)
scaled = define("cW", c * W[i], i)


def loss_of(name: str, weights: Tensor) -> Term:
    """A loss of the normalized X times weights, whose gradient by what is normalized is G."""
    y = define(f"y_{name}", Sum(X[b, i] * weights[i], i), b)
    mu = define(f"mu_{name}", mean(y[b], b))
    sigma = define(f"sigma_{name}", sqrt(mean((y[b] - mu) ** 2, b)))
    return Sum(G[b] * (y[b] - mu) / sigma, b)


loss_1, loss_c = loss_of("1", W), loss_of("c", scaled)
gradient_1, gradient_c = Derivative(loss_1, W[i]), Derivative(loss_c, scaled[i])


@statement("gradient-of-scaled-weights", source=SOURCE)
def gradient_of_scaled_weights() -> Derivation:
    """At c times the weights the gradient is divided by c, for epsilon = 0."""
    return (
        Derivation(gradient_c)
        .eq(gradient_1 / c, "the slope of f(w/c) is that of f, over c")
        .but_not(Eq(gradient_c, gradient_1), "not the same: only the loss is")
    )


@statement("effective-learning-rate", source=SOURCE)
def effective_learning_rate() -> Derivation:
    """A step of rate c^2 eta at c times the weights goes where one of rate eta goes at the weights, c times as long.

    So what counts is eta/|W|^2.
    """
    step = c * W[i] - c**2 * eta * gradient_c
    return (
        Derivation(step)
        .eq(c * (W[i] - eta * gradient_1), "the gradient is divided by c")
        .but_not(
            Eq(c * W[i] - c * eta * gradient_c, c * (W[i] - eta * gradient_1)), "a rate that grows like c is too small"
        )
    )
