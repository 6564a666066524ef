"""How claims are judged: the sign test, runs that diverged, and the map of divergence."""

import math

import pytest

from verify.experiments.landscape.claims import CLAIMS, by_measure
from verify.experiments.landscape.divergence import DIVERGED, STUCK, TRAINED, _larger, _quadratic, state_of
from verify.experiments.landscape.families import Family
from verify.experiments.landscape.judging import chance, final_loss, judged, nearer, ratio, seed_ratio
from verify.experiments.landscape.settings import settings_of


def family(name: str = "vgg", compared: bool = True) -> Family:
    return Family(name, "a network", 0.1, 6, lambda norm, depth, seed: None, compared)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wins", "count", "expected"),
    [(5, 5, 1 / 32), (4, 5, 6 / 32), (0, 5, 1.0), (8, 10, 56 / 1024), (9, 10, 11 / 1024), (0, 0, 1.0)],
)
def test_the_probability_of_so_many_heads(wins: int, count: int, expected: float) -> None:
    assert chance(wins, count) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("ratios", "smaller", "verdict"),
    [
        ([0.5] * 5, True, "held"),
        ([2.0] * 5, True, "failed"),
        ([2.0] * 5, False, "held"),
        ([0.5] * 5, False, "failed"),
        ([0.5] * 4 + [2.0], True, "undecided"),
        ([0.5] * 4, True, "undecided"),
        ([0.5] * 9 + [2.0], True, "held"),
        ([0.5] * 8 + [2.0] * 2, True, "undecided"),
        ([1.0] * 5, True, "undecided"),
        ([0.5] * 4 + [1.0], True, "undecided"),  # a tie is on nobody's side
        ([0.0] * 4 + [math.inf], True, "undecided"),
        ([], True, "undecided"),
    ],
)
def test_the_sign_test_decides(ratios: list, smaller: bool, verdict: str) -> None:
    assert judged("claim", "source", ratios, smaller=smaller).verdict == verdict


def test_too_few_seeds_say_so() -> None:
    assert "at least 5 seeds" in judged("claim", "source", [0.1] * 4).says
    assert "at least 5 seeds" not in judged("claim", "source", [0.1] * 4 + [2.0]).says


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(1, 2, 0.5), (0, 0, 1), (math.inf, math.inf, 1), (1, math.inf, 0), (math.inf, 1, math.inf), (1, 0, math.inf)],
)
def test_ratios_to_infinity(one: float, other: float, expected: float) -> None:
    assert ratio(one, other) == expected


def run(*betas: float | None, every: int = 1) -> dict:
    return {"losses": [1.0], "records": [{"step": every * at, "beta": beta} for at, beta in enumerate(betas)]}


def test_the_median_is_over_steps_after_the_first_tenth() -> None:
    betas = [100.0, *[2.0] * 4, 5.0, *[8.0] * 4]
    assert seed_ratio(run(*betas), run(*[1.0] * 10), "beta") == 5.0
    late = [100.0] * 2 + [3.0] * 18
    assert seed_ratio(run(*late), run(*[1.0] * 20), "beta") == 3.0


def test_a_run_that_diverged_is_infinitely_worse() -> None:
    assert seed_ratio(run(2.0, 2.0, 2.0), run(1.0, None), "beta") == 0.0
    assert seed_ratio(run(1.0, None), run(2.0, 2.0, 2.0), "beta") == math.inf


def test_final_losses() -> None:
    assert final_loss({"losses": [9.0] * 8 + [1.0, 3.0]}) == 2.0
    assert final_loss({"losses": [9.0, None]}) == math.inf
    losses = lambda value: {"losses": [value]}  # noqa: E731
    assert nearer(losses(1.5), losses(1.0), losses(4.0)) == pytest.approx(0.2)
    assert nearer(losses(1.5), losses(1.0), losses(None)) == 0.0
    assert nearer(losses(None), losses(1.0), losses(None)) == math.inf


@pytest.mark.parametrize(
    ("losses", "state"),
    [
        ([2.0, 1.0, 0.5], TRAINED),
        ([2.0, 1.0, 1.95], STUCK),
        ([4.0, 3.0, 2.3], STUCK),  # below the start, and no better than a constant output
        ([2.0, 3.0, 4.0], DIVERGED),
        ([2.0, None], DIVERGED),
        ([None], DIVERGED),
    ],
)
def test_states_of_a_network(losses: list, state: str) -> None:
    assert state_of({"losses": losses}, constant=2.302585) == state


def by_depth(*highest: float) -> dict:
    lrs = (0.1, 1.0, 10.0)
    return {str(at): {f"{lr:g}": TRAINED if lr <= top else DIVERGED for lr in lrs} for at, top in enumerate(highest)}


@pytest.mark.parametrize(
    ("normalized", "plain", "verdict"),
    [
        ((1.0, 10.0), (0.1, 0.1), "held"),
        ((10.0, 10.0), (0.1, 10.0), "undecided"),  # the map ends where both still train
        ((1.0, 1.0), (0.1, 1.0), "failed"),
        ((0.1, 1.0), (1.0, 0.1), "failed"),
        ((0.0, 0.0), (0.0, 0.0), "failed"),
    ],
)
def test_larger_learning_rates(normalized: tuple, plain: tuple, verdict: str) -> None:
    maps = {"none": by_depth(*plain), "batchnorm": by_depth(*normalized)}
    assert _larger(family(), "batchnorm", maps).verdict == verdict


def test_the_threshold_of_a_quadratic_loss() -> None:
    right = {"0.9": TRAINED, "1.1": DIVERGED}
    known = {"lr": 1.0, "residual": 1e-4}
    assert _quadratic({**known, "states": right}).verdict == "held"
    for factor in right:
        swapped = {**right, factor: DIVERGED if right[factor] == TRAINED else TRAINED}
        assert _quadratic({**known, "states": swapped}).verdict == "failed"


def landscape_run(size: float) -> dict:
    shift = [{"distance": size, "cosine": 1 - size / 10}] * 2
    common = {"range": [0.0, size], "predictiveness": [0.0, size], "beta": size, "random beta": size, "gradient": size}
    return {"losses": [size] * 5, "records": [{"step": step, "shift": shift, **common} for step in range(5)]}


@pytest.mark.parametrize("measure", CLAIMS)
def test_claims_point_the_right_way(measure: str) -> None:
    """Where batch normalization makes everything smaller, the landscape claims held, and those on the shift failed."""
    settings = settings_of(measures=[measure])
    small, large = [landscape_run(0.5)] * 5, [landscape_run(2.0)] * 5
    expected = "failed" if measure == "shift" else "held"
    other = "held" if measure == "shift" else "failed"
    for normalized, plain, verdict in ((small, large, expected), (large, small, other)):
        found = by_measure([family()], {"vgg": {"none": plain, "batchnorm": normalized}}, settings)[measure]
        assert {outcome.verdict for outcome in found} == {verdict}
        assert len(found) == len(CLAIMS[measure])


def test_claims_on_training_point_the_right_way() -> None:
    settings = settings_of(measures=["norms"])
    runs = {"none": 2.0, "batchnorm": 0.5, "l1-batchnorm": 0.6, "l2-batchnorm": 1.9, "linf-batchnorm": 3.0}
    found = by_measure([family()], {"vgg": {norm: [landscape_run(size)] * 5 for norm, size in runs.items()}}, settings)
    verdicts = [outcome.verdict for outcome in found["norms"]]
    assert verdicts == ["held", "held", "held", "held", "failed", "held", "failed", "failed", "failed"]
