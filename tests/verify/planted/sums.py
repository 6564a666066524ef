"""Orders of summation, all along the last axis, which stays with length one."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Total = Callable[[Tensor], Tensor]
LOWER = {
    torch.float64: torch.float32,
    torch.float32: torch.bfloat16,
    torch.float16: torch.float16,
    torch.bfloat16: torch.bfloat16,
}


def accumulation(dtype: torch.dtype) -> torch.dtype:
    """The dtype that an honest kernel sums in."""
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


def native(terms: Tensor) -> Tensor:
    return terms.sum(-1, keepdim=True)


def sequential(terms: Tensor) -> Tensor:
    total = terms[..., :1]
    for k in range(1, terms.shape[-1]):
        total = total + terms[..., k : k + 1]
    return total


def pairwise(terms: Tensor) -> Tensor:
    while terms.shape[-1] > 1:
        half = terms.shape[-1] // 2
        paired = terms[..., :half] + terms[..., half : 2 * half]
        terms = torch.cat([paired, terms[..., 2 * half :]], -1)
    return terms


def chunked(terms: Tensor) -> Tensor:
    """Sums of 32 neighbours, then the sum of those, one after the other."""
    return sequential(torch.cat([native(chunk) for chunk in terms.split(32, -1)], -1))


def in_precision(dtype: torch.dtype) -> Total:
    """One after the other, and the running total rounded to this dtype each time."""

    def total(terms: Tensor) -> Tensor:
        if dtype == torch.float32:
            return native(terms.to(dtype)).to(terms.dtype)
        return sequential(terms.to(dtype)).to(terms.dtype)

    return total


def without_tail(total: Total, width: int) -> Total:
    """Whole vectors of this width only: the elements after the last one are lost (none, where all fit in one)."""

    def shortened(terms: Tensor) -> Tensor:
        m = terms.shape[-1]
        return total(terms[..., : m // width * width]) if m > width else total(terms)

    return shortened
