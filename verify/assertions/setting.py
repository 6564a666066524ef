"""One check: draws the cases, runs the layer on each, and has them judged."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import torch

from verify.assertions.case import Case, Observed
from verify.assertions.expected import Honesty
from verify.assertions.families import BY_ROW, WEIGHTS
from verify.assertions.inputs import Place, draw_case
from verify.assertions.judge import Judge, fault_of
from verify.assertions.observe import LayerFault
from verify.assertions.options import name_of
from verify.assertions.recipes import RANKS, Recipe, Sizes, recipes
from verify.assertions.report import ILL_POSED, Report, Row
from verify.assertions.subject import Subject
from verify.assertions.trial import Trial, expect
from verify.errors import VerifyError


class Setting:
    """One check: runs the layer in every dtype and collects the rows. `observer` runs it once, up to an order."""

    def __init__(
        self,
        subject: Subject,
        like: str,
        observer: Callable[[Case, int], Observed],
        stress: bool,
        given: dict[str, Any],
        worst_case: bool = False,
        accumulate: torch.dtype | None = None,
    ) -> None:
        self.subject, self.like, self.observer, self.stress, self.given = subject, like, observer, stress, given
        self.worst_case, self.accumulate = worst_case, accumulate
        self.judge = Judge(lambda case: observer(case, 2))
        self.rows: list[Row] = []
        self.skipped: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.eps: float | None = None

    def run(self, place: Place, shapes: list[tuple[int, ...]]) -> None:
        self.eps = place.eps
        if self.like == "groupnorm" and place.num_groups is None:
            raise VerifyError(f"{self.subject.name} does not say into how many groups it cuts; give num_groups=...")
        trials = list(self._trials(place, shapes))
        expect(trials)
        rows = self.judge.rows(trials)
        for trial in trials:
            self.skipped.update({name: why for name, why in trial.observed.missing.items() if "gradient" not in name})
        for name, purposes in self.judge.unbounded.items():
            cases = "1 case" if len(purposes) == 1 else f"{len(purposes)} cases"
            self.skipped[f"{name} in {cases}"] = "rounding may change it by any amount"
        if not trials:
            why = next(iter(self.refused.values()), "there are no inputs for it")
            says = f"the layer did not run: {why}"
            rows = [Row("inputs", name_of(place.dtype), (), "contiguous", "output", ILL_POSED, says=says)]
        self.rows += rows

    def _trials(self, place: Place, shapes: list[tuple[int, ...]]) -> Iterator[Trial]:
        for recipe in self._recipes(place, shapes):
            if recipe.variance is not None and place.eps == 0:
                continue
            case = draw_case(recipe, place, self.given)
            given = any(value is not None for value in self.given.values())
            highest = recipe.order + (self.stress and not recipe.hard)
            try:
                observed = Observed({}) if fault_of(case) else self.observer(case, highest)
            except LayerFault as fault:
                self.refused.setdefault(f"{recipe.purpose} {recipe.shape}", str(fault))
                continue
            honesty = Honesty(self.worst_case, affine=recipe.noise != "constant", accumulate=self.accumulate)
            yield Trial(case, observed, recipe.hard, recipe.strided, given, honesty)

    def _recipes(self, place: Place, shapes: list[tuple[int, ...]]) -> Iterable[Recipe]:
        x = self.given["x"]
        if x is not None:
            return [Recipe("your input", tuple(x.shape))]
        if not shapes:
            sizes = self._sizes(place, None)
            return recipes(self.like, sizes, place.dtype, self.stress, self._ranks(place, sizes))
        found: list[Recipe] = []
        for shape in shapes:
            ranks = (len(shape),) if len(shape) in RANKS[self.like] else RANKS[self.like][:1]
            drawn = recipes(self.like, self._sizes(place, shape), place.dtype, self.stress, ranks)
            found += _reshaped(drawn, shape)
        return found

    def _sizes(self, place: Place, shape: tuple[int, ...] | None) -> Sizes:
        """What is fixed of a shape: by the weight that was given, by the layer itself, or by the shape asked for."""
        weight = self.given.get("weight")
        own = self.subject.sizes or (tuple(weight.shape) if weight is not None else None)
        if self.like in WEIGHTS:
            return Sizes()
        if self.like in BY_ROW:
            return Sizes(place.normalized_shape or own)
        channels = shape[1] if shape is not None and len(shape) > 1 else math.prod(own) if own else None
        return Sizes(None, channels, place.num_groups)

    def _ranks(self, place: Place, sizes: Sizes) -> tuple[int, ...]:
        """How many axes the layer takes: what its name says, such as BatchNorm2d, else with how many it runs."""
        known = RANKS[self.like]
        suffix = re.search(r"([123])d$", self.subject.name, re.IGNORECASE)
        if suffix:
            named = {int(suffix[1]) + 2, *((2,) if suffix[1] == "1" and self.like == "batchnorm" else ())}
            known = tuple(rank for rank in known if rank in named) or known
        if self.like in BY_ROW:
            return known
        return tuple(rank for rank in known if self._takes(rank, place, sizes)) or known[:1]

    def _takes(self, rank: int, place: Place, sizes: Sizes) -> bool:
        recipe = recipes(self.like, sizes, place.dtype, False, (rank,))[0]
        try:
            self.observer(draw_case(recipe, place), 0)
        except LayerFault as fault:
            self.refused.setdefault(f"inputs of {rank} axes", str(fault))
            return False
        return True

    def report(self, seconds: float) -> Report:
        return Report(
            self.subject.name,
            self.like,
            self.eps,
            tuple(self.rows),
            tuple(self.skipped.items()),
            tuple(self.refused.items()),
            seconds,
        )


def _reshaped(drawn: list[Recipe], shape: tuple[int, ...]) -> list[Recipe]:
    """Every kind of recipe once, with the shape that was asked for."""
    found: dict[tuple, Recipe] = {}
    for recipe in drawn:
        own = replace(recipe, shape=shape)
        layouts = (own.layout, own.grad_layout, own.weight_layout)
        found.setdefault((own.ratio, own.scale, own.variance, own.noise, own.shift, *layouts), own)
    return list(found.values())
