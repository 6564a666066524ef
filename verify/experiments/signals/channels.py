"""Means and variances of channels as a network without normalization diverges, with batch normalization next to it.

Criteria, none of which depends on what comes out. The learning rate is, for each seed, the first of RATES at which the
plain CNN without normalization diverges (its loss exceeds 1000 within STEPS steps), and the last one where it never
does:

- `batch normalization does not diverge there` holds where none of the seeds diverges, fails where one does.
- `moments explode with depth`: at the last finite step the slope over depth of log(variance now/variance at first), by
  least squares, has an interval over seeds above 0; it fails where that lies below.
- `batch normalization keeps them`: the interval of log(largest growth of the last layer's variance without/with) lies
  above 0.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch.nn.functional import cross_entropy

from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.signals.intervals import all_positive, interval
from verify.experiments.signals.measures import exponent
from verify.experiments.signals.runs import Setup, column, drawn
from verify.experiments.signals.settings import Kind, Settings
from verify.experiments.signals.training import convolutions, trained
from verify.experiments.store import Numbers

RATES = (0.3, 1.0, 3.0, 10.0, 30.0)
STEPS = 20
NORMS = ("none", "batchnorm")
BJORCK = "Bjorck et al. 2018, Section 3.2"
CLAIM = "At a learning rate at which a network without normalization diverges, one with batch normalization does not"


def measure(setup: Setup) -> Numbers:
    if not set(NORMS) <= set(setup.settings.norm):
        return {}
    return dict(setup.collected("channels", {"pair": partial(run, setup)}))


def run(setup: Setup, seed: int) -> Numbers:
    """The network without normalization at the first learning rate at which it diverges, and the other one there."""
    tried = (attempt(setup, Kind("none"), seed, rate) for rate in RATES)
    without = next((run for run in tried if run["diverged"] or run["rate"] == RATES[-1]), {})
    return {"none": without, "batchnorm": attempt(setup, Kind("batchnorm"), seed, without["rate"])}


def attempt(setup: Setup, kind: Kind, seed: int, rate: float) -> Numbers:
    settings = setup.settings
    torch.manual_seed(drawn("network", settings.seed, seed))
    net = kind.network(setup.channels, setup.data.classes, width=settings.width, depth=settings.depth)

    def loss(number: int) -> torch.Tensor:
        images, labels = setup.batch(1000 * seed + number)
        return cross_entropy(net(images), labels)

    return trained(net, convolutions(net), loss, rate, STEPS)


def tilt(run: Numbers) -> float:
    """The slope over depth of the logarithm of what the variances grew by: above 0 the upper layers grew more."""
    first, last = run["variances"][0], run["variances"][-1]
    grown = [after / before if before else math.nan for before, after in zip(first, last, strict=True)]
    return exponent([math.exp(depth) for depth in range(len(grown))], grown)


def largest(run: Numbers) -> float:
    """The most that the last layer's variance grew by, at any step."""
    top = [variances[-1] for variances in run["variances"]]
    return max(top) / top[0] if top and top[0] else math.nan


def judge(numbers: Numbers, settings: Settings | None = None) -> list[Outcome]:
    if not numbers:
        return []
    pairs = numbers["pair"]
    diverged = [pair for pair in pairs if pair["none"]["diverged"]]
    return [_not_with(diverged, len(pairs)), *([_explode(diverged), _kept(diverged)] if diverged else [])]


def _not_with(diverged: list[Numbers], seeds: int) -> Outcome:
    fell = sum(pair["batchnorm"]["diverged"] for pair in diverged)
    verdict = FAILED if fell else HELD if len(diverged) == seeds else UNDECIDED
    rates = sorted(pair["none"]["rate"] for pair in diverged)
    between = f" at learning rates from {rates[0]:g} to {rates[-1]:g}" if rates else ""
    return Outcome(
        CLAIM,
        BJORCK,
        verdict,
        f"of {seeds} networks {len(diverged)} diverged without normalization{between}, and there {fell} with",
        None,
        float(fell),
        0.0,
    )


def _explode(diverged: list[Numbers]) -> Outcome:
    found = interval([tilt(pair["none"]) for pair in diverged])
    return Outcome(
        "As a network without normalization diverges, the variances of its channels grow, and more so with depth",
        BJORCK,
        all_positive([found]),
        f"the last finite variances by the first gain {found} in their logarithm per layer",
    )


def _kept(diverged: list[Numbers]) -> Outcome:
    each = {norm: [largest(run) for run in column(diverged, norm)] for norm in NORMS}
    ratio = interval([math.log10(a / b) for a, b in zip(*each.values(), strict=True)])
    means = {norm: 10 ** (sum(map(math.log10, values)) / len(values)) for norm, values in each.items()}
    return Outcome(
        "With batch normalization the variance of the last layer's channels grows less than without, as that diverges",
        BJORCK,
        all_positive([ratio]),
        f"it grew by up to {means['none']:.2g} without and {means['batchnorm']:.2g} with, as geometric means; "
        f"log10 of the quotient {ratio}",
    )
