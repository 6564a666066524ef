"""Somebody's layer against the proved forms of the layer that it is meant to be."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch

from verify.arrangement import ARRANGED, ROWS
from verify.assertions.case import Case, Observed
from verify.assertions.expected import Honesty
from verify.assertions.inputs import Place, draw_case
from verify.assertions.judge import Judge, fault_of
from verify.assertions.observe import LayerFault, observe
from verify.assertions.recipes import RANKS, Recipe, Sizes, recipes
from verify.assertions.report import ILL_POSED, Report, Row
from verify.assertions.subject import Subject, subject_of
from verify.assertions.trial import Trial, expect
from verify.errors import VerifyError
from verify.inputs import DTYPES

EPS = 1e-5
"""Epsilon where neither the layer nor the caller says one: torch's default."""
CHECKED = tuple(name for name in ARRANGED if "softmax" not in name)
"""The layers that somebody's layer can be compared with."""
SMALL = 256
"""Inputs with more numbers are not differentiated by forward mode twice, which takes one run for each of them."""
Shapes = Sequence[int] | Sequence[Sequence[int]] | None
Dtype = torch.dtype | str


class LayerError(AssertionError):
    """A layer that is not what it is meant to be; `report` says in what, and so does the message."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


def assert_layer(layer: Any, like: str, **options: Any) -> Report:
    """As `check_layer`; raises LayerError unless everything passes."""
    report = check_layer(layer, like, **options)
    if not report.ok:
        raise LayerError(report)
    return report


def check_layer(
    layer: Any,
    like: str,
    *,
    shapes: Shapes = None,
    dtypes: Sequence[Dtype] | None = None,
    dtype: Dtype | None = None,
    parameter_dtype: Dtype | None = None,
    device: torch.device | str | None = None,
    eps: float | None = None,
    num_groups: int | None = None,
    normalized_shape: Sequence[int] | int | None = None,
    order: int = 2,
    stress: bool = False,
    worst_case: bool = False,
    weight: torch.Tensor | str | None = None,
    bias: torch.Tensor | str | None = None,
    seed: int = 0,
    x: torch.Tensor | None = None,
    grad_output: torch.Tensor | None = None,
) -> Report:
    """Compares a layer's output and derivatives with the proved ones, on inputs that show faults.

    >>> import torch
    >>> check_layer(torch.nn.LayerNorm(7), like="layernorm").verdict
    'pass'

    `layer` is a module, a function of the input (and of weight, bias, eps, ... where it has such arguments) or an
    autograd.Function. `order` is that of the highest derivative: 0, 1 or 2. Without `x` the inputs are drawn, in
    several shapes and layouts; with it only yours are run. `weight` and `bias` are values, or names of parameters of
    the module. `stress` adds constant features, very large means and second derivatives by forward mode; `worst_case`
    takes the worst-case bounds instead of the probable ones (which fail with probability 1e-9).
    Raises VerifyError for a call that makes no sense; whatever the layer does is in the report.
    """
    start = time.perf_counter()
    refuse(like, order)
    named = {"weight": weight, "bias": bias}
    names = {role: value if isinstance(value, str) else None for role, value in named.items()}
    given = {role: value for role, value in named.items() if not isinstance(value, str)}
    subject = subject_of(layer, like, names, biased=like != "rmsnorm")

    def run(case: Case, highest: int) -> Observed:
        forward = stress and highest > 2 and case.x.numel() <= SMALL
        return observe(subject, case, min(order, highest, 2), forward)

    setting = Setting(subject, like, run, stress, {"x": x, "grad_output": grad_output, **given}, worst_case)
    for kind in kinds(dtypes, dtype, x, subject):
        place = place_for(subject, like, kind, x, device, eps, num_groups, normalized_shape, parameter_dtype, seed)
        setting.run(place, listed(shapes))
    return setting.report(time.perf_counter() - start)


def kinds(
    dtypes: Sequence[Dtype] | None, dtype: Dtype | None, x: torch.Tensor | None, subject: Subject
) -> list[torch.dtype]:
    """The dtypes to check: those asked for, else that of the input given, else the layer's own."""
    wanted = [dtype_of(each) for each in (dtypes or ([dtype] if dtype else []))]
    found = wanted or [x.dtype if x is not None else subject.dtype]
    if x is not None and found != [x.dtype]:
        raise VerifyError(f"x is in {name_of(x.dtype)}; leave the dtype out, or convert x")
    return found


def place_for(
    subject: Subject,
    like: str,
    dtype: torch.dtype,
    x: torch.Tensor | None,
    device: torch.device | str | None,
    eps: float | None,
    num_groups: int | None,
    normalized_shape: Sequence[int] | int | None,
    parameter_dtype: Dtype | None,
    seed: int,
) -> Place:
    """Where the cases of a check live; what the caller says goes before what the layer says."""
    own = subject.eps(dtype)
    normalized = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
    return Place(
        like=like,
        dtype=dtype,
        device=device_of(device) if device is not None else x.device if x is not None else subject.device,
        eps=positive(eps) if eps is not None else EPS if own is None else own,
        parameter_dtype=dtype_of(parameter_dtype) if parameter_dtype else dtype,
        weighted=subject.has_weight,
        biased=subject.has_bias,
        num_groups=(num_groups or subject.num_groups) if like == "groupnorm" else None,
        normalized_shape=tuple(normalized) if normalized else subject.sizes if like in ROWS else None,
        seed=seed,
    )


def positive(eps: float) -> float:
    """Epsilon, if it is one."""
    if not (eps >= 0 and eps < float("inf")):
        raise VerifyError(f"epsilon is {eps}; give a number that is not negative, such as 1e-5")
    return float(eps)


def device_of(device: torch.device | str) -> torch.device:
    """The device of a name, if it is there."""
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise VerifyError(f"there is no device {str(device)!r} here; use cpu or cuda") from None
    return found


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


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
    ) -> None:
        self.subject, self.like, self.observer, self.stress, self.given = subject, like, observer, stress, given
        self.worst_case = worst_case
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
            case = draw_case(recipe, place, self.given)
            given = any(value is not None for value in self.given.values())
            highest = recipe.order + (self.stress and not recipe.hard)
            try:
                observed = Observed({}) if fault_of(case) else self.observer(case, highest)
            except LayerFault as fault:
                self.refused.setdefault(f"{recipe.purpose} {recipe.shape}", str(fault))
                continue
            honesty = Honesty(self.worst_case, affine=recipe.noise != "constant")
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
        if self.like in ROWS:
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
        if self.like in ROWS:
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
        found.setdefault((own.ratio, own.scale, own.variance, own.noise, own.layout, own.grad_layout), own)
    return list(found.values())


def refuse(like: str, order: int) -> None:
    if like not in CHECKED:
        raise VerifyError(f"there is no layer {like!r} to compare with; there are {', '.join(CHECKED)}")
    if order not in (0, 1, 2):
        raise VerifyError(f"order is {order}; give 0 for the output, 1 for gradients too, 2 for second derivatives too")


def dtype_of(dtype: Dtype) -> torch.dtype:
    """The dtype of a name such as float32."""
    if isinstance(dtype, torch.dtype):
        if dtype not in DTYPES.values():
            raise VerifyError(f"{dtype} is none of {', '.join(DTYPES)}")
        return dtype
    name = str(dtype).removeprefix("torch.")
    if name not in DTYPES:
        raise VerifyError(f"there is no dtype {dtype!r}; there are {', '.join(DTYPES)}")
    return DTYPES[name]


def listed(shapes: Shapes) -> list[tuple[int, ...]]:
    """One shape or several, as a list."""
    if not shapes:
        return []
    first = shapes[0]
    return [tuple(shapes)] if isinstance(first, int) else [tuple(shape) for shape in shapes]  # pyright: ignore
