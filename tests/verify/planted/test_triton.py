"""A Triton kernel without a GPU, where Triton is installed and its interpreter is switched on."""

from __future__ import annotations

import os

import pytest
import torch

from tests.verify.planted.inputs import usual
from tests.verify.planted.oracle import Results, expected, run

pytest.importorskip("triton", reason="triton is not installed")
if os.environ.get("TRITON_INTERPRET") != "1":
    pytest.skip("TRITON_INTERPRET=1 is not set, which has these kernels run without a GPU", allow_module_level=True)

from tests.verify.planted.triton_kernels import FAULTS, HONEST

DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def largest(found: Results, right: Results) -> list[float]:
    pairs = zip(found, right, strict=True)
    return [((a.double() - b).abs().max() / b.abs().max()).item() for a, b in pairs if a is not None and b is not None]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_kernel_is_right(dtype: torch.dtype) -> None:
    inputs = usual("layernorm", dtype)
    assert max(largest(run(HONEST[0].call, inputs), expected(inputs))) < 8 * torch.finfo(dtype).eps


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_forgotten_mask_shows(dtype: torch.dtype) -> None:
    inputs = usual("layernorm", dtype)
    assert largest(run(FAULTS[0].call, inputs), expected(inputs))[0] > 0.05
