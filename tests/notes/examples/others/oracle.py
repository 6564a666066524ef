"""What is true of the formulas in this folder, by numpy alone: both sides of every relation, at random numbers.

One entry for each displayed formula, in order: None for one that only introduces a name, else pairs of both sides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RNG = np.random.default_rng(7)
N = 4
X, Y, U, W = (RNG.normal(size=N) for _ in range(4))
LABELS = RNG.dirichlet(np.ones(N))
C, GAMMA, BETA, SCALE, T = 0.7, 1.3, -0.4, 1.9, 2.5
EYE = np.eye(N)
Pairs = list[tuple[object, object]]


def jacobian(function: Callable, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences; the last axis is that of x."""
    columns = [(np.asarray(function(x + step * e)) - np.asarray(function(x - step * e))) / (2 * step) for e in EYE]
    return np.stack(columns, axis=-1)


def slope(function: Callable, x: float, step: float = 1e-5) -> float:
    return (function(x + step) - function(x - step)) / (2 * step)


def softmax(z: np.ndarray, t: float = 1.0) -> np.ndarray:
    e = np.exp(z / t)
    return e / e.sum()


def lse(x: np.ndarray) -> float:
    return float(np.log(np.exp(x).sum()))


def loss(z: np.ndarray) -> float:
    """Any smooth function of what is computed."""
    return float(np.sin(z) @ W + (z**3) @ U)


def loss_slope(z: np.ndarray) -> np.ndarray:
    return np.cos(z) * W + 3 * z**2 * U


def length(x: np.ndarray) -> float:
    return float(np.sqrt(x @ x))


def unit(x: np.ndarray) -> np.ndarray:
    return x / length(x)


def entropy(z: np.ndarray) -> float:
    return float(-LABELS @ np.log(softmax(z)))


def standard(y: np.ndarray) -> np.ndarray:
    return (y - y.mean()) / y.std()


def root_mean_square(x: np.ndarray) -> float:
    return float(np.sqrt((x**2).mean()))


def logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def silu(x: float) -> float:
    return x * logistic(x)


A = softmax(X)
J = jacobian(softmax, X)
DIAGONAL, APART = np.diag(J), J[~np.eye(N, dtype=bool)]
OUTER = -np.outer(A, A)[~np.eye(N, dtype=bool)]
UNIT = unit(X)
JU = jacobian(unit, X)
G, H = loss_slope(UNIT), loss_slope(A)
HAT = standard(Y)
JH = jacobian(standard, Y)
TRUE_FACT = (EYE - 1 / N - np.outer(HAT, HAT) / N) / Y.std()
LZ = loss_slope(GAMMA * HAT + BETA)
R = X / root_mean_square(X)
JR = jacobian(lambda x: x / root_mean_square(x), X)
S = 0.3
P1 = logistic(S)
LABEL = 0.8
E = UNIT
PROJECTION = EYE - np.outer(E, E)
V, GRADIENT = X, loss_slope(SCALE * UNIT)


def binary(p: float) -> float:
    return float(-(LABEL * np.log(p) + (1 - LABEL) * np.log(1 - p)))


def spread(x: np.ndarray) -> float:
    return float(((x - x.mean()) ** 2).sum())


DIFFERENCES = float(((X[:, None] - X[None, :]) ** 2).sum())
COLD = jacobian(lambda z: softmax(z, T), X)
PT = softmax(X, T)
WEIGHT = jacobian(lambda v: loss(SCALE * unit(v)), V)
BY_SCALE = slope(lambda g: loss(g * unit(V)), SCALE)

GAIN = U
SCALED = jacobian(lambda x: GAIN * x / root_mean_square(x), X)
RMS = root_mean_square(X)
Z, STD, JZ = standard(X), X.std(), jacobian(standard, X)
PAIRS = X[:, None] - X[None, :]
SLOPE, SHIFT, INPUT = 0.7, 0.2, 1.3
SCORE = SLOPE * INPUT + SHIFT
CHANCE = logistic(SCORE)
VALUES = W


def binary_score(z: float) -> float:
    return binary(logistic(z))


def bend(function: Callable, x: float, step: float = 1e-3) -> float:
    """The second derivative."""
    return (function(x + step) - 2 * function(x) + function(x - step)) / step**2


def mixed(function: Callable, x: float, y: float, step: float = 1e-3) -> float:
    """The second derivative by both."""
    corners = [i * j * function(x + i * step, y + j * step) for i in (1, -1) for j in (1, -1)]
    return sum(corners) / (4 * step**2)


TRUTH: dict[str, list[Pairs | None]] = {
    "softmax_zh.md": [
        None,
        [(DIAGONAL, A * (1 - A))],
        [(APART, OUTER)],
        None,
        [(-LABELS / A, jacobian(lambda a: -LABELS @ np.log(a), A))],
        [(jacobian(entropy, X), A * LABELS.sum() - LABELS)],
        [(jacobian(entropy, X), A - LABELS)],
    ],
    "logsumexp.md": [
        None,
        [(jacobian(lse, X), A)],
        [(lse(X), C + lse(X - C))],
        [(lse(X), np.log(np.exp(C) * np.exp(X - C).sum())), (lse(X), C + lse(X - C))],
        [(jacobian(lse, X), np.exp(X) / X.sum())],
        [(jacobian(softmax, X), np.diag(A) - np.outer(A, A))],
    ],
    "l2_de.md": [
        [(UNIT, X / np.linalg.norm(X)), (np.linalg.norm(X), np.sqrt((X**2).sum()))],
        [(jacobian(length, X), X / length(X))],
        [(JU, EYE / length(X) - np.outer(X, X) / length(X) ** 3)],
        [(JU, (EYE - np.outer(UNIT, UNIT)) / length(X))],
        [(JU, (EYE - np.outer(X, X)) / length(X))],
        [(jacobian(lambda x: loss(unit(x)), X), (G - UNIT * (UNIT @ G)) / length(X))],
        [(X @ jacobian(lambda x: loss(unit(x)), X), 0.0)],
    ],
    "logistic_loss.md": [
        None,
        [
            (slope(binary, P1), -LABEL / P1 + (1 - LABEL) / (1 - P1)),
            (slope(binary, P1), (P1 - LABEL) / (P1 * (1 - P1))),
        ],
        [(slope(logistic, S), P1 * (1 - P1))],
        [(slope(lambda z: binary(logistic(z)), S), P1 - LABEL)],
        [(slope(lambda z: binary(logistic(z)), S), LABEL - P1)],
        [(slope(binary, P1), -LABEL / P1 - (1 - LABEL) / (1 - P1))],
    ],
    "facts.md": [
        [(HAT, (Y - Y.mean()) / np.sqrt(((Y - Y.mean()) ** 2).mean()))],
        [(JH, TRUE_FACT)],
        [(GAMMA * JH, GAMMA * TRUE_FACT)],
        [
            (
                jacobian(lambda y: loss(GAMMA * standard(y) + BETA), Y),
                GAMMA / (N * Y.std()) * (N * LZ - LZ.sum() - HAT * (LZ @ HAT)),
            )
        ],
        [(GAMMA * JH, GAMMA / Y.std() * (EYE - 1 / N + np.outer(HAT, HAT) / N))],
    ],
    "softmax.tex": [
        [(A, np.exp(X) / np.exp(X).sum())],
        [(J, np.diag(A) - np.outer(A, A)), (jacobian(lambda z: np.log(softmax(z)), X), EYE - A[None, :])],
        [(jacobian(lambda z: loss(softmax(z)), X), A * (H - A @ H))],
        [(jacobian(lambda z: loss(softmax(z)), X), A * (H - H.sum()))],
    ],
    "entropy_ko.md": [
        None,
        None,
        [(entropy(X), LABELS.sum() * lse(X) - LABELS @ X), (entropy(X), lse(X) - LABELS @ X)],
        [(jacobian(entropy, X), np.exp(X) / np.exp(X).sum() - LABELS), (jacobian(entropy, X), A - LABELS)],
        [(jacobian(entropy, X), LABELS - A)],
    ],
    "rms.md": [
        [(np.linalg.norm(X), np.sqrt((X**2).sum()))],
        None,
        None,
        [(np.linalg.norm(R), np.sqrt(N))],
        [(jacobian(root_mean_square, X), X / (N * root_mean_square(X)))],
        [(JR, (EYE - np.outer(R, R) / N) / root_mean_square(X))],
        [(JR, (EYE - np.outer(R, R)) / root_mean_square(X))],
        [(jacobian(root_mean_square, X), X / root_mean_square(X))],
    ],
    "projection.md": [
        [(PROJECTION @ E, np.zeros(N))],
        [(PROJECTION @ PROJECTION, PROJECTION)],
        [(PROJECTION.T, PROJECTION)],
        [((PROJECTION @ Y) @ (PROJECTION @ Y), Y @ Y - (E @ Y) ** 2)],
        [((PROJECTION @ Y) @ (PROJECTION @ Y), Y @ Y + (E @ Y) ** 2)],
        [(Y @ PROJECTION @ Y, Y @ Y - (E @ Y) ** 2)],
    ],
    "weight_norm.md": [
        None,
        [(BY_SCALE, GRADIENT @ V / length(V))],
        [(WEIGHT, SCALE / length(V) * GRADIENT - SCALE * BY_SCALE / length(V) ** 2 * V)],
        [(V @ WEIGHT, 0.0)],
        [(WEIGHT, SCALE / length(V) * GRADIENT + SCALE * BY_SCALE / length(V) ** 2 * V)],
    ],
    "jacobienne_fr.md": [
        [(DIAGONAL, A * (1 - A))],
        [(APART, OUTER)],
        None,
        [(J, np.diag(A) - np.outer(A, A))],
        [(J, np.diag(A) + np.outer(A, A))],
        [(A.sum(), 1.0)],
        [(A.sum(), float(N))],
    ],
    "sigmoid.md": [
        None,
        [(slope(logistic, S), P1 * (1 - P1))],
        [(slope(logistic, S), np.exp(-S) / (1 + np.exp(-S)) ** 2)],
        [(1 - P1, logistic(-S))],
        [(slope(np.tanh, S), 1 - np.tanh(S) ** 2)],
        [(slope(np.tanh, S), 1 + np.tanh(S) ** 2)],
        None,
        [(slope(silu, S), P1 + S * P1 * (1 - P1))],
        [(slope(logistic, S), P1 * (1 + P1))],
    ],
    "squares.ipynb": [
        [((X - X.mean()).sum(), 0.0)],
        None,
        [(X.var(), (X**2).mean() - X.mean() ** 2)],
        [(X.var(), DIFFERENCES / (2 * N**2))],
        [(((X - C) ** 2).sum(), spread(X) + N * (X.mean() - C) ** 2)],
        [(spread(X), (X**2).sum() + N * X.mean() ** 2)],
        [(((X - X.mean()) * (Y - Y.mean())).sum(), X @ Y - N * X.mean() * Y.mean())],
    ],
    "temperature.rst": [
        None,
        [(COLD, (np.diag(PT) - np.outer(PT, PT)) / T)],
        [(COLD, np.diag(PT) - np.outer(PT, PT))],
        [(PT.sum(), 1.0), (COLD.sum(axis=1), np.zeros(N))],
    ],
    "rms_zh.md": [
        None,
        [(jacobian(root_mean_square, X), X / (N * RMS))],
        [(SCALED, GAIN[:, None] / RMS * (EYE - np.outer(X, X) / (N * RMS**2)))],
        [(SCALED, GAIN[:, None] / RMS * (EYE - np.outer(X, X) / RMS**2))],
        [(jacobian(lambda g: loss(g * X / RMS), GAIN), loss_slope(GAIN * X / RMS) * X / RMS)],
        [(X @ jacobian(lambda x: loss(GAIN * x / root_mean_square(x)), X), 0.0)],
    ],
    "standard_ja.md": [
        None,
        [(Z.mean(), 0.0), ((Z**2).mean(), 1.0)],
        [(X.var(), (X**2).mean() - X.mean() ** 2)],
        [(jacobian(np.var, X), 2 / N * (X - X.mean()))],
        [(JZ, (EYE - 1 / N - np.outer(Z, Z) / N) / STD)],
        [(JZ.sum(axis=0), np.zeros(N)), (JZ.sum(axis=1), np.zeros(N))],
        [(JZ @ X, Z)],
        [((PAIRS**2).sum(), 2 * N**2 * X.var())],
    ],
    "logistisch_de.tex": [
        [(float(0 < CHANCE < 1), 1.0)],
        [(slope(logistic, SCORE), CHANCE * (1 - CHANCE))],
        [
            (slope(binary, CHANCE), (CHANCE - LABEL) / (CHANCE * (1 - CHANCE))),
            (slope(binary_score, SCORE), CHANCE - LABEL),
            (slope(lambda w: binary_score(w * INPUT + SHIFT), SLOPE), (CHANCE - LABEL) * INPUT),
            (slope(lambda b: binary_score(SLOPE * INPUT + b), SHIFT), CHANCE - LABEL),
        ],
        [(bend(lambda w: binary_score(w * INPUT + SHIFT), SLOPE), CHANCE * (1 - CHANCE) * INPUT**2)],
        [(mixed(lambda w, b: binary_score(w * INPUT + b), SLOPE, SHIFT), CHANCE * (1 - CHANCE) * INPUT)],
        [(bend(lambda b: binary_score(SLOPE * INPUT + b), SHIFT), CHANCE * (1 + CHANCE))],
        [(CHANCE * (1 - CHANCE), 0.25 - (CHANCE - 0.5) ** 2)],
    ],
    "attention_ja.md": [
        None,
        [(J, np.diag(A) - np.outer(A, A))],
        [(jacobian(lambda v: A @ v, VALUES), A)],
        [(jacobian(lambda z: softmax(z) @ VALUES, X), VALUES @ J), (VALUES @ J, A * (VALUES - A @ VALUES))],
        [(VALUES @ J, A * (VALUES + A @ VALUES))],
        [(A.sum(), 1.0), (J.sum(axis=1), np.zeros(N))],
        [(COLD, (np.diag(PT) - np.outer(PT, PT)) / T)],
    ],
}


def holds(pairs: Pairs) -> bool:
    """Whether both sides of all relations are the same numbers."""
    return all(np.allclose(left, right, rtol=1e-5, atol=1e-7) for left, right in pairs)
