"""What is measured of activations and gradients, against oracles that share no code with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from verify.experiments.signals.measures import (
    backward_growth,
    channel_moments,
    cosine_similarity,
    exponent,
    relative_loss,
    rows_of,
    soft_rank,
    stable_rank,
)

RNG = np.random.default_rng(0)


def test_cosine_similarity_by_hand() -> None:
    h = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, -2.0]])
    assert cosine_similarity(h) == pytest.approx((1 / math.sqrt(2) + 0 - 1 / math.sqrt(2)) / 3, abs=1e-7)
    assert cosine_similarity(h) != pytest.approx(cosine_similarity(h.T), abs=1e-3), "samples are rows, not columns"


def test_cosine_similarity_of_one_sample_or_of_nothing_is_nan() -> None:
    assert math.isnan(cosine_similarity(torch.ones(1, 5)))
    assert math.isnan(cosine_similarity(torch.tensor([[0.0, 0.0], [1.0, 2.0]])))


@pytest.mark.parametrize("shape", [(5, 9), (9, 5), (4, 2, 3)])
@pytest.mark.parametrize("centred", [False, True])
def test_ranks_by_singular_values(shape: tuple[int, ...], centred: bool) -> None:
    h = RNG.normal(size=shape) + 1.5
    flat = h.reshape(shape[0], -1)
    used = flat - flat.mean(axis=0) if centred else flat
    squares = np.linalg.svd(used, compute_uv=False) ** 2
    expected = squares.sum() ** 2 / (squares**2).sum()
    assert stable_rank(torch.tensor(h), centred=centred) == pytest.approx(expected)
    assert stable_rank(torch.tensor(h), centred=not centred) != pytest.approx(expected, rel=1e-2)


def test_stable_rank_of_collapsed_activations_is_1() -> None:
    h = torch.outer(torch.tensor([1.0, 2.0, -3.0]), torch.tensor([1.0, 5.0, 2.0, 1.0])).double()
    assert stable_rank(h) == pytest.approx(1)
    assert stable_rank(torch.eye(6).double()) == pytest.approx(6)
    assert math.isnan(stable_rank(torch.zeros(3, 3)))


@pytest.mark.parametrize("shape", [(5, 9), (9, 5), (30, 4)])
def test_soft_rank_by_singular_values_and_its_bound(shape: tuple[int, int]) -> None:
    h = RNG.normal(size=shape) * RNG.uniform(0.1, 3, size=shape[1])
    eigenvalues = np.linalg.svd(h, compute_uv=False) ** 2 / shape[0]
    expected = int((eigenvalues >= 0.5 * eigenvalues.sum() / shape[1]).sum())
    assert soft_rank(torch.tensor(h)) == expected
    assert expected >= 0.25 * stable_rank(torch.tensor(h))


def test_channel_moments_are_over_batch_and_places() -> None:
    x = RNG.normal(size=(3, 2, 4, 4)) + np.array([1.0, -3.0])[:, None, None]
    found = channel_moments(torch.tensor(x, dtype=torch.float32))
    expected = np.abs(x.mean(axis=(0, 2, 3))).mean(), x.var(axis=(0, 2, 3)).mean()
    assert found == pytest.approx(expected, rel=1e-5)
    swapped = np.abs(x.mean(axis=(1, 2, 3))).mean(), x.var(axis=(1, 2, 3)).mean()
    assert found != pytest.approx(swapped, rel=1e-2)
    last = channel_moments(torch.tensor(np.moveaxis(x, 1, -1).copy()), last=True)
    assert last == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("norm", "size", "axes"),
    [
        ("batchnorm", None, (0, 2, 3)),
        ("instancenorm", None, (2, 3)),
        ("layernorm", None, (1, 2, 3)),
        ("none", None, (0, 2, 3)),
    ],
)
def test_rows_are_what_is_normalized(norm: str, size: int | None, axes: tuple[int, ...]) -> None:
    x = RNG.normal(size=(3, 4, 2, 2))
    rows = rows_of(torch.tensor(x), norm, size)
    assert sorted(rows.var(1, correction=0).tolist()) == pytest.approx(sorted(x.var(axis=axes).ravel()))


def test_rows_of_a_group_normalization() -> None:
    x = RNG.normal(size=(3, 4, 2, 2))
    expected = x.reshape(3, 2, 2, 2, 2).var(axis=(2, 3, 4)).ravel()
    assert rows_of(torch.tensor(x), "groupnorm", 2).var(1, correction=0).tolist() == pytest.approx(expected.tolist())


def test_growth_is_downwards() -> None:
    """The first layer has the largest gradient where gradients explode: forward growth is the inverse."""
    assert backward_growth([27.0, 9.0, 3.0]) == pytest.approx(3)
    assert backward_growth([3.0, 9.0, 27.0]) == pytest.approx(1 / 3)
    assert backward_growth([16.0, 1.0, 1.0]) == pytest.approx(4)


@pytest.mark.parametrize("squares", [[1.0], [0.0, 1.0], [1.0, 0.0], [math.inf, 1.0], [math.nan, 1.0]])
def test_growth_that_there_is_not(squares: list[float]) -> None:
    assert math.isnan(backward_growth(squares))


def test_relative_loss_of_a_parabola() -> None:
    """L = |w|^2/2: the loss after a step is (1 - eta)^2 of what it was, and the weights are put back."""
    model = nn.Linear(3, 1, bias=False).double()
    before = model.weight.detach().clone()
    etas = [0.5, 1.0, 2.0, 3.0]
    found = relative_loss(model, lambda: model.weight.square().sum() / 2, etas)
    assert found == pytest.approx([(1 - eta) ** 2 for eta in etas], abs=1e-12)
    assert torch.equal(model.weight, before)


def test_relative_loss_stops_where_it_is_hopeless() -> None:
    model = nn.Linear(3, 1, bias=False).double()
    calls = []

    def loss() -> torch.Tensor:
        calls.append(1)
        return model.weight.square().sum()

    assert relative_loss(model, loss, [0.1, 1e4, 1e5])[1:] == [pytest.approx(4e8, rel=1e-3), math.inf]
    assert len(calls) == 3


def test_exponent_by_least_squares() -> None:
    sizes, values = RNG.uniform(1, 9, size=7), RNG.uniform(1, 9, size=7)
    expected = np.polyfit(np.log(sizes), np.log(values), 1)[0]
    assert exponent(sizes.tolist(), values.tolist()) == pytest.approx(expected)
    assert exponent([1, 4, 16], [3, 6, 12]) == pytest.approx(0.5)
    assert math.isnan(exponent([1, 2], [0.0, 1.0]))
    assert math.isnan(exponent([1], [1.0]))
