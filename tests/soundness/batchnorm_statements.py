"""True statements about batch normalization, every one for all m, every loss and every epsilon unless it says so."""

from __future__ import annotations

from fractions import Fraction

from derive.language import Abs, Claim, Delta, Derivative, Eq, Ne, Sum, define, inner, mean, squared_norm
from derive.layers import batchnorm

layer = batchnorm()
m = layer.inputs[0].sizes[0]
i, j, k, b, q = layer.indices("i j k b q")
y, mu, var, s, yhat, z = layer.y, layer.mu, layer.var, layer.s, layer.yhat, layer.z
gamma, beta, epsilon = layer.gamma, layer.beta, layer.epsilon
L, g = layer.loss, layer.gradient
H = g.dependence.derivative

rho = define("rho", var / s**2)
A = define("A", Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m, b, k)
v = define("v", Derivative(L, y[k]), k)
g_mean, g_yhat = Sum(g[b], b) / m, inner(g, yhat, b)
NO_EPSILON = Eq(epsilon, 0)


def second_derivative() -> Claim:
    projected = gamma**2 / s**2 * Sum(A[j, b] * H[b, q] * A[q, k], b, q)
    Ag_j, Ag_k = Sum(A[j, b] * g[b], b), Sum(A[k, b] * g[b], b)
    curved = gamma / (m * s**2) * (g_yhat * A[j, k] + Ag_j * yhat[k] + yhat[j] * Ag_k)
    return Eq(Derivative(Derivative(L, y[j]), y[k]), projected - curved)


FORWARD = {
    "the normalized batch has mean zero": Eq(Sum(yhat[b], b), 0),
    "the normalized batch has this square": Eq(squared_norm(yhat, b), m * (1 - epsilon / s**2)),
    "the square without epsilon": Eq(squared_norm(yhat, k), m).given(NO_EPSILON),
    "the variance is at most one": (mean(yhat[k] ** 2, k) <= 1),
    "the variance by squares": Eq(var, mean(y[k] ** 2, k) - mean(y[k], k) ** 2),
    "the variance by pairs": Eq(2 * m**2 * var, Sum((y[i] - y[k]) ** 2, i, k)),
    "the output": Eq(z[k], gamma * (y[k] - mu) / s + beta),
    "the mean of the output": Eq(mean(z[k], k), beta),
    "the square of the output": Eq(mean(z[k] ** 2, k), beta**2 + gamma**2 * rho),
}

JACOBIANS = {
    "of the mean": Eq(Derivative(mu, y[k]), 1 / m),
    "of the variance": Eq(Derivative(var, y[k]), 2 * (y[k] - mu) / m),
    "of s": Eq(Derivative(s, y[k]), yhat[k] / m),
    "fact C.2": Eq(Derivative(yhat[b], y[k]), (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s),
    "fact C.2 for the output": Eq(Derivative(z[b], y[k]), gamma / s * (Delta(b, k) - (1 + yhat[b] * yhat[k]) / m)),
    "projector on the normalized batch": Eq(Sum(A[b, k] * yhat[k], k), (1 - rho) * yhat[b]),
    "projector on ones": Eq(Sum(A[b, k], k), 0),
    "projector squared": Eq(Sum(A[i, b] * A[b, j], b), A[i, j] + (rho - 1) / m * yhat[i] * yhat[j]),
    "trace of the projector": Eq(Sum(A[k, k], k), m - 1 - rho),
}

ADJOINTS = {
    "dL/dz": Eq(Derivative(L, z[k]), g[k]),
    "dL/dyhat": Eq(Derivative(L, yhat[k]), gamma * g[k]),
    "dL/dvar": Eq(Derivative(L, var), Sum(gamma * g[k] * (y[k] - mu), k) * Fraction(-1, 2) / s**3),
    "dL/ds": Eq(Derivative(L, s), -gamma * Sum(g[k] * (y[k] - mu), k) / s**2),
    "dL/dmu": Eq(Derivative(L, mu), -Sum(gamma * g[k], k) / s + Derivative(L, var) * Sum(-2 * (y[k] - mu), k) / m),
    "dL/dy assembled": Eq(
        Derivative(L, y[k]),
        Derivative(L, yhat[k]) / s + Derivative(L, var) * 2 * (y[k] - mu) / m + Derivative(L, mu) / m,
    ),
    "dL/dgamma": Eq(Derivative(L, gamma), Sum(g[k] * yhat[k], k)),
    "dL/dbeta": Eq(Derivative(L, beta), Sum(g[k], k)),
    "chain rule": Eq(Derivative(L, y[k]), Sum(Derivative(L, yhat[b]) * Derivative(yhat[b], y[k]), b)),
}

GRADIENTS = {
    "fact C.1": Eq(v[k], gamma / s * (g[k] - g_mean - yhat[k] * g_yhat / m)),
    "fact C.1 over one fraction": Eq(
        Derivative(L, y[k]), gamma / (m * s) * (m * g[k] - Sum(g[b], b) - yhat[k] * Sum(g[b] * yhat[b], b))
    ),
    "fact C.1 by the parameters": Eq(
        v[k], gamma / (m * s) * (m * g[k] - Derivative(L, beta) - yhat[k] * Derivative(L, gamma))
    ),
    "the gradient sums to zero": Eq(Sum(v[k], k), 0),
    "the gradient along the batch": Eq(inner(v, yhat, k), gamma * (1 - rho) / s * g_yhat),
    "second derivative": second_derivative(),
}

NORMS = {
    "theorem 4.1": Eq(
        squared_norm(v, k),
        gamma**2 / s**2 * (squared_norm(g, k) - Sum(g[k], k) ** 2 / m - (2 - rho) * g_yhat**2 / m),
    ),
    "theorem 4.1 without epsilon": Eq(
        squared_norm(v, k), gamma**2 / s**2 * (squared_norm(g, k) - m * g_mean**2 - g_yhat**2 / m)
    ).given(NO_EPSILON),
    "theorem 4.1 as printed": squared_norm(v, k)
    <= gamma**2 / s**2 * (squared_norm(g, k) - m * g_mean**2 - g_yhat**2 / m),
    "a smaller gradient": (squared_norm(v, k) <= squared_norm(g, k)).given(Abs(gamma) <= s),
    "along a batch of no mean": Eq(Sum(v[k] * (yhat[k] + 1), k), gamma * epsilon / s**3 * g_yhat).given(Ne(g_yhat, 0)),
}
