"""Faults in which a row gets what belongs to another: statistics, or whole rows of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch

from derive.layers import Layer
from verify.diagnosis.forward import said, statistics
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.location import as_rows, axes_of, from_rows, row_words
from verify.diagnosis.point import Change, Point, Variation
from verify.diagnosis.program import Lines, lines_of
from verify.diagnosis.residual import Residual

MOST = 64
"""Each other row is tried as the source for a single wrong one up to this number of rows."""
ROUNDINGS = 8
"""Statistics that differ by so many roundings to the dtype of storage can't be told from rounded ones."""


@dataclass(frozen=True)
class Move:
    """Row k gets what belongs to row `order[k]`; `between` and `of` say so, of each other or of another one."""

    order: tuple[int, ...]
    rows: tuple[int, ...]
    source: str

    @property
    def swap(self) -> bool:
        return not self.source


def rows(point: Point, wrong: Mapping[str, Residual]) -> Iterator[Hypothesis]:
    """Rows mixed, and statistics that are those of another row."""
    layer = point.layer
    moves = list(_moves(layer, wrong))
    for move in moves:
        yield from _of_statistics(layer, move, _telling(point, wrong, move))
    for move in moves:
        yield from _of_results(layer, move, wrong)


def _moves(layer: Layer, wrong: Mapping[str, Residual]) -> Iterator[Move]:
    full = [each for each in wrong.values() if each.got.dim() == len(layer.inputs[0].sizes)]
    if not full:
        return
    touched = as_rows(layer, torch.stack([each.where for each in full]).any(0)).any(1)
    count, found = len(touched), touched.nonzero().flatten().tolist()
    noun, own = axes_of(layer).noun, list(range(count))
    if count < 2:
        return
    if len(found) == 2:
        yield Move(_swapped(own, found[0], found[1]), tuple(found), "")
    if len(found) == 1:
        for other in range(max(0, found[0] - MOST // 2), min(count, found[0] + MOST // 2)):
            if other != found[0]:
                yield Move(tuple(other if k == found[0] else k for k in own), tuple(found), f"{noun} {other}")
    if len(found) > 2 or count == 2:
        yield Move((0, *own[:-1]), tuple(own[1:]), f"the {noun} before")
        yield Move((*own[1:], count - 1), tuple(own[:-1]), f"the next {noun}")
    if len(found) > 2:
        yield Move((count - 1, *own[:-1]), tuple(own), f"the {noun} before, the first one's that of the last")
        yield Move((*own[1:], 0), tuple(own), f"the next {noun}, the last one's that of the first")
        yield Move((0,) * count, tuple(own[1:]), f"{noun} 0")
        pairs = tuple(k + 1 if k % 2 == 0 and k + 1 < count else k - 1 if k % 2 else k for k in own)
        yield Move(pairs, tuple(own), "")


def _telling(point: Point, wrong: Mapping[str, Residual], move: Move) -> frozenset[str]:
    """The statistics that differ between the rows by more than a rounding of them could."""
    unit = max(each.unit for each in wrong.values())
    values = {tensor.name: value[0].flatten() for tensor, value in point.right.items()}
    order = torch.tensor(move.order, device=point.x.device)
    size = as_rows(point.layer, point.x[0]).square().mean(1).sqrt()
    scales = {"mu": size, "s": values.get("s", size)}

    def differs(name: str) -> bool:
        own = values[name]
        return bool(((own[order] - own).abs() > ROUNDINGS * unit * scales[name]).any())

    return frozenset(name for name in scales if name in values and differs(name))


def _swapped(own: list[int], a: int, b: int) -> tuple[int, ...]:
    return tuple(b if k == a else a if k == b else k for k in own)


def _of_statistics(layer: Layer, move: Move, telling: frozenset[str]) -> Iterator[Hypothesis]:
    names = [line.tensor.name for line in statistics(layer)]
    choices = [frozenset(names), *({frozenset({"mu"}), frozenset({"s"})} if "mu" in names else ())]
    for chosen in sorted(choices, key=lambda c: (-len(c), sorted(c))):
        if not chosen & telling:
            continue
        lines = _moved(layer, chosen, move)
        what = _statistic(layer, chosen)
        who = row_words(layer, list(move.rows))
        if move.swap:
            yield _hypothesis("rows-mixed", f"{who} are mixed: each has {what} of the other", lines)
        else:
            verb = "are stale: those" if len(chosen) > 1 and "mu" in chosen else "is stale: that"
            code = "stale-mean" if chosen == {"mu"} else "stale-statistics"
            all_of = f"in {who} " if len(move.rows) < len(move.order) - 1 else ""
            yield _hypothesis(code, f"{all_of}{what} {verb} of {move.source}", lines)


def _hypothesis(code: str, sentence: str, lines: Lines) -> Hypothesis:
    return Hypothesis(code, sentence, (Variation(lines), Variation(lines, autograd=True)))


def _statistic(layer: Layer, chosen: frozenset[str]) -> str:
    if chosen == {"mu"}:
        return "the mean"
    if "mu" in chosen:
        return "the mean and the variance"
    return "the variance" if any(line.tensor.name == "var" for line in lines_of(layer)) else said(layer, "s")


def _moved(layer: Layer, chosen: frozenset[str], move: Move) -> Lines:
    """The lines in which mean and s are read from other rows; the variance of a row is about its own mean."""
    order = torch.tensor(move.order)

    def take(value: torch.Tensor) -> torch.Tensor:
        flat = value.flatten(1)
        return flat[:, order.to(value.device)].reshape(value.shape)

    lines = tuple(
        replace(line, after=take) if line.tensor.name == "s" and "s" in chosen else line for line in lines_of(layer)
    )
    return mean_after(lines, take) if "mu" in chosen else lines


def mean_after(lines: Lines, take: Change) -> Lines:
    """Another mean where values are normalized; the lines before use their own."""
    last = max(k for k, line in enumerate(lines) if line.tensor.name == "s")
    (mean,) = (line for line in lines if line.tensor.name == "mu")
    return (*lines[: last + 1], replace(mean, after=take), *lines[last + 1 :])


def _of_results(layer: Layer, move: Move, wrong: Mapping[str, Residual]) -> Iterator[Hypothesis]:
    full = [name for name, each in wrong.items() if each.got.dim() == len(layer.inputs[0].sizes)]
    order = torch.tensor(move.order)

    def take(value: torch.Tensor) -> torch.Tensor:
        taken = as_rows(layer, value[0])[order.to(value.device)]
        return from_rows(layer, taken, value[0].shape)[None]

    who = row_words(layer, list(move.rows))
    for name in full:
        sentence = f"{who} of the {name} are mixed" if move.swap else f"the {name} has in {who} that of {move.source}"
        after = Variation(after={name: take})
        yield Hypothesis("rows-mixed", sentence, (after, replace(after, autograd=True)), only=(name,))
