"""True statements of the fragment itself: deltas, nested sums, matrices, two sizes, entrywise functions."""

from __future__ import annotations

from derive.language import (
    Abs,
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
    tanh,
)

m, n = Size("m"), Size("n")
i, j, k, b, q = indices("i j k b q", m)
c, d, e = indices("c d e", n)
u, v, w = Vector("u", m), Vector("v", m), Vector("w", m)
p = Vector("p", m, positive=True)
H = Matrix("H", m, m, symmetric=True)
M, N = Matrix("M", m, m), Matrix("N", m, n)
alpha, tau = Scalar("alpha"), Scalar("tau", positive=True)


def partial(body: object, *by: object):
    for entry in by:
        body = Derivative(body, entry)
    return body


W = Matrix("W", m, m)
loss_of_matrix, matrix_gradient = loss("L", of=W)
matrix_hessian = matrix_gradient.dependence.derivative


ALGEBRA = {
    "delta contracts": Eq(Sum(Delta(b, k) * u[k], k), u[b]),
    "delta twice": Eq(Sum(Delta(i, k) * Delta(k, j), k), Delta(i, j)),
    "delta in a double sum": Eq(Sum(Delta(b, k) * u[b] * v[k], b, k), inner(u, v, b)),
    "trace of the identity": Eq(Sum(Delta(k, k), k), m),
    "centring twice": Eq(Sum((Delta(i, k) - 1 / m) * (Delta(k, j) - 1 / m), k), Delta(i, j) - 1 / m),
    "centred inner product": Eq(
        Sum((u[k] - mean(u[b], b)) * (v[k] - mean(v[b], b)), k), inner(u, v, k) - Sum(u[k], k) * Sum(v[k], k) / m
    ),
    "parallelogram": Eq(
        squared_norm(u[k] + v[k], k) + squared_norm(u[k] - v[k], k), 2 * squared_norm(u, k) + 2 * squared_norm(v, k)
    ),
    "Lagrange": Eq(
        squared_norm(u, k) * squared_norm(v, k) - inner(u, v, k) ** 2,
        Sum((u[i] * v[j] - u[j] * v[i]) ** 2, i, j) / 2,
    ),
    "square of a sum": Eq(Sum(u[k], k) ** 2, Sum(u[i] * u[k], i, k)),
    "sum of all triples": Eq(Sum(u[i] * v[j] * w[k], i, j, k), Sum(u[i], i) * Sum(v[j], j) * Sum(w[k], k)),
    "geometric": Eq((1 + alpha) ** 3 - 1, alpha * (3 + 3 * alpha + alpha**2)),
    "partial fractions": Eq(1 / tau - 1 / (tau + 1), 1 / (tau * (tau + 1))),
    "squared absolute value": Eq(Abs(alpha) ** 2, alpha**2),
    "squared norm": Eq(norm(u, k) ** 2, squared_norm(u, k)),
    "scaled norm": Eq(sqrt(tau**2 * squared_norm(u, k)), tau * norm(u, k)),
    "positive root": Eq(1 / sqrt(tau), sqrt(tau) / tau),
    "a vector of no mean": Eq(inner(u[k] + alpha, w, k), inner(u, w, k)).given(Eq(Sum(w[k], k), 0)),
    "a normalized vector": Eq(squared_norm(w[k] + alpha, k), m * (1 + alpha**2)).given(
        Eq(Sum(w[k], k), 0), Eq(Sum(w[k] ** 2, k), m)
    ),
}

MATRICES = {
    "gradient of a quadratic form": Eq(Derivative(Sum(u[i] * H[i, j] * u[j], i, j), u[k]), 2 * Sum(H[k, j] * u[j], j)),
    "Hessian of a quadratic form": Eq(partial(Sum(u[i] * M[i, j] * u[j], i, j), u[k], u[q]), M[k, q] + M[q, k]),
    "second derivative of a loss of a matrix": Eq(
        partial(loss_of_matrix, W[i, j], W[k, q]), matrix_hessian[i, j, k, q]
    ),
    "bilinear form by its matrix": Eq(Derivative(Sum(u[i] * N[i, c] * v[i], i, c), N[k, d]), u[k] * v[k]),
    "symmetric swap": Eq(Sum(u[i] * H[i, j] * v[j], i, j), Sum(v[i] * H[i, j] * u[j], i, j)),
    "transposed product": Eq(Sum(Sum(M[i, k] * M[j, k], k) * u[i] * u[j], i, j), Sum(Sum(M[i, k] * u[i], i) ** 2, k)),
    "least squares": Eq(
        Derivative(Sum((v[k] - Sum(N[k, c] * Vector("a", n)[c], c)) ** 2, k), Vector("a", n)[d]),
        -2 * Sum(N[k, d] * (v[k] - Sum(N[k, c] * Vector("a", n)[c], c)), k),
    ),
    "centred columns": Eq(Sum(Sum((Delta(i, k) - 1 / m) * N[k, c], k), i), 0),
    "Frobenius norm by the trace": Eq(Sum(N[i, c] ** 2, i, c), Sum(Sum(N[i, c] * N[j, c], c) * Delta(i, j), i, j)),
}

INEQUALITIES = {
    "Cauchy-Schwarz": inner(u, v, k) ** 2 <= squared_norm(u, k) * squared_norm(v, k),
    "square of the mean": mean(u[k], k) ** 2 <= mean(u[k] ** 2, k),
    "two scalars": 2 * alpha * tau <= alpha**2 + tau**2,
    "a square at least": (1 + alpha**2) ** 2 >= 4 * alpha**2,
}

FUNCTIONS = {
    "exponential": Eq(Derivative(exp(u[b]), u[k]), Delta(b, k) * exp(u[b])),
    "sum of exponentials": Eq(Derivative(Sum(exp(alpha * u[b]), b), u[k]), alpha * exp(alpha * u[k])),
    "log sum exp": Eq(Derivative(log(Sum(exp(u[b]), b)), u[k]), exp(u[k]) / Sum(exp(u[b]), b)),
    "logarithm": Eq(Derivative(Sum(log(p[b]), b), p[k]), 1 / p[k]),
    "hyperbolic tangent": Eq(Derivative(Sum(tanh(u[b]) * v[b], b), u[k]), v[k] * (1 - tanh(u[k]) ** 2)),
    "absolute value": Eq(Derivative(Sum(Abs(u[b]), b), u[k]), sign(u[k])),
    "square by absolute values": Eq(Derivative(Sum(Abs(u[b]) ** 2, b), u[k]), 2 * u[k]),
    "root": Eq(Derivative(norm(u, b), u[k]), u[k] / norm(u, b)),
}


def rows() -> dict:
    """Layer normalization: each row of x has its own mean and deviation, each feature its own weight."""
    x, weight, bias = Tensor("x", (m, n)), Vector("weight", n), Vector("bias", n)
    epsilon = Scalar("epsilon", nonnegative=True)
    mu = define("mu", mean(x[i, c], c), i)
    s = define("s", sqrt(mean((x[i, c] - mu[i]) ** 2, c) + epsilon), i)
    xhat = define("xhat", (x[i, c] - mu[i]) / s[i], i, c)
    z = define("z", weight[c] * xhat[i, c] + bias[c], i, c)
    L, g = loss("L", of=z)
    h = define("h", weight[c] * g[i, c], i, c)
    gradient = (h[k, d] - mean(h[k, c], c) - xhat[k, d] * mean(h[k, c] * xhat[k, c], c)) / s[k]
    jacobian = Delta(i, k) / s[i] * (Delta(c, d) - 1 / n - xhat[i, c] * xhat[i, d] / n)
    return {
        "rows have mean zero": Eq(Sum(xhat[i, c], c), 0),
        "rows have this square": Eq(Sum(xhat[i, c] ** 2, c), n * (1 - epsilon / s[i] ** 2)),
        "all rows": Eq(Sum(xhat[i, c] * weight[d], c, i, d), 0),
        "Jacobian of the rows": Eq(Derivative(xhat[i, c], x[k, d]), jacobian),
        "gradient of the rows": Eq(Derivative(L, x[k, d]), gradient),
        "gradient by the weight": Eq(Derivative(L, weight[c]), Sum(g[i, c] * xhat[i, c], i)),
        "gradient by the bias": Eq(Derivative(L, bias[c]), Sum(g[i, c], i)),
        "second derivative by the bias": Eq(
            partial(L, bias[c], bias[d]), Sum(g.dependence.derivative[i, c, k, d], i, k)
        ),
        "row gradients sum to zero": Eq(Sum(Derivative(L, x[k, d]), d), 0),
    }


ROWS = rows()
