"""Statements x dtypes x shapes x layouts: every check that was asked for, in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from derive.language import Claim, Tensor
from derive.layers import Layer
from verify.bounds import FUNCTIONS
from verify.check import Check, Setting, check_claim, entries_of, shapes_for
from verify.errors import VerifyError
from verify.evaluate import derivatives_in, program_of, programs_of
from verify.hypotheses import epsilon_of
from verify.inputs import (
    DTYPES,
    EPSILON,
    Batch,
    draw,
    fault_of_shape,
    fault_of_values,
    read_activations,
    rounded_eps,
    with_parameters,
)
from verify.reference import fault_of_derivative

Progress = Callable[[int, int, str], None]
"""Called with the number of checks done, the number of all, and what comes next."""


KEPT_NUMBERS = 2**24
"""Drawn inputs are kept for the next statement as long as they have no more numbers than this, all together."""


@dataclass(frozen=True)
class Plan:
    """What to run: `shapes` is empty for the default ones, `eps` None for the default of each dtype.

    `path` names a file of activations, which are then used instead of drawn ones.
    """

    device: str = "cpu"
    dtypes: tuple[str, ...] = tuple(DTYPES)
    shapes: tuple[tuple[int, ...], ...] = ()
    eps: float | None = None
    seed: int = 0
    path: str | None = None


def run(statements: Iterable[Any], plan: Plan = Plan(), progress: Progress | None = None) -> Iterator[Check]:
    """Every check of the statements (values with `id`, `layer` and `theorems`), one after the other.

    Raises VerifyError, before the first check, for a plan that can't be carried out.
    """
    validate(plan)
    activations = _read(plan)
    work = [
        (statement, theorem.claim, setting)
        for statement in statements
        for theorem in statement.theorems
        for setting in settings(theorem.claim, plan, activations)
    ]
    for _, claim, setting in work:
        entries_of(claim, setting.shape)
    return _carried_out(work, plan, activations, progress)


def _carried_out(
    work: list, plan: Plan, activations: torch.Tensor | None, progress: Progress | None
) -> Iterator[Check]:
    largest = max((math.prod(setting.shape) for *_, setting in work), default=1)
    drawn = lru_cache(maxsize=max(1, min(64, KEPT_NUMBERS // largest)))(
        lambda setting: batch_for(setting, plan, activations)
    )
    for done, (statement, claim, setting) in enumerate(work):
        label = f"{statement.id} {setting.dtype} {setting.shape} {setting.layout}"

        def advance(features: int, done: int = done, label: str = label, setting: Setting = setting) -> None:
            if progress:
                progress(done, len(work), f"{label}, feature {features} of {setting.shape[1]}")

        try:
            yield check_claim(statement.id, claim, statement.layer, setting, drawn(setting), advance)
        except torch.OutOfMemoryError as error:
            place = f"{plan.device} has too little memory for {setting.shape}"
            raise VerifyError(f"{place}; choose a smaller --shape") from error


def settings(claim: Claim, plan: Plan, activations: torch.Tensor | None = None) -> list[Setting]:
    """The settings in which one claim is checked."""
    shapes = plan.shapes or shapes_for(claim)
    if activations is not None:
        shapes = (tuple(activations.shape),)
    return [
        Setting(plan.device, dtype, shape, layout, plan.seed)
        for shape in shapes
        for layout in (("contiguous", "channels_last") if len(shape) == 4 else ("contiguous",))
        for dtype in plan.dtypes
    ]


def batch_for(setting: Setting, plan: Plan, activations: torch.Tensor | None = None) -> Batch:
    """The numbers of a setting: drawn, or a person's own activations rounded to the dtype."""
    eps = EPSILON[setting.dtype] if plan.eps is None else plan.eps
    if activations is None:
        return draw(setting.shape, setting.dtype, setting.layout, setting.device, eps, setting.seed)
    return with_parameters(activations, setting.dtype, setting.layout, setting.device, eps, setting.seed)


def _read(plan: Plan) -> torch.Tensor | None:
    """A person's own activations, usable in every dtype of the plan."""
    if not plan.path:
        return None
    activations = read_activations(plan.path)
    for dtype in plan.dtypes:
        if fault := fault_of_values(activations.to(DTYPES[dtype]), after=f" once rounded to {dtype}"):
            raise VerifyError(f"{plan.path}: {fault}; leave {dtype} out with --dtype")
    return activations


def validate(plan: Plan) -> None:
    """Raises VerifyError if the plan can't be carried out."""
    if fault := fault_of_device(plan.device):
        raise VerifyError(fault)
    for dtype in plan.dtypes:
        if dtype not in DTYPES:
            raise VerifyError(f"there is no dtype {dtype!r} here; use {', '.join(DTYPES)}")
    for shape in plan.shapes:
        if fault := fault_of_shape(shape):
            raise VerifyError(fault)
    if plan.path and plan.shapes:
        raise VerifyError("--input brings its own shape; leave --shape out")
    for dtype in plan.dtypes:
        rounded_eps(EPSILON[dtype] if plan.eps is None else plan.eps, dtype)
    if not 0 <= plan.seed < 2**63 - 1:
        raise VerifyError(f"the seed is {plan.seed}; give --seed a whole number from 0 on")


def fault_of_device(name: str) -> str:
    """Why there is no such device, or ""."""
    try:
        device = torch.device(name)
    except RuntimeError:
        return f"there is no device called {name!r}; use --device cpu or --device cuda"
    if device.type not in ("cpu", "cuda"):
        return f"verify does not run on {name}; use --device cpu or --device cuda"
    if device.type == "cpu":
        return ""
    if not torch.cuda.is_available():
        return f"the device {name} is not there: torch {torch.__version__} finds no GPU; use --device cpu"
    if (device.index or 0) >= torch.cuda.device_count():
        return f"the device {name} is not there: this machine has {torch.cuda.device_count()} GPU; use --device cuda:0"
    return ""


def fault_of_statement(statement: Any) -> str:
    """Why verify can't evaluate a statement, or ""."""
    layer = statement.layer
    if layer is None or layer.name != "batchnorm":
        return f"it is about {layer.name if layer else 'no layer'}, and only batchnorm has a reference yet"
    return next(filter(None, (_fault_of_theorem(theorem.claim, layer) for theorem in statement.theorems)), "")


def _fault_of_theorem(claim: Claim, layer: Layer) -> str:
    for part in (claim, *claim.hypotheses):
        if fault := _fault_of_claim(part, layer):
            return fault
    if claim.relation == "!=":
        return "it says that two numbers differ, which rounded numbers can't show"
    if not any(derivatives_in(program) for program in programs_of(claim)):
        return "there is no derivative in it for autograd to evaluate"
    if equations := [str(each) for each in claim.hypotheses if each.relation == "=" and epsilon_of(each) is None]:
        return f"it assumes {equations[0]}, which rounded numbers can't satisfy exactly"
    return ""


def _fault_of_claim(claim: Claim, layer: Layer) -> str:
    try:
        for leaf in (*derivatives_in(program_of(claim.lhs)), *derivatives_in(program_of(claim.rhs))):
            if fault := fault_of_derivative(leaf, layer):
                return fault
        steps = [step for program in programs_of(claim) for step in program.steps]
    except VerifyError as error:
        return str(error)
    known = {layer.gradient, *layer.inputs, *layer.parameters, *layer.constants}
    for step in steps:
        match step.op, step.what:
            case "input", Tensor() as leaf if leaf not in known:
                return f"it is about {leaf}, for which there are no values"
            case "function", name if name not in FUNCTIONS:
                return f"no error bound is known for {name} in torch"
    return ""
