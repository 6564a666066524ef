"""True statements about the other layers, with their forward programs and gradients as the papers print them."""

from __future__ import annotations

from derive.language import (
    Abs,
    Claim,
    Delta,
    Derivative,
    Eq,
    Matrix,
    Scalar,
    Size,
    Sum,
    Tensor,
    Vector,
    define,
    exp,
    indices,
    inner,
    log,
    loss,
    mean,
    norm,
    sign,
    sqrt,
    squared_norm,
)

m, n = Size("m"), Size("n")
i, j, k = indices("i j k", m)
c, d, e = indices("c d e", n)
epsilon = Scalar("epsilon", positive=True)
alpha, tau = Scalar("alpha"), Scalar("tau", positive=True)
x, weight, bias = Matrix("x", m, n), Vector("weight", n), Vector("bias", n)
u, v = Vector("u", m), Vector("v", m)


def root_mean_square() -> dict[str, Claim]:
    """Zhang and Sennrich 2019."""
    r = define("r", sqrt(mean(x[i, c] ** 2, c) + epsilon), i)
    xhat = define("xhat", x[i, c] / r[i], i, c)
    L, g = loss("L", of=define("z", weight[c] * xhat[i, c], i, c))
    h = define("h", weight[c] * g[i, c], i, c)
    back = define("back", Derivative(L, x[i, c]), i, c)
    return {
        "square of a row": Eq(Sum(xhat[i, c] ** 2, c), n * (1 - epsilon / r[i] ** 2)),
        "Jacobian": Eq(
            Derivative(xhat[i, c], x[k, d]), Delta(i, k) / r[i] * (Delta(c, d) - xhat[i, c] * xhat[i, d] / n)
        ),
        "gradient": Eq(Derivative(L, x[k, d]), (h[k, d] - xhat[k, d] * mean(h[k, c] * xhat[k, c], c)) / r[k]),
        "gradient by the weight": Eq(Derivative(L, weight[d]), Sum(g[i, d] * xhat[i, d], i)),
        "gradient along the row": Eq(Sum(x[i, c] * back[i, c], c), epsilon / r[i] ** 2 * Sum(h[i, c] * xhat[i, c], c)),
    }


def weight_normalization() -> dict[str, Claim]:
    """Salimans and Kingma 2016, equations 2 and 3."""
    gain = Scalar("gain")
    w = define("w", gain * v[k] / norm(v, j), k)
    L, g = loss("L", of=w)
    by_gain = inner(g, v, k) / norm(v, k)
    return {
        "length": Eq(squared_norm(w, k), gain**2),
        "gradient by the gain": Eq(Derivative(L, gain), by_gain),
        "gradient by the direction": Eq(
            Derivative(L, v[k]), gain / norm(v, j) * g[k] - gain * by_gain / squared_norm(v, j) * v[k]
        ),
        "orthogonal to the direction": Eq(Sum(v[k] * Derivative(L, v[k]), k), 0),
        "a projector": Eq(Derivative(w[k], v[j]), gain / norm(v, i) * (Delta(k, j) - v[k] * v[j] / squared_norm(v, i))),
    }


def softmax() -> dict[str, Claim]:
    """Of every row; the cross-entropy of its logarithm with a target."""
    p = define("p", exp(x[i, c]) / Sum(exp(x[i, d]), d), i, c)
    logarithm = define("l", x[i, c] - log(Sum(exp(x[i, d]), d)), i, c)
    shifted = define("q", exp(x[i, c] + u[i]) / Sum(exp(x[i, d] + u[i]), d), i, c)
    L, g = loss("L", of=p)
    K, f = loss("K", of=logarithm, gradient="f")
    target = Matrix("target", m, n)
    cross = define("cross", -mean(Sum(target[i, c] * logarithm[i, c], c), i))
    whole = Eq(Sum(target[i, c], c), 1)
    return {
        "rows sum to one": Eq(Sum(p[i, c], c), 1),
        "shift": Eq(shifted[i, c], p[i, c]),
        "Jacobian": Eq(Derivative(p[i, c], x[k, d]), Delta(i, k) * p[i, c] * (Delta(c, d) - p[i, d])),
        "gradient": Eq(Derivative(L, x[i, c]), p[i, c] * (g[i, c] - Sum(p[i, d] * g[i, d], d))),
        "gradient sums to zero": Eq(Sum(Derivative(L, x[i, c]), c), 0),
        "gradient of the logarithm": Eq(Derivative(K, x[i, c]), f[i, c] - p[i, c] * Sum(f[i, d], d)),
        "cross-entropy of any target": Eq(
            Derivative(cross, x[i, c]), (p[i, c] * Sum(target[i, d], d) - target[i, c]) / m
        ),
        "cross-entropy": Eq(Derivative(cross, x[i, c]), (p[i, c] - target[i, c]) / m).given(whole),
        "Hessian of the cross-entropy": Eq(
            Derivative(Derivative(cross, x[i, c]), x[i, d]), p[i, c] * (Delta(c, d) - p[i, d]) / m
        ).given(whole),
    }


def mean_absolute() -> dict[str, Claim]:
    """Hoffer et al. 2018: the mean absolute deviation in place of the standard deviation."""
    mu = define("mu", mean(u[k], k))
    s = define("s", mean(Abs(u[k] - mu), k))
    uhat = define("uhat", (u[k] - mu) / s, k)
    L, g = loss("L", of=uhat)
    signs = define("e", sign(u[k] - mu), k)
    centred = signs[k] - mean(signs[j], j)
    return {
        "mean absolute value": Eq(mean(Abs(uhat[k]), k), 1),
        "derivative of the deviation": Eq(Derivative(s, u[k]), centred / m),
        "gradient": Eq(Derivative(L, u[k]), (g[k] - mean(g[j], j) - centred * inner(g, uhat, j) / m) / s),
        "orthogonal to the batch": Eq(Sum(uhat[k] * Derivative(L, u[k]), k), 0),
    }


def groups() -> dict[str, Claim]:
    """Wu and He 2018: x[i, c, k, q], the mean and deviation over the channels and pixels of a group."""
    p, o = Size("p"), Size("o")
    q, r = indices("q r", p)
    t, w = indices("t w", o)
    X, scale = Tensor("X", (m, n, p, o)), Matrix("scale", n, p)
    mu = define("mu", mean(X[i, c, q, t], q, t), i, c)
    s = define("s", sqrt(mean((X[i, c, q, t] - mu[i, c]) ** 2, q, t) + epsilon), i, c)
    xhat = define("xhat", (X[i, c, q, t] - mu[i, c]) / s[i, c], i, c, q, t)
    L, g = loss("L", of=define("z", scale[c, q] * xhat[i, c, q, t], i, c, q, t))
    h = define("h", scale[c, q] * g[i, c, q, t], i, c, q, t)
    along = mean(h[i, c, r, w] * xhat[i, c, r, w], r, w)
    gradient = (h[i, c, q, t] - mean(h[i, c, r, w], r, w) - xhat[i, c, q, t] * along) / s[i, c]
    return {
        "groups have mean zero": Eq(Sum(xhat[i, c, q, t], q, t), 0),
        "groups have this square": Eq(mean(xhat[i, c, q, t] ** 2, q, t), 1 - epsilon / s[i, c] ** 2),
        "gradient": Eq(Derivative(L, X[i, c, q, t]), gradient),
        "gradient by the scale": Eq(Derivative(L, scale[c, q]), Sum(g[i, c, q, t] * xhat[i, c, q, t], t, i)),
    }


def images() -> dict[str, Claim]:
    """Ioffe and Szegedy 2015, section 3.2: one mean and deviation for a channel, over batch and pixels."""
    p = Size("p")
    q, r = indices("q r", p)
    X, gamma = Tensor("X", (m, n, p)), Vector("gamma", n)
    mu = define("mu", mean(X[i, c, q], i, q), c)
    s = define("s", sqrt(mean((X[i, c, q] - mu[c]) ** 2, i, q) + epsilon), c)
    xhat = define("xhat", (X[i, c, q] - mu[c]) / s[c], i, c, q)
    L, g = loss("L", of=define("z", gamma[c] * xhat[i, c, q] + bias[c], i, c, q))
    along = mean(g[j, c, r] * xhat[j, c, r], j, r)
    return {
        "channels have mean zero": Eq(mean(xhat[i, c, q], q, i), 0),
        "gradient": Eq(
            Derivative(L, X[i, c, q]), gamma[c] / s[c] * (g[i, c, q] - mean(g[j, c, r], j, r) - xhat[i, c, q] * along)
        ),
        "gradient by the bias": Eq(Derivative(L, bias[c]), Sum(g[i, c, q], q, i)),
    }


def in_front_of_batches() -> dict[str, Claim]:
    """A linear layer before batch normalization: its bias has no gradient, its weights are only turned."""
    w, b = Vector("w", n), Scalar("b")
    y = define("y", Sum(x[i, c] * w[c], c) + b, i)
    mu = define("mu", mean(y[i], i))
    s = define("s", sqrt(mean((y[i] - mu) ** 2, i) + epsilon))
    yhat = define("yhat", (y[i] - mu) / s, i)
    L, g = loss("L", of=yhat)
    by_y = (g[i] - mean(g[j], j) - yhat[i] * mean(g[j] * yhat[j], j)) / s
    return {
        "gradient by the bias": Eq(Derivative(L, b), 0),
        "gradient by the weights": Eq(Derivative(L, w[c]), Sum(x[i, c] * by_y, i)),
        "gradient by the data": Eq(Derivative(L, x[i, c]), w[c] * by_y),
        "gradient along the weights": Eq(inner(w[c], Derivative(L, w[c]), c), epsilon / s**2 * inner(g, yhat, i)),
    }


def fixed_statistics() -> dict[str, Claim]:
    """Inference; the running statistics that it reads; and gradients that are clipped to a length."""
    running, spread = Vector("running", n), Vector("spread", n, positive=True)
    gamma = Vector("gamma", n)
    z = define("z", gamma[c] * (x[i, c] - running[c]) / sqrt(spread[c] + epsilon) + bias[c], i, c)
    L, g = loss("L", of=z)
    mu = define("mu", mean(u[k], k))
    var = define("var", mean((u[k] - mu) ** 2, k))
    clipped = define("clipped", tau * u[k] / norm(u, j), k)
    K, f = loss("K", of=clipped, gradient="f")
    return {
        "gradient in inference": Eq(Derivative(L, x[i, c]), gamma[c] * g[i, c] / sqrt(spread[c] + epsilon)),
        "gradient by gamma in inference": Eq(
            Derivative(L, gamma[c]), Sum(g[i, c] * (x[i, c] - running[c]), i) / sqrt(spread[c] + epsilon)
        ),
        "update of the mean": Eq((1 - alpha) * tau + alpha * mu, tau + alpha * (mean(u[k], k) - tau)),
        "unbiased variance": Eq(m / (m - 1) * var, Sum((u[j] - u[k]) ** 2, j, k) / (2 * m * (m - 1))),
        "clipped length": Eq(squared_norm(clipped, k), tau**2),
        "gradient through clipping": Eq(
            Derivative(K, u[k]), tau / norm(u, j) * (f[k] - u[k] * inner(u, f, j) / squared_norm(u, j))
        ),
    }


def standardized_weights() -> dict[str, Claim]:
    """Qiao et al. 2019: each row of the weights has mean zero and deviation one."""
    W = Matrix("W", m, n)
    mu = define("mu", mean(W[i, c], c), i)
    s = define("s", sqrt(mean((W[i, c] - mu[i]) ** 2, c) + epsilon), i)
    What = define("What", (W[i, c] - mu[i]) / s[i], i, c)
    L, g = loss("L", of=What)
    gradient = (g[i, c] - mean(g[i, d], d) - What[i, c] * mean(g[i, d] * What[i, d], d)) / s[i]
    return {
        "gradient": Eq(Derivative(L, W[i, c]), gradient),
        "gradient sums to zero": Eq(Sum(Derivative(L, W[i, c]), c), 0),
        "a smaller gradient": (Sum(Derivative(L, W[i, c]) ** 2, c) <= Sum(g[i, c] ** 2, c) / s[i] ** 2),
    }


FAMILY: dict[str, Claim] = {
    f"{layer.__name__.replace('_', ' ')}: {name}": claim
    for layer in (
        root_mean_square,
        weight_normalization,
        softmax,
        mean_absolute,
        groups,
        images,
        in_front_of_batches,
        fixed_statistics,
        standardized_weights,
    )
    for name, claim in layer().items()
}
