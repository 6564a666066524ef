"""Small networks on which `verify signals` is tested."""

from __future__ import annotations

from typing import Any

import torch

from verify.experiments.datasets import Dataset
from verify.experiments.outcome import Outcome
from verify.experiments.progress import Progress
from verify.experiments.signals.runs import Setup
from verify.experiments.signals.settings import settings_of
from verify.experiments.store import Store

SMALL = {"width": 4, "depth": 3, "group_size": (2,), "seeds": 2, "batch": 8, "dataset": "random", "quick": True}


def setup(**more: Any) -> Setup:
    settings = settings_of(**{**SMALL, **more})
    images = torch.randn(64, 2, 5, 5, generator=torch.Generator().manual_seed(0))
    data = Dataset("random", images, torch.arange(64) % 3, 3)
    return Setup(settings, data, Store(None, {}), Progress(quiet=True))


def said(outcomes: list[Outcome], part: str) -> Outcome:
    """The one outcome whose claim has a part in it."""
    (found,) = [outcome for outcome in outcomes if part in outcome.claim]
    return found
