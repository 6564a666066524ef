"""What is measured of activations and gradients: tensors in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import nn

TAU = 0.5
"""The share of the mean eigenvalue from which a direction counts in the soft rank."""


HOPELESS = 1e6
"""The relative loss from which larger steps are not tried."""


def cosine_similarity(activations: torch.Tensor) -> float:
    """The mean over all pairs of different samples of the cosine of the angle between their activations (N, ...).

    NaN where there is one sample, or one whose activations are all 0.
    """
    rows = activations.flatten(1)
    rows = rows / rows.norm(dim=1, keepdim=True)
    count = len(rows)
    if count < 2:
        return math.nan
    cosines = rows @ rows.T
    return float((cosines.sum() - cosines.diagonal().sum()) / (count * (count - 1)))


def gram(activations: torch.Tensor, *, centred: bool = False) -> torch.Tensor:
    """H H'/N of the activations (N, ...), in whichever of its two orders is the smaller matrix."""
    rows = activations.flatten(1)
    if centred:
        rows = rows - rows.mean(0)
    small = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    return small / len(rows)


def stable_rank(activations: torch.Tensor, *, centred: bool = False) -> float:
    """tr(M)^2/|M|_F^2 of M = H H'/N: at most the rank, and 1 where all samples point the same way.

    Not centred, as in the source, unless asked: the direction that all samples share counts.
    Source: Daneshmand et al. 2020, Section 3.
    """
    matrix = gram(activations, centred=centred)
    return float(matrix.diagonal().sum() ** 2 / matrix.square().sum())


def soft_rank(activations: torch.Tensor, tau: float = TAU) -> int:
    """How many eigenvalues of M = H H'/N are at least tau tr(M)/width. Source: Daneshmand et al. 2020, Section 3."""
    matrix = gram(activations)
    width = activations.flatten(1).shape[1]
    return int((torch.linalg.eigvalsh(matrix) >= tau * matrix.diagonal().sum() / width).sum())


def channel_moments(x: torch.Tensor, *, last: bool = False) -> tuple[float, float]:
    """The mean over channels of |mean|, and of the variance, each over the batch and all places of (N, C, *).

    With `last` the channels are the last axis, as in (N, T, C).
    """
    channels = x.detach().movedim(-1 if last or x.dim() < 2 else 1, 0).flatten(1).float()
    return float(channels.mean(1).abs().mean()), float(channels.var(1, correction=0).mean())


def rows_of(x: torch.Tensor, norm: str, group_size: int | None = None) -> torch.Tensor:
    """The sets that a normalization works on, one in each row, of a tensor (N, C, H, W).

    A channel for batch normalizations and where there is none, else a group of channels in one sample.
    """
    if norm not in ("layernorm", "instancenorm", "groupnorm"):
        return x.transpose(0, 1).flatten(1)
    size = {"layernorm": x.shape[1], "instancenorm": 1}.get(norm, group_size or x.shape[1])
    return x.reshape(x.shape[0] * (x.shape[1] // size), -1)


def backward_growth(squares: Sequence[float]) -> float:
    """The factor per layer by which squared gradients grow on their way down; they are given from the first layer on.

    >>> backward_growth([8.0, 4.0, 2.0])
    2.0
    """
    steps = len(squares) - 1
    if steps < 1 or min(squares[0], squares[-1]) <= 0 or not math.isfinite(squares[0] + squares[-1]):
        return math.nan
    return (squares[0] / squares[-1]) ** (1 / steps)


def relative_loss(
    model: nn.Module, loss: Callable[[], torch.Tensor], etas: Sequence[float], *, graph: bool = False
) -> list[float]:
    """L(theta - eta grad L(theta))/L(theta) for each step size eta; the parameters are left as they were.

    The step sizes ascend; above HOPELESS, and where it is no number, nothing larger is tried and infinity stands.
    `graph` is for a loss that can't be computed without one.
    Source: Bjorck et al. 2018, Figure 3.
    """
    model.zero_grad()
    before = loss()
    before.backward()
    moved = [(each, each.detach().clone(), each.grad.clone()) for each in model.parameters() if each.grad is not None]
    found = []
    for eta in etas:
        if found and not found[-1] <= HOPELESS:
            found.append(math.inf)
            continue
        _move(moved, eta)
        with torch.set_grad_enabled(graph):
            found.append(float(loss().detach() / before.detach()))
    _move(moved, 0.0)
    return found


def _move(moved: Sequence[tuple[torch.Tensor, torch.Tensor, torch.Tensor]], eta: float) -> None:
    """Puts each parameter at its start less eta times its gradient."""
    with torch.no_grad():
        for parameter, start, gradient in moved:
            parameter.copy_(start - eta * gradient if eta else start)


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of log(value) over log(size), by least squares: a for value ~ size^a. NaN for values not positive."""
    if len(sizes) < 2 or not all(value > 0 and math.isfinite(value) for value in values):
        return math.nan
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    middle, height = math.fsum(x) / len(x), math.fsum(y) / len(y)
    over = math.fsum((each - middle) * (value - height) for each, value in zip(x, y, strict=True))
    return over / math.fsum((each - middle) ** 2 for each in x)
