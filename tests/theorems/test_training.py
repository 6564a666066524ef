"""The statements about training against enumeration: every minibatch, every batch, every mask, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest

from derive.language import Claim, Tensor
from derive.theorems import names, statement, statements
from derive.theorems.training import folding, running_statistics, sgd_noise
from tests.theorems.numeric import FIRST_ORDER, Cubic, Point, value
from tests.theorems.points import compare, inputs, places

TRAINING = [name for name in names() if statements()[name].build.__module__.startswith("derive.theorems.training.")]
RNG = np.random.default_rng(0)
LENGTHS = (3, 4, 2, 5, 6)
"""Different sizes get different lengths, so that no index can stand for another; B < n."""


def at(**arrays: object) -> dict[str, np.ndarray]:
    return {name: np.asarray(array, dtype=float) for name, array in arrays.items()}


def point(claim: Claim, named: dict[str, np.ndarray]) -> Point:
    """The point at which every input has the array of its name."""
    return Point({tensor: named[tensor.name] for tensor in inputs(claim.terms)}, cubic(0))


def cubic(seed: int) -> Cubic:
    random, entries = np.random.default_rng(seed), 30
    square = random.normal(size=(entries, entries))
    return Cubic(random.normal(size=entries), random.normal(size=entries), square + square.T)


def sides(name: str, named: dict[str, np.ndarray]) -> Iterator[tuple[float, float]]:
    """Both sides of a statement, at every value of its indices."""
    claim = statement(name).theorem.claim
    here = point(claim, named)
    assert all(compare(h, here, where, 1e-9) for h in claim.hypotheses for where in places(h, here))
    for where in places(claim, here):
        yield float(np.real(value(claim.lhs, here, where))), float(np.real(value(claim.rhs, here, where)))


def one(name: str, **arrays: object) -> float:
    """The value on which both sides of a statement without free indices agree."""
    ((left, right),) = sides(name, at(**arrays))
    assert left == pytest.approx(right, rel=1e-12, abs=1e-12)
    return left


# Everywhere


def drawn(claim: Claim, seed: int) -> Point:
    """A random point whose sizes differ; epsilon is 0 where the claim says so."""
    random = np.random.default_rng(seed)
    zero = any(str(h) == "epsilon = 0" for h in claim.hypotheses)
    here = Point({}, cubic(seed))
    tensors = inputs(claim.terms)
    lengths = dict(zip([t for t in tensors if t.integer], LENGTHS, strict=False))
    if {"B", "n"} <= {t.name for t in lengths}:
        lengths = {t: {"B": 3, "n": 4}.get(t.name, 2) for t in lengths}
    for tensor in tensors:
        shape = [lengths[size.tensor] for size in tensor.sizes]  # type: ignore[attr-defined]
        array = random.normal(size=shape)
        array = np.array(float(lengths[tensor])) if tensor in lengths else array
        here.arrays[tensor] = np.abs(array) if -1 not in tensor.signs else array
        if tensor.name == "epsilon" and zero:
            here.arrays[tensor] = np.array(0.0)
    return here


def uncorrelated(here: Point, claim: Claim) -> Point:
    """The same point with x_0 changed so that the covariances between the summands, linear in x_0, add up to zero."""
    tensor = next(t for t in here.arrays if t.name == "x")
    (hypothesis,) = claim.hypotheses

    def between(x: np.ndarray) -> float:
        return float(np.real(value(hypothesis.lhs, Point({**here.arrays, tensor: x}, here.loss), {})))

    start, slope = here.arrays[tensor], np.eye(len(here.arrays[tensor]))[0]
    first, second = between(start), between(start + slope)
    return Point({**here.arrays, tensor: start - slope * first / (second - first)}, here.loss)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", TRAINING)
def test_both_sides_at_sizes_that_differ(name: str, seed: int) -> None:
    claim = statement(name).theorem.claim
    here = drawn(claim, seed)
    here = uncorrelated(here, claim) if "between = 0" in map(str, claim.hypotheses) else here
    assert all(compare(h, here, where, 1e-9) for h in claim.hypotheses for where in places(h, here))
    for where in places(claim, here):
        assert compare(claim, here, where, FIRST_ORDER)


# Minibatches, all of them

G = RNG.integers(-3, 4, size=(4, 2))
GRAD = G.mean(axis=0)
C = ((G - GRAD) ** 2).sum(axis=1).mean()
ALPHA = 0.5


def noise_over(batches: list[tuple[int, ...]]) -> float:
    """The mean squared error of the minibatch step over equally likely batches."""
    return float(np.mean([np.sum((ALPHA * G[list(batch)].mean(axis=0) - ALPHA * GRAD) ** 2) for batch in batches]))


@pytest.mark.parametrize("B", [1, 2, 3])
def test_noise_with_replacement(B: int) -> None:
    expected = noise_over(list(product(range(4), repeat=B)))
    assert one("sgd-noise", alpha=ALPHA, B=B, n=4, d=2, G=G) == pytest.approx(expected)
    assert expected == pytest.approx(ALPHA**2 * C / B)


@pytest.mark.parametrize("B", [1, 2, 3, 4])
def test_noise_without_replacement(B: int) -> None:
    expected = noise_over(list(permutations(range(4), B)))
    assert one("sgd-noise-without-replacement", alpha=ALPHA, B=B, n=4, d=2, G=G) == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(ALPHA**2 * C / B * (4 - B) / 3, abs=1e-12)


@pytest.mark.parametrize("draws", [sgd_noise.with_replacement, sgd_noise.without_replacement])
def test_probabilities_of_pairs(draws: object) -> None:
    """P[j, k, i, l] counts the batches in which draw j is sample i and draw k is sample l."""
    B, n = 3, 4
    P = draws(sgd_noise.B, sgd_noise.n)  # type: ignore[operator]
    batches = list(product(range(n), repeat=B) if draws is sgd_noise.with_replacement else permutations(range(n), B))
    table = tabulated(P, {"B": B, "n": n})
    for j, k, i, l in product(range(B), range(B), range(n), range(n)):
        counted = sum(batch[j] == i and batch[k] == l for batch in batches) / len(batches)
        assert table[j, k, i, l] == pytest.approx(counted)


def tabulated(tensor: Tensor, named: dict[str, object]) -> np.ndarray:
    assert tensor.definition
    arrays = {t: np.asarray(named[t.name], dtype=float) for t in inputs((tensor.definition.body,))}
    sizes = {i.size.tensor: np.asarray(float(named[str(i.size)])) for i in tensor.definition.indices}  # type: ignore
    return np.real(Point({**arrays, **sizes}, cubic(0)).array(tensor))


def test_length_of_a_step() -> None:
    steps = [ALPHA**2 * np.sum(G[list(batch)].mean(axis=0) ** 2) for batch in product(range(4), repeat=2)]
    assert one("sgd-step-norm", alpha=ALPHA, B=2, n=4, d=2, G=G) == pytest.approx(np.mean(steps))


# Batches from a distribution, all of them


def batches_of(m: int) -> Iterator[tuple[Fraction, np.ndarray]]:
    """Every batch of m independent draws with its probability."""
    for picks in product(range(3), repeat=m):
        probability = Fraction(1)
        for pick in picks:
            probability *= Fraction(WEIGHT[pick], sum(WEIGHT))
        yield probability, np.array([VALUES[pick] for pick in picks], dtype=float)


VALUES, WEIGHT = (-1, 2, 5), (1, 2, 4)
MU = float(np.average(VALUES, weights=WEIGHT))
TAU2 = float(np.average((np.array(VALUES) - MU) ** 2, weights=WEIGHT))


@pytest.mark.parametrize("m", [2, 3])
def test_expected_statistics_of_a_batch(m: int) -> None:
    named = {"m": m, "n": 3, "a": VALUES, "weight": WEIGHT}
    mean_of = {
        "batch-mean-unbiased": lambda batch: batch.mean(),
        "batch-mean-noise": lambda batch: (batch.mean() - MU) ** 2,
        "batch-variance-biased": lambda batch: batch.var(),
        "batch-variance-unbiased": lambda batch: batch.var(ddof=1),
    }
    known = {"batch-mean-unbiased": MU, "batch-mean-noise": TAU2 / m, "batch-variance-unbiased": TAU2}
    for name, statistic in mean_of.items():
        expected = sum(float(probability) * statistic(batch) for probability, batch in batches_of(m))
        assert one(name, **named) == pytest.approx(expected)
        assert expected == pytest.approx(known.get(name, TAU2 * (m - 1) / m))


def test_probabilities_of_independent_draws() -> None:
    table = tabulated(running_statistics.P, {"m": 2, "n": 3, "weight": WEIGHT})
    for j, k, i, l in product(range(2), range(2), range(3), range(3)):
        counted = sum(p for p, batch in batches_of(2) if batch[j] == VALUES[i] and batch[k] == VALUES[l])
        assert table[j, k, i, l] == pytest.approx(float(counted))


# Depth


def test_variance_grows_linearly_with_depth() -> None:
    """Branches made orthogonal to each other and to x_0: each adds gamma^2 var/(var + epsilon)."""
    m, depth, epsilon = 8, 5, 0.3
    directions = np.linalg.qr(np.column_stack([np.ones(m), RNG.normal(size=(m, depth + 1))]))[0].T[1:]
    x, h = 2 * directions[0] + 1, 3 * directions[1:] + 4
    gamma, beta = RNG.normal(size=depth), RNG.normal(size=depth)
    total = one("residual-variance-linear", m=m, D=depth, x=x, h=h, gamma=gamma, beta=beta, epsilon=epsilon)
    var = h.var(axis=1)
    f = gamma[:, None] * (h - h.mean(axis=1, keepdims=True)) / np.sqrt(var + epsilon)[:, None] + beta[:, None]
    assert total == pytest.approx((x + f.sum(axis=0)).var())
    assert total == pytest.approx(x.var() + np.sum(gamma**2 * var / (var + epsilon)))


def test_mean_square_without_normalization() -> None:
    """Every matrix with entries of size sqrt(w/n) and any signs."""
    n, w, v = 2, 0.5, np.array([1.0, -3.0])
    matrices = [np.sqrt(w / n) * np.reshape(signs, (n, n)) for signs in product((-1, 1), repeat=n * n)]
    expected = np.mean([np.sum((v + V @ v) ** 2) for V in matrices])
    assert one("residual-doubling", n=n, w=w, v=v) == pytest.approx(expected) == pytest.approx((1 + w) * v @ v)


# Correlations, noise


def test_correlation_coefficient() -> None:
    y, gamma = RNG.normal(size=(6, 3)), np.array([0.5, -2.0, 3.0])
    named = at(m=6, C=3, y=y, gamma=gamma, beta=RNG.normal(size=3), epsilon=0.7)
    kept = np.corrcoef(y.T).ravel()
    assert [left for left, _ in sides("squared-correlation", named)] == pytest.approx(kept**2)
    assert [left for left, _ in sides("correlation-sign", named)] == pytest.approx(
        kept * np.sign(np.outer(gamma, gamma)).ravel()
    )


def test_dropout() -> None:
    x, p = 1.5, 0.25
    assert one("dropout-variance", x=x, p=p) == pytest.approx(p * (x / p) ** 2 - x**2)


# Against torch


def test_folding_as_torch_fuses() -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.utils.fusion import fuse_linear_bn_eval

    linear, norm = torch.nn.Linear(3, 2).double().eval(), torch.nn.BatchNorm1d(2).double().eval()
    with torch.no_grad():
        for tensor in (norm.running_mean, norm.weight, norm.bias):
            tensor.normal_()
        norm.running_var.uniform_(0.5, 2)
    fused = fuse_linear_bn_eval(linear, norm)
    named = {
        "N": 1, "O": 2, "I": 3, "x": np.zeros((1, 3)), "epsilon": norm.eps,
        "W": linear.weight.detach(), "bias": linear.bias.detach(), "gamma": norm.weight.detach(),
        "beta": norm.bias.detach(), "mu": norm.running_mean, "var": norm.running_var,
    }  # fmt: skip
    assert tabulated(folding.folded_weight, named) == pytest.approx(fused.weight.detach().numpy())
    assert tabulated(folding.folded_bias, named) == pytest.approx(fused.bias.detach().numpy())


def test_running_mean_as_torch_keeps_it() -> None:
    torch = pytest.importorskip("torch")
    layer = torch.nn.BatchNorm1d(1, momentum=0.25).double()
    layer.running_mean.fill_(3.0)
    y = torch.randn(5, 1, dtype=torch.float64)
    layer(y)
    error = one("running-mean-error", m=5, y=y[:, 0], momentum=0.25, running_mean=3.0)
    assert error == pytest.approx(float(layer.running_mean - y.mean()))
