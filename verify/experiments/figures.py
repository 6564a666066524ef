"""Pictures in one style: what was measured above, and below it what that says of a theorem or a claim."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from verify.errors import VerifyError
from verify.experiments.outcome import FAILED, HELD, Outcome
from verify.extras import require

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#f0e442", "#000000")
"""Okabe and Ito's: told apart by people who don't see red from green."""
SIGN = {HELD: "held", FAILED: "did NOT hold"}
STYLE = {
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "normproof",
}


@contextmanager
def figure(
    path: Path | str,
    outcomes: Sequence[Outcome] = (),
    *,
    columns: int = 1,
    rows: int = 1,
    size: tuple[float, float] = (5.2, 3.4),
) -> Iterator[Any]:
    """Axes to draw on, as an array of `rows` x `columns`; the picture is saved where the block ends without an error.

    `size` is that of one of the axes, in inches. The outcomes are written below the picture.
    """
    matplotlib = require("matplotlib")
    matplotlib.use("Agg")
    plt = require("matplotlib.pyplot")
    with matplotlib.rc_context({**STYLE, "axes.prop_cycle": require("cycler").cycler(color=COLOURS)}):
        lines = _lines(outcomes, int(size[0] * columns * 15))
        below = 0.19 * len(lines) + 0.1
        height = size[1] * rows + below
        drawn, axes = plt.subplots(rows, columns, figsize=(size[0] * columns, height), squeeze=False)
        try:
            yield axes
            drawn.tight_layout(rect=(0, below / height, 1, 1))
            for place, (text, colour) in enumerate(lines):
                at = (below - 0.16 - 0.19 * place) / height
                drawn.text(0.02, at, text, fontsize=8.5, color=colour, va="bottom", parse_math=False)
            _save(drawn, Path(path))
        finally:
            plt.close(drawn)


def _lines(outcomes: Sequence[Outcome], width: int) -> list[tuple[str, str]]:
    """The outcomes in lines of this many letters, each with its colour."""
    found = []
    for outcome in outcomes:
        colour = "#a02000" if outcome.verdict == FAILED else "#202020"
        text = f"{SIGN.get(outcome.verdict, outcome.verdict)}: {outcome.claim} [{outcome.statement or outcome.source}]"
        found += [(line, colour) for line in textwrap.wrap(text, max(40, width))]
    return found


def _save(drawn: Any, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn.savefig(path)
    except (OSError, ValueError) as error:
        raise VerifyError(f"{path} can't be written: {error}") from None
