"""True statements about training: random draws, depth, statistics over many batches, folding, linear networks."""

from __future__ import annotations

from derive.language import (
    Delta,
    Derivative,
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
    loss,
    mean,
    sqrt,
)

m, n = Size("m"), Size("n")
j, k = indices("j k", m)
i, q = indices("i q", n)
alpha, tau = Scalar("alpha"), Scalar("tau", positive=True)
a, w = Vector("a", n), Vector("w", n, positive=True)

average = define("average", mean(a[i], i))
spread = define("spread", mean((a[i] - average) ** 2, i))
weighted = define("weighted", Sum(w[i] * a[i], i) / Sum(w[i], i))
weighted_spread = define("weighted_spread", Sum(w[i] * (a[i] - weighted) ** 2, i) / Sum(w[i], i))


def pairs(other: Term) -> Tensor:
    """The probability that draws j and k are samples i and q, given that of two different draws."""
    return define("P", Delta(j, k) * Delta(i, q) / n + (1 - Delta(j, k)) * other, j, k, i, q)


def noise(P: Tensor) -> Term:
    return Sum(P[j, k, i, q] * (a[i] - average) * (a[q] - average), i, q, j, k) / m**2


drawn = define(
    "drawn",
    Delta(j, k) * Delta(i, q) * w[i] / Sum(w[i], i) + (1 - Delta(j, k)) * w[i] * w[q] / Sum(w[i], i) ** 2,
    j,
    k,
    i,
    q,
)

y = Matrix("y", n, m)
gamma, beta = Vector("gamma", n), Vector("beta", n)
epsilon = Scalar("epsilon", nonnegative=True)
mu = define("mu", mean(y[i, j], j), i)
var = define("var", mean((y[i, j] - mu[i]) ** 2, j), i)
s = define("s", sqrt(var[i] + epsilon), i)
f = define("f", gamma[i] * (y[i, j] - mu[i]) / s[i] + beta[i], i, j)
mu_all = define("mu_all", mean(y[i, j], i, j))

X, W, V = Matrix("X", m, n), Matrix("W", n, n), Matrix("V", n, m)
hidden = define("hidden", Sum(X[j, i] * W[i, q], i), j, q)
out = define("out", Sum(hidden[j, i] * V[i, k], i), j, k)
L, g = loss("L", of=out)

SAMPLING = {
    "noise with replacement": Eq(noise(pairs(1 / n**2)), spread / m),
    "noise without replacement": Eq(noise(pairs((1 - Delta(i, q)) / (n * (n - 1)))), spread / m * (n - m) / (n - 1)),
    "variance of a batch of draws": Eq(
        Sum(drawn[j, k, i, q] * (a[i] - a[q]) ** 2, i, q, j, k) / (2 * m**2), (m - 1) / m * weighted_spread
    ),
    "dropout": Eq(tau * (alpha / tau - alpha) ** 2 + (1 - tau) * alpha**2, alpha**2 * (1 - tau) / tau),
}

OVER_BATCHES = {
    "law of total variance": Eq(mean((y[i, j] - mu_all) ** 2, j, i), mean(var[i], i) + mean((mu[i] - mu_all) ** 2, i)),
    "the mean of variances is smaller": (mean(var[i], i) <= mean((y[i, j] - mu_all) ** 2, j, i)),
    "squared mean and mean square": Eq(average**2, mean(a[i] ** 2, i) - spread),
    "two updates": Eq(
        (1 - alpha) * ((1 - alpha) * tau + alpha * a[i]) + alpha * a[q],
        (1 - alpha) ** 2 * tau + alpha * ((1 - alpha) * a[i] + a[q]),
    ),
}

NETWORKS = {
    "variance of a branch": Eq(mean((f[i, j] - beta[i]) ** 2, j), gamma[i] ** 2 * var[i] / s[i] ** 2),
    "covariance of two outputs": Eq(
        mean((f[i, j] - beta[i]) * (f[q, j] - beta[q]), j),
        gamma[i] * gamma[q] / (s[i] * s[q]) * mean((y[i, j] - mu[i]) * (y[q, j] - mu[q]), j),
    ),
    "folded": Eq(f[i, j], gamma[i] / s[i] * y[i, j] + (beta[i] - gamma[i] * mu[i] / s[i])),
    "gradient of the first layer": Eq(Derivative(L, W[i, q]), Sum(X[j, i] * g[j, k] * V[q, k], j, k)),
    "gradient of the second layer": Eq(Derivative(L, V[i, k]), Sum(hidden[j, i] * g[j, k], j)),
}
