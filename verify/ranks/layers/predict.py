"""What the ranks would give with a fault: every quantity from the statistics and sums that each of them would use."""

from __future__ import annotations

import math
from functools import cache, cached_property

import torch

from derive.language import Index, Scalar, Size, Sum, Term, Vector, sqrt
from verify.assertions.expected import Expected
from verify.bounds.running import Bounded
from verify.ranks.layers.due import Due, outward, running_model
from verify.ranks.layers.kinds import RIGHT, Forward, Weights
from verify.ranks.layers.moments import WITHIN, Moments, combine, evaluate, statistics
from verify.ranks.layers.shard_run import MEAN, WEIGHT


class Predicted:
    """The quantities of every rank, where the ranks in `who` put their statistics together in another way."""

    def __init__(self, due: Due, forward: Forward = RIGHT, who: frozenset[int] = frozenset()) -> None:
        self.due, self.batch, self.forward, self.who = due, due.batch, forward, who
        self._combined: dict[tuple, Moments] = {}
        ranks = range(self.batch.shards.count)
        self.moments = [self._statistics(rank) if rank in who else self.batch.whole for rank in ranks]

    def _statistics(self, rank: int) -> Moments:
        batch, forward = self.batch, self.forward
        if batch.own[rank] is None and forward.mean(batch.shards, rank)[rank]:
            return batch.whole
        mean, variance = forward.mean(batch.shards, rank), forward.variance(batch.shards, rank)
        found = self._combine(mean, variance)
        if not forward.true_center:
            return found
        about = self._combine(self._whole, variance)
        return Moments(found.mean, about.variance)

    def _combine(self, mean: list[float], variance: list[float]) -> Moments:
        """Moments by these weights, which several ranks may have in common."""
        key = (*mean, *variance)
        if key not in self._combined:
            self._combined[key] = combine(self.batch.own, mean, variance, self.batch.model, self.forward.way)
        return self._combined[key]

    @property
    def _whole(self) -> list[float]:
        return RIGHT.mean(self.batch.shards, 0)

    def output(self, rank: int) -> Expected:
        found = self._local("output", rank, {})
        return self._outward(found, rank)

    def input_gradient(self, rank: int, of_ones: Weights, of_xhat: Weights) -> Expected:
        """With the sums of g and of g xhat over all ranks, added up with weights."""
        shards = self.batch.shards
        ones = self._added(self.sums["ones"], of_ones(shards, rank))
        xhat = self._added(self.sums["xhat"], of_xhat(shards, rank))
        return self._outward(self._local("gradient", rank, {"a": ones, "c": xhat}), rank)

    def derivative(self, rank: int) -> Expected:
        """The derivative of the statistics as they are put together, if all ranks do that alike."""
        shards = self.batch.shards

        def turned(weights: Weights) -> Weights:
            size = shards.sizes[rank]
            return lambda _, q: [weights(shards, other)[rank] / size if size else 0.0 for other in range(shards.count)]

        ones = self._added(self.sums["ones"], turned(self.forward.mean)(shards, rank))
        xhat = self._added(self.sums["xhat"], turned(self.forward.variance)(shards, rank))
        own = self.batch.own[rank]
        center = own.mean if self.forward.way == WITHIN and own is not None else self.moments[rank].mean
        return self._outward(self._local("gradient", rank, {"a": ones, "c": xhat, "center": center}), rank)

    def unseen(self, rank: int) -> Expected:
        """The derivative of what this rank computes, if what the others have sent counts as constant.

        The variance is taken about the mean of the batch, over which the sum of the own centred values is not zero: it
        moves with the mean, too.
        """
        total = torch.full_like(self.batch.values["gamma"], float(self.batch.shards.total))
        sums = {name: values[rank] for name, values in self.sums.items()}
        sums["centred"] = evaluate(terms()["sum centred"], self._given(rank, {}), statistics(self.due.model))
        model = statistics(self.due.model)
        ones, xhat = (evaluate(terms()[f"unseen {name}"], {**sums, "total": total}, model) for name in ("ones", "xhat"))
        return self._outward(self._local("gradient", rank, {"a": ones, "c": xhat}), rank)

    def parameter(self, name: str, rank: int, weights: Weights) -> Expected:
        """The gradient of the weight or of the bias."""
        sums = self.sums["xhat" if name == WEIGHT else "ones"]
        found = self._added(sums, weights(self.batch.shards, rank))
        unit = torch.finfo(self.due.model.dtype).eps / 2
        return Expected(found.value, (found.error + found.drift) * (1 + unit) + unit * found.value.abs())

    def running(self, name: str, rank: int, factor: float, swapped: bool = False) -> Expected:
        """A running statistic, from the statistics of this rank; `swapped` weights the old one by the momentum."""
        own, old = self.moments[rank], self.due.drawn.old[0 if name == MEAN else 1].double()
        share = self.due.momentum or 0.0
        share = 1 - share if swapped else share
        new = own.mean if name == MEAN else own.variance
        given = {"old": old, "new": new, "share": torch.full_like(old, share), "factor": torch.full_like(old, factor)}
        kept = self.due.drawn.old[0].dtype
        found = evaluate(terms()["running"], given, running_model(self.due.model, kept))
        unit = torch.finfo(kept).eps / 2
        return Expected(found.value, (found.error + found.drift) * (1 + unit) + 4 * unit * found.value.abs())

    @cached_property
    def sums(self) -> dict[str, list[Bounded]]:
        """The sums of g and of g xhat over each shard, with the statistics that its rank uses."""
        model = statistics(self.due.model)
        found: dict[str, list[Bounded]] = {"ones": [], "xhat": []}
        for rank in range(self.batch.shards.count):
            for name, values in found.items():
                values.append(evaluate(terms()[f"sum {name}"], self._given(rank, {}), model))
        return found

    def _added(self, sums: list[Bounded], weights: list[float]) -> Bounded:
        """One sum for each channel; a shard without samples adds nothing."""
        have = [rank for rank, size in enumerate(self.batch.shards.sizes) if size]
        chosen = {part: torch.stack([getattr(sums[rank], part) for rank in have], 1) for part in _PARTS}
        given = {
            "sums": Bounded(**chosen),
            "u": torch.tensor([[weights[rank] for rank in have]], dtype=torch.float64),
        }
        return evaluate(terms()["added"], given, statistics(self.due.model))

    def _local(self, name: str, rank: int, given: dict[str, Bounded]) -> Bounded:
        return evaluate(terms()[name], self._given(rank, given), self.due.model)

    def _given(self, rank: int, given: dict[str, Bounded]) -> dict:
        own, batch = self.moments[rank], self.batch
        rows = {name: batch.rows(name, rank) for name in ("y", "g")}
        rest = {name: batch.values[name] for name in ("gamma", "beta", "epsilon")}
        return {**rows, **rest, "mean": own.mean, "variance": own.variance, "center": own.mean, **given}

    def _outward(self, rows: Bounded, rank: int) -> Expected:
        bound = (rows.error + rows.drift).nan_to_num(nan=math.inf, posinf=math.inf)
        return Expected(*(outward(self.due.drawn, each, rank) for each in (rows.value, bound)))


_PARTS = ("value", "drift", "error")


@cache
def terms() -> dict[str, Term]:
    """The layer, its gradient and its sums, with the statistics and the sums as numbers that are given."""
    n, R = Size("n"), Size("R")
    b, r = Index("b", n), Index("r", R)
    y, g, sums, u = Vector("y", n), Vector("g", n), Vector("sums", R), Vector("u", R)
    mean, variance, center, epsilon = (Scalar(name) for name in ("mean", "variance", "center", "epsilon"))
    gamma, beta, a, c = (Scalar(name) for name in ("gamma", "beta", "a", "c"))
    old, new, share, factor = (Scalar(name) for name in ("old", "new", "share", "factor"))
    ones, xhat, centred, total = (Scalar(name) for name in ("ones", "xhat", "centred", "total"))
    s = sqrt(variance + epsilon)
    return {
        "output": gamma * ((y[b] - mean) / s) + beta,
        "gradient": gamma / s * (g[b] - a - (y[b] - center) / s * c),
        "sum ones": Sum(g[b], b),
        "sum xhat": Sum(g[b] * ((y[b] - mean) / s), b),
        "sum centred": Sum((y[b] - mean) / s, b),
        "unseen ones": (ones - xhat * centred / total) / total,
        "unseen xhat": xhat / total,
        "added": Sum(u[r] * sums[r], r),
        "running": (1 - share) * old + share * (factor * new),
    }
