"""The overhead of an audit: the whole of it, judging included, beside the same step of training without it.

Both run in turn in one process, in pairs, and the median of the ratios is what counts. The step is forward and backward
of a model with random weights: no optimizer, no data loading, which would only make the ratio smaller. Processor time
is shown beside, since on a machine that others use, too, it says more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from time import perf_counter, process_time

import torch

from tests.models import images, texts
from verify.audits.audit import audit
from verify.workload import Workload, workload_of

TARGET = 1.5
"""An audited step is to take no longer than so many plain ones."""
THREADS = 2
PAIRS = 9

Made = tuple[torch.nn.Module, object]


def models(quick: bool) -> dict[str, Callable[[], Made]]:
    """The models by name; narrow ones, on small images, where it shall be quick."""
    size, width, batch = (96, 192, 16) if quick else (224, 768, 32)
    return {
        f"ResNet-50, {batch}x3x{size}x{size}": lambda: images.resnet50(size, batch),
        f"ResNet-50, 8x3x{size}x{size}": lambda: images.resnet50(size, 8),
        f"BERT, width {width}, 4 layers, 8x128": lambda: texts.bert(width, 4, 8, 128),
        f"Llama, width {width}, 4 layers, 8x128": lambda: texts.llama(width, 4, 8, 128),
    }


@dataclass(frozen=True)
class Timing:
    """Seconds and processor seconds of the plain and of the audited steps, pair by pair, and what the audit found."""

    what: str
    plain: tuple[tuple[float, float], ...]
    audited: tuple[tuple[float, float], ...]
    layers: int
    faults: int
    undecided: int

    def ratios(self, clock: int = 0) -> tuple[float, ...]:
        return tuple(b[clock] / a[clock] for a, b in zip(self.plain, self.audited, strict=True))

    @property
    def ratio(self) -> float:
        return median(self.ratios())


def measured(quick: bool = False, pairs: int | None = None) -> Iterator[Timing]:
    """The models one by one; the number of threads is put back at the end."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(THREADS)
        for what, make in models(quick).items():
            torch.manual_seed(0)
            try:
                made = make()
            except ImportError as error:
                print(f"not measured: {what} ({error})", file=sys.stderr)
                continue
            yield _timing(what, workload_of(made), pairs or (3 if quick else PAIRS))
    finally:
        torch.set_num_threads(before)


def _timing(what: str, workload: Workload, pairs: int) -> Timing:
    report = audit(workload)
    _plain(workload)  # the first step of each side allocates, and is not counted
    plain, audited = [], []
    for at in range(pairs):
        sides = [(plain, lambda: _plain(workload)), (audited, lambda: audit(workload))]
        for times, run in sides if at % 2 else sides[::-1]:
            times.append(_seconds(run))
    found = (len(report.layers), len(report.faults), len(report.undecided))
    return Timing(what, tuple(plain), tuple(audited), *found)


def _plain(workload: Workload) -> None:
    workload.step().backward()
    workload.model.zero_grad(set_to_none=True)


def _seconds(run: Callable[[], object]) -> tuple[float, float]:
    start, processor = perf_counter(), process_time()
    run()
    return perf_counter() - start, process_time() - processor


COLUMNS = ("model", "normalizations", "plain step", "audited", "ratio", "quartiles", "processor", "faults, undecided")
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"
"""The first two lines of the table; `line` gives the others."""


def line(row: Timing) -> str:
    """One row of the table."""
    ratios = row.ratios()
    low, _, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    plain, audited = (median(seconds for seconds, _ in times) for times in (row.plain, row.audited))
    ratio = f"{row.ratio:.2f} | {low:.2f} to {high:.2f} | {median(row.ratios(1)):.2f}"
    return f"| {row.what} | {row.layers} | {plain:.2f} s | {audited:.2f} s | {ratio} | {row.faults}, {row.undecided} |"


def summary(rows: list[Timing]) -> list[str]:
    """What the table comes to."""
    most = max(rows, key=lambda row: row.ratio)
    reached = "reached" if most.ratio <= TARGET else "NOT reached"
    return [
        f"largest ratio {most.ratio:.2f} ({most.what}); the target, {TARGET}, is {reached}",
        f"medians of {min(len(row.plain) for row in rows)} or more pairs in turn, {THREADS} threads",
    ]


def record(row: Timing) -> dict:
    """Every time, for machines."""
    return asdict(row) | {"ratio": row.ratio}
