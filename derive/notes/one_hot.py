"""Labels that may be one-hot: what fails for others only is not refuted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from derive.language import LanguageError, Tensor
from derive.refute.at_point import counterexample_at
from derive.refute.points import Plan
from derive.refute.search import Counterexample
from derive.verdicts import Refuted

Place = tuple[int, ...]


def at_one_hot(refuted: Refuted, labels: Tensor, axis: int = -1) -> Refuted | None:
    """The claim refuted where the labels are 1 at one place of an axis and 0 elsewhere, and all else is as it was."""
    for point in _points(refuted.counterexample, labels, axis):
        try:
            found = counterexample_at(refuted.claim, refuted.counterexample.sizes, point)
        except LanguageError:
            continue
        if found is not None:
            return Refuted(refuted.claim, found)
    return None


def _points(counterexample: Counterexample, labels: Tensor, axis: int) -> Iterator[dict[str, Any]]:
    """The values of the counterexample, with labels that are 1 at the first place, the second, and so on."""
    values = counterexample.point.values
    if labels not in values:
        return
    visible = Plan(counterexample.claim).visible
    given = {tensor.name: _nested(values[tensor], len(tensor.sizes)) for tensor in visible if tensor in values}
    for true in range(1 + max((place[axis] for place in values[labels]), default=-1)):
        hot = {place: Fraction(place[axis] == true) for place in values[labels]}
        yield {**given, labels.name: _nested(hot, len(labels.sizes))}


def _nested(entries: dict[Place, Fraction], axes: int) -> Any:
    """The entries of a tensor as a number, a tuple, or tuples of tuples."""
    if axes == 0:
        return entries[()]
    lengths = [1 + max(place[axis] for place in entries) for axis in range(axes)]
    return _part(entries, lengths, ())


def _part(entries: dict[Place, Fraction], lengths: Iterable[int], before: Place) -> Any:
    own = [*lengths]
    if not own:
        return entries[before]
    return tuple(_part(entries, own[1:], (*before, place)) for place in range(own[0]))
