"""What shows in the numbers alone: entries that were never written, and multiples of what is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.location import places
from verify.diagnosis.point import Point, Variation
from verify.diagnosis.residual import Residual


def patterns(point: Point, wrong: Mapping[str, Residual]) -> Iterator[Hypothesis]:
    for each in wrong.values():
        yield from _not_written(point, each)
        yield from _multiple(point, each)


def _not_written(point: Point, each: Residual) -> Iterator[Hypothesis]:
    where = each.where
    if not where.any() or bool(each.got[where].any()):
        return
    keep = (~where)[None]
    sentence = f"the {each.name} is 0 {places(point.layer, where)}, as if it were not written there"
    change = Variation(after={each.name: lambda value: value * keep})
    yield Hypothesis("not-written", sentence, (change,), only=(each.name,))


def _multiple(point: Point, each: Residual) -> Iterator[Hypothesis]:
    right = each.expected.flatten()
    square = float(right @ right)
    if not square or right.numel() < 4:
        return
    found = float(each.got.flatten() @ right) / square
    for factor, said in _factors(point):
        if abs(found / float(factor) - 1) < 0.05:
            change = Variation(after={each.name: lambda value, f=float(factor): value * f})
            yield Hypothesis("multiple", f"the {each.name} {said}", (change,), only=(each.name,))


def _factors(point: Point) -> Iterator[tuple[Fraction, str]]:
    yield Fraction(-1), "has the wrong sign"
    for n in (2, 3, 4):
        yield Fraction(n), f"is {n} times what is due"
        yield Fraction(1, n), f"is 1/{n} of what is due"
    for size, count in point.sizes.items():
        if count > 4:
            yield Fraction(count), f"is {size} = {count} times what is due"
            yield Fraction(1, count), f"is 1/{size} = 1/{count} of what is due"
