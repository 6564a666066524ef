"""The mean and s that a layer has really used, read off its output row by row by least squares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch

from derive.language import Tensor
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.location import as_rows, axes_of
from verify.diagnosis.point import Change, Point, Variation
from verify.diagnosis.program import Lines, leaf, lines_of
from verify.diagnosis.residual import Residual
from verify.diagnosis.rows import mean_after

FEWEST = 8
"""A row has to have this many elements to tell its statistics."""
FAR, ROUNDED = 0.02, 2.0**-5
"""A mean that is off by less, in standard deviations or beside the size of the values, may be a rounding error."""

FLAT = 1e-12
"""A slope that is as small as that, beside the right one, is that of an infinite s: its square overflowed."""


@dataclass(frozen=True)
class Statistics:
    """Per row: the right mean and s, and those that the output shows."""

    mean: torch.Tensor
    s: torch.Tensor
    shown_mean: torch.Tensor
    shown_s: torch.Tensor


def shown(point: Point, output: torch.Tensor, mean: bool = True, s: bool = True) -> Statistics | None:
    """The statistics at which the output is right, fitting the mean, s, or both; None for rows that are too short."""
    layer = point.layer
    values = {tensor.name: value for tensor, value in point.right.items()}
    x = as_rows(layer, values[layer.inputs[0].name][0])
    if x.shape[1] < FEWEST:
        return None
    weight, bias = (spread(point, k) for k in (0, 1))
    right_s = values["s"].flatten()[:, None].expand(len(x), 1)
    right_mean = values["mu"].flatten()[:, None] if "mu" in values else torch.zeros_like(right_s)
    along, across, due = weight * (x - right_mean), weight, as_rows(layer, output) - bias
    slope, shift = 1 / right_s, torch.zeros_like(right_s)
    if mean and s:
        slope, shift = _two(along, across, due)
    elif mean:
        shift = _one(across, due - slope * along)
    else:
        slope = _one(along, due)
    flat = slope.abs() * right_s < FLAT
    shown_mean = torch.where(flat, right_mean, right_mean - shift / slope)
    return Statistics(right_mean[:, 0], right_s[:, 0], shown_mean[:, 0], torch.where(flat, torch.inf, 1 / slope)[:, 0])


def spread(point: Point, which: int) -> torch.Tensor:
    """The weight (0) or the bias (1) at every element, as rows."""
    layer = point.layer
    shape = point.x.shape[1:]
    if which >= len(layer.parameters):
        return torch.full_like(as_rows(layer, point.x[0]), 1.0 - which)
    own = point.given[layer.parameters[which]][0]
    features = axes_of(layer).features
    placed = own.reshape([shape[place] if place in features else 1 for place in range(len(shape))])
    return as_rows(layer, placed.expand(shape))


def _one(by: torch.Tensor, due: torch.Tensor) -> torch.Tensor:
    return (by * due).sum(1, keepdim=True) / by.square().sum(1, keepdim=True)


def _two(first: torch.Tensor, second: torch.Tensor, due: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Least squares on two regressors, the second made orthogonal to the first and corrected once."""
    project = _one(second, first)
    rest = first - project * second
    slope, shift = torch.zeros_like(project), torch.zeros_like(project)
    for _ in range(2):
        left = due - slope * first - shift * second
        step = _one(rest, left)
        slope = slope + step
        shift = shift + _one(second, left - step * first)
    return slope, shift


def fixed(values: torch.Tensor) -> Change:
    """A change to the line of a statistic that puts values in its place."""
    return lambda value: values.reshape(value.shape).to(value)


def at_shown(point: Point, found: Statistics) -> Lines:
    """The program with the statistics that were shown."""
    lines = tuple(
        replace(line, after=fixed(found.shown_s)) if line.tensor.name == "s" else line for line in lines_of(point.layer)
    )
    has_mean = any(line.tensor.name == "mu" for line in lines)
    return mean_after(lines, fixed(found.shown_mean)) if has_mean else lines


def stale(point: Point, wrong: Mapping[str, Residual]) -> Iterator[Hypothesis]:
    """Another mean than that of the row, and nothing else: as where it is left over from other data."""
    layer = point.layer
    each = wrong.get("output")
    if each is None or leaf_named(point, "mu") is None or not each.finite:
        return
    variations, said = [], ""
    for both in (False, True):
        found = shown(point, each.got, s=both)
        if found is None or not bool((found.shown_mean - found.mean).isfinite().all()):
            continue
        off = (found.shown_mean - found.mean).abs() / found.s
        size = as_rows(layer, point.x[0]).square().mean(1).sqrt()
        if not bool((off > torch.maximum(torch.full_like(size, FAR), ROUNDED * size / found.s)).any()):
            continue
        change = fixed(found.shown_mean)
        lines = lines_of(layer)
        if both:
            lines = tuple(replace(line, after=change) if line.tensor.name == "mu" else line for line in lines)
        else:
            lines = mean_after(lines, change)
        worst = int(off.argmax())
        at = f"{axes_of(layer).noun} {worst}"
        shown_there, due = float(found.shown_mean[worst]), float(found.mean[worst])
        said = said or f"it is {shown_there:.4g} in {at}, where {due:.4g} is due"
        variations.append(Variation(lines))
    if variations:
        sentence = f"the mean is stale, or of other values than those of the {axes_of(layer).noun}: {said}"
        count = len(as_rows(layer, point.x[0]))
        yield Hypothesis("stale-mean", sentence, tuple(variations), parameters=count)


def leaf_named(point: Point, name: str) -> Tensor | None:
    """The step of a name, as the lines know it."""
    return next((leaf(step) for step in point.layer.steps if step.name == name), None)
