"""Blocks that are missing from the gradients of the parameters: the difference is the sum over some elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import torch

from derive.language import Tensor, Term
from verify.diagnosis.contractions import Contraction, contraction, each_contraction, masked
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.location import axes_of
from verify.diagnosis.point import Point, Variation, forms_of, term_of
from verify.diagnosis.program import value_of
from verify.diagnosis.residual import Residual
from verify.diagnosis.words import spans
from verify.program import same

PARAMETERS = ("weight gradient", "bias gradient")
BOUNDARIES = 2048
"""Where there are more elements, blocks begin and end at multiples of a power of two."""
CANDIDATES = 12


def blocks(point: Point, wrong: Mapping[str, Residual]) -> Iterator[Hypothesis]:
    names = [name for name in PARAMETERS if name in wrong and name in forms_of(point.layer)]
    tried: set[tuple[int, int, int]] = set()
    for name in names:
        for found in _ranges(point, wrong[name]):
            if found not in tried:
                tried.add(found)
                yield _hypothesis(point, *found)


def _hypothesis(point: Point, start: int, stop: int, times: int) -> Hypothesis:
    """The elements from `start` to `stop` counted `times` times, in the gradients of all parameters."""
    layer = point.layer
    over = tuple(layer.inputs[0].sizes[place] for place in axes_of(layer).samples)
    mask = same(Tensor("mask", over))
    terms = {name: _masked(term_of(layer, name), mask) for name in PARAMETERS if name in forms_of(layer)}
    verb = "{lack}" if times == 0 else "{count}"
    often = "" if times == 0 else " twice"
    where = elements(point, start, stop)
    leaves = {mask: _mask(over, start, stop, times)}
    sentence = f"{{quantities}} {verb} the block of {where}{often}"
    code = "block-missing" if times == 0 else "block-twice"
    return Hypothesis(code, sentence, (Variation(terms=terms, leaves=leaves),), only=PARAMETERS)


def elements(point: Point, start: int, stop: int) -> str:
    """The elements of a sum over samples and places: as rows or samples where they are whole ones."""
    layer = point.layer
    axes = axes_of(layer)
    shape = [point.x.shape[1 + place] for place in axes.samples]
    inner = math.prod(shape[1:])
    if start % inner == 0 and stop % inner == 0:
        noun = "row" if layer.name in ("layernorm", "rmsnorm") else "sample"
        return spans(list(range(start // inner, stop // inner)), noun)
    names = ", ".join(axes.names[place] for place in axes.samples)
    return f"{spans(list(range(start, stop)), 'element')} of the {shape[0] * inner} over {names}"


def _masked(term: Term, mask: Tensor) -> Term:
    def rule(each: Contraction) -> Term:
        by_size = {index.size: index for index in each.over}
        return masked(each, mask, tuple(by_size[size] for size in mask.sizes))

    return each_contraction(term, rule)


def _mask(over: tuple[Term, ...], start: int, stop: int, times: int) -> Callable[[Point], torch.Tensor]:
    def make(point: Point) -> torch.Tensor:
        shape = [point.sizes[size] for size in over]
        mask = torch.ones(math.prod(shape), dtype=torch.float64, device=point.x.device)
        mask[start:stop] = times
        return mask.reshape(1, *shape)

    return make


def _ranges(point: Point, each: Residual) -> Iterator[tuple[int, int, int]]:
    """The ranges of elements whose sum is nearest to what is missing, or to what is too much."""
    values = _contributions(point, each.name)
    sums = torch.cat([values.new_zeros(1, values.shape[1]), values.cumsum(0)])
    step = 2 ** max(0, math.ceil(math.log2(max(1, len(values) / BOUNDARIES))))
    edges = sorted({*range(0, len(values) + 1, step), len(values)})
    at = torch.tensor(edges, device=values.device)
    missing = (each.expected - each.got).flatten()
    weight = missing / (each.bound.flatten() ** 2 + 1e-300)
    weight = weight / weight.norm() if float(weight.norm()) else weight
    along, target = sums[at] @ weight, float(missing @ weight)
    for times, sign in ((0, 1.0), (2, -1.0)):
        gaps = (along[None, :] - along[:, None]) - sign * target
        gaps = torch.where(torch.ones_like(gaps).triu(1).bool(), gaps.abs(), torch.inf)
        gaps[0, -1] = torch.inf
        nearest = gaps.flatten().topk(min(CANDIDATES, gaps.numel()), largest=False).indices.tolist()
        for place in nearest:
            start, stop = edges[place // len(edges)], edges[place % len(edges)]
            left = missing - sign * (sums[stop] - sums[start])
            if start < stop and float(left.norm()) < 0.5 * float(missing.norm()):
                yield start, stop, times


def _contributions(point: Point, name: str) -> torch.Tensor:
    """The summands of the gradient of a parameter, as (elements, features)."""
    layer = point.layer
    axes, form = axes_of(layer), forms_of(layer)[name]
    found = contraction(term_of(layer, name))
    if found is None:
        return torch.zeros(0, 1)
    by_size = {index.size: index for index in (*found.over, *form.axes)}
    sizes = layer.inputs[0].sizes
    indices = tuple(by_size[sizes[place]] for place in (*axes.samples, *axes.features))
    values = value_of(found.body, indices, point.right, point.sizes)[0]
    return values.reshape(math.prod(values.shape[: len(axes.samples)]), -1)
