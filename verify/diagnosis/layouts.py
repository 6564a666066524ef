"""Faults of layout: values read in the order of memory, whatever the strides say."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from verify.assertions.case import Case
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.point import Point, Variation


def as_if_contiguous(value: torch.Tensor) -> torch.Tensor:
    """The elements in the order of memory, from the first one on, around at the end of the storage."""
    held = value.untyped_storage().nbytes() // value.element_size()
    memory = value.as_strided((held,), (1,), 0)
    places = (torch.arange(value.numel(), device=value.device) + value.storage_offset()) % held
    return memory[places].reshape(value.shape)


def layouts(case: Case, point: Point) -> Iterator[Hypothesis]:
    """x, the upstream gradient, or both, read as if they were contiguous."""
    named = {"x": (point.layer.inputs[0], case.x), "g": (point.upstream, case.grad_output)}
    read = {}
    for name, (tensor, value) in named.items():
        if not value.is_contiguous() and value.untyped_storage().nbytes():
            other = case.arrangement.inward(tensor.name, as_if_contiguous(value.detach()).double())
            read[name] = (tensor, other[None].detach(), tuple(value.stride()))
    chosen = [[name] for name in read] + ([list(read)] if len(read) > 1 else [])
    for names in chosen:
        values = {read[name][0]: read[name][1] for name in names}
        called = " and ".join({"x": "the input", "g": "the upstream gradient"}[name] for name in names)
        strides = ", ".join(str(read[name][2]) for name in names)
        verb = "is" if len(names) == 1 else "are"
        sentence = f"{called} {verb} read as if contiguous, though the strides are {strides}"
        moved = Variation(inputs=lambda at, values=values: _put(at, values))
        yield Hypothesis("strides-ignored", sentence, (moved,))


def _put(at: Point, values: dict) -> Point:
    """The values as they were read; at other points of these shapes there is no memory, so the order is turned."""
    own = {tensor: value for tensor, value in values.items() if value.shape == at.given[tensor].shape}
    return at.put(own)
