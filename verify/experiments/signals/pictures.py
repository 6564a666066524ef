"""The pictures of `verify signals`: what was measured, and below it what that says of each claim."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from verify.experiments.figures import COLOURS, figure
from verify.experiments.outcome import Outcome
from verify.experiments.signals import channels, gradient, steps
from verify.experiments.signals.runs import column
from verify.experiments.signals.settings import ACTIVATION_NORMS, Kind, Settings
from verify.experiments.signals.theory import BATCHNORM_LIMIT, batchnorm_growth
from verify.experiments.store import Numbers

COLOUR = {"none": 7, "batchnorm": 0, "layernorm": 1, "instancenorm": 2, "groupnorm": 3, "weightnorm": 4}
COLOUR["weight-standardization"] = 5
DASHES = ("-", "--", "-.", ":")


def style(kind: Kind, settings: Settings) -> dict[str, Any]:
    """The same colour for a normalization in every picture; other dashes for each group size."""
    sizes = settings.group_size
    dash = DASHES[sizes.index(kind.group_size) % len(DASHES)] if kind.group_size in sizes else "-"
    found = {"color": COLOURS[COLOUR[kind.norm]], "linestyle": dash, "label": kind.label}
    return found | ({"linestyle": (0, (1, 1.2)), "linewidth": 2.6, "zorder": 3} if kind.norm == "none" else {})


def average(lists: Iterable[Sequence[float]]) -> list[float]:
    """The geometric mean over seeds, entry by entry; NaN, which is not drawn, where there is none."""
    found = []
    for values in zip(*lists, strict=False):
        good = all(value > 0 for value in values)
        found.append(math.exp(math.fsum(map(math.log, values)) / len(values)) if good else math.nan)
    return found


def legend(axes: Any, columns: int = 1) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=7.5, ncols=columns)


def lines(axes: Any, numbers: Numbers, settings: Settings, shape: str, name: str, kinds: Iterable[Kind]) -> None:
    """One line for each kind: a quantity by depth."""
    for kind in kinds:
        if runs := numbers.get(f"{shape} {kind.label}"):
            values = average(column(runs, name))
            first = settings.depth + 1 - len(values)
            axes.plot(range(first, first + len(values)), values, **style(kind, settings))
    axes.set_xlabel("depth in blocks")
    whole_ticks(axes)


def whole_ticks(axes: Any) -> None:
    """No half layers along the axis."""
    axes.xaxis.get_major_locator().set_params(integer=True)


def draw_variance(path: Path, numbers: Numbers, settings: Settings, outcomes: Sequence[Outcome]) -> None:
    """Plain networks; residual ones with an activation normalizer, and theory's lines; and those without."""
    normalized = [kind for kind in settings.kinds() if kind.norm in ACTIVATION_NORMS]
    others = [kind for kind in settings.kinds() if kind.norm not in ACTIVATION_NORMS]
    with figure(path, outcomes, columns=3, size=(4.4, 3.5)) as drawn:
        plain, linear, exponential = drawn[0]
        lines(plain, numbers, settings, "plain", "variance", settings.kinds())
        plain.set(title="plain: variance", ylim=(0, 1.8 * plain.get_ylim()[1]))
        lines(linear, numbers, settings, "residual", "variance", normalized)
        for kind in normalized[:1]:
            _theory_points(linear, numbers[f"residual {kind.label}"], "slope of theory")
        if twice := numbers.get("residual batchnorm, gamma 2"):
            linear.plot(average(column(twice, "variance")), color="#808080", label="batchnorm, gamma 2")
            _theory_points(linear, twice)
        linear.set(title="residual, activation normalizers: variance", ylim=(0, None))
        lines(exponential, numbers, settings, "residual", "square", others)
        exponential.set(title="residual, no activation normalizer", ylabel="mean square", yscale="log")
        exponential.set_yscale("log", base=2)
        for axes in drawn[0]:
            legend(axes, 2 if axes is plain else 1)


def _theory_points(axes: Any, runs: Sequence[Numbers], label: str | None = None) -> None:
    start = math.fsum(run["variance"][0] for run in runs) / len(runs)
    added = [math.fsum(each) / len(each) for each in zip(*column(runs, "added"), strict=True)]
    values = [start + math.fsum(added[:depth]) for depth in range(len(added) + 1)]
    axes.plot(range(len(values)), values, "k.", markersize=5, zorder=4, label=label)


def draw_similarity(path: Path, numbers: Numbers, settings: Settings, outcomes: Sequence[Outcome]) -> None:
    with figure(path, outcomes, columns=3, size=(4.4, 3.5)) as drawn:
        alike, linear, cnn = drawn[0]
        _similarities(alike, numbers, settings)
        for norm in ("batchnorm", "groupnorm"):
            _ranks(linear, numbers, f"linear {norm}")
            _ranks(cnn, numbers, f"cnn {norm}")
        linear.set(title="deep linear networks", ylabel="stable rank of the last activations")
        cnn.set(title="CNN with ReLU", ylabel="stable rank of the last activations")
        for axes in (linear, cnn):
            axes.set(xlabel="width/group size (batch norm: width)")
            _square_root(axes)
            axes.set_xscale("log", base=2)
            axes.set_yscale("log", base=2)
        for axes in drawn[0]:
            legend(axes)


def _similarities(axes: Any, numbers: Numbers, settings: Settings) -> None:
    """By the group size where there is one, as a line across where there is none."""
    sizes = dict(settings.by_group_size())

    def values(kind: Kind) -> list[float]:
        runs = numbers[f"cnn {kind.label}, width {settings.width}"]
        return [run["similarity"] for run in runs if math.isfinite(run["similarity"])]

    for kind in settings.kinds():
        if kind not in sizes.values() and (found := values(kind)):
            axes.axhline(math.fsum(found) / len(found), **(style(kind, settings) | {"linestyle": "--"}))
    points = [(size, math.fsum(found) / len(found)) for size, kind in sizes.items() if (found := values(kind))]
    if points:
        axes.plot(*zip(*points, strict=True), "o-", color=COLOURS[3], label="groups, from instance to layer norm")
    axes.set_xscale("log", base=2)
    axes.set(
        title=f"CNN with ReLU, width {settings.width}", xlabel="group size", ylabel="cosine similarity", ylim=(0, 1.02)
    )


def _ranks(axes: Any, numbers: Numbers, prefix: str) -> None:
    """One line for each normalization of this name, by size."""
    by_kind: dict[str, list[tuple[float, float]]] = {}
    for name, runs in numbers.items():
        if name.startswith(prefix):
            label = name.partition(" ")[2].partition(",")[0]
            by_kind.setdefault(label, []).append((runs[0]["size"], average([[run["rank"]] for run in runs])[0]))
    for label, points in by_kind.items():
        axes.plot(*zip(*sorted(points), strict=True), "o-", markersize=4, label=label)


def _square_root(axes: Any) -> None:
    found = [line.get_xydata() for line in axes.get_lines()]
    points = [(x, y) for each in found for x, y in each]
    if points:
        low, high = min(x for x, _ in points), max(x for x, _ in points)
        base = min(y / math.sqrt(x) for x, y in points)
        axes.plot([low, high], [base * math.sqrt(low), base * math.sqrt(high)], "k:", label="square root")


def draw_gradient(path: Path, numbers: Numbers, settings: Settings, outcomes: Sequence[Outcome]) -> None:
    with figure(path, outcomes, columns=3, size=(4.4, 3.5)) as drawn:
        dense, plain, residual = drawn[0]
        _dense(dense, numbers, settings)
        for axes, shape in ((plain, "plain"), (residual, "residual")):
            lines(axes, numbers, settings, shape, "squares", settings.kinds())
            axes.set(title=f"{shape} CNN", ylabel="squared norm of the gradient", yscale="log")
        dense.margins(y=0.3)
        for axes in (dense, residual):
            legend(axes)


def _dense(axes: Any, numbers: Numbers, settings: Settings) -> None:
    """The growth under batch normalization by the inverse of the batch, next to theory's curve."""
    axes.set(title="fully connected, ReLU, batchnorm", xlabel="1/batch", ylabel="growth of |gradient|^2 per layer")
    if "batchnorm" not in settings.norm:
        return
    inverse = [k / (40 * min(gradient.BATCHES)) for k in range(1, 46)]
    axes.plot([0, *inverse], [BATCHNORM_LIMIT, *map(_growth, inverse)], "k-", label="theory, large width")
    axes.axhline(BATCHNORM_LIMIT, color="k", linestyle=":", label="pi/(pi - 1)")
    found = gradient.limits(numbers, settings, "batchnorm")
    for name, (kind, batch, scale) in gradient.dense_networks(settings).items():
        if kind.norm == "batchnorm":
            each, theory = found[name]
            place = gradient.SCALES.index(scale)
            label = f"weights times {scale:g}" if batch == gradient.BATCHES[1] else None
            marks = {"fmt": "o", "ms": 4, "capsize": 3, "color": COLOURS[place], "label": label}
            axes.errorbar(1 / batch + 0.0015 * (place - 1), each.mean * theory, each.half * theory, **marks)


def _growth(inverse: float) -> float:
    """Theory's value between whole batches too."""
    return batchnorm_growth(1 / inverse)  # pyright: ignore[reportArgumentType] - the formula takes any number


def draw_channels(path: Path, numbers: Numbers, settings: Settings, outcomes: Sequence[Outcome]) -> None:
    """The first seed: moments by depth, one line for each step."""
    pair = numbers["pair"][0]
    with figure(path, outcomes, columns=2, rows=2, size=(5.4, 2.9)) as drawn:
        for row, name in zip(drawn, ("means", "variances"), strict=True):
            for axes, norm in zip(row, channels.NORMS, strict=True):
                moment_lines(axes, pair[norm], name)
                label = {"none": "no normalization", "batchnorm": "batch normalization"}[norm]
                end = ", diverging" if pair[norm]["diverged"] else ""
                axes.set(
                    title=f"{label}, learning rate {pair[norm]['rate']:g}{end}",
                    ylabel={"means": "|mean| of a channel", "variances": "variance of a channel"}[name],
                )
                axes.set(xlabel="depth in blocks", yscale="log")
                whole_ticks(axes)
                legend(axes)
            low, high = zip(*(axes.get_ylim() for axes in row), strict=True)
            for axes in row:
                axes.set_ylim(min(low), max(high))


def moment_lines(axes: Any, run: Numbers, name: str) -> None:
    shown = run[name]
    chosen = sorted({round(k * (len(shown) - 1) / 4) for k in range(5)})
    for place, number in enumerate(chosen):
        shade = 0.15 + 0.85 * (place + 1) / len(chosen)
        axes.plot(range(1, len(shown[number]) + 1), shown[number], color="#0072b2", alpha=shade, label=f"step {number}")


def draw_steps(path: Path, numbers: Numbers, settings: Settings, outcomes: Sequence[Outcome]) -> None:
    with figure(path, outcomes, columns=2, size=(5.4, 3.6)) as drawn:
        for axes, when in zip(drawn[0], steps.WHEN, strict=True):
            for kind in settings.kinds():
                if runs := numbers.get(kind.label):
                    axes.plot(steps.ETAS, average(column(runs, when)), **style(kind, settings))
            axes.axhline(1, color="k", linewidth=0.8)
            axes.set(title=when, xlabel="step size", xscale="log", yscale="log", ylim=(0.3, 1e3))
            axes.set_ylabel("loss after by loss before the step")
        legend(drawn[0][0])
