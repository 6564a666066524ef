"""Transforms that the package does not contain, as a person would write them down."""

from __future__ import annotations

from collections.abc import Callable

from derive.language import Index, Scalar, Size, Sum, Tensor, Vector, define, exp, mean, sqrt, squared_norm, tanh
from derive.layers import Layer

m = Size("m")
b, k = Index("b", m), Index("k", m)
y = Vector("y", m)
gamma, beta = Scalar("gamma"), Scalar("beta")
epsilon = Scalar("epsilon", nonnegative=True)
positive_epsilon = Scalar("epsilon", positive=True)


def layer(name: str, parameters: tuple, constants: tuple, *steps: object) -> Layer:
    """A layer on y; scalars are given as what `define` and `Scalar` give."""
    tensors = [step if isinstance(step, Tensor) else step.tensor for step in (*parameters, *constants, *steps)]
    p, c = len(parameters), len(parameters) + len(constants)
    return Layer(name, name, (y,), tuple(tensors[:p]), tuple(tensors[p:c]), tuple(tensors[c:]))


def identity() -> Layer:
    return layer("identity", (), (), define("z", y[b], b))


def centering() -> Layer:
    mu = define("mu", mean(y[b], b))
    return layer("centering", (), (), mu, define("z", y[b] - mu, b))


def l2() -> Layer:
    """y / |y|."""
    n = define("n", sqrt(squared_norm(y, b)))
    return layer("l2", (), (), n, define("z", y[b] / n, b))


def l2_in_one_line() -> Layer:
    """The same, with no name for the norm."""
    return layer("l2-in-one-line", (), (), define("z", y[b] / sqrt(squared_norm(y, k)), b))


def rmsnorm() -> Layer:
    """One scale for the whole vector."""
    r = define("r", sqrt(mean(y[b] ** 2, b) + epsilon))
    yhat = define("yhat", y[b] / r, b)
    return layer("rmsnorm", (gamma,), (epsilon,), r, yhat, define("z", gamma * yhat[b], b))


def rmsnorm_with_weights() -> Layer:
    """One scale for each entry, as language models have it."""
    w = Vector("w", m)
    r = define("r", sqrt(mean(y[b] ** 2, b) + positive_epsilon))
    yhat = define("yhat", y[b] / r, b)
    return layer("rmsnorm-with-weights", (w,), (positive_epsilon,), r, yhat, define("z", w[b] * yhat[b], b))


def layernorm() -> Layer:
    """One scale and one shift for each entry."""
    w, c = Vector("w", m), Vector("c", m)
    mu = define("mu", mean(y[b], b))
    var = define("var", mean((y[b] - mu) ** 2, b))
    s = define("s", sqrt(var + epsilon))
    yhat = define("yhat", (y[b] - mu) / s, b)
    return layer("layernorm", (w, c), (epsilon,), mu, var, s, yhat, define("z", w[b] * yhat[b] + c[b], b))


def two_parameters() -> Layer:
    """y / (alpha |y| + delta), with both learnt."""
    alpha, delta = Scalar("alpha", positive=True), Scalar("delta", positive=True)
    n = define("n", sqrt(squared_norm(y, b)))
    d = define("d", alpha * n + delta)
    return layer("two-parameters", (alpha, delta), (), n, d, define("z", y[b] / d, b))


def dynamic_tanh() -> Layer:
    """gamma tanh(alpha y) + beta: entry by entry, no sums."""
    alpha = Scalar("alpha")
    return layer("dynamic-tanh", (gamma, beta, alpha), (), define("z", gamma * tanh(alpha * y[b]) + beta, b))


def softmax() -> Layer:
    total = define("total", Sum(exp(y[b]), b))
    return layer("softmax", (), (), total, define("z", exp(y[b]) / total, b))


def divisive() -> Layer:
    """y / (epsilon + mean of the squares): a norm without a root."""
    q = define("q", positive_epsilon + mean(y[b] ** 2, b))
    return layer("divisive", (), (positive_epsilon,), q, define("z", y[b] / q, b))


def twice_normalized() -> Layer:
    """Centering, and then y / |y| of what is left."""
    mu = define("mu", mean(y[b], b))
    c = define("c", y[b] - mu, b)
    n = define("n", sqrt(squared_norm(c, b)))
    return layer("twice-normalized", (gamma,), (), mu, c, n, define("z", gamma * c[b] / n, b))


TRANSFORMS: tuple[Callable[[], Layer], ...] = (
    identity,
    centering,
    l2,
    l2_in_one_line,
    rmsnorm,
    rmsnorm_with_weights,
    layernorm,
    two_parameters,
    dynamic_tanh,
    softmax,
    divisive,
    twice_normalized,
)
