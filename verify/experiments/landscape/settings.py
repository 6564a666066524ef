"""What `verify landscape` measures, and how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from verify.errors import VerifyError
from verify.experiments.networks.normalizers import ACTIVATIONS, WEIGHTS

MEASURES = ("range", "smoothness", "shift", "noise", "norms", "divergence", "theorem")
PLAIN, NORMALIZED, NOISY = "none", "batchnorm", "noisy-batchnorm"
LENGTHS = ("l1-batchnorm", "l2-batchnorm", "linf-batchnorm")


@dataclass(frozen=True)
class Settings:
    """The numbers of an experiment.

    `steps` of gradient descent, measured at every `every`-th; `points` step sizes along a direction; `repeats` seeds,
    beginning at `seed`; `channels` of a layer in which theorems are compared. `lr` and `depth` are None where each
    network has its own. `lrs` and `depths` are those of the map of divergence.
    """

    measures: tuple[str, ...] = MEASURES
    norms: tuple[str, ...] = ()
    steps: int = 50
    every: int = 5
    points: int = 5
    repeats: int = 5
    lr: float | None = None
    depth: int | None = None
    width: int = 8
    batch_size: int = 64
    seed: int = 0
    channels: int = 4
    dataset: str = "digits"
    data: str | None = None
    lrs: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    depths: tuple[int, ...] = (3, 6, 12)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def kept_apart(self) -> dict[str, Any]:
        """What two runs in one folder have to agree in: everything but which runs there are."""
        left_out = ("measures", "norms", "repeats", "lrs", "depths")
        return {name: value for name, value in asdict(self).items() if name not in left_out}


QUICK = {"steps": 10, "every": 5, "points": 3, "depth": 4, "width": 4, "batch_size": 32, "channels": 2} | {
    "lrs": (0.01, 0.3, 3.0),
    "depths": (3, 8),
}
"""Smaller, so that it takes seconds: to see that everything works, more than to learn something."""


def settings_of(*, quick: bool = False, **given: Any) -> Settings:
    """The settings that were asked for; None means the default. Raises VerifyError for what can't be."""
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = Settings(**{**(QUICK if quick else {}), **chosen})
    for name in ("measures", "norms", "lrs", "depths"):
        object.__setattr__(settings, name, tuple(dict.fromkeys(getattr(settings, name))))
    refuse(settings)
    return settings


def refuse(settings: Settings) -> None:
    """Raises VerifyError for settings that make no sense, with what would."""
    _known("measure", settings.measures, MEASURES)
    if not settings.measures:
        raise VerifyError(f"there is nothing to measure; choose from {', '.join(MEASURES)}")
    counts = ("steps", "every", "points", "repeats", "width", "channels")
    for name in counts:
        if getattr(settings, name) < 1:
            raise VerifyError(f"--{name} {getattr(settings, name)} is too few; give at least 1")
    if settings.batch_size < 2:
        raise VerifyError(f"--batch {settings.batch_size} has no variance to normalize by; give at least 2")
    for depth in (*settings.depths, *([] if settings.depth is None else [settings.depth])):
        if depth < 1:
            raise VerifyError(f"--depth {depth} is no depth; give at least 1")
    for lr in (*settings.lrs, *([] if settings.lr is None else [settings.lr])):
        if not (isfinite(lr) and lr > 0):
            raise VerifyError(f"--lr {lr} is no learning rate; give a positive number such as 0.1")
    if settings.seed < 0:
        raise VerifyError(f"--seed {settings.seed} is negative; give 0 or more")
    if settings.data is not None and not Path(settings.data).exists():
        raise VerifyError(f"there is no folder {settings.data}")


def refuse_unknown_norms(settings: Settings) -> None:
    """Raises VerifyError for a normalization that the built-in networks don't have."""
    _known("norm", settings.norms, (*ACTIVATIONS, *WEIGHTS))


def _known(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise VerifyError(f"--{what} {name} is not known; choose from {', '.join(known)}")
