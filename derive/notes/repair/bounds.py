"""An equation that is meant as a bound, and a bound that is the wrong way round."""

from __future__ import annotations

from collections.abc import Iterator

from derive.notes.repair.edit import Edit
from derive.notes.repair.wrong import Wrong
from derive.notes.values import Vector
from derive.refute.floats import CLOSE

BOUND, REVERSED, STRICT = "equality-for-bound", "bound-reversed", "bound-for-equality"

WRITTEN = {"<=": r"\le", ">=": r"\ge"}


def bounds(wrong: Wrong, left: Vector, right: Vector) -> Iterator[Edit]:
    """Another relation between the same sides, where the numbers allow it."""
    below = is_below(left, right)
    above = is_below(right, left)
    start, end = wrong.sign
    if wrong.relation == "=" and below != above:
        yield Edit(BOUND, 1.6, (), ((start, end, WRITTEN["<=" if below else ">="]),))
    if wrong.relation in ("<=", "<") and above and not below:
        yield Edit(REVERSED, 1.0, (), ((start, end, WRITTEN[">="]),))
    if wrong.relation in (">=", ">") and below and not above:
        yield Edit(REVERSED, 1.0, (), ((start, end, WRITTEN["<="]),))
    if wrong.relation in ("<", ">"):
        yield Edit(STRICT, 1.0, (), ((start, end, WRITTEN[f"{wrong.relation}="]),))


def is_below(left: Vector, right: Vector) -> bool:
    scale = max(*map(abs, left), *map(abs, right), 1e-300)
    return all(a <= b + CLOSE * scale for a, b in zip(left, right, strict=True))
