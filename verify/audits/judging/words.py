"""Bounds and sentences that audits need beside those of a check of one layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from verify.assertions.expected import Expected, Honesty
from verify.assertions.trial import Compared


def off(found: Compared) -> str:
    entries = f"{found.beyond} of {found.entries} entries are off" if found.entries > 1 else "it is off"
    return f"{entries}, by up to {found.ratio:.2g} times what rounding allows"


def beyond(found: torch.Tensor, due: Expected) -> torch.Tensor:
    """Where a value is beyond its bound."""
    error = (found.double() - due.value).abs().nan_to_num(nan=torch.inf, posinf=torch.inf)
    return due.bound.isfinite() & due.value.isfinite() & ~(error <= due.bound)


def multiple(value: torch.Tensor, due: Expected) -> str:
    """The factor by which a value is a multiple of what is due, in words, or "": an honest layer may be no other."""
    known = due.bound.isfinite() & due.value.isfinite() & value.isfinite()
    found, right = value.double()[known], due.value[known]
    square = right.square().sum()
    if not bool(square > 0):
        return ""
    if not bool(found.any()):
        return f"it is 0 where values up to {float(right.abs().max()):.2g} are due"
    if found.numel() == 1:
        return ""  # one number is a multiple of any other
    factor = (found * right).sum() / square
    within = (found - factor * right).abs() <= due.bound[known] * factor.abs().clamp(min=1.0)
    return f"it is {float(factor):.5g} times what is due" if bool(within.all()) else ""


def coarser(honesty: Honesty, dtype: torch.dtype) -> Iterator[Honesty]:
    """What a 16-bit layer may be that rounds its statistics, its sums or both to its own dtype."""
    yield replace(honesty, saved=dtype)
    yield replace(honesty, accumulate=dtype)
    yield replace(honesty, accumulate=dtype, saved=dtype)


def stored_in(due: Expected, stored: torch.dtype, dtype: torch.dtype) -> Expected:
    """The bound for a value that is kept in a narrower dtype than the layer computes in: rounded once more."""
    if torch.finfo(stored).eps <= torch.finfo(dtype).eps:
        return due
    form = torch.finfo(stored)
    lost = form.eps / 2 * (due.value.abs() + due.bound) + form.smallest_normal
    over = due.value.abs() + due.bound > form.max
    return replace(due, bound=torch.where(over, torch.inf, due.bound + lost))
