"""Deep networks without activation functions: what the gradient of one layer has to do with the other layers.

A linear network computes X W1 W2 W3, and so a linear function of its input. Its layers are coupled all the same: the
gradient of one layer is made of the weights of all others. With batch normalization in between the length of a layer
no longer matters to the next one.
"""

from derive.language import (
    Derivative,
    Eq,
    Index,
    Matrix,
    Scalar,
    Size,
    Sum,
    Tensor,
    Term,
    define,
    indices,
    loss,
    mean,
    sqrt,
)
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

b = Index("b", Size("m"))
i, j, k = Index("i", Size("n")), Index("j", Size("p")), Index("k", Size("q"))
o, r = indices("o r", Size("d"))
X = Matrix("X", b.size, i.size)
W1, W2, W3 = Matrix("W1", i.size, j.size), Matrix("W2", j.size, k.size), Matrix("W3", k.size, o.size)

h1 = define("h1", Sum(X[b, i] * W1[i, j], i), b, j)
h2 = define("h2", Sum(h1[b, j] * W2[j, k], j), b, k)
out = define("out", Sum(h2[b, k] * W3[k, o], k), b, o)
L, g = loss("L", of=out, latex=r"\mathcal{L}")

SOURCE = "the notes on the deep linear network of Santurkar et al. 2018, Section 2.2"


@statement("linear-network-gradient", source=SOURCE)
def linear_network_gradient() -> Derivation:
    """The gradient of a layer is made of the weights before it and after it: activations times what comes back."""
    other, back = Matrix("W3_other", k.size, o.size), Sum(X[b, i] * g[b, o], b)
    made = Sum(h1[b, j] * Sum(g[b, o] * W3[k, o], o), b)
    return (
        Derivation(Derivative(L, W2[j, k]))
        .eq(Sum(h1[b, j] * Derivative(L, h2[b, k]), b), "h2 = h1 W2")
        .eq(made, "what comes back through W3")
        .eq(Sum(W1[i, j] * back * W3[k, o], i, o), "the weights on both sides of X'g")
        .but_not(
            Eq(made, Sum(W1[i, j] * back * other[k, o], i, o)), "as if the later layers could change and not matter"
        )
    )


@statement("linear-network-shift", source=SOURCE)
def linear_network_shift() -> Derivation:
    """A gradient step of the first of two layers moves the gradient of the second, with no activation function between.

    The gradient G of the loss by the output is taken to stay as it is, and so does S = X'G. The weights are W1 and V.
    """
    eta, G, V = Scalar("eta", latex=r"\eta"), Matrix("G", b.size, o.size), Matrix("V", j.size, o.size)
    S = define("S", Sum(X[b, i] * G[b, o], b), i, o)
    loss_before = Sum(G[b, o] * Sum(h1[b, j] * V[j, o], j), b, o)
    step = define("step", -eta * Derivative(loss_before, W1[i, j]), i, j)
    h1_after = define("h1_after", Sum(X[b, i] * (W1[i, j] + step[i, j]), i), b, j)
    shift = Sum(h1_after[b, j] * G[b, o], b) - Derivative(loss_before, V[j, o])
    return (
        Derivation(shift)
        .eq(Sum(step[i, j] * S[i, o], i), "the gradient of V is the activations times G")
        .eq(-eta * Sum(Sum(V[j, r] * S[i, r], r) * S[i, o], i), "the gradient of W1 is S V'")
        .but_not(
            Eq(shift, -(eta**2) * Sum(Sum(V[j, r] * S[i, r], r) * S[i, o], i)), "of second order: it is of first order"
        )
    )


def normalized(name: str, weights: Tensor) -> Tensor:
    """The features of X times weights, each normalized over the batch, at epsilon = 0."""
    h = define(f"h_{name}", Sum(X[b, i] * weights[i, j], i), b, j)
    mu = define(f"mu_{name}", mean(h[b, j], b), j)
    s = define(f"s_{name}", sqrt(mean((h[b, j] - mu[j]) ** 2, b)), j)
    return define(f"hhat_{name}", (h[b, j] - mu[j]) / s[j], b, j)


scale = Scalar("c", positive=True)
scaled = define("cW", scale * W1[i, j], i, j)
V, G = Matrix("V", j.size, o.size), Matrix("G", b.size, o.size)


def loss_of(hidden: Tensor) -> Term:
    """A loss whose gradient by the output hidden V is G."""
    return Sum(G[b, o] * Sum(hidden[b, j] * V[j, o], j), b, o)


loss_1, loss_c = loss_of(normalized("1", W1)), loss_of(normalized("c", scaled))


@statement("normalized-layer-scale", source="batch normalization between two layers, epsilon = 0")
def normalized_layer_scale() -> Derivation:
    """With batch normalization between, the scale of a layer is nothing to the gradient of the next one."""
    gradient = Derivative(loss_c, V[j, o])
    plain = Sum(G[b, o] * Sum(X[b, i] * scaled[i, j], i), b)
    return (
        Derivation(gradient)
        .eq(Sum(G[b, o] * normalized("1", W1)[b, j], b), "normalizing divides by c what was multiplied by c")
        .eq(Derivative(loss_1, V[j, o]), "the gradient at the weights before scaling")
        .but_not(Eq(plain, Sum(G[b, o] * h1[b, j], b)), "without the normalization the gradient is multiplied by c")
    )
