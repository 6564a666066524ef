"""Where values are wrong: in which rows, features and elements, in a reader's words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch

from derive.language import Term
from derive.layers import Layer
from verify.diagnosis.contractions import contractions_in
from verify.diagnosis.program import lines_of
from verify.diagnosis.words import listed, spans

NOUNS = {"layernorm": "row", "rmsnorm": "row", "groupnorm": "group", "instancenorm": "instance"}
"""What one set of statistics belongs to; elsewhere it is a feature."""


@dataclass(frozen=True)
class Axes:
    """The places of the axes of the input: those of the statistics, those inside a row, those of the weight."""

    rows: tuple[int, ...]
    inside: tuple[int, ...]
    features: tuple[int, ...]
    names: tuple[str, ...]
    noun: str

    @property
    def samples(self) -> tuple[int, ...]:
        """The axes that a parameter's gradient sums over."""
        return tuple(place for place in range(len(self.names)) if place not in self.features)


@cache
def axes_of(layer: Layer) -> Axes:
    x = layer.inputs[0]
    each = next(line.indices for line in lines_of(layer) if line.indices and len(line.indices) == len(x.sizes))
    over = _over(layer)
    inside = tuple(place for place, index in enumerate(each) if index.size in over)
    rows = tuple(place for place in range(len(each)) if place not in inside)
    weight: tuple[Term, ...] = layer.parameters[0].sizes if layer.parameters else ()
    features = tuple(place for place, index in enumerate(each) if index.size in weight)
    return Axes(rows, inside, features, tuple(index.name for index in each), NOUNS.get(layer.name, "feature"))


def _over(layer: Layer) -> set[Term]:
    """The sizes that the first sum of the program runs over."""
    found = next((each for line in lines_of(layer) for each in contractions_in(line.body)), None)
    return {index.size for index in found.over} if found else set()


def as_rows(layer: Layer, value: torch.Tensor) -> torch.Tensor:
    """A value of the input's shape as (rows, elements of a row)."""
    axes = axes_of(layer)
    moved = value.permute(*axes.rows, *axes.inside)
    return moved.reshape(math.prod(value.shape[p] for p in axes.rows), -1)


def from_rows(layer: Layer, rows: torch.Tensor, shape: torch.Size | tuple[int, ...]) -> torch.Tensor:
    """The inverse of `as_rows`."""
    axes = axes_of(layer)
    order = (*axes.rows, *axes.inside)
    back = [order.index(place) for place in range(len(order))]
    return rows.reshape([shape[p] for p in order]).permute(back)


def row_words(layer: Layer, numbers: list[int]) -> str:
    return spans(numbers, axes_of(layer).noun)


def places(layer: Layer, where: torch.Tensor) -> str:
    """The wrong entries of a quantity, in words."""
    if where.all():
        return "everywhere"
    if where.dim() != len(layer.inputs[0].sizes):
        return f"in {spans(where.flatten().nonzero().flatten().tolist(), 'feature')}"
    rows = as_rows(layer, where)
    count, width = rows.shape
    wrong_rows = rows.any(1).nonzero().flatten().tolist()
    columns = rows.any(0).nonzero().flatten().tolist()
    said = []
    if len(wrong_rows) < count:
        said.append(row_words(layer, wrong_rows))
    if len(columns) < width:
        said.append(_elements(columns, width, axes_of(layer).noun))
    if said:
        return f"in {listed(said, 'at')}" if len(said) == 2 else f"in {said[0]}"
    return f"in {int(where.sum())} of {where.numel()} entries"


def _elements(columns: list[int], width: int, noun: str) -> str:
    if columns == [width - 1]:
        return f"the last element of each {noun}"
    if columns == list(range(width - len(columns), width)):
        return f"the last {len(columns)} elements of each {noun}"
    return f"{spans(columns, 'element')} of each {noun}"
