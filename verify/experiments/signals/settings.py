"""What is measured, on which networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from verify.errors import VerifyError
from verify.experiments.networks.cnn import CNN

MEASURES = ("variance", "similarity", "gradient", "channels", "steps")
NORMS = (
    "none",
    "batchnorm",
    "layernorm",
    "instancenorm",
    "groupnorm",
    "weightnorm",
    "weight-standardization",
)
ACTIVATION_NORMS = ("batchnorm", "layernorm", "instancenorm", "groupnorm")
DATASETS = ("digits", "cifar10", "random")


@dataclass(frozen=True)
class Kind:
    """A normalization, with its group size where it has one."""

    norm: str
    group_size: int | None = None

    @property
    def label(self) -> str:
        return self.norm if self.group_size is None else f"{self.norm} {self.group_size}"

    def network(self, channels: int, classes: int, *, width: int, depth: int, **more: Any) -> CNN:
        return CNN(channels, classes, width=width, depth=depth, norm=self.norm, group_size=self.group_size, **more)


@dataclass(frozen=True)
class Settings:
    """The built-in networks and how often they are drawn; `group_size` are the sizes for group normalization."""

    norm: tuple[str, ...] = NORMS
    measure: tuple[str, ...] = MEASURES
    depth: int = 8
    width: int = 16
    group_size: tuple[int, ...] = (2, 4, 8)
    seeds: int = 8
    batch: int = 64
    dataset: str = "digits"
    seed: int = 0
    quick: bool = False

    def __post_init__(self) -> None:
        _known("normalization", self.norm, NORMS)
        _known("measure", self.measure, MEASURES)
        _known("dataset", (self.dataset,), DATASETS)
        for name, least in (("depth", 3), ("width", 2), ("seeds", 2), ("batch", 2)):
            if getattr(self, name) < least:
                raise VerifyError(f"{name} is {getattr(self, name)}; give at least {least}")
        if "groupnorm" in self.norm and not self.group_size:
            raise VerifyError("group normalization needs a group size, such as --group-size 4")
        for size in self.group_size if "groupnorm" in self.norm else ():
            if size < 1 or self.width % size:
                raise VerifyError(f"{self.width} channels can't be cut into groups of {size}; change --group-size")

    def kinds(self) -> Iterator[Kind]:
        """Every normalization, group normalization once for each size."""
        for norm in self.norm:
            yield from (Kind(norm, size) for size in self.group_size) if norm == "groupnorm" else (Kind(norm),)

    def by_group_size(self) -> list[tuple[int, Kind]]:
        """Those that normalize a group of channels of one sample, from the smallest group on."""
        sizes = {"instancenorm": 1, "layernorm": self.width}
        found = [(sizes.get(kind.norm, kind.group_size or 0), kind) for kind in self.kinds() if kind.norm in sizes]
        found += [(kind.group_size or 0, kind) for kind in self.kinds() if kind.norm == "groupnorm"]
        return sorted(found, key=lambda each: each[0])

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def of_runs(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """What the numbers of one run depend on; more norms, measures or seeds only add runs."""
        adds = ("norm", "measure", "group_size", "seeds")
        return {"experiment": "signals"} | {k: v for k, v in asdict(self).items() if k not in adds} | dict(more)


def settings_of(quick: bool = False, **given: Any) -> Settings:
    """The defaults, those of `quick`, and on top what was given; None stands for what was not."""
    small = {"depth": 5, "seeds": 4, "batch": 32, "group_size": (4,)} if quick else {}
    chosen = {**small, **{name: value for name, value in given.items() if value is not None}}
    unknown = sorted(set(chosen) - {field.name for field in fields(Settings)})
    if unknown:
        raise VerifyError(f"signals takes no {unknown[0]}")
    if quick and "group_size" not in given and "width" in chosen:
        chosen["group_size"] = _dividing(chosen["width"], chosen["group_size"])
    if not quick and "group_size" not in chosen and "width" in chosen:
        chosen["group_size"] = _dividing(chosen["width"], Settings.group_size)
    return replace(Settings(), **chosen, quick=quick) if chosen else Settings(quick=quick)


def _dividing(width: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Those of the default group sizes that fit the width."""
    return tuple(size for size in sizes if size <= width and width % size == 0) or (1,)


def _known(what: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not names:
        raise VerifyError(f"there is no {what} to measure; choose from {', '.join(known)}")
    for name in names:
        if name not in known:
            raise VerifyError(f"there is no {what} {name!r}; there are {', '.join(known)}")
