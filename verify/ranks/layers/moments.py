"""Means and variances of the batch and of its shards, and what ranks may make of them, each with its rounding error.

Every rank has the mean and the variance of its own shard. A statistic that is put together from those is

    mu  = sum_r w_r mean_r
    var = sum_r v_r (var_r + (mean_r - mu)^2)

for weights w and v: n_r/m for both gives those of the batch (Chan, Golub and LeVeque 1983), which is how torch's own
synchronized layer combines them. Other weights are other statistics, and so is the same without the second summand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import torch

from derive.language import Entry, Index, Scalar, Size, Sum, Tensor, Term, Vector
from derive.layers import batchnorm
from verify.assertions.view import view_of
from verify.bounds.forward import Leaf, forward_error
from verify.bounds.model import Model
from verify.bounds.running import Bounded
from verify.compile import program_of
from verify.ranks.layers.draw import RankCase
from verify.ranks.shards import Shards, places_of

ABOUT, WITHIN, SQUARES = "about", "within", "squares"
"""How variances are put together: about the mean; without what lies between the shards; as E[y^2] - mu^2."""


@dataclass(frozen=True)
class Moments:
    """The mean and the variance, one value for each channel, each off by its error at most."""

    mean: Bounded
    variance: Bounded


@dataclass(frozen=True)
class Batch:
    """A batch as the rows of its channels, and the shards as places in those rows.

    `own` are the moments of each shard, None for one without samples; `whole` those of the batch, as an honest
    implementation may compute them in one go or put them together.
    """

    values: Mapping[str, torch.Tensor]
    shards: Shards
    model: Model
    own: tuple[Moments | None, ...]
    whole: Moments

    def rows(self, name: str, rank: int) -> torch.Tensor:
        """What one rank has of a value."""
        return self.values[name][:, self.shards.part(rank)]


def batch_of(drawn: RankCase, model: Model) -> Batch:
    """The moments of a batch and of its shards."""
    values = view_of(drawn.case).values
    shards = drawn.shards.times(places_of(drawn.case.x.shape[1:]))
    own = tuple(
        _moments(values["y"][:, shards.part(rank)], model) if size else None for rank, size in enumerate(shards.sizes)
    )
    weights = [size / shards.total for size in shards.sizes]
    in_one = _moments(values["y"], model)
    combined = combine(own, weights, weights, model)
    return Batch(values, shards, model, own, _wider(in_one, combined))


def _wider(first: Moments, second: Moments) -> Moments:
    pairs = ((first.mean, second.mean), (first.variance, second.variance))
    mean, variance = (Bounded(one.value, one.drift, torch.maximum(one.error, other.error)) for one, other in pairs)
    return Moments(mean, variance)


def _moments(y: torch.Tensor, model: Model) -> Moments:
    layer = batchnorm()
    found = [_statistic(Entry(layer.names[name], ()), {"y": y}, model) for name in ("mu", "var")]
    return Moments(found[0], found[1])


def combine(
    own: tuple[Moments | None, ...], mean_weights: list[float], weights: list[float], model: Model, way: str = ABOUT
) -> Moments:
    """Moments put together from those of the shards, by weights."""
    have = [rank for rank, each in enumerate(own) if each is not None]
    shards = [each for each in own if each is not None]
    means, variances = (_stacked([getattr(each, name) for each in shards]) for name in ("mean", "variance"))
    given = {
        "w": torch.tensor([[mean_weights[rank] for rank in have]], dtype=torch.float64),
        "v": torch.tensor([[weights[rank] for rank in have]], dtype=torch.float64),
        "means": means,
        "variances": variances,
    }
    terms = combinations()
    mean = _statistic(terms["mean"], given, model)
    return Moments(mean, _statistic(terms[way], {**given, "center": mean}, model))


@cache
def combinations() -> dict[str, Term]:
    """The terms for a mean and a variance put together, over an axis of ranks."""
    R = Size("R")
    r = Index("r", R)
    w, v, means, variances = (Vector(name, R) for name in ("w", "v", "means", "variances"))
    center = Scalar("center")
    return {
        "mean": Sum(w[r] * means[r], r),
        WITHIN: Sum(v[r] * variances[r], r),
        ABOUT: Sum(v[r] * (variances[r] + (means[r] - center) ** 2), r),
        SQUARES: Sum(v[r] * (variances[r] + means[r] ** 2), r) - center**2,
    }


@cache
def squares() -> Term:
    """E[y^2] - E[y]^2, which cancels where the mean is large."""
    y = batchnorm().inputs[0]
    b = Index("b", y.sizes[0])
    m = y.sizes[0]
    mean = Sum(y[b], b) / m
    return Sum(y[b] ** 2, b) / m - mean**2


def cancelling(batch: Batch) -> Moments:
    """The moments of the batch, where the variance is computed as E[y^2] - E[y]^2."""
    variance = _statistic(squares(), {"y": batch.values["y"]}, batch.model)
    due = batch.whole.variance
    return Moments(batch.whole.mean, Bounded(due.value, due.drift, torch.maximum(due.error, variance.error)))


def _statistic(term: Term, given: Mapping[str, torch.Tensor | Bounded], model: Model) -> Bounded:
    """A value with one number for each channel; sums are kept in the format in which statistics are."""
    return evaluate(term, given, statistics(model))


def statistics(model: Model) -> Model:
    """The model of a statistic that is not rounded to storage."""
    wide = model.accumulate or (torch.float32 if model.dtype.itemsize == 2 else model.dtype)
    return Model(wide, worst_case=model.worst_case)


def evaluate(
    term: Term, given: Mapping[str, torch.Tensor | Bounded], model: Model, known: frozenset[Tensor] = frozenset()
) -> Bounded:
    """The value of a term, with the error that is allowed; the leaves are given by their names."""
    program = program_of(term, known)
    leaves: dict[Leaf, torch.Tensor | Bounded] = {leaf: given[str(leaf)] for leaf in program.leaves}
    found = forward_error(program, leaves, model)
    return Bounded(found.value, found.drift, found.error)


def _stacked(values: list[Bounded]) -> Bounded:
    return Bounded(*(torch.stack([getattr(each, part) for each in values], 1) for part in ("value", "drift", "error")))
