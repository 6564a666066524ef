"""What every rank should give, by the proved forms on the whole batch, and how far an honest layer may be from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from derive.language import Entry, Term
from derive.layers import LAYERS, batchnorm
from verify.assertions.expected import Expected
from verify.bounds.forward import forward_error
from verify.bounds.model import Model
from verify.bounds.running import Bounded
from verify.compile import program_of
from verify.forms import output, vjp
from verify.ranks.layers.draw import RankCase
from verify.ranks.layers.moments import Batch, batch_of, cancelling, evaluate, statistics
from verify.ranks.layers.shard_run import BIAS, INPUT, MEAN, OUTPUT, WEIGHT

LOCAL, SUM, AVERAGE = "none", "sum", "mean"
"""What a rank may have of the gradient of a weight: its own part, the sum over the ranks, or their mean."""
CONVENTIONS = {
    LOCAL: "each rank has its own part, which sums up over the ranks",
    SUM: "summed over the ranks by the layer",
    AVERAGE: "averaged over the ranks by the layer",
}


class Due:
    """The values and bounds for one batch; those of the statistics may be replaced by `unstable` ones.

    `unstable` allows for what E[y^2] - E[y]^2 loses where the mean is large, which no honest layer does.
    """

    def __init__(self, drawn: RankCase, model: Model, momentum: float | None, unstable: bool = False) -> None:
        self.drawn, self.model, self.momentum, self.unstable = drawn, model, momentum, unstable
        self.batch: Batch = batch_of(drawn, model)
        self.moments = cancelling(self.batch) if unstable else self.batch.whole
        self._rows: dict[str, Expected] = {}

    def of(self, name: str, rank: int, convention: str = LOCAL) -> Expected:
        """What one rank should give of one quantity."""
        if name in (OUTPUT, INPUT):
            found = self._once(name, lambda: self._tensor(name))
            part = self.batch.shards.part(rank)
            return Expected(*(self._outward(each[:, part], rank) for each in (found.value, found.bound)))
        if name in (WEIGHT, BIAS):
            *own, whole = self._parameters(name)
            if convention == LOCAL:
                return own[rank]
            ranks = self.batch.shards.count
            return whole if convention == SUM else Expected(whole.value / ranks, whole.bound / ranks)
        return self._once(name, lambda: self._running(name))

    def _once(self, key: str, make: Callable[[], Expected]) -> Expected:
        if key not in self._rows:
            self._rows[key] = make()
        return self._rows[key]

    def _outward(self, rows: torch.Tensor, rank: int) -> torch.Tensor:
        return outward(self.drawn, rows, rank)

    def _tensor(self, name: str) -> Expected:
        layer = batchnorm()
        term = output(layer).term if name == OUTPUT else vjp(layer, "input").term
        return self._evaluated(term, self.batch.values)

    def _parameters(self, name: str) -> list[Expected]:
        """The gradient of a weight: the part of every rank, and the whole.

        It is linear in g, so that the part of a rank is the form with the g of the others at 0; all are evaluated
        together, as independent instances.
        """
        ranks, values = self.batch.shards.count, self.batch.values
        found = self._once(name, lambda: self._evaluated(_of_parameter(name), self._masked(), ranks + 1))
        channels = len(values["gamma"])
        parts = zip(found.value.split(channels), found.bound.split(channels), strict=True)
        return [Expected(value, bound) for value, bound in parts]

    def _masked(self) -> dict[str, torch.Tensor]:
        """The values once for every rank, with its own g and none else, and once with all of g."""
        g, shards = self.batch.values["g"], self.batch.shards
        only = torch.zeros(shards.count + 1, *g.shape, dtype=g.dtype)
        for rank in range(shards.count):
            only[rank, :, shards.part(rank)] = g[:, shards.part(rank)]
        only[-1] = g
        rest = {name: _repeated(value, len(only)) for name, value in self.batch.values.items()}
        return {**rest, "g": only.flatten(0, 1)}

    def _evaluated(self, term: Term, given: Mapping[str, torch.Tensor], times: int = 1) -> Expected:
        """In one go, or with the variance put together from those of the shards: the larger of the two bounds."""
        var = batchnorm().names["var"]
        whole = evaluate(term, given, self.model)
        own = self.moments.variance
        variance = Bounded(*(_repeated(each, times) for each in (own.value, own.drift, own.error)))
        split = evaluate(term, {**given, "var": variance}, self.model, frozenset({var}))
        bound = torch.maximum(whole.error + whole.drift, split.error + split.drift)
        return Expected(whole.value, torch.where(split.error.isnan(), torch.inf, bound))

    def _running(self, name: str) -> Expected:
        layer = LAYERS["batchnorm-running"]()
        known = frozenset({layer.names["mu"], layer.names["var"]})
        old = dict(zip(("running_mean", "running_var"), (each.double() for each in self.drawn.old), strict=True))
        momentum = torch.full_like(old["running_mean"], self.momentum or 0.0)
        given = {"mu": self.moments.mean, "var": self.moments.variance, "momentum": momentum, **old}
        step = layer.names["new_mean" if name == MEAN else "new_var"]
        m = batchnorm().inputs[0].sizes[0]
        model = running_model(self.model, self.drawn.old[0].dtype)
        program = program_of(Entry(step, ()), known)
        leaves = {leaf: given[str(leaf)] for leaf in program.leaves}
        found = forward_error(program, leaves, model, {m: self.batch.shards.total})
        unit = torch.finfo(self.drawn.old[0].dtype).eps / 2
        return Expected(found.value, (found.error + found.drift) * (1 + unit) + unit * found.value.abs())


def _of_parameter(name: str) -> Term:
    return vjp(batchnorm(), "weight" if name == WEIGHT else "bias").term


def _repeated(value: torch.Tensor, times: int) -> torch.Tensor:
    return value.repeat(times, *[1] * (value.dim() - 1))


def running_model(model: Model, kept: torch.dtype) -> Model:
    """The model of what is done to running statistics: in the dtype in which they are kept, if that is 16 bits."""
    if kept.itemsize == 2:
        return Model(kept, accumulate=kept, worst_case=model.worst_case)
    wide = statistics(model)
    return wide if torch.finfo(wide.dtype).eps >= torch.finfo(kept).eps else Model(kept, worst_case=model.worst_case)


def outward(drawn: RankCase, rows: torch.Tensor, rank: int) -> torch.Tensor:
    """Rows of channels as torch's shape of one rank's shard."""
    _, channels, *places = drawn.case.x.shape
    return rows.reshape(channels, drawn.shards.sizes[rank], *places).movedim(0, 1)
