"""Which statistics, and which features, are judged exactly, and their numbers cut out of the whole tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch

from verify.arrangement import ROWS, arrange
from verify.assertions.case import Case
from verify.audits.observation.capture import INFERENCE, Capture
from verify.audits.statistics.frame import Frame
from verify.audits.statistics.long import is_long

ENTRIES, LONG_ENTRIES = 2**13, 2**16
"""How many numbers of a layer are judged for each quantity, where more than one statistic has so many; long ones."""
UNITS = {"batchnorm": "channel", INFERENCE: "channel", "groupnorm": "group", "instancenorm": "channel of a sample"}


def affordable(rows: int, total: int, count: int, like: str = "") -> int:
    """How many statistics of `count` numbers are judged, of `total`: one at least."""
    most = LONG_ENTRIES if is_long(like, count) else ENTRIES
    return max(1, min(rows, total, most // max(1, count)))


def choose(number: int, scores: Sequence[torch.Tensor]) -> list[int]:
    """Places with the highest scores, of each kind in turn, and then a spread over all; sorted.

    >>> choose(3, [torch.tensor([0.0, 5.0, 1.0, 0.0]), torch.tensor([0.0, 6.0, 0.0, 9.0])])
    [0, 1, 3]
    """
    total = scores[0].numel()
    number = min(number, total)
    ranked = [torch.topk(score.flatten(), number).indices.tolist() for score in scores]
    spread = [round(step * (total - 1) / max(1, number - 1)) for step in range(number)]
    found: dict[int, None] = {}
    for places in zip(*ranked, spread, strict=True):
        for place in places:
            if len(found) < number:
                found[place] = None
    return sorted(found)


@dataclass(frozen=True)
class Sample:
    """Some statistics of a layer as a case of their own, and what the layer gave on them."""

    case: Case
    values: dict[str, torch.Tensor]
    chosen: tuple[int, ...]


def cut(capture: Capture, frame: Frame, chosen: Iterable[int], **tensors: torch.Tensor | None) -> Sample:
    """The sample of the statistics at these places: x and `grad_output` as inputs, other tensors as values.

    Whatever the kind, each statistic in it has all its numbers, and the weights that belong to them.
    """
    places = torch.tensor(list(chosen), device=capture.x.device)
    parts = {name: _part(capture, frame, places, each) for name, each in tensors.items() if each is not None}
    x = _part(capture, frame, places, capture.x)
    weight, bias = (_weights(capture, frame, places, each) for each in (capture.weight, capture.bias))
    groups = len(places) if capture.like == "groupnorm" else None
    lay = arrange("batchnorm" if frame.frozen else capture.like, tuple(x.shape), groups, capture.normalized_shape)
    unit = UNITS.get(capture.like, "row")
    total = math.prod(frame.statistics)
    purpose = f"{len(places)} of {total} {_plural(unit)}"
    g = parts.pop("grad_output", None)
    upstream = torch.zeros_like(x) if g is None else g
    case = Case(lay, purpose, x, weight, bias, upstream, None, capture.eps, groups, _layout(capture.x))
    return Sample(case, parts, tuple(places.tolist()))


def channel(sample: Sample, place: int, like: str) -> Sample:
    """One channel of a sample of channels."""
    case = sample.case
    one = slice(place, place + 1)
    weight, bias = (None if each is None else each[one] for each in (case.weight, case.bias))
    x, g = case.x[:, one], case.grad_output[:, one]
    lay = arrange(like, tuple(x.shape), None, None)
    purpose = f"channel {sample.chosen[place]}"
    alone = replace(case, arrangement=lay, x=x, weight=weight, bias=bias, grad_output=g, purpose=purpose)
    values = {name: each[:, one] if each.dim() > 1 else each[one] for name, each in sample.values.items()}
    return Sample(alone, values, sample.chosen[one])


def _plural(unit: str) -> str:
    return unit.replace("channel", "channels", 1) if "channel" in unit else f"{unit}s"


def _part(capture: Capture, frame: Frame, places: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The numbers of some statistics, in a shape that the layer takes, laid out as they were."""
    value = value.detach()
    if capture.like in ROWS:
        normalized = capture.x.shape[-len(capture.normalized_shape or (0,)) :]
        return value.reshape(-1, *normalized)[places]
    if frame.per_channel:
        return _as_laid_out(value.index_select(1, places), value)
    samples, groups = frame.shape[:2]
    inside = value.reshape(samples * groups, -1, *value.shape[2:])[places]
    return _as_laid_out(inside.reshape(1, -1, *value.shape[2:]), value)


def _weights(capture: Capture, frame: Frame, places: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor | None:
    if weight is None:
        return None
    weight = weight.detach()
    if capture.like in ROWS:
        return weight.clone()
    if frame.per_channel:
        return weight.reshape(-1)[places]
    groups = frame.shape[1]
    return weight.reshape(groups, -1)[places % groups].reshape(-1)


def _layout(x: torch.Tensor) -> str:
    return "channels_last" if _channels_last(x) else "contiguous"


def _channels_last(x: torch.Tensor) -> bool:
    return x.dim() == 4 and not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last)


def _as_laid_out(part: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    last = torch.channels_last if _channels_last(whole) else torch.contiguous_format
    return part.contiguous(memory_format=last)
