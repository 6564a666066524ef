"""Errors that look like rounding: statistics that are slightly off, by as much as a low precision makes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import torch

from derive.language import Entry, Index, Tensor, Term, free_indices
from verify.diagnosis.contractions import Contraction, each_contraction
from verify.diagnosis.location import as_rows, from_rows
from verify.diagnosis.point import Point, Run, Variation, forms_of, term_of
from verify.diagnosis.program import Line, Lines, lines_of, run
from verify.diagnosis.residual import Fit, Residual, rms
from verify.diagnosis.statistics import at_shown, leaf_named, shown, spread

Total = Callable[[torch.Tensor], torch.Tensor]
Simulation = Callable[[Point, list[str]], dict[str, torch.Tensor]]
LONGEST = 8192
"""Of longer sums the first elements are simulated."""
ALIKE = 12.0
"""The observed and the simulated errors may differ by this factor, in root mean square."""


@dataclass(frozen=True)
class Rounded:
    """A way of computing that loses digits: its words, and simulated values of some quantities."""

    code: str
    says: str
    run: Simulation
    mean: bool


def rounded_to(dtype: torch.dtype, sequential: bool) -> Total:
    """Sums of terms in a dtype: one after the other, or halves by halves."""

    def total(terms: torch.Tensor) -> torch.Tensor:
        low = terms.to(dtype)
        if sequential:
            low = low[..., :LONGEST]
            result = low[..., 0]
            for k in range(1, low.shape[-1]):
                result = result + low[..., k]
            return result.to(terms.dtype) * (terms.shape[-1] / low.shape[-1])
        while low.shape[-1] > 1:
            half = low.shape[-1] // 2
            low = torch.cat([low[..., :half] + low[..., half : 2 * half], low[..., 2 * half :]], -1)
        return low[..., 0].to(terms.dtype)

    return total


def split(point: Point, body: Term, indices: tuple[Index, ...], total: Total, prefix: str) -> tuple[list[Line], Term]:
    """A term whose contractions are lines of their own, summed by `total`."""
    lines: list[Line] = []
    by_size = {size: place for place, size in enumerate(point.layer.inputs[0].sizes)}

    def rule(each: Contraction) -> Term:
        own = tuple(index for index in indices if index in _free(each))
        tensor = Tensor(f"{prefix} {len(lines)}", tuple(index.size for index in own))
        over = tuple(sorted(each.over, key=lambda index: by_size.get(index.size, 0)))
        lines.append(Line(tensor, own, each.body, over=over, total=total))
        result: Term = Entry(tensor, own)
        for size in each.divided:
            result = result / size
        return result

    return lines, each_contraction(body, rule)


def _free(each: Contraction) -> set[Index]:
    return set(free_indices(each.body)) - set(each.over)


def low_program(point: Point, total: Total | None) -> Lines:
    """The forward program with its sums taken by `total`."""
    if total is None:
        return lines_of(point.layer)
    found: list[Line] = []
    for line in lines_of(point.layer):
        sums, body = split(point, line.body, line.indices, total, f"sums of {line.tensor.name}")
        found += [*sums, line.at(body)]
    return tuple(found)


def low_sums(point: Point, names: list[str], forward: Total | None, backward: Total | None) -> dict[str, torch.Tensor]:
    """Quantities with sums taken in low precision, in the program, in the input gradient, or in both."""
    lines, terms = low_program(point, forward), {}
    if "input gradient" in names and backward is not None:
        form = forms_of(point.layer)["input gradient"]
        sums, terms[form.name] = split(point, term_of(point.layer, form.name), form.axes, backward, "sums of g")
        lines = (*lines, *sums)
    return _values(point, Variation(lines, terms=terms), names)


def _values(point: Point, variation: Variation, names: list[str]) -> dict[str, torch.Tensor]:
    found = Run(point, variation, names)
    return {name: found(name) for name in names}


def one_pass(point: Point, names: list[str], dtype: torch.dtype, sequential: bool) -> dict[str, torch.Tensor]:
    """Quantities with the variance E[y^2] - E[y]^2, in a dtype."""
    layer = point.layer
    total = rounded_to(dtype, sequential)

    def cancel(variance: torch.Tensor) -> torch.Tensor:
        x = as_rows(layer, point.x[0]).to(dtype)
        mean, square = total(x) / x.shape[1], total(x * x) / x.shape[1]
        return (square - mean * mean).clamp(min=0).double().reshape(variance.shape)

    lines = tuple(replace(line, after=cancel) if line.tensor.name == "var" else line for line in lines_of(layer))
    return _values(point, Variation(lines), names)


def ways(point: Point, dtype: torch.dtype, forward: bool) -> Iterator[Rounded]:
    """The ways of computing that could be meant, for a dtype of storage."""
    own = torch.float32 if dtype.itemsize == 2 else dtype
    if forward and leaf_named(point, "var") is not None:
        said = "the variance is computed as E[y^2] - E[y]^2, which cancels where the mean is large"
        for sequential in (False, True):
            yield Rounded("one-pass-variance", said, _one_pass(own, sequential), mean=False)
    lower = {torch.float64: (torch.float32, torch.bfloat16, torch.float16)}
    for low in lower.get(dtype, (torch.float16, torch.bfloat16)):
        said = (
            f"statistics and sums are off as if accumulated in low precision, such as {str(low).removeprefix('torch.')}"
        )
        for sequential in (True, False):
            yield Rounded("low-precision", said, _low(rounded_to(low, sequential), forward), mean=True)


def _one_pass(dtype: torch.dtype, sequential: bool) -> Simulation:
    return lambda point, names: one_pass(point, names, dtype, sequential)


def _low(total: Total, forward: bool) -> Simulation:
    return lambda point, names: low_sums(point, names, total if forward else None, total)


@dataclass(frozen=True)
class Similar:
    """A way of computing whose errors have the size of those that were observed, and the shape."""

    way: Rounded
    fits: Mapping[str, Fit]
    sizes: Mapping[str, tuple[float, float]]

    @property
    def distance(self) -> float:
        """How far the sizes are from each other, as a factor."""
        return max(apart(*pair) for pair in self.sizes.values())


def apart(left: float, right: float) -> float:
    """The factor between two sizes."""
    if left == right:
        return 1.0
    return max(left / right, right / left) if left > 0 and right > 0 else math.inf


def similar(point: Point, wrong: Mapping[str, Residual], dtype: torch.dtype) -> list[Similar]:
    """The ways whose errors are like those that were observed: in structure within the bounds, and in size."""
    names = [name for name in wrong if name in ("output", "input gradient", "weight gradient")]
    if not names or leaf_named(point, "s") is None:
        return []
    shapes = {mean: structure(point, wrong, mean) for mean in (False, True)}
    found = []
    for way in ways(point, dtype, "output" in wrong):
        fits = shapes[way.mean]
        if fits is None:
            continue
        simulated = way.run(point, names)
        sizes = {name: (wrong[name].size, rms(simulated[name] - wrong[name].expected)) for name in names}
        if way.mean and "output" in wrong and leaf_named(point, "mu") is not None:
            sizes["mean"] = means(point, wrong["output"], simulated["output"])
        if all(apart(*pair) <= ALIKE for pair in sizes.values()):
            found.append(Similar(way, fits, sizes))
    return found


def means(point: Point, output: Residual, simulated: torch.Tensor) -> tuple[float, float]:
    """How far the mean is off in the output, and how far in the simulation."""
    observed, other = shown(point, output.got), shown(point, simulated)
    if observed is None or other is None:
        return 0.0, 0.0
    return rms(observed.shown_mean - observed.mean), rms(other.shown_mean - other.mean)


def structure(point: Point, wrong: Mapping[str, Residual], mean: bool) -> dict[str, Fit] | None:
    """The fits of the output to other statistics, and of the input gradient to other sums; None if one fails.

    The mean is another one, too, or it is right.
    """
    fits: dict[str, Fit] = {}
    lines = lines_of(point.layer)
    if "output" in wrong:
        found = shown(point, wrong["output"].got, mean=mean and leaf_named(point, "mu") is not None)
        if found is None or bool(found.shown_s.isnan().any()):
            return None
        lines = at_shown(point, found)
        fits["output"] = wrong["output"].fit(Run(point, Variation(lines), ["output"])("output"), 2 * len(found.s))
    if "input gradient" in wrong:
        each = wrong["input gradient"]
        fits["input gradient"] = each.fit(other_sums(point, each, lines), 3 * len(as_rows(point.layer, point.x[0])))
    if not fits or not all(fit.explains for fit in fits.values()):
        return None
    if "output" in wrong and "weight gradient" in wrong:
        predicted = Run(point, Variation(lines), ["weight gradient"])("weight gradient")
        fits["weight gradient"] = wrong["weight gradient"].fit(predicted)
    return fits


def other_sums(point: Point, each: Residual, lines: Lines) -> torch.Tensor:
    """The input gradient with other numbers for 1/s and for the sums: a g' + b + c xhat, fitted in each row."""
    layer = point.layer
    values = {tensor.name: value for tensor, value in run(lines, dict(point.given), point.sizes).items()}
    hat = as_rows(layer, values["xhat" if "xhat" in values else "yhat"][0])
    g = as_rows(layer, point.given[point.upstream][0]) * spread(point, 0)
    columns = [g, hat] + ([torch.ones_like(hat)] if "mu" in values else [])
    design = torch.stack(columns, -1)
    due, inverse = as_rows(layer, each.got)[..., None], torch.linalg.pinv(design)
    solved = inverse @ due
    solved = solved + inverse @ (due - design @ solved)
    return from_rows(layer, (design @ solved)[..., 0], each.got.shape)
