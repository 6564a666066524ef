"""Second derivatives in which what was saved in the forward counts as constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch

from verify.diagnosis.forward import statistics
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.point import Point, Variation
from verify.diagnosis.program import lines_of
from verify.diagnosis.residual import Residual
from verify.diagnosis.search import second_order


def constants(point: Point, wrong: Mapping[str, Residual]) -> Iterator[Hypothesis]:
    """The statistics, or all of the normalized values, held fixed where the backward is differentiated."""
    if not all(second_order(name) for name in wrong):
        return
    few = {line.tensor for line in statistics(point.layer)}
    every = {line.tensor for line in lines_of(point.layer)}
    for chosen, what in ((few, "the saved statistics"), (every, "the saved statistics and normalized values")):
        own = lines_of(point.layer)
        lines = tuple(replace(line, after=torch.Tensor.detach) if line.tensor in chosen else line for line in own)
        sentence = f"the double backward takes {what} for constants"
        yield Hypothesis("saved-constants", sentence, (Variation(lines),))
