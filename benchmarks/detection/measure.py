"""`python -m benchmarks detect`: how many planted faults each design of a test finds, and how often it is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import torch

from benchmarks.detection.designs import DESIGNS, Design, complaint
from tests.verify.planted import FAULTS, HONEST, KINDS
from tests.verify.planted.faults import fresh

SEEDS = 4
"""How often a design of a test that draws its inputs at random looks at an honest layer; ours has no luck to try."""


@dataclass
class Result:
    """What one design found. `missed` has a row for every planted fault that it let pass, in some dtype."""

    design: str
    faults: int = 0
    found: int = 0
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    honest: int = 0
    false_alarms: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def kinds(self) -> int:
        """The kinds of faults, of 18, that it found in every layer that can have them and in every dtype it runs in."""
        return len(set(KINDS) - {kind for kind, _, _ in self.missed})

    def record(self) -> dict:
        return {**asdict(self), "kinds": self.kinds}


def measured(seeds: int = SEEDS) -> Iterator[Result]:
    """Every design on every planted fault of the 18 kinds, and on every honest layer."""
    for design in DESIGNS:
        start = time.perf_counter()
        result = Result(design.name)
        for fault in (fault for fault in FAULTS if fault.listed):
            for dtype in design.dtypes:
                result.faults += 1
                if complaint(design, fresh(fault).call, fault.family, dtype):
                    result.found += 1
                else:
                    result.missed.append((fault.kind, fault.family, _name(dtype)))
        _honest(design, result, 1 if design is DESIGNS[0] else seeds)
        result.seconds = time.perf_counter() - start
        yield result


def _honest(design: Design, result: Result, seeds: int) -> None:
    """Layers that round their statistics to 16 bits are right only where the mean is small: they are left out there."""
    for layer in HONEST:
        for dtype in design.dtypes:
            if layer.rounded_statistics and dtype.itemsize == 2:
                continue
            for seed in range(seeds):
                result.honest += 1
                if complaint(design, layer.call, layer.family, dtype, seed):
                    result.false_alarms.append((str(layer), _name(dtype)))


def report(results: list[Result]) -> Iterator[str]:
    """The table, and what ours missed, if anything."""
    cells = [("design", "of 18 kinds", "of all", "false alarms", "seconds")]
    for each in results:
        alarms = f"{len(each.false_alarms)} of {each.honest}"
        cells.append(
            (each.design, str(each.kinds), f"{each.found} of {each.faults}", alarms, f"{each.seconds:.0f}")
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield "of 18 kinds: found in all of layer, RMS, batch and group norm that can have it, in every dtype of the design"
    for missed in results[0].missed:
        yield f"missed by {results[0].design}: {', '.join(missed)}"
    for alarm in results[0].false_alarms:
        yield f"false alarm of {results[0].design}: {', '.join(alarm)}"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
