"""What the criteria of `verify signals` decide of numbers made for it, and of small real networks."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from tests.verify.experiments.signals_setup import said, setup
from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.signals import channels, gradient, similarity, steps, variance
from verify.experiments.signals.measures import backward_growth
from verify.experiments.signals.settings import Kind, Settings

pytestmark = pytest.mark.usefixtures("narrow")


def verdicts(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.claim: outcome.verdict for outcome in outcomes}


# Variance


def stream(slope: float, seeds: int = 6, depth: int = 4, noise: float = 0.02) -> list[dict[str, Any]]:
    """Runs of a residual network with gamma = 2 and the given slope; theory's is 4."""
    runs = []
    for seed in range(seeds):
        shift = noise * (-1) ** seed
        values = [2 + slope * layer * (1 + shift) for layer in range(depth + 1)]
        runs.append({"variance": values, "square": values, "added": [4.0] * depth, "off": 0.1})
    return runs


@pytest.mark.parametrize(("slope", "verdict"), [(4.0, HELD), (2.0, FAILED), (0.0, FAILED), (8.0, FAILED)])
def test_the_slope_is_the_square_of_gamma(slope: float, verdict: str) -> None:
    numbers = {"residual batchnorm, gamma 2": stream(slope)}
    assert said(variance.judge(numbers, Settings()), "linearly").verdict == verdict


def test_a_slope_that_is_not_measured_well_is_undecided() -> None:
    numbers = {"residual batchnorm, gamma 2": stream(4.0, noise=0.9)}
    assert said(variance.judge(numbers, Settings()), "linearly").verdict == UNDECIDED


def test_the_right_end_with_a_bent_line_fails() -> None:
    runs = stream(4.0)
    for run in runs:
        run["variance"][2] = run["variance"][0] + 1
    assert said(variance.judge({"residual batchnorm": runs}, Settings()), "linearly").verdict == FAILED


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, HELD), (1.0, FAILED), (3.0, FAILED)])
def test_a_layer_without_normalization_doubles(factor: float, verdict: str) -> None:
    runs = []
    for seed in range(4):
        squares = [(factor * (1 + 0.01 * (-1) ** seed)) ** depth for depth in range(5)]
        runs.append({"square": squares, "variance": squares, "added": [1.0] * 4, "expected": [2.0] * 4})
    assert said(variance.judge({"residual none": runs}, Settings()), "multiplies").verdict == verdict


def test_an_identity_beyond_its_bound_fails_and_an_infinite_bound_decides_nothing() -> None:
    for off, verdict in ((0.5, HELD), (1.5, FAILED), (math.inf, UNDECIDED), (math.nan, UNDECIDED)):
        assert variance.identity("claim", "branch-variance", [0.1, off]).verdict == verdict


def test_what_overflows_decides_nothing() -> None:
    found = setup(norm=("none",), depth=140, width=2)
    outcomes = variance.judge(variance.measure(found), found.settings)
    assert [outcome.verdict for outcome in outcomes] == [UNDECIDED]


def test_variance_of_real_networks() -> None:
    numbers = variance.measure(setup(norm=("none", "batchnorm", "groupnorm")))
    found = verdicts(variance.judge(numbers, Settings()))
    assert found[variance.BRANCH] == HELD
    assert FAILED not in found.values()
    run = numbers["plain groupnorm 2"][0]
    assert run["variance"][1:] == pytest.approx(run["added"])
    assert numbers["residual batchnorm, gamma 2"][0]["added"] == pytest.approx([4.0] * 3, rel=1e-3)


# Gradient


@pytest.mark.parametrize("norm", ["batchnorm", "groupnorm"])
def test_gradients_of_the_stream_by_finite_differences(norm: str) -> None:
    """The derivative along a direction, by moving the output of one block."""
    torch.manual_seed(0)
    net = Kind(norm, 2 if norm == "groupnorm" else None).network(2, 3, width=4, depth=3).double()
    images, labels = torch.randn(6, 2, 4, 4).double(), torch.arange(6) % 3
    squares = gradient.stream_gradients(net, images, labels)
    assert len(squares) == 3

    def loss(x: torch.Tensor) -> torch.Tensor:
        for block in list(net.blocks)[1:]:
            x = block(x)
        return nn.functional.cross_entropy(net.head(x.relu().mean((2, 3))), labels)

    with torch.no_grad():
        first = list(net.stream(images))[1]
        step, total = 1e-5, 0.0
        for place in range(first.numel()):
            move = torch.zeros(first.numel()).double()
            move[place] = step
            total += float((loss(first + move.view_as(first)) - loss(first - move.view_as(first))) / (2 * step)) ** 2
    assert squares[0] == pytest.approx(total, rel=1e-4)


def test_dense_growth_does_not_depend_on_the_scale_of_the_weights() -> None:
    """Powers of two are exact: not even a rounding differs."""
    each = [
        gradient.dense_growth(Kind("batchnorm"), 16, 8, scale, torch.Generator().manual_seed(1))
        for scale in (0.125, 1.0, 8.0)
    ]
    assert each[0] == each[1] == each[2]
    assert each[0] > 1


def dense(theory_times: float) -> dict[str, list[dict[str, Any]]]:
    settings = Settings(norm=("batchnorm",))
    return {
        name: [
            {"limit": theory_times * gradient.of_theory(kind, batch) * (1 + 0.005 * (-1) ** seed)} for seed in range(6)
        ]
        for name, (kind, batch, _) in gradient.dense_networks(settings).items()
    } | {"plain batchnorm": [{"growth": 1.4 + 0.01 * seed} for seed in range(6)]}


def test_growth_of_theory_and_faults() -> None:
    settings = Settings(norm=("batchnorm",))
    assert said(gradient.judge(dense(1.0), settings), "pi/(pi - 1)").verdict == HELD
    assert said(gradient.judge(dense(1 / 1.5**2), settings), "pi/(pi - 1)").verdict == FAILED, "forwards"
    assert said(gradient.judge(dense(1.05), settings), "pi/(pi - 1)").verdict == FAILED
    one = dense(1.0)
    one["dense batchnorm, batch 32, scale 10"] = [{"limit": 3.0 + 0.01 * seed} for seed in range(6)]
    assert said(gradient.judge(one, settings), "pi/(pi - 1)").verdict == FAILED, "at one scale of the weights"


def test_growth_by_group_size_is_ordered() -> None:
    settings = Settings(norm=("instancenorm", "groupnorm", "layernorm"), group_size=(4,))

    def numbers(*growth: float) -> dict[str, Any]:
        labels = ("instancenorm", "groupnorm 4", "layernorm")
        runs = {f"plain {k}": [{"growth": g + 0.01 * s} for s in range(5)] for k, g in zip(labels, growth, strict=True)}
        dense = {name: [{"limit": 1.0}] * 5 for name in gradient.dense_networks(settings)}
        return runs | dense

    claim = "smaller the groups"
    assert said(gradient.judge(numbers(1.6, 1.3, 1.1), settings), claim).verdict == HELD
    assert said(gradient.judge(numbers(1.1, 1.3, 1.6), settings), claim).verdict == FAILED
    assert said(gradient.judge(numbers(1.6, 1.1, 1.3), settings), claim).verdict == FAILED


def test_batch_normalization_explodes_in_real_networks() -> None:
    numbers = gradient.measure(setup(norm=("batchnorm",), depth=4, seeds=4, width=8))
    assert said(gradient.judge(numbers, Settings(norm=("batchnorm",))), "plain CNN").verdict == HELD
    run = numbers["plain batchnorm"][0]
    assert run["growth"] == backward_growth(run["squares"][:-1]) > 1


# Similarity


@pytest.mark.parametrize(("power", "verdict"), [(0.7, HELD), (0.5, UNDECIDED), (0.3, FAILED), (0.0, FAILED)])
def test_the_square_root_law(power: float, verdict: str) -> None:
    numbers = {
        f"linear batchnorm, width {n}": [
            {"size": n, "rank": n ** (power + 0.01 * (-1) ** s), "soft rank": n, "similarity": 0.1} for s in range(6)
        ]
        for n in (32, 64, 128)
    }
    found = similarity.judge(numbers, Settings(norm=("batchnorm",)))
    assert said(found, "linear network with batch").verdict == verdict
    assert said(found, "soft rank").verdict == HELD


def test_similarity_of_real_networks() -> None:
    found = setup(norm=("none", "batchnorm", "groupnorm"))
    numbers = similarity.measure(found)
    assert numbers["cnn groupnorm 2, width 8"][0]["size"] == 4
    assert numbers["linear groupnorm 4, width 32"][0]["size"] == 8
    assert len({run["rank"] for run in numbers["cnn batchnorm, width 4"]}) == 2, "each seed has a network of its own"
    assert verdicts(similarity.judge(numbers, found.settings))


def test_more_alike_is_not_less_alike() -> None:
    low, high = ([{"similarity": base + 0.01 * seed} for seed in range(4)] for base in (0.3, 0.9))
    assert similarity.collapse(low, high).verdict == HELD
    assert similarity.collapse(high, low).verdict == FAILED
    assert similarity.collapse(low, [{"similarity": math.nan}] * 4).verdict == UNDECIDED


# Channels and steps


def test_channels_of_real_networks() -> None:
    found = setup(norm=("none", "batchnorm"), depth=4, width=8)
    numbers = channels.measure(found)
    pair = next(each for each in numbers["pair"] if each["none"]["diverged"])
    assert pair["none"]["losses"][0] < 10 and pair["none"]["rate"] == pair["batchnorm"]["rate"]
    assert all(len(each) == 4 for each in pair["none"]["variances"])
    assert len(channels.judge(numbers)) == 3


def pairs(grows: float, fell: bool) -> dict[str, Any]:
    def run(top: float, diverged: bool, seed: int) -> dict[str, Any]:
        last = [math.exp(top * depth * (1 + 0.05 * (-1) ** seed)) for depth in range(1, 5)]
        return {"rate": 1.0, "diverged": diverged, "variances": [[1.0] * 4, last], "means": [[1.0] * 4] * 2}

    return {"pair": [{"none": run(grows, True, seed), "batchnorm": run(0.01, fell, seed)} for seed in range(5)]}


def test_what_diverges() -> None:
    assert [each.verdict for each in channels.judge(pairs(2.0, False))] == [HELD, HELD, HELD]
    assert [each.verdict for each in channels.judge(pairs(-2.0, False))] == [HELD, FAILED, FAILED]
    assert channels.judge(pairs(2.0, True))[0].verdict == FAILED
    never = {"pair": [{"none": {"diverged": False, "rate": 30.0}, "batchnorm": {"diverged": False}}]}
    assert [each.verdict for each in channels.judge(never)] == [UNDECIDED]


def test_reach_of_steps() -> None:
    count = len(steps.ETAS)
    assert steps.reach([0.9] * count) == steps.ETAS[-1]
    assert steps.reach([0.9, 0.8, 1.2] + [0.1] * (count - 3)) == steps.ETAS[1]
    assert steps.reach([0.9, math.nan] + [0.1] * (count - 2)) == steps.ETAS[0]
    assert steps.reach([1.5] * count) < steps.ETAS[0]


def test_steps_with_and_without() -> None:
    def runs(good: int) -> list[dict[str, Any]]:
        relative = [0.9] * good + [2.0] * (len(steps.ETAS) - good)
        return [dict.fromkeys(steps.WHEN, relative) for _ in range(3)]

    assert {each.verdict for each in steps.judge({"none": runs(3), "batchnorm": runs(6)})} == {HELD}
    assert {each.verdict for each in steps.judge({"none": runs(6), "batchnorm": runs(3)})} == {FAILED}
    assert steps.judge({"batchnorm": runs(3)}) == []
