"""Elements that are missing from sums: the last ones of each row, as where a loop runs over whole vectors only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

import torch

from derive.language import Index, Tensor, Term
from derive.layers import Layer
from verify.diagnosis.contractions import Contraction, each_contraction, masked
from verify.diagnosis.forward import each_and_all, edited, means
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.point import Point, Variation, forms_of, term_of
from verify.diagnosis.program import Line, Lines
from verify.program import same

WIDTHS = tuple(2**power for power in range(1, 13))
"""The widths of vectors and blocks."""


def tails(point: Point) -> Iterator[Hypothesis]:
    layer = point.layer
    over = _axes(layer)
    if not over:
        return
    count = math.prod(point.sizes[index.size] for index in over)
    for lost in lost_counts(count):
        mask = same(Tensor("mask", tuple(index.size for index in over)))
        leaves = {mask: _mask(over, lost)}
        elements = "element" if lost == 1 else f"{lost} elements"
        missing = f"the last {elements} of each row {'is' if lost == 1 else 'are'} missing from"
        for subject, names in each_and_all(layer):
            lines = _masked_lines(layer, names, mask)
            yield Hypothesis("tail-lost", f"{missing} {'the sums' if len(names) > 1 else subject}", (
                Variation(lines, autograd=True, leaves=leaves),
                Variation(lines, leaves=leaves),
                Variation(lines, leaves=leaves, terms=_masked_form(layer, mask)),
            ))  # fmt: skip
        in_the_backward = Variation(leaves=leaves, terms=_masked_form(layer, mask))
        yield Hypothesis("tail-lost", f"{missing} the sums", (in_the_backward,))


def lost_counts(count: int) -> list[int]:
    """How many elements a loop over whole vectors leaves out, for every usual width."""
    found = [count % width for width in WIDTHS if width < count]
    return sorted({lost for lost in (*found, 1, 2, 3) if 0 < lost < count})


def _axes(layer: Layer) -> tuple[Index, ...]:
    """The indices of a row, in the order of the input's axes."""
    by_size = {index.size: index for _, found in means(layer) for index in found.over}
    return tuple(by_size[size] for size in layer.inputs[0].sizes if size in by_size)


def _mask(over: tuple[Index, ...], lost: int) -> Callable[[Point], torch.Tensor]:
    def make(point: Point) -> torch.Tensor:
        shape = [point.sizes[index.size] for index in over]
        mask = torch.ones(math.prod(shape), dtype=torch.float64, device=point.x.device)
        mask[-lost:] = 0
        return mask.reshape(1, *shape)

    return make


def _without_tail(each: Contraction, mask: Tensor) -> Term:
    """The contraction without what is masked, if it runs over the axes of a row."""
    by_size = {index.size: index for index in each.over}
    if set(by_size) != set(mask.sizes):
        return each.term()
    return masked(each, mask, tuple(by_size[size] for size in mask.sizes))


@cache
def _masked_lines(layer: Layer, names: frozenset[str], mask: Tensor) -> Lines:
    def rule(line: Line) -> Term | None:
        if line.tensor.name not in names:
            return None
        return each_contraction(line.body, lambda each: _without_tail(each, mask))

    return edited(layer, rule)


@cache
def _masked_form(layer: Layer, mask: Tensor) -> dict[str, Term]:
    names = [name for name in forms_of(layer) if name == "input gradient"]
    return {name: each_contraction(term_of(layer, name), lambda each: _without_tail(each, mask)) for name in names}
