"""Statements x dtypes x shapes x layouts: every check that was asked for, in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any

import torch

from derive.language import Claim, Derivative, LanguageError, Tensor
from derive.layers import Layer
from verify.bounds import FUNCTIONS
from verify.compile import order_of_term, program_of
from verify.errors import VerifyError
from verify.program import same
from verify.statements.check import Check, Setting, check_claim
from verify.statements.draws import draw_point, with_rest
from verify.statements.evaluate import chain_of, derivatives_in, programs_of
from verify.statements.hypotheses import equation_fault, hold, is_about_sizes, leaves_of, meet
from verify.statements.inputs import (
    DTYPES,
    EPSILON,
    Batch,
    draw,
    fault_of_values,
    read_activations,
    rounded_eps,
    with_parameters,
)
from verify.statements.point import Point, point_of
from verify.statements.shapes import fault_of, is_torch_shape, order_of, refuse_large, shapes_for, sizes_for

Progress = Callable[[int, int, str], None]
"""Called with the number of checks done, the number of all, and what comes next."""


KEPT_NUMBERS = 2**24
"""Drawn inputs are kept for the next statement as long as they have no more numbers than this, all together."""

INSTANCES = 6
"""How many draws one check looks at where there are no features."""

TRIALS = 8
"""How often numbers are drawn anew where those drawn satisfy the hypotheses for no instance."""

WIDE = ("float64", "float32")
"""The default dtypes for second derivatives, whose bounds say nothing in 16 bits."""

FEW = 30
"""By default shapes with fewer entries are not looked at in bfloat16, but for the largest one.

float16 keeps them: its range may have no room for others.
"""


@dataclass(frozen=True)
class Plan:
    """What to run: `dtypes` and `shapes` are empty for the default ones, `eps` None for the default of each dtype.

    `path` names a file of activations, which are then used instead of drawn ones.
    """

    device: str = "cpu"
    dtypes: tuple[str, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    eps: float | None = None
    seed: int = 0
    path: str | None = None


def run(
    statements: Iterable[Any],
    plan: Plan = Plan(),
    progress: Progress | None = None,
    passed_over: list[Check] | None = None,
) -> Iterator[Check]:
    """Every check of the statements (values with `id`, `layer` and `theorems`), one after the other.

    Where a person has not chosen the shapes, a check that can't be decided is left out if another one of the same
    claim and dtype can be; it is put into `passed_over`.
    Raises VerifyError, before the first check, for a plan that can't be carried out.
    """
    validate(plan)
    activations = _read(plan)
    work = [
        (statement, claim, setting)
        for statement in statements
        for claim in (same(theorem.claim) for theorem in statement.theorems)
        for setting in settings(claim, statement.layer, plan, activations)
    ]
    for statement, claim, setting in work:
        refuse_large(statement.layer, claim, setting.shape)
    checks = _carried_out(work, plan, activations, progress)
    return checks if plan.shapes or plan.path else _decided(checks, [] if passed_over is None else passed_over)


def _decided(checks: Iterator[Check], passed_over: list[Check]) -> Iterator[Check]:
    """The checks of each claim in each dtype, without those that can't be decided if there are others."""
    for _, group in groupby(checks, key=lambda check: (check.statement, check.claim)):
        found = list(group)
        telling = {check.dtype for check in found if check.outcome != "undecided"}
        for check in found:
            if check.outcome == "undecided" and check.dtype in telling:
                passed_over.append(check)
            else:
                yield check


def _carried_out(
    work: list, plan: Plan, activations: torch.Tensor | None, progress: Progress | None
) -> Iterator[Check]:
    largest = max((math.prod(setting.shape) for *_, setting in work), default=1)
    batches = lru_cache(maxsize=max(1, min(64, KEPT_NUMBERS // largest)))(
        lambda setting: batch_for(setting, plan, activations)
    )
    for done, (statement, claim, setting) in enumerate(work):
        label = f"{statement.id} {setting.dtype} {setting.shape} {setting.layout}"

        def advance(instances: int, done: int = done, label: str = label) -> None:
            if progress:
                progress(done, len(work), f"{label}, from {instances}")

        try:
            yield _checked(statement, claim, setting, plan, batches, advance)
        except torch.OutOfMemoryError as error:
            place = f"{plan.device} has too little memory for {setting.shape}"
            raise VerifyError(f"{place}; choose a smaller --shape") from error


def _checked(
    statement: Any, claim: Claim, setting: Setting, plan: Plan, batches: Callable, advance: Callable[[int], None]
) -> Check:
    """One check; numbers that satisfy the hypotheses nowhere are drawn anew, a person's own are not."""
    trials = 1 if plan.path or not claim.hypotheses else TRIALS
    for trial in range(trials):
        tried = replace(setting, seed=setting.seed + 1000 * trial)
        point = point_for(claim, statement.layer, tried, plan, batches)
        if trial == trials - 1 or not meet(claim, point)[1]:
            return check_claim(statement.id, claim, statement.layer, tried, point, advance)
    raise VerifyError("no numbers were drawn")


def point_for(claim: Claim, layer: Layer | None, setting: Setting, plan: Plan, batches: Callable) -> Point:
    """A value for every tensor of a claim."""
    eps = EPSILON[setting.dtype] if plan.eps is None else plan.eps
    sizes = sizes_for(layer, claim, setting.shape)
    wanted = tensors_of(claim)
    if not is_torch_shape(layer) or layer is None:
        return draw_point(layer, wanted, sizes, INSTANCES, setting.dtype, setting.device, eps, setting.seed)
    point = point_of(batches(setting), layer)
    point = replace(point, sizes={**sizes, **point.sizes})
    return with_rest(point, wanted, setting.dtype, rounded_eps(eps, setting.dtype), setting.seed)


@lru_cache(maxsize=4096)
def tensors_of(claim: Claim) -> tuple[Tensor, ...]:
    """Every tensor that a check of the claim needs a value for."""
    parts = [claim, *claim.hypotheses]
    used = [leaf for part in parts for program in programs_of(part) for leaf in program.leaves]
    reached = [tensor for part in parts for side in (part.lhs, part.rhs) for tensor in leaves_of(side)]
    free = [tensor for tensor in reached if tensor.definition is None and tensor.dependence is None]
    plain = [tensor for tensor in free if tensor.sizes or not tensor.integer]
    tensors = [leaf for leaf in used if isinstance(leaf, Tensor)] + sorted(plain, key=lambda tensor: tensor.name)
    return tuple(dict.fromkeys(tensor for tensor in tensors if tensor.definition is None))


def settings(claim: Claim, layer: Layer | None, plan: Plan, activations: torch.Tensor | None = None) -> list[Setting]:
    """The settings in which one claim is checked."""
    shapes = plan.shapes or _default_shapes(claim, layer)
    if activations is not None:
        shapes = (tuple(activations.shape),)
    for shape in shapes:
        if fault := fault_of(layer, claim, shape):
            raise VerifyError(fault)
    dtypes = plan.dtypes or (WIDE if order_of(claim) > 1 else tuple(DTYPES))
    chosen = bool(plan.shapes or plan.dtypes or plan.path)
    large = max(map(math.prod, shapes))
    return [
        Setting(plan.device, dtype, shape, layout, plan.seed)
        for shape in shapes
        for layout in (("contiguous", "channels_last") if _has_layouts(layer, shape) else ("contiguous",))
        for dtype in dtypes
        if chosen or dtype != "bfloat16" or math.prod(shape) >= min(large, FEW)
    ]


def _has_layouts(layer: Layer | None, shape: tuple[int, ...]) -> bool:
    return is_torch_shape(layer) and len(shape) == 4


def _default_shapes(claim: Claim, layer: Layer | None) -> tuple[tuple[int, ...], ...]:
    """The default shapes for which what the claim assumes about sizes holds; all, if it holds for none."""
    assumed = [each for each in claim.hypotheses if is_about_sizes(each)]
    shapes = shapes_for(layer, claim)

    def fits(shape: tuple[int, ...]) -> bool:
        point = Point(None, 1, torch.float64, {}, sizes_for(layer, claim, shape))
        return all(bool(hold(each, point).all()) for each in assumed)

    return tuple(shape for shape in shapes if fits(shape)) or shapes


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
    for dtype in plan.dtypes or DTYPES:
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
    if plan.path and plan.shapes:
        raise VerifyError("--input brings its own shape; leave --shape out")
    for dtype in plan.dtypes or DTYPES:
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
    claims = (same(theorem.claim) for theorem in statement.theorems)
    return next(filter(None, (_fault_of_theorem(claim, statement.layer) for claim in claims)), "")


def _fault_of_theorem(claim: Claim, layer: Layer | None) -> str:
    if claim.relation == "!=":
        return "it says that two numbers differ, which rounded numbers can't show"
    inputs = layer.inputs if layer else ()
    for part in (claim, *claim.hypotheses):
        if fault := _fault_of_claim(part):
            return fault
    return next(filter(None, (equation_fault(each, inputs) for each in claim.hypotheses)), "")


def _fault_of_claim(claim: Claim) -> str:
    try:
        leaves = [leaf for side in (claim.lhs, claim.rhs) for leaf in derivatives_in(program_of(side))]
        steps = [step for program in programs_of(claim) for step in program.steps]
    except (VerifyError, LanguageError) as error:
        return str(error)
    for leaf in leaves:
        if fault := _fault_of_derivative(leaf):
            return fault
    for step in steps:
        match step.op, step.what:
            case "input", Tensor() as leaf if leaf.dependence is not None and leaf.dependence.derivative is None:
                continue
            case "function", name if name not in FUNCTIONS:
                return f"no error bound is known for {name} in torch"
    return ""


def _fault_of_derivative(leaf: Derivative) -> str:
    if leaf.by.tensor.definition is not None and order_of_term(leaf.body):
        return f"{leaf} is by a defined name, of a derivative: autograd can't take it"
    chain_of(leaf)
    return ""
