"""What the measurements on a person's network say of the claims, and their pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify.experiments.figures import COLOURS, figure
from verify.experiments.outcome import UNDECIDED, Outcome
from verify.experiments.signals import channels, similarity, steps, variance
from verify.experiments.signals.gradient import YANG
from verify.experiments.signals.pictures import average, legend, moment_lines, whole_ticks
from verify.experiments.signals.runs import column
from verify.experiments.store import Numbers

BOTH = {"none", "batchnorm"}


def judge(measure: str, numbers: Numbers) -> list[Outcome]:
    """The outcomes of one measurement; `numbers` has a list of runs for each normalization, or for `model`."""
    match measure:
        case "variance":
            return [_branch(numbers)]
        case "similarity":
            alike = [similarity.collapse(numbers["batchnorm"], numbers["none"])] if set(numbers) >= BOTH else []
            return [similarity.soft(numbers), *alike]
        case "gradient":
            return [_growth(numbers)]
        case "channels" if set(numbers) >= BOTH:
            return channels.judge({"pair": pairs(numbers)})
        case "steps" if set(numbers) >= BOTH:
            return steps.judge(numbers)
    what = {"channels": channels.CLAIM, "steps": steps.CLAIM}[measure]
    return [Outcome(what, channels.BJORCK, UNDECIDED, "needs a factory that takes norm=, with none and batchnorm")]


def _branch(numbers: Numbers) -> Outcome:
    found = [max(run["off"], key=_worst) for runs in numbers.values() for run in runs if run["off"]]
    if found:
        return variance.identity(variance.BRANCH, "branch-variance", found)
    says = "no batch normalization normalizes by its own batch here"
    return Outcome(variance.BRANCH, variance.LUBANA, UNDECIDED, says, "branch-variance")


def _worst(ratio: float) -> float:
    return ratio if math.isfinite(ratio) else math.inf


def _growth(numbers: Numbers) -> Outcome:
    each = {label: [run["growth"] for run in runs if math.isfinite(run["growth"])] for label, runs in numbers.items()}
    means = ", ".join(f"{label} {average([[g] for g in found])[0]:.3f}" for label, found in each.items() if found)
    says = (
        f"growth of the squared norm per layer, downwards: {means or 'none could be measured'}; the claim is about "
        "networks without skip connections, and nothing here tells whether this is one"
    )
    return Outcome("With batch normalization gradients explode with depth", YANG, UNDECIDED, says)


def pairs(numbers: Numbers) -> list[Numbers]:
    """For each seed the run without normalization at its last learning rate, and that with it at the same one.

    Where batch normalization diverged at a smaller rate already, that run is the one.
    """
    found = []
    for none, batchnorm in zip(numbers["none"], numbers["batchnorm"], strict=True):
        place = min(len(none["rates"]), len(batchnorm["rates"])) - 1
        found.append({"none": none["rates"][-1], "batchnorm": batchnorm["rates"][place]})
    return found


def draw(path: Path, measure: str, numbers: Numbers, outcomes: Sequence[Outcome]) -> None:
    {
        "variance": _draw_variance,
        "similarity": _draw_similarity,
        "gradient": _draw_gradient,
        "channels": _draw_channels,
        "steps": _draw_steps,
    }[measure](path, numbers, outcomes)


def _by_layer(axes: Any, numbers: Numbers, name: str) -> None:
    for place, (label, runs) in enumerate(numbers.items()):
        values = average(column(runs, name))
        axes.plot(range(1, len(values) + 1), values, ".-", color=COLOURS[place % len(COLOURS)], label=label)
    axes.set(xlabel="layer, in the order of the calls", yscale="log")
    whole_ticks(axes)
    legend(axes)


def _draw_variance(path: Path, numbers: Numbers, outcomes: Sequence[Outcome]) -> None:
    with figure(path, outcomes, columns=2, size=(5.4, 3.6)) as drawn:
        for axes, name, title in zip(drawn[0], ("variance", "means"), ("variance", "|mean|"), strict=True):
            _by_layer(axes, numbers, name)
            axes.set(title=f"{title} of a channel")


def _draw_gradient(path: Path, numbers: Numbers, outcomes: Sequence[Outcome]) -> None:
    with figure(path, outcomes, size=(7, 3.8)) as drawn:
        _by_layer(drawn[0, 0], numbers, "squares")
        drawn[0, 0].set(ylabel="squared norm of the gradient")


def _draw_similarity(path: Path, numbers: Numbers, outcomes: Sequence[Outcome]) -> None:
    with figure(path, outcomes, columns=2, size=(4.6, 3.4)) as drawn:
        for axes, name in zip(drawn[0], ("similarity", "rank"), strict=True):
            values = [[value for value in column(runs, name) if math.isfinite(value)] for runs in numbers.values()]
            means = [math.fsum(each) / len(each) if each else math.nan for each in values]
            axes.bar(range(len(means)), means, color=COLOURS[0])
            axes.set_xticks(range(len(means)), list(numbers), rotation=30, ha="right", fontsize=8)
            axes.set(title={"similarity": "cosine similarity", "rank": "stable rank"}[name])


def _draw_channels(path: Path, numbers: Numbers, outcomes: Sequence[Outcome]) -> None:
    shown = list(numbers)[:4]
    with figure(path, outcomes, columns=len(shown), size=(4.6, 3.4)) as drawn:
        for axes, label in zip(drawn[0], shown, strict=True):
            run = numbers[label][0]["rates"][-1]
            moment_lines(axes, run, "variances")
            end = ", diverging" if run["diverged"] else ""
            axes.set(title=f"{label}, learning rate {run['rate']:g}{end}", ylabel="variance of a channel")
            axes.set(xlabel="layer", yscale="log")
            whole_ticks(axes)
            legend(axes)


def _draw_steps(path: Path, numbers: Numbers, outcomes: Sequence[Outcome]) -> None:
    with figure(path, outcomes, columns=2, size=(5.4, 3.6)) as drawn:
        for axes, when in zip(drawn[0], steps.WHEN, strict=True):
            for place, (label, runs) in enumerate(numbers.items()):
                axes.plot(steps.ETAS, average(column(runs, when)), color=COLOURS[place % len(COLOURS)], label=label)
            axes.axhline(1, color="k", linewidth=0.8)
            axes.set(title=when, xlabel="step size", xscale="log", yscale="log", ylim=(0.01, 1e3))
        drawn[0, 0].set_ylabel("loss after by loss before the step")
        legend(drawn[0, 0])
