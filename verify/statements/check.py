"""Theorem x device x dtype x shape x layout: is the theorem true of what torch computes?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import torch

from derive.language import Claim
from derive.layers import Layer
from verify.bounds import format_of
from verify.compile import definitions_in, program_of
from verify.errors import VerifyError
from verify.statements.evaluate import Compared, compare, derivatives_in, programs_of, sides
from verify.statements.hypotheses import meet
from verify.statements.inputs import DTYPES, fault_of_values
from verify.statements.point import Point
from verify.statements.references import REFERENCES
from verify.statements.shapes import entries_of

ENTRIES_AT_ONCE = 2**17


@dataclass(frozen=True)
class Setting:
    """Where and on what a theorem is evaluated; the seed is that of the drawn numbers.

    The shape is torch's (N, C, ...) for batch normalization, and has the axes of the program for everything else.
    """

    device: str
    dtype: str
    shape: tuple[int, ...]
    layout: str
    seed: int


@dataclass(frozen=True)
class Check:
    """One theorem in one setting.

    `error` and `bound` belong to the entry that comes closest to its bound, or exceeds it most; `scale` is the largest
    absolute value of that entry's instance: a feature, or one of several draws. For an inequality the error is by how
    much it is violated. `outcome` is holds, fails or undecided, the last with a `reason`: then `error` and `bound` may
    be None. `instances` are those that satisfy the hypotheses.
    """

    statement: str
    claim: str
    layer: str
    device: str
    dtype: str
    shape: tuple[int, ...]
    layout: str
    epsilon: float | None
    seed: int
    instances: int
    outcome: str
    reason: str = ""
    error: float | None = None
    bound: float | None = None
    scale: float | None = None
    entry: tuple[int, ...] = ()
    entries: int = 0
    origin: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome == "holds"

    def as_json(self) -> dict[str, Any]:
        """The fields by name, with `ok`; None where a number would not be finite."""
        return {**asdict(self), "ok": self.ok}


@dataclass(frozen=True)
class Worst:
    """The entry of a comparison that comes closest to its bound, and whether any entry has none."""

    error: float
    bound: float
    scale: float
    entry: tuple[int, ...]
    entries: int
    unbounded: bool
    overflows: bool

    @property
    def ratio(self) -> float:
        """Error by bound; nothing is worse than an error that is no number."""
        if self.error == 0:
            return 0.0
        return self.error / self.bound if self.error == self.error and self.bound else float("inf")


def check_claim(
    statement: str,
    claim: Claim,
    layer: Layer | None,
    setting: Setting,
    drawn: Point,
    advance: Callable[[int], None] = lambda instances: None,
) -> Check:
    """Evaluates one claim at one point, whose numbers are adapted to the hypotheses first.

    `advance` is told how many instances are done.
    """
    point, reason = meet(claim, drawn)
    result = begun(statement, claim, layer, setting, point, reason, origin_of(claim, point))
    return result if result.reason else judged(result, list(_worst_of_parts(claim, point, advance)))


def begun(
    statement: str, claim: Claim, layer: Layer | None, setting: Setting, point: Point, reason: str, origin: str
) -> Check:
    """A check before anything is compared: undecided, with the reason where there is nothing to compare."""
    return Check(
        statement=statement,
        claim=str(claim),
        layer=layer.name if layer else "",
        device=setting.device,
        dtype=setting.dtype,
        shape=setting.shape,
        layout=setting.layout,
        epsilon=point.eps,
        seed=setting.seed,
        instances=point.instances,
        outcome="undecided",
        reason=reason or fault_of_point(point),
        origin=origin,
    )


def fault_of_point(point: Point) -> str:
    """Why the numbers are none to compare anything on, or ""."""
    if point.layer is not None and point.layout is not None:
        return fault_of_values(point.values[point.layer.inputs[0]].T)
    for tensor, value in point.values.items():
        if not value.isfinite().all():
            return f"{tensor} has entries that are not finite"
    return ""


def _worst_of_parts(claim: Claim, point: Point, advance: Callable[[int], None]) -> Iterator[Worst]:
    width = max(1, ENTRIES_AT_ONCE // entries_of(claim, point.sizes))
    for start in range(0, point.instances, width):
        advance(start)
        yield worst(compare(claim, point.part(start, start + width)), sign_of(claim), start)


def sign_of(claim: Claim) -> int:
    """0 for an equation; 1 if the oracle's side is the smaller one, -1 if it is the greater one."""
    if claim.relation == "!=":
        raise VerifyError(f"'{claim}' says that two numbers differ, which rounded numbers can't show")
    sign = {"=": 0, "<": 1, "<=": 1, ">": -1, ">=": -1}[claim.relation]
    return sign if sides(claim)[0] is claim.lhs else -sign


def worst(compared: Compared, sign: int, first_instance: int = 0) -> Worst:
    """The entry with the greatest error by bound, among those that have one."""
    difference = compared.oracle - compared.tested
    error = (difference * sign).clamp(min=0) if sign else difference.abs()
    ratio = torch.where(error == 0, 0.0, error / compared.bound).nan_to_num(nan=torch.inf)
    unbounded = ~compared.bound.isfinite()
    ratio = torch.where(unbounded, -1.0, ratio)
    flat = int(ratio.argmax())
    entry = tuple(int(place) for place in torch.unravel_index(torch.tensor(flat), ratio.shape))
    return Worst(
        error=float(error[entry]),
        bound=float(compared.bound[entry]),
        scale=float(compared.oracle[entry[0]].abs().max()),
        entry=(first_instance + entry[0], *entry[1:]),
        entries=ratio.numel(),
        unbounded=bool(unbounded.any()),
        overflows=compared.overflows,
    )


def judged(result: Check, found: list[Worst]) -> Check:
    """The check with its outcome: what was found of each part of the instances."""
    bounded = [each for each in found if each.bound < float("inf")]
    unbounded = any(each.unbounded for each in found)
    top = max(bounded, key=lambda each: each.ratio, default=None)
    if top is not None:
        result = replace(result, scale=_finite(top.scale), entry=top.entry, error=_finite(top.error), bound=top.bound)
    result = replace(result, entries=sum(each.entries for each in found))
    if top is not None and not top.error <= top.bound:
        return replace(result, outcome="fails", reason=f"entry {list(top.entry)} is off by more than rounding can be")
    if unbounded:
        return replace(result, reason=_why_unbounded(result, found))
    return replace(result, outcome="holds")


def _why_unbounded(result: Check, found: list[Worst]) -> str:
    if any(each.overflows for each in found):
        largest = format_of(DTYPES[result.dtype]).largest
        return f"out of range: a number may exceed {largest:g}, the largest in {result.dtype}"
    return f"a denominator or a root is not known to stay positive when it is rounded to {result.dtype}"


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


@lru_cache(maxsize=4096)
def _counted(claim: Claim) -> tuple[int, int]:
    """The rounded operations of the tested side, and of the oracle's with its chain rule."""
    oracle, tested = (program_of(side) for side in sides(claim))
    return _operations([tested]), _operations([oracle, *programs_of(claim)[2:]])


def origin_of(claim: Claim, point: Point) -> str:
    """Where the bound of a check comes from."""
    tested, oracle = _counted(claim)
    form = format_of(point.dtype)
    longest = max(point.sizes.values(), default=1)
    return (
        f"running error analysis (Higham 2002, sec. 3.3): {tested} operations in {form.name}, "
        f"u = {_power(form.unit)}, sums of {longest} in blocks with u = {_power(form.sum_unit)}; "
        f"{oracle_of(claim, point.layer)} in float64: {oracle} operations, u = 2^-53 twice"
    )


@lru_cache(maxsize=4096)
def oracle_of(claim: Claim, layer: Layer | None) -> str:
    """What the compiled side is compared with."""
    term, _ = sides(claim)
    derived = [leaf.body for leaf in derivatives_in(program_of(term))]
    reached = {tensor for each in (term, *derived) for tensor in definitions_in(each)}
    native = layer is not None and layer.name in REFERENCES and not reached.isdisjoint(layer.steps)
    by = "autograd" if derived else "the other side"
    return f"{by} through {REFERENCES[layer.name].operation}" if native and layer else by


def _operations(programs: list) -> int:
    rounded = ("add", "mul", "div", "sqrt", "sum", "function")
    return sum(step.op in rounded for program in programs for step in program.steps)


def _power(unit: float) -> str:
    return f"2^{torch.tensor(unit, dtype=torch.float64).log2().int()}"
