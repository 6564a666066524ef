"""The figures for people: right in their order of size, and refused where they mean nothing."""

from __future__ import annotations

import pytest
import torch

from verify import VerifyError
from verify.bounds import Model
from verify.bounds.table import QUANTITIES, summary, table


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_quantity_has_a_bound_between_rounding_and_its_size(quantity: str) -> None:
    found = summary("layernorm", quantity, torch.float32, (16, 64))
    assert found.unit / 2 < found.probable <= found.worst * 1.0001 < 1e-3


def test_the_bound_grows_with_the_mean_and_with_the_unit() -> None:
    far = [summary("batchnorm", "output", torch.float32, (256,), ratio).probable for ratio in (0, 10, 1000)]
    assert far == sorted(far)
    dtypes = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
    units = [summary("batchnorm", "output", dtype, (256,)).probable for dtype in dtypes]
    assert units == sorted(units)


def test_a_table_has_a_row_for_each_summary() -> None:
    rows = [summary("rmsnorm", "output", torch.float32, (8, 32), model=Model(torch.float32, order="pairwise"))]
    lines = table(rows).splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("| rmsnorm | output | float32 | 8 x 32 | pairwise | 0 | ")
    assert str(rows[0]).startswith("rmsnorm output, float32, (8, 32), mean/std 0, pairwise order: ")


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(VerifyError, match="no layer is called layrnorm; there are batchnorm, "):
        summary("layrnorm", "output", torch.float32, (8, 32))
    with pytest.raises(VerifyError, match="no quantity is called outptu; there are output, "):
        summary("layernorm", "outptu", torch.float32, (8, 32))
    with pytest.raises(VerifyError, match=r"the input of layernorm has the axes \(N, D\); \(8,\) has 1 of them"):
        summary("layernorm", "output", torch.float32, (8,))
