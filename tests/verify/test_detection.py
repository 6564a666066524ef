"""`check_layer` by its own inputs: every planted fault is found, and no honest layer is complained of."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from benchmarks.detection.designs import ALL, DESIGNS, Design, complaint
from tests.verify.planted import FAULTS, HONEST, Fault, Implementation
from tests.verify.planted.faults import fresh

OURS, *RIVALS = DESIGNS


def named(value: object) -> str:
    return str(value).removeprefix("torch.")


def every_so_often(cells: list[tuple], step: int) -> list:
    """All cells, most of them left to `make test-slow`; `step` has no factor in common with the number of dtypes."""
    marks = [[] if place % step == 0 else [pytest.mark.slow] for place in range(len(cells))]
    return [pytest.param(*cell, marks=own) for cell, own in zip(cells, marks, strict=True)]


def judged(layer: Implementation, dtype: torch.dtype) -> bool:
    """Layers that round statistics to 16 bits are honest only where the mean is small; torch's group_norm is found."""
    known = layer.family == "groupnorm" and layer.name in ("torch", "torch.nn")
    return not known and not (layer.rounded_statistics and dtype.itemsize == 2)


@pytest.mark.parametrize(("fault", "dtype"), every_so_often(list(product(FAULTS, ALL)), 31), ids=named)
def test_a_planted_fault_is_found(fault: Fault, dtype: torch.dtype) -> None:
    assert complaint(OURS, fresh(fault).call, fault.family, dtype)


CALM = [(layer, dtype) for layer, dtype in product(HONEST, ALL) if judged(layer, dtype)]


@pytest.mark.parametrize(("layer", "dtype"), every_so_often(CALM, 25), ids=named)
def test_an_honest_layer_passes(layer: Implementation, dtype: torch.dtype) -> None:
    assert not complaint(OURS, layer.call, layer.family, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("design", RIVALS, ids=lambda design: design.name)
def test_a_rival_finds_something_and_not_everything(design: Design) -> None:
    """Else the comparison says nothing: a design that always complains would find all."""
    dtype = design.dtypes[0]
    found = [complaint(design, fresh(fault).call, fault.family, dtype) for fault in FAULTS if fault.listed]
    assert 0 < sum(found) < len(found)
    quiet = [not complaint(design, layer.call, layer.family, dtype) for layer, each in CALM if each == dtype]
    assert any(quiet)
