"""What is expected of the samples of all layers; those of one shape together, which costs hardly more than one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import torch

from verify.assertions.expected import Expected, Honesty, expected_of
from verify.assertions.judge import fault_of
from verify.audits.observation.watch import Watch
from verify.audits.statistics.long import (
    Channels,
    Spots,
    Totals,
    channels_of,
    expected_at,
    expected_total,
    is_long,
    joined_channels,
    rows_of,
    spots_of,
    totals_of,
)
from verify.audits.statistics.sample import Sample

TOGETHER = 2**18
TOGETHER_LONG = 2**20
"""How many numbers are evaluated at once."""


@dataclass
class Docket:
    """A sample of a layer, what is expected of it, and the dtype in which the layer computed it."""

    watch: Watch
    sample: Sample
    due: dict[str, Expected] = field(default_factory=dict)
    found: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def long(self) -> bool:
        """Whether some entries of each channel are judged, in `found` (see `verify.audits.statistics.long`)."""
        return is_long(self.watch.capture.like, self.watch.frame.count)


def dockets_of(watch: Watch) -> Iterator[Docket]:
    for sample in (watch.forward, watch.backward):
        if sample is not None and sample.values:
            yield Docket(watch, _in_one_dtype(sample, watch.dtype))


def _in_one_dtype(sample: Sample, dtype: torch.dtype) -> Sample:
    """The sample in the dtype in which the layer computes, where autocast converts its input first."""
    case = sample.case
    if case.x.dtype == dtype:
        return sample
    return replace(sample, case=replace(case, x=case.x.to(dtype), grad_output=case.grad_output.to(dtype)))


def expect(dockets: Iterable[Docket], honesty: Honesty) -> None:
    """What is expected of all samples, those of one shape together."""
    able = [each for each in dockets if each.watch.running is None and not fault_of(each.sample.case)]
    _expect_long([docket for docket in able if docket.long], honesty)
    alike: dict[tuple, list[Docket]] = {}
    for docket in able:
        if docket.long:
            continue
        case = docket.sample.case
        key = (case.arrangement.layer.name, case.arrangement.shape, case.arrangement.inner, case.x.dtype, case.x.device)
        for name in docket.sample.values:
            alike.setdefault((*key, name), []).append(docket)
    for (*_, name), group in alike.items():
        width = max(1, TOGETHER // max(1, group[0].sample.case.x.numel()))
        for start in range(0, len(group), width):
            part = group[start : start + width]
            found = expected_of([docket.sample.case for docket in part], name, honesty)
            for docket, due in zip(part, found, strict=True):
                docket.due[name] = due


def _expect_long(dockets: Iterable[Docket], honesty: Honesty) -> None:
    """What is expected of channels of many numbers, those of the same number together."""
    alike: dict[tuple, list[tuple[Docket, Channels, Totals, Spots]]] = {}
    for docket, own, known in _with_totals_of(dockets, honesty):
        case = docket.sample.case
        for name, value in docket.sample.values.items():
            if value.dim() == 1:
                docket.found[name], docket.due[name] = value, expected_total(known, name, case.x.dtype, honesty)
                continue
            spots = spots_of(own, known, name, rows_of(value))
            docket.found[name] = spots.found
            alike.setdefault((name, own.count, case.x.dtype, case.x.device), []).append((docket, own, known, spots))
    for (name, _, dtype, _), group in alike.items():
        found = expected_at([(own, known, spots) for _, own, known, spots in group], name, dtype, honesty)
        for (docket, *_), due in zip(group, found, strict=True):
            docket.due[name] = due


def _with_totals_of(dockets: Iterable[Docket], honesty: Honesty) -> Iterator[tuple[Docket, Channels, Totals]]:
    """The channels of each docket and their sums, taken of many dockets at once: that is less work by far."""
    alike: dict[tuple, list[tuple[Docket, Channels]]] = {}
    for docket in dockets:
        own, dtype = channels_of(docket.sample.case), docket.sample.case.x.dtype
        alike.setdefault((own.count, own.eps, dtype, own.y.device), []).append((docket, own))
    for (count, _, dtype, _), group in alike.items():
        width = max(1, TOGETHER_LONG // (count * max(len(own.y) for _, own in group)))
        for start in range(0, len(group), width):
            part = group[start : start + width]
            joined = totals_of(joined_channels([own for _, own in part]), honesty.model(dtype, second=False))
            for (docket, own), known in zip(part, joined.split([len(own.y) for _, own in part]), strict=True):
                yield docket, own, known
