"""The variance of activations by depth, in plain and residual networks.

Criteria, none of which depends on what comes out:

- `branch-variance` and `residual-variance` hold where the error is at most its rounding bound, in every network.
- `residual-depth`: the weights' distribution is symmetric, and the sign of a branch that ends in an activation
  normalizer is that of its weights. So the covariance of stream and branch has the expectation 0, and
  (var_D - var_0)/sum of gamma^2 var/(var + eps) - 1 has too, but for the fluctuations of the denominator. It holds
  where 0 is in every interval, at half and at full depth, and the intervals are at most +-RESOLUTION wide.
- `residual-doubling`: given the stream x, independent weights of mean 0 make the expected mean square of x + f exactly
  1 + w times that of x, with w known from x. It holds where measured/expected - 1, averaged over depth, has 0 in
  every interval, none wider than +-RESOLUTION_OF_FACTORS.
"""

from __future__ import annotations

import math
from functools import partial

import torch

from verify.experiments.networks.cnn import CNN, RELU_GAIN
from verify.experiments.networks.normalizers import EPS
from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.signals.identities import branch_variance, residual_variance
from verify.experiments.signals.intervals import Interval, all_contain, interval
from verify.experiments.signals.measures import rows_of
from verify.experiments.signals.runs import Setup, column, drawn, mean_of
from verify.experiments.signals.settings import ACTIVATION_NORMS, Kind, Settings
from verify.experiments.store import Numbers

RESOLUTION = 0.25
"""Half the distance to the nearest rival: gamma for gamma^2 is off by -1/2 at gamma = 2."""
RESOLUTION_OF_FACTORS = 0.25
"""The same for 1 + w = 2: a layer that multiplies by 1 is off by -1/2."""
ROWS = 4
"""How many normalized sets the identities are checked on, in the first network of each kind."""
GAMMAS = (1.0, 2.0)
DRAWS = 6
"""Networks in one run, where the statistic is a mean of covariances."""
LUBANA = "Lubana et al. 2021, on stable forward propagation"
BRANCH = "The output of an activation normalizer has the variance gamma^2 var/(var + eps)"


def measure(setup: Setup) -> Numbers:
    works = {}
    for kind in setup.settings.kinds():
        for gamma in GAMMAS if kind.norm == "batchnorm" else GAMMAS[:1]:
            for residual in (False, True):
                shape = "residual" if residual else "plain"
                name = f"{shape} {kind.label}" + (f", gamma {gamma:g}" if gamma != 1 else "")
                works[name] = partial(run, setup, kind, residual, gamma)
    return dict(setup.collected("variance", works))


def run(setup: Setup, kind: Kind, residual: bool, gamma: float, seed: int) -> Numbers:
    """One network on one batch, or the mean of several where covariances have to average out."""
    draws = DRAWS if residual and kind.norm in ACTIVATION_NORMS and not setup.settings.quick else 1
    each = [one(setup, kind, residual, gamma, draws * seed + draw) for draw in range(draws)]
    off = {"off": each[0]["off"]} if "off" in each[0] else {}
    return off | {name: mean_of(column(each, name)) for name in each[0] if name != "off"}


def one(setup: Setup, kind: Kind, residual: bool, gamma: float, seed: int) -> Numbers:
    """One network, drawn with the seed; the first one in float64, where the identities are checked."""
    torch.manual_seed(drawn("network", setup.settings.seed, seed))
    settings = setup.settings
    net = kind.network(
        setup.channels, setup.data.classes, width=settings.width, depth=settings.depth, residual=residual, gamma=gamma
    )
    checked = seed == 0 and kind.norm in ACTIVATION_NORMS
    images = setup.batch(seed)[0]
    net, images = (net.double(), images.double()) if checked else (net, images)
    stream, inputs, outputs = watched(net, images)
    found = spread(kind, stream, inputs, gamma)
    if checked:
        found["off"] = off(kind, residual, stream, inputs, outputs, gamma)
    if kind.norm not in ACTIVATION_NORMS:
        found["expected"] = [1.0 * residual + added_square(kind.norm, x) for x in stream[:-1]]
    return found


def watched(net: CNN, images: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor]]:
    """The stream, and what went into and came out of the normalization of each block."""
    inputs, outputs = [], []

    def keep(module: torch.nn.Module, given: tuple, made: torch.Tensor) -> None:
        inputs.append(given[0])
        outputs.append(made)

    hooks = [block.get_submodule("norm").register_forward_hook(keep) for block in net.blocks]
    with torch.no_grad():
        stream = list(net.stream(images))
    for hook in hooks:
        hook.remove()
    return stream, inputs, outputs


def spread(kind: Kind, stream: list[torch.Tensor], inputs: list[torch.Tensor], gamma: float) -> Numbers:
    """By depth: the mean variance of a normalized set, the mean square, and what a normalized branch adds in theory."""

    def variance(x: torch.Tensor) -> torch.Tensor:
        return rows_of(x, kind.norm, kind.group_size).var(1, correction=0)

    return {
        "variance": [float(variance(x).mean()) for x in stream],
        "square": [float(x.square().mean()) for x in stream],
        "added": [float((gamma**2 * variance(h) / (variance(h) + EPS)).mean()) for h in inputs],
    }


def added_square(norm: str, x: torch.Tensor) -> float:
    """The expected mean square of conv(relu(x)) over the draw of the weights, by the mean square of x.

    Normal weights of variance 2/fan-in: 2 |u|^2 with u = relu(x), each entry being in 9 patches. Standardized ones are
    uniform on the centred directions: gain^2 n/(n - 1) times the variance within a patch, n = fan-in, but for the 1e-8
    below their root.
    """
    u = x.relu()
    if norm != "weight-standardization":
        return float(2 * u.square().mean() / x.square().mean())
    n = 9 * x.shape[1]
    around = torch.nn.functional.pad(u.mean(1, keepdim=True), (1, 1, 1, 1), mode="circular")
    means = torch.nn.functional.avg_pool2d(around, 3, stride=1)
    return float(RELU_GAIN**2 * n / (n - 1) * (u.square().mean() - means.square().mean()) / x.square().mean())


def off(
    kind: Kind,
    residual: bool,
    stream: list[torch.Tensor],
    inputs: list[torch.Tensor],
    outputs: list[torch.Tensor],
    gamma: float,
) -> float:
    """The largest error by bound of the identity that holds in such a network."""

    def rows(x: torch.Tensor) -> torch.Tensor:
        return rows_of(x, kind.norm, kind.group_size)[:ROWS].contiguous()

    if residual:
        given = torch.stack([rows(h) for h in inputs], 1)
        return residual_variance(rows(stream[0]), given, rows(stream[-1]), gamma, EPS)
    return max(branch_variance(rows(h), rows(z), gamma, EPS) for h, z in zip(inputs, outputs, strict=True))


def judge(numbers: Numbers, settings: Settings) -> list[Outcome]:
    found = []
    for shape, statement, claim in (
        ("plain", "branch-variance", BRANCH),
        ("residual", "residual-variance", "The variance of a residual stream is the sum of its parts and covariances"),
    ):
        ratios = [runs[0]["off"] for name, runs in numbers.items() if name.startswith(shape) and "off" in runs[0]]
        if ratios:
            found.append(identity(claim, statement, ratios))
    if any(_normalized(name) for name in numbers):
        found.append(_linear({name: runs for name, runs in numbers.items() if _normalized(name)}))
    loose = {n: runs for n, runs in numbers.items() if n.startswith("residual") and "expected" in runs[0]}
    return [*found, *([_exponential(loose)] if loose else [])]


def _normalized(name: str) -> bool:
    return name.startswith("residual") and any(norm in name for norm in ACTIVATION_NORMS)


def identity(claim: str, statement: str, ratios: list[float]) -> Outcome:
    worst = max(ratio if math.isfinite(ratio) else math.inf for ratio in ratios)
    verdict = HELD if worst <= 1 else FAILED if worst < float("inf") else UNDECIDED
    says = f"the largest error is {worst:.2g} of its rounding bound, over {len(ratios)} networks"
    return Outcome(claim, LUBANA, verdict, says, statement, worst, 1.0)


def excess(runs: list[Numbers], depth: int, among: int) -> Interval:
    """(var_depth - var_0)/(what theory adds up to there) - 1, over the runs."""
    return interval(
        [(run["variance"][depth] - run["variance"][0]) / sum(run["added"][:depth]) - 1 for run in runs], among
    )


def _linear(numbers: dict[str, list[Numbers]]) -> Outcome:
    depth = len(next(iter(numbers.values()))[0]["added"])
    places = sorted({max(1, depth // 2), depth})
    among = len(numbers) * len(places)
    found = {(name, at): excess(runs, at, among) for name, runs in numbers.items() for at in places}
    name, at = max(found, key=lambda each: abs(found[each].mean) / (found[each].half or 1e-300))
    worst = found[name, at]
    return Outcome(
        "With residual connections the variance grows linearly, by gamma^2 var/(var + eps) a layer",
        LUBANA,
        all_contain(list(found.values()), 0.0, RESOLUTION),
        f"slope by theory's, farthest for {name} at depth {at}: {1 + worst.mean:.3f} "
        f"({1 + worst.low:.3f} to {1 + worst.high:.3f}); widest interval +-{max(i.half for i in found.values()):.2g}",
        "residual-depth",
        1 + worst.mean,
        1.0,
    )


def _exponential(numbers: dict[str, list[Numbers]]) -> Outcome:
    found = {name: interval([_surplus(run) for run in runs], len(numbers)) for name, runs in numbers.items()}
    growth = ", ".join(f"{name.partition(' ')[2]} {_factor(runs):.2f}" for name, runs in numbers.items())
    name = max(found, key=lambda each: abs(found[each].mean) / (found[each].half or 1e-300))
    return Outcome(
        "Without an activation normalizer each residual layer multiplies the mean square by 1 + w, about 2",
        "Lubana et al. 2021, on stable forward propagation; De and Smith 2020",
        all_contain(list(found.values()), 0.0, RESOLUTION_OF_FACTORS),
        f"a layer multiplies by: {growth}; measured by expected, farthest for {name}: "
        f"{1 + found[name].mean:.3f} ({1 + found[name].low:.3f} to {1 + found[name].high:.3f})",
        "residual-doubling",
        1 + found[name].mean,
        1.0,
    )


def _surplus(run: Numbers) -> float:
    steps = zip(run["square"][1:], run["square"], run["expected"], strict=False)
    ratios = [after / before / expected - 1 for after, before, expected in steps]
    return sum(ratios) / len(ratios)


def _factor(runs: list[Numbers]) -> float:
    ends = [run["square"][-1] / run["square"][0] for run in runs]
    return (sum(ends) / len(ends)) ** (1 / len(column(runs, "expected")[0]))
