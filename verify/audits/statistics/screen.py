"""A first look at every statistic of a layer, on the whole tensors, in a few passes and without any tolerance.

It ranks the statistics by how far they are from the proved forms, in the dtype of the layer's own sums, so that the
sample that is judged exactly has the worst. With a = gamma g, s^2 = var + eps and xhat = (x - mu)/s,

    dL/dx = (a - mean(a) - xhat mean(a xhat)) / s

whose squares are Theorem 4.1; without the mean for RMSNorm, and a/s where the statistics are frozen.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from verify.audits.statistics.frame import Frame, Totals

Maybe = torch.Tensor | None


@dataclass(frozen=True)
class Moments:
    """Mean and variance of every statistic, to broadcast by; 1/s of them. The mean is 0 where none is subtracted."""

    mu: torch.Tensor
    var: torch.Tensor
    inverse: torch.Tensor

    @property
    def mean_by_std(self) -> torch.Tensor:
        """|mu| by the standard deviation; 0 where that is 0."""
        return torch.where(self.var > 0, self.mu.abs() / self.var.sqrt(), 0.0)


def moments(frame: Frame, x: torch.Tensor, eps: float, wide: torch.dtype) -> Moments:
    """The statistics of x in the program's shape."""
    added = 0 in frame.axes
    if added and frame.centred and (found := _in_one_pass(frame, x, wide)) is not None:
        return frozen_moments(*found, eps)
    mu = torch.zeros(frame.statistics, dtype=wide, device=x.device)
    if frame.centred:
        sums = Totals(added)
        for _, (part,) in frame.pieces(x, wide=wide):
            sums.take(part.sum(frame.axes, keepdim=True))
        mu = sums.value / frame.count
    squares = Totals(added)
    for where, (part,) in frame.pieces(x, wide=wide):
        squares.take(_squared(part - frame.of(where, mu), frame.axes))
    return frozen_moments(mu, squares.value / frame.count, eps)


def _in_one_pass(frame: Frame, x: torch.Tensor, wide: torch.dtype) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Mean and variance about the mean of the first piece, or None where that lies too far off for the digits."""
    shift: Maybe = None
    sums, squares = Totals(True), Totals(True)
    for _, (part,) in frame.pieces(x, wide=wide):
        if shift is None:
            shift = part.mean(frame.axes, keepdim=True)
        apart = part - shift
        sums.take(apart.sum(frame.axes, keepdim=True))
        squares.take(_squared(apart, frame.axes))
    if shift is None:
        return None
    away = sums.value / frame.count
    var = squares.value / frame.count - away.square()
    return (shift + away, var) if bool((away.square() <= NEAR * var).all()) else None


NEAR = 4.0
"""A mean that is shifted by no more than two deviations costs the variance no more than a digit."""


def frozen_moments(mu: torch.Tensor, var: torch.Tensor, eps: float) -> Moments:
    """The moments for a mean and a variance that are given."""
    return Moments(mu, var, (var + eps).rsqrt())


def _squared(value: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return torch.linalg.vector_norm(value, dim=axes, keepdim=True).square()


def output_residual(
    frame: Frame, x: torch.Tensor, output: torch.Tensor, known: Moments, weight: Maybe, bias: Maybe
) -> torch.Tensor:
    """For every statistic the distance of the output from gamma xhat + beta, by its size and its conditioning."""
    found = Totals(0 in frame.axes)
    for where, (part, out) in frame.pieces(x, output, wide=known.mu.dtype):
        due = (part - frame.of(where, known.mu)).mul_(frame.of(where, known.inverse))
        if weight is not None:
            due.mul_(weight)
        if bias is not None:
            due.add_(bias)
        found.take(_squared(due.sub_(out), frame.axes))
    size = torch.ones((), dtype=known.mu.dtype, device=x.device) if weight is None else weight.abs()
    size = size if bias is None else size + bias.abs()
    if not frame.per_channel:
        size = size.amax()
    return _relative((found.value / frame.count).sqrt(), size, known)


def _relative(distance: torch.Tensor, size: torch.Tensor, known: Moments) -> torch.Tensor:
    """A distance by a size, and by what rounding costs at this mean; what is no number is the farthest of all."""
    tiny = torch.finfo(distance.dtype).tiny
    return (distance / (size + tiny) / (1 + known.mean_by_std)).nan_to_num(nan=torch.inf, posinf=torch.inf)


@dataclass(frozen=True)
class Slopes:
    """What the upstream gradient comes to: sums of every feature, and of every statistic.

    `weight` is sum g xhat, `bias` is sum g and `squares` is sum g^2 of a feature; `mean` is mean(a), `projection` is
    mean(a xhat) and `size` is |a|^2 of a statistic.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    squares: torch.Tensor
    mean: torch.Tensor
    projection: torch.Tensor
    size: torch.Tensor


def slopes(frame: Frame, x: torch.Tensor, g: torch.Tensor, known: Moments, weight: Maybe) -> Slopes:
    """The sums of the upstream gradient."""
    added = 0 in frame.axes
    features, statistics = [Totals(True) for _ in range(3)], [Totals(added) for _ in range(3)]
    for where, (part, up) in frame.pieces(x, g, wide=known.mu.dtype):
        hat = (part - frame.of(where, known.mu)).mul_(frame.of(where, known.inverse)).mul_(up)
        sums = (hat.sum(frame.along, keepdim=True), up.sum(frame.along, keepdim=True), _squared(up, frame.along))
        for total, value in zip(features, sums, strict=True):
            total.take(value)
        if not frame.per_channel:
            a, hat = (up, hat) if weight is None else (up * weight, hat.mul_(weight))
            means = (a.mean(frame.axes, keepdim=True), hat.mean(frame.axes, keepdim=True), _squared(a, frame.axes))
            for total, value in zip(statistics, means, strict=True):
                total.take(value)
    by_weight, by_bias, squares = (total.value for total in features)
    if not frame.per_channel:
        return Slopes(by_weight, by_bias, squares, *(total.value for total in statistics))
    gamma = torch.ones_like(by_weight) if weight is None else weight
    own = (gamma * by_bias / frame.count, gamma * by_weight / frame.count, gamma.square() * squares)
    return Slopes(by_weight, by_bias, squares, *own)


@dataclass(frozen=True)
class Gradients:
    """`residual` is how far the input gradient of a statistic is from the proved form, `ratio` is Theorem 4.1's."""

    residual: torch.Tensor
    ratio: torch.Tensor


def gradient_residual(
    frame: Frame,
    x: torch.Tensor,
    g: torch.Tensor,
    dx: torch.Tensor,
    known: Moments,
    up: Slopes,
    weight: Maybe,
) -> Gradients:
    """For every statistic the distance of the input gradient from the proved form, and |dx|^2 by |a|^2 / s^2."""
    off, size = Totals(0 in frame.axes), Totals(0 in frame.axes)
    along = up.projection * known.inverse
    for where, (part, grad, found) in frame.pieces(x, g, dx, wide=known.mu.dtype):
        size.take(_squared(found, frame.axes))
        if frame.frozen:
            due = torch.zeros_like(part)
        else:
            due = (part - frame.of(where, known.mu)).mul_(frame.of(where, along))
            if frame.centred:
                due.add_(frame.of(where, up.mean))
        due = due.sub_(grad) if weight is None else due.addcmul_(grad, weight, value=-1)
        off.take(_squared(due.mul_(frame.of(where, known.inverse)).add_(found), frame.axes))
    most = up.size * known.inverse.square()
    ratio = torch.where(most > 0, size.value / most, 0.0)
    return Gradients(_relative(off.value.sqrt(), most.sqrt(), known), ratio)
