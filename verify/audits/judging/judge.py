"""The verdict on every normalization of a model: its sample against the proved forms, under their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verify.assertions.expected import Honesty
from verify.assertions.report import Row
from verify.audits.judging.docket import Docket, dockets_of, expect
from verify.audits.judging.rows import Rows
from verify.audits.observation.watch import UNNEEDED, Watch
from verify.audits.record import FAULT, PASS, UNDECIDED, LayerAudit


def judge_all(watches: Sequence[Watch], worst_case: bool = False) -> list[LayerAudit]:
    """The audits of layers whose gradients are complete, in their order of execution."""
    honesty = Honesty(worst=worst_case)
    for watch in watches:
        watch.finish()
    ordered = sorted(watches, key=lambda watch: watch.order)
    dockets = {id(watch): list(dockets_of(watch)) for watch in ordered}
    expect([docket for own in dockets.values() for docket in own], honesty)
    return [_audit(watch, dockets[id(watch)], honesty) for watch in ordered]


def _audit(watch: Watch, dockets: Sequence[Docket], honesty: Honesty) -> LayerAudit:
    found = Rows(watch, honesty)
    for docket in dockets:
        found.of_sample(docket)
    found.of_features()
    verdict, says = _verdict(found, watch)
    return LayerAudit(
        name=watch.name,
        kind=watch.capture.kind,
        like=watch.capture.like,
        level=watch.level,
        shape=watch.shape,
        dtype=str(watch.dtype).removeprefix("torch."),
        eps=watch.capture.eps,
        verdict=verdict,
        says=says,
        call=watch.call,
        num_groups=watch.capture.num_groups,
        rows=tuple(found.rows),
        checked=_checked(watch),
        numbers=watch.numbers,
        dead=watch.dead,
        near_constant=watch.near_constant,
    )


def _checked(watch: Watch) -> int:
    sample = watch.backward or watch.forward
    return len(sample.chosen) if sample else 0


def _verdict(found: Rows, watch: Watch) -> tuple[str, str]:
    """Pass, fault or undecided, with the sentence."""
    worst = found.worst
    if worst is not None or watch.capture.fault:
        return FAULT, watch.capture.fault or (_said(worst) if worst else "")
    unneeded = {name: why for name, why in watch.missing.items() if why.startswith(UNNEEDED)}
    reasons = {**found.open, **{name: why for name, why in watch.missing.items() if name not in unneeded}}
    if reasons:
        return UNDECIDED, "; ".join(_by_reason(reasons))
    return PASS, "; ".join(dict.fromkeys([*found.notes, *_by_reason(unneeded)]))


def _by_reason(reasons: Mapping[str, str]) -> Iterator[str]:
    """Each reason once, with the quantities that it is given for."""
    for why in dict.fromkeys(reasons.values()):
        yield f"{', '.join(name for name, own in reasons.items() if own == why)}: {why}"


def _said(row: Row) -> str:
    where = f" ({row.case})" if row.case.startswith("channel ") else ""
    return f"{row.says if row.says.startswith(f'the {row.quantity}') else f'{row.quantity}: {row.says}'}{where}"
