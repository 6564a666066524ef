"""Theorem x device x dtype x shape x layout: is the theorem true of what torch computes?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from derive.language import Claim
from derive.layers import Layer
from verify.bounds import format_of
from verify.errors import VerifyError
from verify.evaluate import Compared, compare, derivatives_in, program_of, programs_of, sides
from verify.hypotheses import meet
from verify.inputs import DTYPES, Batch, fault_of_values, samples

ENTRIES_AT_ONCE = 2**17
LARGEST_FEATURE = 2**24
"""More entries than this in one value of one feature are refused: m x m for m above 4096."""

SHAPES = ((64, 32), (2, 5), (3, 4), (16, 8, 20), (8, 6, 7, 7))
MATRIX_SHAPES = ((32, 16), (2, 5), (3, 4), (4, 8, 20), (4, 6, 4, 4))
"""For theorems about m x m matrices."""


@dataclass(frozen=True)
class Setting:
    """Where and on what a theorem is evaluated; the seed is that of the drawn numbers."""

    device: str
    dtype: str
    shape: tuple[int, ...]
    layout: str
    seed: int


@dataclass(frozen=True)
class Check:
    """One theorem in one setting.

    `error` and `bound` belong to the entry that comes closest to its bound, or exceeds it most; `scale` is the largest
    absolute value of that entry's feature. For an inequality the error is by how much it is violated. `outcome` is
    holds, fails or undecided, the last with a `reason`: then `error` and `bound` may be None.
    """

    statement: str
    claim: str
    layer: str
    device: str
    dtype: str
    shape: tuple[int, ...]
    layout: str
    epsilon: float
    seed: int
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
        """Error by bound; nothing finite is worse than an error that is no number."""
        return self.error / self.bound if self.error == self.error else float("inf")


def check_claim(
    statement: str,
    claim: Claim,
    layer: Layer,
    setting: Setting,
    drawn: Batch,
    advance: Callable[[int], None] = lambda features: None,
) -> Check:
    """Evaluates one claim on one batch, whose numbers are adapted to the hypotheses first.

    `advance` is told how many features are done.
    """
    batch, reason = meet(claim, layer, drawn)
    result = Check(
        statement=statement,
        claim=str(claim),
        layer=layer.name,
        device=setting.device,
        dtype=setting.dtype,
        shape=setting.shape,
        layout=setting.layout,
        epsilon=batch.eps,
        seed=setting.seed,
        outcome="undecided",
        reason=reason,
        origin=origin_of(claim, batch),
    )
    if reason:
        return result
    if fault := fault_of_values(batch.x):
        return replace(result, reason=fault)
    return _judged(result, list(_worst_of_chunks(claim, layer, batch, advance)))


def _worst_of_chunks(claim: Claim, layer: Layer, batch: Batch, advance: Callable[[int], None]) -> Iterator[Worst]:
    features = batch.x.shape[1]
    width = max(1, ENTRIES_AT_ONCE // entries_of(claim, tuple(batch.x.shape)))
    for start in range(0, features, width):
        advance(start)
        compared = compare(claim, layer, batch.features(start, min(start + width, features)))
        yield worst(compared, _sign(claim), start)


def entries_of(claim: Claim, shape: tuple[int, ...]) -> int:
    """How many numbers one feature takes, at most; raises VerifyError where these are too many."""
    entries = samples(shape) ** max(program.rank for program in programs_of(claim))
    if entries > LARGEST_FEATURE:
        found = f"'{claim}' takes {entries} numbers for each feature of shape {shape}"
        raise VerifyError(f"{found}; choose a --shape with at most {LARGEST_FEATURE}")
    return entries


def _sign(claim: Claim) -> int:
    """0 for an equation; 1 if the oracle's side is the smaller one, -1 if it is the greater one."""
    if claim.relation == "!=":
        raise VerifyError(f"'{claim}' says that two numbers differ, which rounded numbers can't show")
    sign = {"=": 0, "<": 1, "<=": 1, ">": -1, ">=": -1}[claim.relation]
    return sign if sides(claim)[0] is claim.lhs else -sign


def worst(compared: Compared, sign: int, first_feature: int = 0) -> Worst:
    """The entry with the greatest error by bound, among those that have one."""
    difference = compared.oracle - compared.tested
    error = (difference * sign).clamp(min=0) if sign else difference.abs()
    ratio = (error / compared.bound).nan_to_num(nan=torch.inf)
    unbounded = ~compared.bound.isfinite()
    ratio = torch.where(unbounded, -1.0, ratio)
    flat = int(ratio.argmax())
    entry = tuple(int(place) for place in torch.unravel_index(torch.tensor(flat), ratio.shape))
    return Worst(
        error=float(error[entry]),
        bound=float(compared.bound[entry]),
        scale=float(compared.oracle[entry[0]].abs().max()),
        entry=(first_feature + entry[0], *entry[1:]),
        entries=ratio.numel(),
        unbounded=bool(unbounded.any()),
        overflows=compared.overflows,
    )


def _judged(result: Check, found: list[Worst]) -> Check:
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


def origin_of(claim: Claim, batch: Batch) -> str:
    """Where the bound of a check comes from."""
    oracle, tested = (program_of(side) for side in sides(claim))
    chains = programs_of(claim)[2:]
    by = "autograd" if derivatives_in(oracle) else "the other side"
    form, m = format_of(batch.x.dtype), samples(tuple(batch.x.shape))
    return (
        f"running error analysis (Higham 2002, sec. 3.3): {_operations([tested])} operations in {form.name}, "
        f"u = {_power(form.unit)}, sums of {m} in blocks with u = {_power(form.sum_unit)}; "
        f"{by} in float64: {_operations([oracle, *chains])} operations, u = 2^-53 twice"
    )


def _operations(programs: list) -> int:
    rounded = ("add", "mul", "div", "sqrt", "sum", "function")
    return sum(step.op in rounded for program in programs for step in program.steps)


def _power(unit: float) -> str:
    return f"2^{torch.tensor(unit, dtype=torch.float64).log2().int()}"


def shapes_for(claim: Claim) -> tuple[tuple[int, ...], ...]:
    """The default shapes for a claim."""
    return MATRIX_SHAPES if max(program.rank for program in programs_of(claim)) > 1 else SHAPES
