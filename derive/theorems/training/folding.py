"""Batch normalization in inference: its statistics are frozen, so that it folds into the linear layer before it."""

from derive.language import Derivative, Eq, Sum, define, indices, sqrt
from derive.layers import linear_batchnorm_inference
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

layer = linear_batchnorm_inference()
x, W, bias, gamma, beta = layer.x, layer.W, layer.bias, layer.gamma, layer.beta
mu, var, epsilon, s, z = layer.mu, layer.var, layer.epsilon, layer.s, layer.z
(n,) = layer.indices("n")
(o,) = layer.indices("o", of=W)
(i,) = indices("i", W.sizes[1])

folded_weight = define("folded_weight", gamma[o] / s[o] * W[o, i], o, i, latex="W'")
folded_bias = define("folded_bias", gamma[o] / s[o] * (bias[o] - mu[o]) + beta[o], o, latex="a'")
product = Sum(W[o, i] * x[n, i], i)

SOURCE = "the notes on folding in inference, as TFLite does it"


@statement("folding", layer=layer, source=SOURCE)
def folding() -> Derivation:
    """In inference the weights gamma W/s and the bias gamma (bias - mu)/s + beta do all that the two layers do."""
    folded = Sum(folded_weight[o, i] * x[n, i], i) + folded_bias[o]
    return (
        Derivation(z[n, o])
        .eq(gamma[o] / s[o] * (product + bias[o] - mu[o]) + beta[o], "the definitions of yhat and y")
        .eq(gamma[o] / s[o] * product + folded_bias[o], "what does not depend on x")
        .eq(folded, "gamma/s into the weights")
        .but_not(Eq(z[n, o], folded - beta[o]), "without beta")
        .but_not(Eq(z[n, o], folded - gamma[o] / s[o] * bias[o]), "without the bias of the linear layer")
        .but_not(Eq(z[n, o], gamma[o] / s[o] ** 2 * product + folded_bias[o]), "divided by the variance, not its root")
        .but_not(
            Eq(z[n, o], gamma[o] / (sqrt(var[o]) + epsilon) * product + folded_bias[o]), "with epsilon outside the root"
        )
    )


@statement("frozen-gradient", layer=layer, source=SOURCE)
def frozen_gradient() -> Derivation:
    """With frozen statistics the gradient is only scaled: nothing is projected out, as it is in training."""
    d = Derivative(layer.loss, layer.y[n, o])
    g = layer.gradient
    return (
        Derivation(d)
        .eq(gamma[o] / s[o] * g[n, o], "an affine map")
        .but_not(Eq(d, gamma[o] / s[o] * (g[n, o] - Sum(g[n, o], n) / n.size)), "as in training, where mu moves")
        .but_not(Eq(d, gamma[o] / s[o] ** 2 * g[n, o]), "divided by the variance")
    )
