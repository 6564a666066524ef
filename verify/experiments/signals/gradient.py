"""The gradient's norm by depth, at random initialization.

Criteria, none of which depends on what comes out:

- `dense` networks are those of theory: h = W relu(x), x = norm(h). The growth of |dL/dh|^2 from a layer to the one
  before has the value of `theory` in the limit of large width. At a finite width n it is off by c/n and less; two
  widths give 2 g(2n) - g(n), which is free of c. The claim holds where theory's value is in the interval of that over
  seeds, at every batch size and scale of the weights, no interval being wider than +-RESOLUTION; it fails where it is
  not in one. What is left of second order in 1/n is not bounded: how far off it is, is said.
- `smaller groups, faster growth`, in a plain CNN: for each step to the next smaller group size, the interval of the
  paired difference of the logarithm of the growth over seeds is positive; it fails where one lies below 0.
- `batch normalization explodes`: in a plain CNN the interval of log growth lies above 0.

The last layer is left out everywhere: what comes down to it has passed no normalization yet.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch.nn.functional import cross_entropy

from verify.experiments.networks.cnn import CNN, features
from verify.experiments.outcome import Outcome
from verify.experiments.signals.dense import hidden
from verify.experiments.signals.intervals import Interval, all_contain, all_positive, differences, interval
from verify.experiments.signals.measures import backward_growth
from verify.experiments.signals.runs import Setup, column, drawn
from verify.experiments.signals.settings import Kind, Settings
from verify.experiments.signals.theory import BATCHNORM_LIMIT, batchnorm_growth, groupnorm_growth
from verify.experiments.store import Numbers

SCALES = (0.1, 1.0, 10.0)
BATCHES = (16, 32, 64)
GROUPS = (8, 16)
DEPTH = 10
WIDTHS = (128, 256)
DRAWS = 4
"""Dense networks in one run: a run is their mean."""
RESOLUTION = 0.1
"""A fifth of what the growth is above 1."""
YANG = "Yang et al. 2019, A Mean Field Theory of Batch Normalization"
LUBANA = "Lubana et al. 2021, on stable backward propagation"

CLAIMS = {
    "batchnorm": "Under ReLU and batch normalization the squared gradient grows by a factor per layer that tends to "
    f"pi/(pi - 1) = {BATCHNORM_LIMIT:.3f} in large batches, at any scale of the weights",
    "groupnorm": "Under ReLU and normalization of groups of p channels the squared gradient grows by (p - 2)/(p - 3) "
    "per layer",
}


def measure(setup: Setup) -> Numbers:
    works = {}
    for name, (kind, batch, scale) in dense_networks(setup.settings).items():
        works[name] = partial(dense_run, setup, kind, batch, scale)
    for kind in setup.settings.kinds():
        for shape in ("plain", "residual"):
            works[f"{shape} {kind.label}"] = partial(run, setup, kind, shape == "residual")
    return dict(setup.collected("gradient", works))


def dense_networks(settings: Settings) -> dict[str, tuple[Kind, int, float]]:
    """The networks of theory by name: normalization, batch and scale of the weights."""
    found = {}
    if "batchnorm" in settings.norm:
        for batch in BATCHES:
            for scale in SCALES if batch == BATCHES[1] else (1.0,):
                found[f"dense batchnorm, batch {batch}, scale {scale:g}"] = (Kind("batchnorm"), batch, scale)
    if "groupnorm" in settings.norm:
        for size in GROUPS:
            found[f"dense groupnorm {size}"] = (Kind("groupnorm", size), 16, 1.0)
    return found


def dense_run(setup: Setup, kind: Kind, batch: int, scale: float, seed: int) -> Numbers:
    """The growth at two widths, each the mean of several draws, and what they say of infinite width."""
    generator = torch.Generator().manual_seed(drawn("dense", setup.settings.seed, seed, kind.label, batch, scale))
    draws = DRAWS // 2 if setup.settings.quick else DRAWS
    growth = []
    for width in WIDTHS:
        each = [dense_growth(kind, width, batch, scale, generator) for _ in range(draws)]
        growth.append(sum(each) / draws)
    return {"growth": growth, "limit": 2 * growth[1] - growth[0]}


def dense_growth(kind: Kind, width: int, batch: int, scale: float, generator: torch.Generator) -> float:
    """The mean factor per layer, without the first layer, whose inputs are no activations, and the last, whose
    gradient is not that of a layer above."""
    inputs = torch.randn(batch, width, generator=generator, dtype=torch.float64)
    layers = hidden(kind.norm, kind.group_size, inputs, DEPTH, generator, scale=scale)
    last = layers[-1][1]
    (last * torch.randn(last.shape, generator=generator, dtype=torch.float64)).sum().backward()
    return backward_growth([float(h.grad.square().sum()) for h, _ in layers[1:-1] if h.grad is not None])


def run(setup: Setup, kind: Kind, residual: bool, seed: int) -> Numbers:
    """A CNN on labelled images: |dL/dx_l|^2 for what comes out of each block, and the growth per layer.

    Without the last block, as in `dense_growth`: what comes down to it has passed no normalization yet.
    """
    settings = setup.settings
    torch.manual_seed(drawn("network", settings.seed, seed))
    size = {"width": settings.width, "depth": settings.depth, "residual": residual}
    net = kind.network(setup.channels, setup.data.classes, **size)
    images, labels = setup.batch(seed)
    squares = stream_gradients(net, images, labels)
    return {"squares": squares, "growth": backward_growth(squares[:-1])}


def stream_gradients(net: CNN, images: torch.Tensor, labels: torch.Tensor) -> list[float]:
    """The squared length of the gradient of the cross-entropy, at the output of each block."""
    stream = list(net.stream(images))
    loss = cross_entropy(net.head(features(stream[-1])), labels)
    return [float(each.square().sum()) for each in torch.autograd.grad(loss, stream[1:])]


def judge(numbers: Numbers, settings: Settings) -> list[Outcome]:
    found = [
        _theory(numbers, settings, "batchnorm"),
        _theory(numbers, settings, "groupnorm"),
        _explodes(numbers, settings),
        _by_group_size(numbers, settings),
    ]
    return [each for each in found if each is not None]


def of_theory(kind: Kind, batch: int) -> float:
    return batchnorm_growth(batch) if kind.norm == "batchnorm" else groupnorm_growth(kind.group_size or 0)


def limits(numbers: Numbers, settings: Settings, norm: str) -> dict[str, tuple[Interval, float]]:
    """For each dense network the interval of the growth by theory's, at infinite width; and theory's value."""
    chosen = {name: each for name, each in dense_networks(settings).items() if each[0].norm == norm}
    found = {}
    for name, (kind, batch, _) in chosen.items():
        theory = of_theory(kind, batch)
        found[name] = (interval([run["limit"] / theory for run in numbers[name]], len(chosen)), theory)
    return found


def _theory(numbers: Numbers, settings: Settings, norm: str) -> Outcome | None:
    found = limits(numbers, settings, norm)
    if not found:
        return None
    intervals = {name: each for name, (each, _) in found.items()}
    name = max(intervals, key=lambda each: abs(intervals[each].mean - 1) / (intervals[each].half or 1e-300))
    measured = ", ".join(
        f"{name.partition(' ')[2]}: {each.mean * theory:.3f} ({theory:.3f})" for name, (each, theory) in found.items()
    )
    return Outcome(
        CLAIMS[norm],
        YANG if norm == "batchnorm" else f"{LUBANA}; the factor is derived here",
        all_contain(list(intervals.values()), 1.0, RESOLUTION),
        f"measured (theory at that size): {measured}; by theory's, farthest: {intervals[name]}",
        None,
        intervals[name].mean * found[name][1],
        found[name][1],
    )


def growths(numbers: Numbers, kind: Kind, shape: str = "plain") -> list[float]:
    """The logarithm of the growth, for each seed."""
    return [math.log(growth) if growth else math.nan for growth in column(numbers[f"{shape} {kind.label}"], "growth")]


def _explodes(numbers: Numbers, settings: Settings) -> Outcome | None:
    if "batchnorm" not in settings.norm:
        return None
    found = interval(growths(numbers, Kind("batchnorm")))
    mean, low, high = (math.exp(each) for each in (found.mean, found.low, found.high))
    says = f"the squared norm grows by {mean:.3f} a layer ({low:.3f} to {high:.3f})"
    return Outcome(
        "In a plain CNN with batch normalization gradients explode with depth", YANG, all_positive([found]), says
    )


def _by_group_size(numbers: Numbers, settings: Settings) -> Outcome | None:
    chain = [kind for _, kind in settings.by_group_size()]
    if len(chain) < 2:
        return None
    each = [growths(numbers, kind) for kind in chain]
    steps = differences(each[::-1])
    means = [f"{kind.label} {math.exp(sum(v) / len(v)):.3f}" for kind, v in zip(chain, each, strict=True)]
    smallest = min(steps, key=lambda step: step.low)
    return Outcome(
        "In a plain CNN gradients grow faster with depth the smaller the groups, fastest with instance normalization",
        LUBANA,
        all_positive(steps),
        f"growth of the squared norm per layer: {', '.join(means)}; smallest step of its logarithm {smallest}",
    )
