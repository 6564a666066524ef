"""True statements of Santurkar et al. 2018 beyond those of `batchnorm_statements`: curvature, scale, distances."""

from __future__ import annotations

from derive.language import Derivative, Eq, Ne, Scalar, Sum, Term, Vector, define, inner, mean, squared_norm
from tests.soundness.batchnorm_statements import (
    NO_EPSILON,
    A,
    H,
    L,
    b,
    beta,
    epsilon,
    g,
    g_yhat,
    gamma,
    i,
    j,
    k,
    layer,
    m,
    mu,
    q,
    rho,
    s,
    v,
    var,
    y,
    yhat,
    z,
)

second = Derivative(Derivative(L, y[b]), y[k])
curvature = Sum(v[b] * H[b, k] * v[k], b, k)
through_layer = Sum(v[b] * second * v[k], b, k)
projected = Sum(Sum(A[b, j] * v[j], j) * H[b, k] * Sum(A[k, q] * v[q], q), b, k)

CURVATURE = {
    "theorem 4.2": Eq(
        through_layer,
        gamma**2 / s**2 * projected
        - gamma
        / (m * s**2)
        * g_yhat
        * ((3 - 2 * rho) * squared_norm(v, k) - gamma**2 / (m * s**2) * (1 - rho) ** 2 * g_yhat**2),
    ),
    "theorem 4.2 without epsilon": Eq(projected, curvature).given(NO_EPSILON),
    "along the ones": Eq(Sum(second, k), 0),
    "along the normalized batch": Eq(
        Sum(second * yhat[k], k),
        (1 - rho) * gamma / s**2 * (gamma * Sum(A[b, k] * H[k, j] * yhat[j], j, k) - 2 / m * g_yhat * yhat[b])
        - rho * v[b] / s,
    ),
}

factor, shift = Scalar("a", positive=True), Scalar("c")
w = Vector("w", m)
scaled = layer.at(y=define("y'", factor * y[b] + shift, b))
turned = layer.at(y=(b, -factor * y[b] + shift))
rescaled = layer.at(epsilon=epsilon / factor**2, mark="''")
at_s = layer.at(gamma=s, beta=mu)

SCALE = {
    "a scaled batch": Eq(scaled.yhat[b], yhat[b]).given(NO_EPSILON),
    "a scaled and turned batch": Eq(turned.yhat[b], -yhat[b]).given(NO_EPSILON),
    "a scaled batch and another epsilon": Eq(scaled.z[b], rescaled.z[b]),
    "the gradient of a scaled batch": Eq(
        factor * Derivative(inner(w, scaled.z, j), scaled.y[b]), Derivative(inner(w, z, j), y[b])
    ).given(NO_EPSILON),
    "the batch along its gradient": Eq(inner(y, v, k), gamma * epsilon / s**2 * g_yhat),
    "the normalized batch along its gradient": Eq(inner(yhat, v, k), gamma * epsilon / s**3 * g_yhat),
    "activations restored": Eq(at_s.z[b], y[b]),
    "gradients restored by moving parameters": Eq(Derivative(at_s.loss, y[b]), at_s.gradient[b]),
}

start, optimum = Vector("w0", m), Vector("w1", m)
overlap, length = inner(start, optimum, i), squared_norm(optimum, i)
apart = squared_norm(start[i] - optimum[i], i)
nearest = define("nearest", overlap / length)


def to(multiple: Term) -> Term:
    return squared_norm(start[i] - multiple * optimum[i], i)


INITIALIZATION = {
    "lemma 4.5": Eq(to(nearest), apart - (1 - nearest) ** 2 * length),
    "lemma 4.5 as printed": Eq(to(nearest), apart - (length - overlap) ** 2 / length),
    "the nearest multiple": to(nearest) <= to(shift),
    "a nearer optimum": (to(nearest) < apart).given(length > 0, Ne(nearest, 1)),
    "no optimum on the other side": (to(factor) > squared_norm(start, i)).given(overlap <= 0, length > 0),
}

other = layer.at(y=w)
distance, moved = squared_norm(z[b] - other.z[b], b), squared_norm(y[b] - w[b], b)
stretched = Sum(Derivative(z[b], y[k]) * w[k], k)

LIPSCHITZ = {
    "distance of two outputs": Eq(
        distance,
        gamma**2
        * (
            squared_norm(y[b] - mu - (w[b] - other.mu), b) / (s * other.s)
            - m * (s - other.s) ** 2 / (s * other.s)
            - m * epsilon * (1 / s - 1 / other.s) ** 2
        ),
    ),
    "two deviations": distance <= gamma**2 * moved / (s * other.s),
    "Lipschitz": (distance <= gamma**2 * moved / epsilon).given(epsilon > 0),
    "distance from a constant batch": Eq(
        squared_norm(z[b] - beta, b), gamma**2 / (var + epsilon) * squared_norm(y[b] - mu, b)
    ),
    "a stretched direction": Eq(
        squared_norm(stretched, b),
        gamma**2 / s**2 * (squared_norm(w, b) - Sum(w[b], b) ** 2 / m - (2 - rho) * inner(w, yhat, b) ** 2 / m),
    ),
    "no direction is stretched further": squared_norm(stretched, b) <= gamma**2 / s**2 * squared_norm(w, b),
    "theorem 4.4": Eq(
        factor**2 * squared_norm(v, k),
        gamma**2 / s**2 * (factor**2 * (squared_norm(g, k) - m * mean(g[k], k) ** 2) - factor**2 / m * g_yhat**2),
    ).given(NO_EPSILON),
}
