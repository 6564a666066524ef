"""Somebody's synchronized layer against the proved forms on the whole batch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist

from verify.arrangement import BATCHES
from verify.assertions.modules import title
from verify.assertions.report import ILL_POSED, WRONG
from verify.assertions.subject import Subject, subject_of
from verify.bounds.model import Model
from verify.errors import VerifyError
from verify.ranks.group import Ended, Ranks, ranks_of, refuse_timeout, told
from verify.ranks.layers.draw import Parameters, RankCase, draw, recipes
from verify.ranks.layers.due import CONVENTIONS, Due
from verify.ranks.layers.judge import Judge
from verify.ranks.layers.report import RankReport, RankRow
from verify.ranks.layers.shard_run import kept_by, momentum_of, run_shard
from verify.ranks.layers.suspects import Trial
from verify.ranks.shards import places_of, shards_of
from verify.statements.inputs import DTYPES

TIMEOUT = 60.0
"""How many seconds a rank is waited for, by default."""
CHANNELS = 4
PLACES = {1: (5,), 2: (3, 2), 3: (2, 1, 2)}
"""The places of a sample, for layers of images and volumes."""
BY_DEFAULT = ("float64", "float32")
LARGEST, LARGEST_BY_DEFAULT = 2**22, 512
"""The most numbers of a batch, and how many samples there may be in one where nobody chooses the shards."""


@dataclass(frozen=True)
class Options:
    """What a check of a layer across ranks is asked for; `shape` is that of one sample, (C, ...).

    `shards` are the samples of each rank, `reduced` what the layer does with the gradients of weight and bias (see
    `verify.ranks.layers.due.CONVENTIONS`), `timeout` the seconds that a rank is waited for.
    """

    like: str = "batchnorm"
    shards: tuple[int, ...] | None = None
    shape: tuple[int, ...] | None = None
    dtypes: tuple[str, ...] = ()
    parameter_dtype: str | None = None
    accumulate: str | None = None
    eps: float | None = None
    reduced: str | None = None
    weight: str | None = None
    bias: str | None = None
    seed: int = 0
    timeout: float = TIMEOUT
    worst_case: bool = False

    def refuse(self, ranks: int | None = None) -> None:
        """Raises VerifyError for options that make no sense."""
        if self.like not in BATCHES:
            raise VerifyError(f"{self.like} has no statistics across ranks; --like is one of {', '.join(BATCHES)}")
        for dtype in (*self.dtypes, *filter(None, (self.parameter_dtype, self.accumulate))):
            if dtype not in DTYPES:
                raise VerifyError(f"there is no dtype {dtype!r} here; use {', '.join(DTYPES)}")
        if self.reduced not in (None, *CONVENTIONS):
            raise VerifyError(f"--reduced {self.reduced} is none of {', '.join(CONVENTIONS)}")
        if self.shape is not None and (not 1 <= len(self.shape) <= 4 or min(self.shape) < 1):
            raise VerifyError(f"the shape {self.shape} of a sample is none of C; C,L; C,H,W and C,D,H,W")
        if self.eps is not None and not self.eps > 0:
            raise VerifyError(f"epsilon is {self.eps:g}; give a positive number such as 1e-5")
        refuse_timeout(self.timeout)
        if self.shards is not None:
            shards_of(self.shards, ranks)
        numbers = sum(self.shards or (LARGEST_BY_DEFAULT,)) * math.prod(self.shape or ())
        if numbers > LARGEST:
            raise VerifyError(f"the batch has {numbers} numbers; choose --shape and --shards with at most {LARGEST}")


def check_ranks(
    layer: Any,
    like: str = "batchnorm",
    *,
    shards: Sequence[int] | None = None,
    shape: Sequence[int] | None = None,
    dtypes: Sequence[str] | None = None,
    parameter_dtype: str | None = None,
    accumulate: str | None = None,
    eps: float | None = None,
    reduced: str | None = None,
    weight: str | None = None,
    bias: str | None = None,
    seed: int = 0,
    timeout: float = TIMEOUT,
    worst_case: bool = False,
) -> RankReport:
    """Compares a synchronized layer with the proved forms on the whole batch; every rank calls it with its own layer.

    `layer` is a module, a function of the input (weight, bias, eps, ...), or a function without arguments that makes
    one. `shards` are the samples of each rank (without them several splits are tried), `shape` the shape (C, ...) of a
    sample. `reduced` says what the layer does with the gradients of weight and bias: "none" (each rank keeps its own
    part, as with torch.nn.SyncBatchNorm), "sum" or "mean"; without it the report says what was found.
    A rank that raises, or that leaves the others waiting for more than `timeout` seconds, is in the report; after that
    the process group is of no use any more. Every rank gets the same report.
    Raises VerifyError outside a process group of at least two ranks, and for options that make no sense.
    """
    options = Options(
        like,
        None if shards is None else tuple(shards),
        None if shape is None else tuple(shape),
        tuple(dtypes or ()),
        parameter_dtype,
        accumulate,
        eps,
        reduced,
        weight,
        bias,
        seed,
        timeout,
        worst_case,
    )
    options.refuse(dist.get_world_size() if dist.is_available() and dist.is_initialized() else None)
    ranks = ranks_of(timeout)
    try:
        return check(lambda shape: made(layer), options, ranks)
    finally:
        ranks.close()


def made(layer: Any) -> Any:
    """The layer, or what a function without arguments gives."""
    if isinstance(layer, torch.nn.Module) or not callable(layer):
        return layer
    code = getattr(layer, "__code__", None)
    if code is not None and not code.co_argcount and not code.co_kwonlyargcount and not code.co_flags & 0x0C:
        return layer()
    return layer


def check(factory: Callable[[tuple[int, ...]], Any], options: Options, ranks: Ranks) -> RankReport:
    """The check, for a layer that is made anew for each shape of a sample."""
    return Checked(factory, options, ranks).report()


class Checked:
    """One check: shape by shape and dtype by dtype, the batches with an empty shard last."""

    def __init__(self, factory: Callable[[tuple[int, ...]], Any], options: Options, ranks: Ranks) -> None:
        self.start = time.perf_counter()
        self.factory, self.options, self.ranks = factory, options, ranks
        self.given = None if options.shards is None else shards_of(options.shards, ranks.count)
        self.rows: list[RankRow] = []
        self.refused: dict[str, str] = {}
        self.skipped: dict[str, str] = {}
        if self.given is not None and self.given.equal:
            self.skipped["shards of different sizes"] = "those given are all equal, which hides some faults"
        self.taken: set[str] = set()
        self.reduced: dict[str, str] = {}
        self.name, self.eps = "the layer", options.eps
        self.momentum: float | None = None

    def report(self) -> RankReport:
        for shape in self._shapes():
            if not self.ranks.broken:
                self._shape(shape)
        found = None
        if self.ranks.rank == 0:
            if not self.rows and self.refused:
                self.rows = [_unplaced(what, reason) for what, reason in self.refused.items()]
                self.refused.clear()
            found = RankReport(
                self.name,
                self.options.like,
                str(dist.get_backend()),
                self.ranks.count,
                self.eps,
                tuple(self.rows),
                self.reduced,
                tuple(self.skipped.items()),
                tuple(self.refused.items()),
                time.perf_counter() - self.start,
            )
        return self.ranks.shared(found)

    def _shapes(self) -> list[tuple[int, ...]]:
        """The shapes of a sample that are tried: what the layer is called says how many axes it takes."""
        if self.options.shape:
            return [self.options.shape]
        axes = {"batchnorm2d": (2,), "batchnorm3d": (3,)}.get(self.options.like, (0, 2))
        return [(CHANNELS, *PLACES.get(each, ())) for each in axes]

    def _shape(self, shape: tuple[int, ...]) -> None:
        ended = self.ranks.together(lambda say: self._subject(shape, say))
        what = f"inputs of {len(shape) + 1} axes"
        if all(each.refused for each in ended):
            raise VerifyError(ended[0].error)
        if failed := told(ended, what, self.ranks.timeout):
            self.refused[what] = failed
            return
        self.name, self.eps = ended[0].value
        dtypes = self.options.dtypes or BY_DEFAULT
        wide = sorted(dtypes, key=lambda name: torch.finfo(DTYPES[name]).eps)
        drawn = [(dtype, each) for dtype in wide for each in self._drawn(self.subject, shape, dtype)]
        trials: dict[str, list[Trial]] = {dtype: [] for dtype in wide}
        for dtype, each in sorted(drawn, key=lambda item: item[1].shards.empty):
            if not self._try(self.subject, each, dtype, what, trials[dtype]):
                return
        self._judge(trials)

    def _judge(self, trials: dict[str, list[Trial]]) -> None:
        """Rows for all dtypes, the widest first: what is right there is a matter of rounding elsewhere."""
        passed: set[tuple[str, str]] = set()
        for own in trials.values():
            judge = Judge(own, self.options.reduced, passed, self.momentum is not None)
            self.rows += judge.rows()
            self.skipped |= dict.fromkeys(judge.unbounded, "rounding may change it by any amount")
            if own:
                self.reduced |= {name: each for name, each in judge.conventions.items() if name not in self.reduced}

    def _subject(self, shape: tuple[int, ...], say: Callable[[str], None]) -> tuple[str, float]:
        """Makes the layer of this rank; gives its name and epsilon."""
        say("constructor")
        layer = self.factory(shape)
        if isinstance(layer, torch.nn.parallel.DistributedDataParallel):
            raise VerifyError("the layer is wrapped in DistributedDataParallel; give the layer inside, its .module")
        self.subject: Subject = subject_of(
            layer, self.options.like, {"weight": self.options.weight, "bias": self.options.bias}
        )
        eps = self.options.eps or self.subject.eps(torch.float32) or 1e-5
        self.momentum = momentum_of(self.subject)
        if kept_by(self.subject) is None:
            self.skipped.setdefault("running statistics", "the layer keeps none")
        elif self.momentum is None:
            self.skipped.setdefault("running statistics", "the layer doesn't say its momentum")
        return title(layer), eps

    def _drawn(self, subject: Subject, shape: tuple[int, ...], name: str) -> list[RankCase]:
        dtype = DTYPES[name]
        kind = None if self.options.parameter_dtype is None else DTYPES[self.options.parameter_dtype]
        parameters = Parameters(subject.has_weight, subject.has_bias, kind, self.options.seed)
        wanted = recipes(self.ranks.count, dtype, self.given, places_of(shape))
        return [draw(recipe, shape, dtype, parameters, self.eps or 1e-5) for recipe in wanted]

    def _try(self, subject: Subject, drawn: RankCase, dtype: str, what: str, trials: list[Trial]) -> bool:
        """Runs one batch on all ranks, and keeps what came out; False where the layer does not take such inputs."""
        rank, device = self.ranks.rank, self.ranks.device
        if self.ranks.broken:
            return True
        ended = self.ranks.together(lambda say: run_shard(subject, drawn, rank, device, say))
        failed = told(ended, f"{drawn.recipe.purpose} ({drawn.shards}), {dtype}", self.ranks.timeout)
        if not failed:
            self.taken.add(what)
            if self.ranks.rank == 0:
                trials.append(Trial(Due(drawn, self._model(dtype), self.momentum), [each.value for each in ended]))
            return True
        if all(each.error for each in ended) and what not in self.taken:
            self.refused[what] = failed
            return False
        self._failed(drawn, dtype, failed, ended)
        return True

    def _model(self, dtype: str) -> Model:
        accumulate = self.options.accumulate and DTYPES[self.options.accumulate]
        return Model(DTYPES[dtype], accumulate=accumulate or None, worst_case=self.options.worst_case)

    def _failed(self, drawn: RankCase, dtype: str, failed: str, ended: list[Ended]) -> None:
        """A layer may refuse an empty shard, which nobody asked for; what raises or hangs elsewhere is a verdict."""
        hangs = not any(each.error for each in ended)
        if drawn.shards.empty and self.given is None and not hangs:
            self.refused[f"{drawn.recipe.purpose} ({drawn.shards}), {dtype}"] = failed
            return
        rank = next((rank for rank, each in enumerate(ended) if each.error or (hangs and each.ok)), 0)
        shape = (drawn.shards.sizes[rank], *drawn.case.x.shape[1:])
        verdict = WRONG if hangs else ILL_POSED
        row = RankRow(
            drawn.recipe.purpose, drawn.shards.sizes, dtype, shape, ended[rank].phase or "collectives", rank, verdict,
            says=failed,
        )  # fmt: skip
        self.rows.append(row)


def _unplaced(what: str, reason: str) -> RankRow:
    """Where the layer could not be run at all."""
    return RankRow(what, (), "", (), "layer", 0, ILL_POSED, says=reason)
