"""The three statements with one mistake each: what a check has to catch."""

from __future__ import annotations

from derive.language import Claim, Delta, Eq, Sum, inner, sqrt, squared_norm
from tests.verify.statements.stated import (
    b,
    epsilon,
    g,
    gamma,
    gradient,
    jacobian,
    k,
    length,
    lengths,
    m,
    s,
    v,
    var,
    y,
    yhat,
)

sum_g, along = Sum(g[k], k), Sum(g[k] * yhat[k], k)
projected = m * g[b] - sum_g - yhat[b] * along
dyhat = jacobian.lhs
squares, mean_part, yhat_part = squared_norm(g, b), Sum(g[b], b) ** 2 / m, inner(g, yhat, b) ** 2 / m
scale = gamma**2 / s**2

FAULTS: dict[str, Claim] = {
    "c1 sign of the mean": Eq(v, gamma / (m * s) * (m * g[b] + sum_g - yhat[b] * along)),
    "c1 sign of the projection": Eq(v, gamma / (m * s) * (m * g[b] - sum_g + yhat[b] * along)),
    "c1 without the mean": Eq(v, gamma / (m * s) * (m * g[b] - yhat[b] * along)),
    "c1 without the projection": Eq(v, gamma / (m * s) * (m * g[b] - sum_g)),
    "c1 without 1/m": Eq(v, gamma / s * projected),
    "c1 with 1/(m - 1)": Eq(v, gamma / ((m - 1) * s) * projected),
    "c1 without gamma": Eq(v, 1 / (m * s) * projected),
    "c1 without epsilon": Eq(v, gamma / (m * sqrt(var)) * projected),
    "c1 with s squared": Eq(v, gamma / (m * s**2) * projected),
    "c1 y for yhat": Eq(v, gamma / (m * s) * (m * g[b] - sum_g - y[b] * Sum(g[k] * y[k], k))),
    "c1 sign": Eq(v, -gradient.rhs),
    "c2 sign of 1/m": Eq(dyhat, (Delta(b, k) + 1 / m - yhat[b] * yhat[k] / m) / s),
    "c2 sign of the projection": Eq(dyhat, (Delta(b, k) - 1 / m + yhat[b] * yhat[k] / m) / s),
    "c2 without 1/m": Eq(dyhat, (Delta(b, k) - 1 / m - yhat[b] * yhat[k]) / s),
    "c2 without the delta": Eq(dyhat, (-1 / m - yhat[b] * yhat[k] / m) / s),
    "c2 without the projection": Eq(dyhat, (Delta(b, k) - 1 / m) / s),
    "c2 with 1/(m - 1)": Eq(dyhat, (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / (m - 1)) / s),
    "c2 without epsilon": Eq(dyhat, (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / sqrt(var)),
    "c2 variance without epsilon in yhat": Eq(dyhat, (Delta(b, k) - 1 / m - yhat[b] * yhat[k] * s**2 / var / m) / s),
    "4.1 printed as an identity": Eq(length, lengths[1].rhs),
    "4.1 with 1/sqrt(m)": Eq(
        length, scale * (squares - Sum(g[b], b) ** 2 / sqrt(m) - (2 - var / s**2) * inner(g, yhat, b) ** 2 / sqrt(m))
    ),
    "4.1 sign": Eq(length, scale * (squares + mean_part - (2 - var / s**2) * yhat_part)),
    "4.1 gamma not squared": Eq(length, gamma / s**2 * (squares - mean_part - (2 - var / s**2) * yhat_part)),
    "4.1 the wrong way": length >= scale * (squares - mean_part - (1 - 1 / m) * yhat_part),
    "4.1 too small a bound": length <= scale * (squares - mean_part - 2 * yhat_part),
    "4.1 without the scale": length <= squares,
    "4.1 epsilon in the wrong place": Eq(
        length, gamma**2 / (var + epsilon**2) * (squares - mean_part - (2 - var / s**2) * yhat_part)
    ),
}
