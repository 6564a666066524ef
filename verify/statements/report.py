"""Checks as a table for the terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap

from verify.statements.check import Check

HEAD = f"  {'dtype':9} {'checks':>6}  {'error':>8} {'bound':>8} {'scale':>8}  {'closest to its bound':30} result"


LeftOut = Sequence[tuple[str, str]]
"""Statements that were not evaluated, or not everywhere, each with the reason."""


def as_json(checks: Sequence[Check], device: str, left_out: LeftOut) -> str:
    """One JSON object with every check, and why other statements were left out."""
    content = {
        "device": device,
        "ok": all(check.ok for check in checks),
        "checks": [check.as_json() for check in checks],
        "left_out": [{"statement": name, "reason": reason} for name, reason in left_out],
    }
    return json.dumps(content, indent=2, allow_nan=False)


def table(checks: Sequence[Check], left_out: LeftOut, width: int = 100, every: bool = False) -> str:
    """One block for each theorem: a line for each dtype, or for `every` setting; then where the bounds come from."""
    blocks = []
    for (statement, claim), group in groupby(checks, key=lambda check: (check.statement, check.claim)):
        found = list(group)
        lines = [f"{statement}", *wrap(claim, width, initial_indent="  ", subsequent_indent="    "), HEAD]
        lines += _lines(found, every)
        blocks.append("\n".join(lines))
    missing = [f"left out: {name}: {reason}" for name, reason in left_out]
    return "\n\n".join([*blocks, _origin(checks, width), "\n".join([*missing, _summary(checks)])])


def _lines(found: list[Check], every: bool) -> list[str]:
    if every:
        return [_line(check.dtype, [check]) for check in found]
    by_dtype: dict[str, list[Check]] = {}
    for check in found:
        by_dtype.setdefault(check.dtype, []).append(check)
    lines = [_line(dtype, group) for dtype, group in by_dtype.items()]
    return lines + [f"    {_setting(check)}: {check.outcome}: {check.reason}" for check in found if not check.ok]


def _line(dtype: str, group: list[Check]) -> str:
    top = max(group, key=_closeness)
    numbers = " ".join(f"{_number(value):>8}" for value in (top.error, top.bound, top.scale))
    return f"  {dtype:9} {len(group):6}  {numbers}  {_setting(top):30} {_result(group)}"


def _closeness(check: Check) -> float:
    """How close the error comes to its bound: 1 is at the bound; what has no finite error is worst."""
    if check.bound is None:
        return -1.0
    return float("inf") if check.error is None else check.error / check.bound


def _setting(check: Check) -> str:
    shape = ",".join(map(str, check.shape))
    layout = f" {check.layout}" if len(check.shape) == 4 else ""
    entry = f" [{','.join(map(str, check.entry))}]" if check.entry else ""
    return f"({shape}){layout}{entry}"


def setting_of(check: Check) -> str:
    """The dtype and the shape of a check."""
    return f"{check.dtype} {_setting(check)}"


def _number(value: float | None) -> str:
    return "-" if value is None else "0" if value == 0 else f"{value:.1e}"


def _result(group: list[Check]) -> str:
    outcomes = [check.outcome for check in group]
    if all(outcome == "holds" for outcome in outcomes):
        return "holds"
    return ", ".join(f"{outcomes.count(each)} {each}" for each in ("fails", "undecided") if each in outcomes)


def _origin(checks: Sequence[Check], width: int) -> str:
    text = (
        "error: the distance between the formula, run in the dtype, and torch in float64 (autograd, or the other side) "
        "on the same rounded numbers (of an inequality: by how much it is violated), at the entry [feature or draw, "
        "...] closest to its bound. scale: the largest value there. bound: derived, by running forward error analysis "
        "along the same operations (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 2-4): "
        "no tolerance is chosen."
    )
    example = f"For example, {checks[-1].dtype} {_setting(checks[-1])}: {checks[-1].origin}." if checks else ""
    return "\n".join(wrap(text, width) + wrap(example, width))


def _summary(checks: Sequence[Check]) -> str:
    bad = [check for check in checks if not check.ok]
    entries = sum(check.entries for check in checks)
    counted = f"{len(checks)} checks, {entries} entries compared"
    if not bad:
        return f"{counted}: all hold."
    fails = sum(check.outcome == "fails" for check in bad)
    return f"{counted}: {len(checks) - len(bad)} hold, {fails} fail, {len(bad) - fails} undecided."
