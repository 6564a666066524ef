"""The pictures of an experiment: the loss along the ray, the distance along it, and the distances of all layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from verify.experiments.figures import COLOURS, figure
from verify.experiments.outcome import Outcome
from verify.experiments.store import Numbers

LEAST = 1e-17
"""Where a difference of zero is drawn, on a logarithmic axis."""


def pictures(folder: Path, networks: Sequence[Numbers], outcomes: Sequence[Outcome]) -> Iterator[Path]:
    """Draws what there is to draw; returns the paths."""
    first = [network for network in networks if network["finite"] and network["seed"] == networks[0]["seed"]]
    if not first:
        return
    yield from (
        _along(folder / "along-the-ray.png", first, outcomes),
        _distances(folder / "layers.png", first, outcomes),
    )
    layers = [layer for network in first for layer in network["layers"] if layer["starts"]]
    if layers:
        yield _lemma(folder / "nearest-point.png", layers[0], outcomes)


def name_of(eps: float | None) -> str:
    """The network with this epsilon, in words."""
    return "no normalization" if eps is None else f"BatchNorm, epsilon = {eps:g}"


def _named(outcomes: Sequence[Outcome], *statements: str) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.statement in statements]


def _along(path: Path, networks: Sequence[Numbers], outcomes: Sequence[Outcome]) -> Path:
    said = _named(outcomes, "weight-scale", "scale-equivariance")
    with figure(path, said, columns=2) as ((loss, moved),):
        for network in networks:
            rows = [row for row in network["along"] if row["loss"] is not None]
            style = {"label": name_of(network["eps"]), "linestyle": "--" if network["eps"] == 0 else "-"}
            loss.plot([row["k"] for row in rows], [row["loss"] for row in rows], **style)
            rows = [row for row in rows if row["k"] != 1 and row["moved"] is not None]
            moved.plot([row["k"] for row in rows], [max(row["moved"], LEAST) for row in rows], ".")
        loss.set(xscale="log", yscale="log", xlabel="k", ylabel="loss at k W*", title="The loss along the ray of W*")
        loss.set_ylim(top=_top(networks))
        title = "How far the output moves (0 drawn at $10^{-17}$)"
        moved.set(xscale="log", yscale="log", xlabel="k", ylabel="largest change of an output", title=title)
        loss.legend(fontsize=9)
    return path


def _top(networks: Sequence[Numbers]) -> float:
    """The loss of a network without normalization grows for ever: it is cut where the others have been left."""
    least = min(network["along"][0]["loss"] or 1.0 for network in networks)
    known = [row["loss"] for network in networks if network["eps"] is not None for row in network["along"]]
    return 10 * max([least, *(loss for loss in known if loss is not None)])


def _lemma(path: Path, layer: Numbers, outcomes: Sequence[Outcome]) -> Path:
    said = [each for each in outcomes if (each.statement or "").startswith("lemma-4.5")]
    with figure(path, said, columns=2) as (axes,):
        for place, start in zip(axes, ("its own", "opposite"), strict=True):
            _ray(place, layer["starts"][start], f"layer {layer['name']}, {start} start")
    return path


def _ray(axes: Any, case: Numbers, title: str) -> None:
    """The distance of c W* from the start over c, with W*, the nearest point and the printed bound."""
    k = case["k"]
    low, high = min(-0.25, 1.6 * k), max(1.6, 1.6 * k)
    on_the_ray = [high * each / 200 for each in range(201)]
    off = [low * each / 100 for each in range(101)]
    axes.plot(on_the_ray, [_distance(case, c) for c in on_the_ray], color=COLOURS[0], label="c > 0: optima")
    axes.plot(off, [_distance(case, c) for c in off], ":", color="#888888", label="c < 0: other networks")
    axes.axhline(case["printed"] ** 0.5, color=COLOURS[1], lw=1, ls="--", label="the printed bound")
    axes.plot([1], [case["apart"] ** 0.5], "s", color=COLOURS[0], label="W*")
    kind = {"color": COLOURS[1]} if k > 0 else {"color": "#888888", "fillstyle": "none"}
    axes.plot([k], [_distance(case, k)], "o", label="k W*, the nearest point" if k > 0 else "k W*: no optimum", **kind)
    if k <= 0:
        axes.plot([0], [case["start"] ** 0.5], "D", color=COLOURS[2], fillstyle="none", label="the infimum, at 0")
    axes.set(xlabel="c", ylabel="|W0 - c W*|", title=f"{title}: <W0, W*> = {case['overlap']:.3g}")
    axes.legend(fontsize=8)


def _distance(case: Numbers, c: float) -> float:
    return max(0.0, case["start"] - 2 * c * case["overlap"] + c * c * case["optimum"]) ** 0.5


def _distances(path: Path, networks: Sequence[Numbers], outcomes: Sequence[Outcome]) -> Path:
    """For each network the distances of its layers: to W*, and to the nearest optimum."""
    said = _named(outcomes, "lemma-4.5-strict", "lemma-4.5-nearest", "fact-c1")
    names = [layer["name"] for layer in networks[0]["layers"]]
    letters = max(map(len, names))
    upright = letters > 6 or len(names) > 6
    size = (max(3.4, 10.4 / len(networks)), 3.0 + 0.07 * letters * upright)
    with figure(path, said, columns=len(networks), size=size) as (axes,):
        for other in axes[1:]:
            other.sharey(axes[0])
        for place, network in zip(axes, networks, strict=True):
            _bars(place, [layer for layer in network["layers"] if layer["starts"]], upright)
            place.set_title(name_of(network["eps"]))
        axes[0].legend(fontsize=9)
    return path


def _bars(axes: Any, layers: Sequence[Numbers], upright: bool) -> None:
    for shift, key, label in ((-0.2, "apart", "to W*"), (0.2, "nearest", "to the nearest k W*")):
        heights = [layer["starts"]["its own"][key] ** 0.5 for layer in layers]
        axes.bar([at + shift for at in range(len(layers))], heights, 0.38, label=label)
    style = {"rotation": 90, "fontsize": 7} if upright else {}
    axes.set_xticks(range(len(layers)), [layer["name"] for layer in layers], **style)
    axes.set(xlabel="layer", ylabel="distance from W0")
    axes.margins(y=0.35)
    axes.grid(axis="x", visible=False)
