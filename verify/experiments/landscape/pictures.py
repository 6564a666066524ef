"""The pictures of `verify landscape`: what was measured, and below it what that says of each claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import log, nan
from pathlib import Path
from statistics import median
from typing import Any

from verify.experiments.figures import COLOURS, figure
from verify.experiments.landscape.divergence import DIVERGED, STUCK, TRAINED
from verify.experiments.landscape.families import Family
from verify.experiments.landscape.judging import by_step
from verify.experiments.landscape.runs import AS_IT_IS, Runs, norms_of, theorem_records
from verify.experiments.landscape.settings import LENGTHS, NOISY, NORMALIZED, PLAIN, Settings
from verify.experiments.outcome import Outcome
from verify.experiments.store import Numbers
from verify.extras import require

COLOUR = dict(zip((PLAIN, NORMALIZED, NOISY, *LENGTHS, AS_IT_IS), (1, 0, 2, 3, 5, 4, 0), strict=True))
SHADE = {TRAINED: "#009e73", STUCK: "#e6e6e6", DIVERGED: "#d55e00"}
Said = Mapping[str, Sequence[Outcome]]


def colour(norm: str) -> str:
    """The same colour for a normalization in every picture."""
    return COLOURS[COLOUR[norm] if norm in COLOUR else 2 + sum(map(ord, norm)) % 5]


def label(norm: str) -> str:
    return {PLAIN: "no normalization", AS_IT_IS: "loss"}.get(norm, norm)


def along(runs: Sequence[Numbers], value: Callable[[Numbers], Mapping[int, float]]) -> tuple[list[int], list[float]]:
    """The median over seeds at each step; NaN, which is not drawn, where one is not finite."""
    found = [value(run) for run in runs]
    steps = sorted(set().union(*found))
    values = [median(each.get(step, nan) for each in found) for step in steps]
    return steps, [each if abs(each) < 1e30 else nan for each in values]


def losses(run: Numbers) -> dict[int, float]:
    """The training loss by step."""
    return {step: nan if loss is None else loss for step, loss in enumerate(run["losses"])}


def part(quantity: str, place: int) -> Callable[[Numbers], dict[int, float]]:
    """One end of a range, by step."""

    def of(run: Numbers) -> dict[int, float]:
        return {
            record["step"]: nan if record[quantity][place] is None else record[quantity][place]
            for record in run["records"]
        }

    return of


def band(axes: Any, family: Family, networks: Any, norms: Sequence[str], quantity: str) -> None:
    """From the least to the largest, at each step, in the median over seeds."""
    for norm in norms:
        steps, low = along(networks[norm], part(quantity, 0))
        _, high = along(networks[norm], part(quantity, 1))
        axes.fill_between(steps, low, high, color=colour(norm), alpha=0.3, linewidth=0)
        axes.plot(steps, low, color=colour(norm), linewidth=0.8)
        axes.plot(steps, high, color=colour(norm), linewidth=0.8, label=label(norm))
    finish(axes, family.title)


def lines(axes: Any, family: Family, networks: Any, norms: Sequence[str], value: Any, title: str = "") -> None:
    """One line for each normalization."""
    for norm in norms:
        axes.plot(*along(networks[norm], value), color=colour(norm), label=label(norm))
    finish(axes, title or family.title)


def finish(axes: Any, title: str, scale: str = "log") -> None:
    axes.set_title(title)
    axes.set_xlabel("step")
    axes.set_yscale(scale)
    if scale == "log":
        _plain_numbers(axes)
    axes.legend(fontsize=8, loc="best")


def _plain_numbers(axes: Any) -> None:
    """0.5 and not 5 x 10^-1 on a logarithmic axis; between the powers of ten as many numbers as there is room for."""

    def between(value: float, place: int) -> str:
        low, high = axes.get_ylim()
        shown = "" if high > 100 * low else "235" if high > 3 * low else "123456789"
        return f"{value:g}" if f"{value:e}"[0] in shown else ""

    axes.yaxis.set_major_formatter(lambda value, place: f"{value:g}")
    axes.yaxis.set_minor_formatter(between)


def draw_range(path: Path, families: Sequence[Family], runs: Runs, settings: Settings, said: Sequence[Outcome]) -> None:
    """The paper's Figure 4(a)."""
    with figure(path, said, columns=len(families)) as axes:
        for place, family in enumerate(families):
            band(axes[0][place], family, runs[family.name], norms_of(family, settings), "range")
            axes[0][place].set_ylabel("loss at 1/2 to 4 times the step")


def draw_smoothness(
    path: Path, families: Sequence[Family], runs: Runs, settings: Settings, said: Sequence[Outcome]
) -> None:
    """The paper's Figure 4(b) and (c); dashed: along random directions."""
    with figure(path, said, columns=2, rows=len(families)) as axes:
        for row, family in zip(axes, families, strict=True):
            networks, norms = runs[family.name], norms_of(family, settings)
            band(row[0], family, networks, norms, "predictiveness")
            row[0].set_ylabel("change of the gradient")
            lines(row[1], family, networks, norms, lambda run: by_step(run, "beta"))
            for norm in norms:
                random = along(networks[norm], lambda run: by_step(run, "random beta"))
                row[1].plot(*random, "--", color=colour(norm), linewidth=1, label=f"{label(norm)}, random direction")
            finish(row[1], family.title)
            row[1].set_ylabel("effective beta-smoothness")


def draw_shift(path: Path, families: Sequence[Family], runs: Runs, settings: Settings, said: Sequence[Outcome]) -> None:
    """The paper's Figure 3: training, |G - G'| and the cosine between them."""
    with figure(path, said, columns=3, rows=len(families), size=(4.4, 3.2)) as axes:
        for row, family in zip(axes, families, strict=True):
            networks, norms = runs[family.name], norms_of(family, settings)
            lines(row[0], family, networks, norms, losses, f"{family.title}: loss")
            lines(row[1], family, networks, norms, lambda run: by_step(run, "shift"), "|G - G'|, all layers")
            lines(row[2], family, networks, norms, _cosines, "cosine of G and G', median of the layers")
            row[2].set_yscale("linear")
            row[2].yaxis.set_minor_formatter(require("matplotlib.ticker").NullFormatter())


def _cosines(run: Numbers) -> dict[int, float]:
    return {step: 1 - value for step, value in by_step(run, "angle").items()}


def draw_training(path: Path, family: Family, networks: Any, norms: Sequence[str], said: Sequence[Outcome]) -> None:
    """The loss of several normalizations as they train."""
    with figure(path, said, size=(7, 3.8)) as axes:
        lines(axes[0][0], family, networks, norms, losses)
        axes[0][0].set_ylabel("training loss, median of the seeds")


def draw_divergence(path: Path, families: Sequence[Family], found: Any, said: Sequence[Outcome]) -> None:
    """A map for each network and normalization; the line is 2 / lambda_max at the start."""
    columns = max(len(maps) for maps in found["maps"].values())
    with figure(path, said, columns=columns, rows=len(families), size=(4.6, 2.9)) as axes:
        for row, family in zip(axes, families, strict=True):
            for place in range(len(found["maps"][family.name]), columns):
                row[place].axis("off")
            for place, (norm, by_depth) in zip(row, found["maps"][family.name].items(), strict=False):
                _map(place, by_depth)
                place.set_title(f"{family.title}: {label(norm) if norm != AS_IT_IS else norm}")
                if family.name == "linear":
                    _thresholds(place, by_depth, found["thresholds"][norm])
        _explain(axes[0][0], lines="thresholds" in found)


def _explain(axes: Any, lines: bool) -> None:
    """What the colours and the line mean, above the first map."""
    handles = [axes.scatter([], [], marker="s", s=60, color=shade) for shade in SHADE.values()]
    texts = [*SHADE]
    if lines:
        handles += axes.plot([], [], color="black", linewidth=2)
        texts.append(r"$2/\lambda_{max}$ at the start")
    place = {"loc": "lower left", "bbox_to_anchor": (-0.05, 1.12), "ncols": 4, "columnspacing": 1}
    axes.legend(handles, texts, fontsize=8, **place)


def _map(axes: Any, by_depth: Mapping[str, Mapping[str, str]]) -> None:
    rates = list(next(iter(by_depth.values())))
    for row, states in enumerate(by_depth.values()):
        for column, rate in enumerate(rates):
            axes.add_patch(_square(column, row, SHADE[states[rate]]))
    axes.set_xlim(-0.5, len(rates) - 0.5)
    axes.set_ylim(-0.5, len(by_depth) - 0.5)
    axes.set_xticks(range(len(rates)), rates)
    axes.set_yticks(range(len(by_depth)), ["" if depth == "None" else depth for depth in by_depth])
    axes.set_xlabel("learning rate")
    axes.set_ylabel("depth" if "None" not in by_depth else "")
    axes.grid(visible=False)


def _square(column: int, row: int, shade: str) -> Any:
    return require("matplotlib.patches").Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, facecolor=shade)


def _thresholds(axes: Any, by_depth: Mapping[str, Mapping[str, str]], thresholds: Mapping[str, Any]) -> None:
    """A mark at 2 / lambda_max, where it lies between the learning rates of the map."""
    rates = [float(rate) for rate in next(iter(by_depth.values()))]
    for row, depth in enumerate(by_depth):
        lr = thresholds[depth]["lr"]
        for column, (low, high) in enumerate(pairwise(rates)):
            if lr is not None and low <= lr < high:
                at = column + log(lr / low) / log(high / low)
                axes.plot([at, at], [row - 0.46, row + 0.46], color="black", linewidth=2)


def draw_theorem(path: Path, families: Sequence[Family], runs: Runs, said: Sequence[Outcome]) -> None:
    """Left side over right side of Theorem 4.1 for each layer, and how much shorter the gradient gets."""
    shown = [(family, records) for family in families if (records := theorem_records({"": runs[family.name]}))]
    with figure(path, said, columns=2, rows=len(shown), size=(5.6, 3.4)) as axes:
        for row, (family, records) in zip(axes, shown, strict=True):
            layers = [layer["layer"] for layer in records[0]["theorem"]]
            steps = [record["step"] for record in records]
            for place, name in enumerate(layers):
                tone = {"color": _tone(place, len(layers)), "label": name}
                row[0].plot(steps, [_of(record, place, "ratio") - 1 for record in records], "o-", ms=3, **tone)
                row[1].plot(steps, [_of(record, place, "contraction") for record in records], "o-", ms=3, **tone)
            finish(row[0], f"{family.title}: $|v|^2$ / printed right side, minus 1", "linear")
            finish(row[1], f"{family.title}: $|v|^2$ / $|g|^2$, the largest channel")
            row[0].get_legend().remove()
            row[1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
            row[0].set_ylabel("0: the bound is an equality")
            row[1].axhline(1, color="black", linewidth=1, linestyle=":")


def _of(record: Numbers, place: int, name: str) -> float:
    value = record["theorem"][place][name] if place < len(record["theorem"]) else None
    return nan if value is None else value


def _tone(place: int, count: int) -> Any:
    return require("matplotlib").colormaps["viridis"](place / max(1, count - 1) * 0.9)
