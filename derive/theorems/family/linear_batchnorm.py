"""A linear layer with batch normalization behind it: gradients by the weights and by the data."""

from derive.language import Derivative, Index, Sum
from derive.layers import linear_batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

layer = linear_batchnorm()
b, k = layer.indices("b k")
i = Index("i", layer.W.sizes[0])
m = b.size
L, X, W, y, yhat, g, s, gamma = (
    layer.loss,
    layer.X,
    layer.W,
    layer.y,
    layer.yhat,
    layer.gradient,
    layer.s,
    layer.gamma,
)
v = gamma / (m * s) * (m * g[b] - Sum(g[k], k) - yhat[b] * Sum(g[k] * yhat[k], k))

SOURCE = "Santurkar et al. 2018, Section 4"


@statement("linear-batchnorm-weights", layer=layer, source=SOURCE)
def linear_batchnorm_weights() -> Derivation:
    """The gradient of the weights: the data times the gradient of Fact C.1."""
    return (
        Derivation(Derivative(L, W[i]))
        .eq(Sum(X[b, i] * Derivative(L, y[b]), b), "y = X W")
        .eq(Sum(X[b, i] * v, b), "Fact C.1")
        .but_not(Derivative(L, W[i]).equals(gamma / s * Sum(X[b, i] * g[b], b)), "as if nothing were projected out")
    )


@statement("linear-batchnorm-data", layer=layer, source=SOURCE)
def linear_batchnorm_data() -> Derivation:
    """The gradient of the data: each row gets the weights, times the gradient of Fact C.1."""
    return Derivation(Derivative(L, X[b, i])).eq(W[i] * Derivative(L, y[b]), "y = X W").eq(W[i] * v, "Fact C.1")
