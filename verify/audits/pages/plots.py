"""The pictures of an audit: errors by bounds, Theorem 4.1, conditioning and dead channels, by depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verify.audits.pages.svg import BAD, SERIES, drawing
from verify.audits.record import AuditReport, LayerAudit

Layers = Sequence[LayerAudit]
Values = Callable[[LayerAudit], Sequence]

MARKS = "osD^vP"
LEAST, MOST = 1e-6, 1e12
"""What is 0 or infinite is drawn at the edge."""


@dataclass(frozen=True)
class Plot:
    """One picture: its title, what it shows in words, and the svg element."""

    name: str
    title: str
    about: str
    svg: str
    """"" where there is nothing to draw."""


def plots(report: AuditReport) -> list[Plot]:
    """The pictures of an audit; none where no normalization ran.

    Raises VerifyError where matplotlib is not installed.
    """
    return [_plot(report.layers, *each) for each in _PLOTS] if report.layers else []


def _plot(layers: Layers, name: str, title: str, of: Values, about: Callable[[Layers], str], draw: Callable) -> Plot:
    def on(axes: Any) -> None:
        axes.margins(y=0.1)
        draw(axes, layers)
        axes.set_xlabel("normalization, in the order of execution")
        axes.set_xlim(0.4, len(layers) + 0.6)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)

    said = about(layers)
    shown = any(of(layer) for layer in layers)
    return Plot(name, title, said, drawing(name, title, said, on) if shown else "")


def _draw_error(axes: Any, layers: Layers) -> None:
    names = list(dict.fromkeys(row.quantity for layer in layers for row in layer.rows))
    for at, name in enumerate(names):
        found = [(depth, row) for depth, layer in _numbered(layers) for row in layer.rows if row.quantity == name]
        depths, values = [depth for depth, _ in found], [_within(row.ratio) for _, row in found]
        look = {"color": SERIES[at % len(SERIES)], "marker": MARKS[at % len(MARKS)], "s": 15, "linewidths": 0}
        axes.scatter(depths, values, label=name, **look)
    wrong = [(depth, _within(row.ratio)) for depth, layer in _numbered(layers) for row in layer.rows if row.ratio > 1]
    if wrong:
        ring = {"s": 70, "facecolors": "none", "edgecolors": BAD, "linewidths": 1.3}
        axes.scatter(*zip(*wrong, strict=True), label="beyond its bound", **ring)
    _logarithmic(axes, "error / bound")
    _at_one(axes)
    if names:
        _legend(axes, len(names) + 1)


def _draw_ratio(axes: Any, layers: Layers) -> None:
    _spread(axes, layers, _ratio, SERIES[0])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("|dL/dy|² by (γ/s)² |dL/dz|²")
    _at_one(axes)
    _legend(axes, 2)


def _draw_mean(axes: Any, layers: Layers) -> None:
    _spread(axes, layers, _mean, SERIES[1])
    _logarithmic(axes, "|mean| / std")
    _legend(axes, 2)


def _draw_tightness(axes: Any, layers: Layers) -> None:
    _spread(axes, layers, _tightness, SERIES[2])
    _logarithmic(axes, "variance / ε")
    _at_one(axes)
    _legend(axes, 2)


def _draw_channels(axes: Any, layers: Layers) -> None:
    depths = [depth for depth, _ in _numbered(layers)]
    dead = [len(layer.dead) for layer in layers]
    constant = [len(layer.near_constant) for layer in layers]
    axes.bar(depths, dead, color=SERIES[3], label="dead", width=0.8)
    hatched = {"facecolor": "none", "hatch": "////", "edgecolor": SERIES[1]}
    axes.bar(depths, constant, bottom=dead, label="near-constant", width=0.8, **hatched)
    axes.set_ylabel("channels")
    axes.set_ylim(0, max(1, *(a + b for a, b in zip(dead, constant, strict=True))) * 1.05)
    axes.yaxis.get_major_locator().set_params(integer=True)
    _legend(axes, 2)


def _ratio(layer: LayerAudit) -> Sequence[float]:
    return layer.numbers.ratio


def _mean(layer: LayerAudit) -> Sequence[float]:
    return layer.numbers.mean_by_std


def _tightness(layer: LayerAudit) -> Sequence[float]:
    return layer.numbers.tightness


def _channels(layer: LayerAudit) -> Sequence[int]:
    return (*layer.dead, *layer.near_constant)


def _spread(axes: Any, layers: Layers, of: Values, colour: str) -> None:
    """For each layer a line from the smallest to the largest, half of the values on a thick one, and the median."""
    found = [(depth, values) for depth, layer in _numbered(layers) if (values := sorted(_finite(of(layer))))]
    if not found:
        return
    depths = [depth for depth, _ in found]
    quartile = [[_quantile(values, part) for _, values in found] for part in (0, 0.25, 0.5, 0.75, 1)]
    axes.vlines(depths, quartile[0], quartile[4], color=colour, linewidth=1.1, alpha=0.75, label="all statistics")
    axes.vlines(depths, quartile[1], quartile[3], color=colour, linewidth=4, alpha=0.45)
    axes.scatter(depths, quartile[2], color=colour, s=15, linewidths=0, label="median", zorder=3)


def _finite(values: Sequence[float]) -> Iterator[float]:
    yield from (_within(value) for value in values if not math.isnan(value))


def _within(value: float) -> float:
    return min(max(value, LEAST), MOST) if not math.isnan(value) else MOST


def _quantile(ordered: Sequence[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _numbered(layers: Layers) -> Iterator[tuple[int, LayerAudit]]:
    yield from enumerate(layers, 1)


def _logarithmic(axes: Any, label: str) -> None:
    axes.set_yscale("log")
    axes.set_ylabel(label)
    axes.minorticks_off()


def _at_one(axes: Any) -> None:
    axes.axhline(1, color=BAD, linewidth=1.2, linestyle=(0, (6, 3)))


def _legend(axes: Any, columns: int) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=columns, borderaxespad=0, handletextpad=0.5)


def _about_error(layers: Layers) -> str:
    wrong = sum(any(row.ratio > 1 for row in layer.rows) for layer in layers)
    what = f"In {wrong} of them an error is beyond it" if wrong else "Every error is within it"
    return (
        "For every normalization and quantity the largest error by its rounding error bound, on a logarithmic scale. "
        f"Up to 1 rounding explains it. {what}."
    )


def _about_ratio(layers: Layers) -> str:
    most = max((value for layer in layers for value in _finite(_ratio(layer))), default=None)
    what = "" if most is None else f" The largest is {most:.3g}."
    return (
        "The squared gradient that leaves a normalization, by (γ/s)² times the one that reaches it, over its "
        f"statistics: all on the thin line, half on the thick one. The theorem says at most 1.{what}"
    )


def _about_mean(layers: Layers) -> str:
    most = max((value for layer in layers for value in _finite(layer.numbers.mean_by_std)), default=None)
    what = "" if most is None else f" The largest is {most:.3g}."
    return f"How far means are from 0, in standard deviations. Large ones cost digits where x - mu is computed.{what}"


def _about_tightness(layers: Layers) -> str:
    least = min((value for layer in layers for value in _finite(layer.numbers.tightness)), default=None)
    what = "" if least is None else f" The smallest is {least:.3g}."
    return f"Below 1 a variance is smaller than epsilon, and what is normalized is far from variance 1.{what}"


def _about_channels(layers: Layers) -> str:
    dead, constant = sum(len(layer.dead) for layer in layers), sum(len(layer.near_constant) for layer in layers)
    return (
        f"{dead} channels are dead: without a scale or an upstream gradient. {constant} are near-constant: their "
        "variance is below epsilon."
    )


_PLOTS = (
    ("error", "Error by bound", lambda layer: layer.rows, _about_error, _draw_error),
    ("ratio", "The ratio of Theorem 4.1", _ratio, _about_ratio, _draw_ratio),
    ("mean", "Mean by standard deviation", _mean, _about_mean, _draw_mean),
    ("tightness", "Variance by epsilon", _tightness, _about_tightness, _draw_tightness),
    ("channels", "Dead and near-constant channels", _channels, _about_channels, _draw_channels),
)
