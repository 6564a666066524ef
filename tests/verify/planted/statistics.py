"""Mean and variance of each row, in every way that people compute them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from tests.verify.planted import sums
from tests.verify.planted.recipe import Mistake, Plan
from tests.verify.planted.sums import Total

TOTALS: dict[str, Total] = {
    "native": sums.native,
    "sequential": sums.sequential,
    "pairwise": sums.pairwise,
    "chunked": sums.chunked,
}


class Moments(NamedTuple):
    mean: Tensor
    var: Tensor


def two_pass(x: Tensor, total: Total) -> Moments:
    mean = total(x) / x.shape[-1]
    return Moments(mean, total((x - mean) ** 2) / x.shape[-1])


def corrected(x: Tensor, total: Total) -> Moments:
    """Two-pass, less the square of what the rounded mean left over (Chan, Golub and LeVeque 1983)."""
    m = x.shape[-1]
    mean = total(x) / m
    centred = x - mean
    return Moments(mean, (total(centred**2) - total(centred) ** 2 / m) / m)


def shifted(x: Tensor, total: Total) -> Moments:
    """Moments about the first element (Chan, Golub and LeVeque 1983): as good as that element is near to the mean."""
    m = x.shape[-1]
    shift = x[..., :1]
    first, second = total(x - shift) / m, total((x - shift) ** 2) / m
    return Moments(shift + first, second - first**2)


def welford(x: Tensor, total: Total) -> Moments:
    """Element by element, or for long rows chunk by chunk (Welford 1962; Chan, Golub and LeVeque 1983)."""
    m = x.shape[-1]
    mean, squares, seen = x[..., :1] * 0, x[..., :1] * 0, 0
    for chunk in x.split(-(-m // 256), -1):
        width = chunk.shape[-1]
        chunk_mean = total(chunk) / width
        delta = chunk_mean - mean
        mean = mean + delta * (width / (seen + width))
        squares = squares + total((chunk - chunk_mean) ** 2) + delta**2 * (seen * width / (seen + width))
        seen += width
    return Moments(mean, squares / m)


def naive(x: Tensor, total: Total) -> Moments:
    """E[y^2] - E[y]^2: cancellation, as soon as the mean is large."""
    mean = total(x) / x.shape[-1]
    return Moments(mean, (total(x * x) / x.shape[-1] - mean * mean).clamp(min=0))


def mean_square(x: Tensor, total: Total) -> Moments:
    return Moments(torch.zeros_like(x[..., :1]), total(x * x) / x.shape[-1])


MOMENTS: dict[str, Callable[[Tensor, Total], Moments]] = {
    "two-pass": two_pass,
    "corrected": corrected,
    "shifted": shifted,
    "welford": welford,
}


def moments(x: Tensor, plan: Plan, storage: torch.dtype) -> Moments:
    """Of shape (rows, 1), in the dtype of x; along the wrong axis (1, m)."""
    mistake = plan.mistake
    total = forward_total(plan, storage)
    way = naive if mistake.naive_variance else MOMENTS[plan.style.variance]
    if not plan.centred:
        way = mean_square
    if mistake.axis == 0:
        return Moments(*(moment.transpose(0, 1) for moment in way(x.transpose(0, 1), total)))
    mean, var = way(x, total)
    if mistake.degrees_lost:
        var = var * (x.shape[-1] / (x.shape[-1] - mistake.degrees_lost))
    if mistake.rows_mixed:
        mean, var = mixed(mean), mixed(var)
    if not plan.centred and mistake.mean_from == "row before":
        return Moments(mean, previous(var))
    return Moments(remembered(mean, mistake.mean_from, plan), var)


def forward_total(plan: Plan, storage: torch.dtype) -> Total:
    total = low(plan.mistake, storage, TOTALS[plan.style.summation])
    return sums.without_tail(total, plan.mistake.tail) if plan.mistake.tail else total


def low(mistake: Mistake, storage: torch.dtype, otherwise: Total) -> Total:
    if mistake.low_precision is not None:
        return sums.in_precision(mistake.low_precision)
    return sums.in_precision(sums.LOWER[storage]) if mistake.low_precision_of_storage else otherwise


def mixed(rows: Tensor) -> Tensor:
    """Two neighbours in the middle have changed places."""
    if len(rows) < 2:
        return rows
    order = list(range(len(rows)))
    lower = len(rows) // 2 - 1
    order[lower], order[lower + 1] = order[lower + 1], order[lower]
    return rows[order]


def previous(rows: Tensor) -> Tensor:
    """What the row before has; the first row has its own."""
    return torch.cat([rows[:1], rows[:-1]])


def remembered(mean: Tensor, source: str, plan: Plan) -> Tensor:
    if source == "row before":
        return previous(mean)
    if source == "last call":
        stale = plan.memory.get(tuple(mean.shape), torch.zeros_like(mean))
        plan.memory[tuple(mean.shape)] = mean.detach().clone()
        return stale.to(mean)
    return mean
