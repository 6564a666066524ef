"""The runs of a measurement: each network for each seed, kept as soon as it is done."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from verify.experiments.datasets import Dataset
from verify.experiments.progress import Progress
from verify.experiments.signals.settings import Settings
from verify.experiments.store import Numbers, Store


@dataclass(frozen=True)
class Setup:
    """What every measurement is given."""

    settings: Settings
    data: Dataset
    store: Store
    progress: Progress

    @property
    def channels(self) -> int:
        return self.data.images.shape[1]

    def batch(self, seed: int, size: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Images and labels, drawn for this seed."""
        generator = torch.Generator().manual_seed(drawn("batch", self.settings.seed, seed))
        return self.data.batch(generator, size or self.settings.batch)

    def collected(self, label: str, works: Mapping[str, Callable[[int], Numbers]]) -> dict[str, list[Numbers]]:
        """For each name its numbers, one for each seed: those that were kept, or what the work returns for the seed."""
        pairs = [(name, seed) for name in works for seed in range(self.settings.seeds)]
        found: dict[str, list[Numbers]] = {name: [] for name in works}
        for name, seed in self.progress.over(pairs, label, total=len(pairs)):
            key = f"{label} {name} seed {seed}"
            found[name].append(filled(self.store.run(key, lambda _, name=name, seed=seed: works[name](seed))))
        return found


def filled(value: Any) -> Any:
    """Numbers as they were: NaN for None, which stands in JSON for what is no finite number."""
    if isinstance(value, dict):
        return {name: filled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each) for each in value]
    return math.nan if value is None else value


def drawn(*parts: Any) -> int:
    """A seed of its own for everything that is drawn: the same for the same names and numbers, on every machine."""
    text = " ".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def column(runs: Iterable[Numbers], name: str) -> list[Any]:
    """One number, or list, of each run."""
    return [run[name] for run in runs]


def mean_of(lists: Iterable[list[float]]) -> list[float]:
    """Entry by entry, over runs."""
    return torch.tensor(list(lists), dtype=torch.float64).mean(0).tolist()
