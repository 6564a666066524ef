"""How alike the last activations of different inputs are: cosine similarity and rank, by width and group size.

The rank of a matrix drawn at random is full, and says nothing; what the proofs bound is the stable rank
r = tr(M)^2/|M|_F^2 of M = H H'/N, not centred, which is at most the rank and near 1 where all inputs look alike.

Criteria, none of which depends on what comes out:

- A lower bound by the square root is about the exponent a of r ~ (width/group size)^a, by least squares over all widths
  and group sizes: it holds where the interval of a over seeds lies at or above 1/2, fails where it lies below, and is
  undecided where 1/2 is inside.
- `rank_tau >= (1 - tau)^2 r` follows from Cauchy-Schwarz and holds for every matrix.
- `larger groups, more alike` holds where for each step to the next group size the paired difference of the cosine
  similarities over seeds is positive, its interval too; it fails where one lies below 0.
- `without normalization, more alike` in the same way, for no normalization against batch normalization.
"""

from __future__ import annotations

import math
from functools import partial

import torch

from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.signals.dense import hidden
from verify.experiments.signals.intervals import all_positive, differences, interval
from verify.experiments.signals.measures import TAU, cosine_similarity, exponent, soft_rank, stable_rank
from verify.experiments.signals.runs import Setup, column, drawn
from verify.experiments.signals.settings import Kind, Settings
from verify.experiments.store import Numbers

LINEAR_DEPTH = 50
LINEAR_WIDTHS = (32, 64, 128)
LINEAR_GROUPS = (4, 8)
LUBANA = "Lubana et al. 2021, on informative forward propagation"
DANESHMAND = "Daneshmand et al. 2020, Theorem 2"


def widths(settings: Settings) -> tuple[int, ...]:
    return (settings.width, 2 * settings.width) if settings.quick else tuple(settings.width * k for k in (1, 2, 4))


def measure(setup: Setup) -> Numbers:
    settings = setup.settings
    linear = LINEAR_WIDTHS[:2] if settings.quick else LINEAR_WIDTHS
    works = {}
    for kind in (Kind("batchnorm"), *(Kind("groupnorm", size) for size in LINEAR_GROUPS)):
        if kind.norm in settings.norm:
            works |= {f"linear {kind.label}, width {n}": partial(linear_run, setup, kind, n) for n in linear}
    for kind in settings.kinds():
        works |= {f"cnn {kind.label}, width {n}": partial(run, setup, kind, n) for n in widths(settings)}
    return dict(setup.collected("similarity", works))


def linear_run(setup: Setup, kind: Kind, width: int, seed: int) -> Numbers:
    """A deep linear network on as many normal inputs as it is wide; the mean over the upper half of its layers."""
    generator = torch.Generator().manual_seed(drawn("linear", setup.settings.seed, seed, kind.label, width))
    inputs = torch.randn(width, width, generator=generator, dtype=torch.float64)
    layers = hidden(kind.norm, kind.group_size, inputs, LINEAR_DEPTH, generator, relu=False)
    each = [described(x.detach(), width / (kind.group_size or 1)) for _, x in layers[LINEAR_DEPTH // 2 :]]
    return {name: sum(one[name] for one in each) / len(each) for name in each[0]}


def run(setup: Setup, kind: Kind, width: int, seed: int) -> Numbers:
    """A plain CNN on images; what its last layer sees."""
    settings = setup.settings
    torch.manual_seed(drawn("network", settings.seed, seed))
    net = kind.network(setup.channels, setup.data.classes, width=width, depth=settings.depth)
    with torch.no_grad():
        *_, last = net.stream(setup.batch(seed)[0])
    return described(last.relu(), width / (kind.group_size or 1))


def described(activations: torch.Tensor, size: float) -> Numbers:
    return {
        "size": size,
        "similarity": cosine_similarity(activations),
        "rank": stable_rank(activations),
        "soft rank": soft_rank(activations),
    }


def judge(numbers: Numbers, settings: Settings) -> list[Outcome]:
    law = "stable rank of the last activations is at least of the order of the square root of"
    found = [
        _square_root(
            f"In a deep linear network with batch normalization the {law} the width",
            DANESHMAND,
            numbers,
            "linear batchnorm",
        ),
        _square_root(
            f"In a deep linear network with group normalization the {law} width/group size",
            LUBANA,
            numbers,
            "linear groupnorm",
        ),
        _square_root(
            f"In a CNN with ReLU and group normalization the {law} width/group size", LUBANA, numbers, "cnn groupnorm"
        ),
        soft(numbers),
        _by_group_size(numbers, settings),
        _collapse(numbers, settings),
    ]
    return [each for each in found if each is not None]


def exponents(numbers: Numbers, prefix: str) -> list[float]:
    """For each seed the exponent of the stable rank in width/group size, over the networks of this name."""
    chosen = [runs for name, runs in numbers.items() if name.startswith(prefix)]
    return [exponent(column(each, "size"), column(each, "rank")) for each in zip(*chosen, strict=True)]


def _square_root(claim: str, source: str, numbers: Numbers, prefix: str) -> Outcome | None:
    values = exponents(numbers, prefix)
    if not values:
        return None
    found = interval(values)
    verdict = HELD if found.low >= 0.5 else FAILED if found.high < 0.5 else UNDECIDED
    return Outcome(claim, source, verdict, f"the exponent is {found}; the claim is at least 1/2", None, found.mean, 0.5)


def soft(numbers: Numbers) -> Outcome:
    runs = [run for each in numbers.values() for run in each if math.isfinite(run["rank"])]
    margin = min((run["soft rank"] - (1 - TAU) ** 2 * run["rank"] for run in runs), default=float("nan"))
    verdict = HELD if margin >= 0 else FAILED if margin < 0 else UNDECIDED
    says = f"with tau = {TAU:g}, the least margin is {margin:.2g} over {len(runs)} networks"
    return Outcome("The soft rank is at least (1 - tau)^2 times the stable rank", DANESHMAND, verdict, says)


def _by_group_size(numbers: Numbers, settings: Settings) -> Outcome | None:
    chain = [kind for size, kind in settings.by_group_size() if size > 1]
    if len(chain) < 2:
        return None
    width = settings.width
    each = [_values(numbers[f"cnn {kind.label}, width {width}"]) for kind in chain]
    steps = differences(each)
    means = ", ".join(f"{kind.label} {sum(v) / len(v):.3f}" for kind, v in zip(chain, each, strict=True))
    return Outcome(
        "The larger the groups of a group normalization, the more alike the last activations of different inputs",
        LUBANA,
        all_positive(steps),
        f"mean cosine similarity at width {width}: {means}; smallest step {min(steps, key=lambda step: step.low)}",
    )


def _collapse(numbers: Numbers, settings: Settings) -> Outcome | None:
    if not {"none", "batchnorm"} <= set(settings.norm):
        return None
    return collapse(*(numbers[f"cnn {norm}, width {settings.width}"] for norm in ("batchnorm", "none")))


def collapse(with_it: list[Numbers], without: list[Numbers]) -> Outcome:
    """Whether activations are more alike without batch normalization than with it, seed by seed."""
    low, high = _values(with_it), _values(without)
    (step,) = differences([low, high])
    return Outcome(
        "Without normalization the last activations of different inputs are more alike than with batch normalization",
        "Daneshmand et al. 2020",
        all_positive([step]),
        f"mean cosine similarity {sum(high) / len(high):.3f} without and {sum(low) / len(low):.3f} with, "
        f"difference {step}",
    )


def _values(runs: list[Numbers]) -> list[float]:
    return [run["similarity"] for run in runs]
