"""The layers of an experiment as a table."""

from __future__ import annotations

from collections.abc import Iterator

from verify.experiments.outcome import Result
from verify.experiments.store import Numbers

HEAD = ("seed", "epsilon", "layer", "start", "<W0,W*>", "k", "|W0-W*|", "|W0-kW*|", "bound")


def table(result: Result) -> str:
    """For each layer and start of the first seed: the overlap, k, the distances to W* and to the nearest optimum.

    Where k <= 0 no optimum is nearest, and the distance is that of 0, the infimum. Last comes the printed bound.
    """
    networks = result.numbers["networks"]
    first = [network for network in networks if network["seed"] == networks[0]["seed"]]
    rows = [HEAD, *(row for network in first for row in _rows(network))]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _rows(network: Numbers) -> Iterator[tuple[str, ...]]:
    name = "none" if network["eps"] is None else f"{network['eps']:g}"
    head = (str(network["seed"]), name)
    if not network["finite"]:
        yield (*head, "training diverged", *[""] * 6)
        return
    for layer in network["layers"]:
        if not layer["starts"]:
            yield (*head, layer["name"], "W* = 0", *[""] * 5)
        for start, case in layer["starts"].items():
            roots = (case[key] ** 0.5 for key in ("apart", "nearest", "printed"))
            numbers = (f"{number:.4f}" for number in (case["overlap"], case["k"], *roots))
            yield (*head, layer["name"], start, *numbers)
