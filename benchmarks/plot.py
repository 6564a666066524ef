"""docs/growth.svg, drawn from measured curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.comparison import PATIENCE
from benchmarks.growth import Curve

PANELS = {
    "terms": "terms in the equation",
    "factors": "factors in one product",
    "nested sums": "nested sums",
    "m": "batch size m, which SymPy needs fixed",
}
COLOURS = ("#0072B2", "#D55E00", "#009E73")
MARKERS = ("o", "s", "^")
LEGEND = 30
"""How much room is left above the curves, as a factor of time."""
STYLE = {"svg.hashsalt": "normproof", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Writes the plot; the same curves give the same file."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with matplotlib.rc_context(STYLE):
        figure, axes = pyplot.subplots(2, 2, figsize=(9, 7), layout="constrained")
        for ax, (unit, label) in zip(axes.flat, PANELS.items(), strict=True):
            _panel(ax, [curve for curve in curves if curve.unit == unit], label)
        axes.flat[-1].set_title("Theorem 4.1, beside SymPy at fixed m", fontsize=10)
        figure.savefig(path, metadata={"Date": None, "Title": "Time to decide an equation, by its size"})
        pyplot.close(figure)
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")


def _panel(ax, curves: Sequence[Curve], label: str) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    sizes = sorted({size for curve in curves for size in (*curve.points, curve.stopped) if size})
    for curve, colour, marker in zip(curves, COLOURS, MARKERS, strict=False):  # no panel has more than three
        milliseconds = [seconds * 1e3 for seconds in curve.points.values()]
        ax.plot(list(curve.points), milliseconds, color=colour, marker=marker, markersize=4, label=curve.name)
        if curve.stopped:
            name = f"{curve.name}: not within {PATIENCE:.0f} s"
            ax.plot([curve.stopped], [PATIENCE * 1e3], color=colour, marker="x", linestyle="none", label=name)
    ax.set_xticks(sizes, [str(size) for size in sizes], minor=False)
    ax.minorticks_off()
    ax.set_xlabel(label)
    ax.set_ylabel("time (ms)")
    ax.grid(color="#dddddd", linewidth=0.6)
    ax.set_ylim(top=ax.get_ylim()[1] * LEGEND)
    ax.legend(frameon=False, fontsize=8, loc="upper left")
