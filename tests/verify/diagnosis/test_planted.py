"""Every planted fault is called by its name, and by no other one."""

from __future__ import annotations

import pytest
import torch

from tests.verify.diagnosis.runs import planted
from tests.verify.planted.faults import FAULTS, KINDS, SECOND_ORDER, Fault
from verify.diagnosis import diagnose
from verify.diagnosis.residual import residuals

CODES = {
    "mean term dropped": {"term-missing"},
    "projection term dropped": {"term-missing"},
    "mean and projection terms dropped": {"terms-missing"},
    "mean term twice": {"term-twice", "term-not-due"},
    "gamma missing": {"gamma-missing"},
    "gamma outside the sums": {"gamma-after-reduction"},
    "gamma shifted by one feature": {"gamma-shifted"},
    "m-1": {"m-1"},
    "epsilon dropped": {"epsilon-dropped"},
    "epsilon x10": {"epsilon-scaled"},
    "two rows mixed": {"rows-mixed"},
    "last tail elements lost": {"tail-lost", "not-written"},
    "stale mean": {"stale-mean", "stale-statistics"},
    "wrong reduction axis": {"wrong-axis"},
    "accumulation in low precision": {"low-precision"},
    "variance by E[y^2]-E[y]^2": {"one-pass-variance"},
    "parameter gradient missing one block": {"block-missing"},
    "wrong only for non-contiguous input": {"strides-ignored"},
}
"""The code of the diagnosis for each kind of planted fault."""

WORDS = {
    "mean term dropped": "lacks the mean term -<1, g",
    "projection term dropped": "lacks the projection term -xhat <g",
    "mean and projection terms dropped": "and the projection term -xhat <g",
    "mean term twice": "the mean term -<1, g",
    "gamma missing": "gamma is missing",
    "gamma outside the sums": "gamma is applied after the reduction",
    "gamma shifted by one feature": "gamma is shifted by one feature",
    "m-1": "m-1 where m is due",
    "epsilon dropped": "epsilon is dropped",
    "epsilon x10": "epsilon is ten times too large",
    "two rows mixed": "are mixed",
    "last tail elements lost": "the last ",
    "stale mean": "stale",
    "wrong reduction axis": "along the wrong axis: over ",
    "accumulation in low precision": "accumulated in low precision",
    "variance by E[y^2]-E[y]^2": "E[y^2] - E[y]^2",
    "parameter gradient missing one block": "the block of ",
    "wrong only for non-contiguous input": "read as if contiguous",
}
FIRST_ORDER = [fault for fault in FAULTS if fault.in_what != SECOND_ORDER]


def chosen() -> list[tuple[Fault, torch.dtype]]:
    """One family of each kind, in float64 or float32."""
    found = []
    for place, kind in enumerate(KINDS):
        families = [fault for fault in FIRST_ORDER if fault.kind == kind and fault.listed]
        found.append((families[place % len(families)], (torch.float64, torch.float32)[place % 2]))
    return found


def called_by_its_name(fault: Fault, dtype: torch.dtype) -> None:
    case, seen, expected = planted(fault, dtype)
    wrong = {name for name, each in residuals(case, seen, expected).items() if each.wrong and each.finite}
    found = diagnose(case, seen, expected)
    assert found is not None
    assert found.code in CODES[fault.kind]
    assert WORDS[fault.kind] in found.says
    assert any(word in found.says for word in fault.says)
    assert wrong <= set(found.explains)
    assert "error over bound" in found.evidence
    if "either" in found.says:
        assert dtype.itemsize == 2, found.says


@pytest.mark.parametrize(("fault", "dtype"), chosen(), ids=str)
def test_a_planted_fault_is_called_by_its_name(fault: Fault, dtype: torch.dtype) -> None:
    called_by_its_name(fault, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("fault", FIRST_ORDER, ids=str)
def test_every_planted_fault_in_every_dtype(fault: Fault, dtype: torch.dtype) -> None:
    called_by_its_name(fault, dtype)


def test_every_kind_has_its_words() -> None:
    assert set(CODES) == set(WORDS) == set(KINDS)
