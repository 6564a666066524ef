"""Faults of the weight and the bias: missing, shifted by a feature, or off by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import torch

from derive.language import Entry, Number, Tensor, Term
from derive.layers import Layer
from verify.diagnosis.contractions import uses
from verify.diagnosis.forward import edited, replaced
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.point import Point, Variation, forms_of, term_of
from verify.program import same

Leaves = dict[Tensor, Callable[[Point], torch.Tensor]]


def weights(point: Point) -> Iterator[Hypothesis]:
    for parameter in point.layer.parameters:
        yield from _of_parameter(point.layer, parameter, point.given[parameter].numel() > 1)


@cache
def _of_parameter(layer: Layer, parameter: Tensor, several: bool) -> tuple[Hypothesis, ...]:
    """The faults of one parameter; only one that has several entries can be shifted."""
    name, first = parameter.name, parameter == layer.parameters[0]
    drop: Term = Number(1 if first else 0)
    found = [_hypothesis(layer, parameter, f"{name}-missing", f"{name} is missing", lambda e: drop)]
    if first:
        sentence = f"1 + {name} stands where {name} is due"
        found.append(_hypothesis(layer, parameter, f"{name}-plus-one", sentence, lambda e: 1 + e))
    return (*found, *_shifted(layer, parameter)) if several else tuple(found)


def _shifted(layer: Layer, parameter: Tensor) -> Iterator[Hypothesis]:
    for step, which in ((1, "the one before"), (-1, "the next one")):
        moved = same(Tensor(f"{parameter.name} shifted", parameter.sizes))

        def values(point: Point, step: int = step) -> torch.Tensor:
            own = point.given[parameter]
            return own.flatten(1).roll(step, 1).reshape(own.shape)

        sentence = f"{parameter.name} is shifted by one feature: each feature has that of {which}"
        code = f"{parameter.name}-shifted"
        yield _hypothesis(layer, parameter, code, sentence, lambda e, t=moved: Entry(t, e.indices), {moved: values})


def _hypothesis(
    layer: Layer,
    parameter: Tensor,
    code: str,
    sentence: str,
    new: Callable[[Entry], Term],
    leaves: Leaves | None = None,
) -> Hypothesis:
    """The change in the forward with its gradients, in the forward alone, and in the closed forms alone."""
    leaves = leaves or {}
    lines = edited(layer, lambda line: replaced(line.body, parameter, new))
    names = [name for name in forms_of(layer) if name != "output" and uses(term_of(layer, name), parameter)]
    terms = {name: replaced(term_of(layer, name), parameter, new) for name in names}
    variations = [Variation(lines, autograd=True, leaves=leaves), Variation(lines, leaves=leaves)]
    if terms:
        variations.append(Variation(terms=terms, leaves=leaves))
    return Hypothesis(code, sentence, tuple(variations))
