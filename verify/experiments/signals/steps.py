"""The loss along the gradient by step size, L(theta - eta grad L)/L, at initialization and after some training.

Criterion, which does not depend on what comes out: with `reach` the largest step size of the grid up to which no such
quotient exceeds 1, the claim holds where the interval over seeds of log10(reach with/reach without batch normalization)
lies above 0, and fails where it lies below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import torch
from torch.nn.functional import cross_entropy

from verify.experiments.outcome import Outcome
from verify.experiments.signals.intervals import all_positive, interval
from verify.experiments.signals.measures import relative_loss
from verify.experiments.signals.runs import Setup, drawn
from verify.experiments.signals.settings import Kind, Settings
from verify.experiments.signals.training import step
from verify.experiments.store import Numbers

ETAS = tuple(10 ** (k / 2) for k in range(-4, 7))
STEPS, RATE = 10, 0.1
WHEN = ("at initialization", f"after {STEPS} steps")
BJORCK = "Bjorck et al. 2018, Section 3.2"
CLAIM = "With batch normalization larger steps along the gradient lower the loss"


def measure(setup: Setup) -> Numbers:
    return dict(setup.collected("steps", {kind.label: partial(run, setup, kind) for kind in setup.settings.kinds()}))


def run(setup: Setup, kind: Kind, seed: int) -> Numbers:
    """The relative losses of one network at both times, on the same batch."""
    settings = setup.settings
    torch.manual_seed(drawn("network", settings.seed, seed))
    net = kind.network(setup.channels, setup.data.classes, width=settings.width, depth=settings.depth)
    images, labels = setup.batch(seed)
    along = partial(relative_loss, net, lambda: cross_entropy(net(images), labels), ETAS)
    first = along()
    for number in range(STEPS):
        drawn_images, drawn_labels = setup.batch(1000 * seed + number)
        step(net, cross_entropy(net(drawn_images), drawn_labels), RATE)
    return {WHEN[0]: first, WHEN[1]: along()}


def reach(relative: Sequence[float]) -> float:
    """The largest step size up to which the loss does not grow; the one before the first, where it grows at once."""
    good = next((at for at, value in enumerate(relative) if not value <= 1), len(relative))
    return ETAS[good - 1] if good else ETAS[0] ** 2 / ETAS[1]


def judge(numbers: Numbers, settings: Settings | None = None) -> list[Outcome]:
    if not {"none", "batchnorm"} <= set(numbers):
        return []
    return [_farther(numbers, when) for when in WHEN]


def _farther(numbers: Numbers, when: str) -> Outcome:
    each = {norm: [math.log10(reach(run[when])) for run in numbers[norm]] for norm in ("none", "batchnorm")}
    found = interval([b - a for a, b in zip(*each.values(), strict=True)])
    means = {norm: 10 ** (sum(values) / len(values)) for norm, values in each.items()}
    return Outcome(
        f"{CLAIM}, {when}",
        BJORCK,
        all_positive([found]),
        f"the loss falls up to steps of {means['batchnorm']:.2g} with and {means['none']:.2g} without "
        f"(geometric means); log10 of the quotient {found}",
    )
