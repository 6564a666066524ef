"""Which networks are trained for which measures, and their runs, made now or taken from the folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from verify.experiments.landscape import noise
from verify.experiments.landscape.families import Family
from verify.experiments.landscape.settings import LENGTHS, NOISY, NORMALIZED, PLAIN, Settings
from verify.experiments.landscape.training import Plan, train
from verify.experiments.progress import Progress
from verify.experiments.store import Checkpoint, Numbers, Store

AS_IT_IS = "as it is"
Runs = Mapping[str, Mapping[str, list[Numbers]]]
"""By family and normalization, one for each seed."""


@dataclass(frozen=True)
class Job:
    """One network to train, and what to measure of it."""

    family: Family
    norm: str
    seed: int
    parts: tuple[str, ...]

    @property
    def key(self) -> str:
        return "-".join([self.family.name, self.norm, f"seed{self.seed}", *self.parts])


def norms_of(family: Family, settings: Settings) -> tuple[str, ...]:
    """The normalizations that the landscape is compared for; that without comes first."""
    if not family.compared:
        return (AS_IT_IS,)
    return tuple(dict.fromkeys((PLAIN, *(settings.norms or (NORMALIZED,)))))


def jobs_of(families: list[Family], settings: Settings) -> list[Job]:
    """All runs but those of the map of divergence."""
    found = []
    for family in families:
        for norm in _trained(family, settings):
            for number in range(settings.repeats if family.compared else 1):
                parts = tuple(_parts(family, norm, settings, first=number == 0))
                if parts or norm not in norms_of(family, settings) or {"noise", "norms"} & set(settings.measures):
                    found.append(Job(family, norm, settings.seed + number, parts))
    return found


def _trained(family: Family, settings: Settings) -> tuple[str, ...]:
    measures = set(settings.measures)
    found: list[str] = []
    if measures & {"range", "smoothness", "shift", "theorem"}:
        found += norms_of(family, settings)
    if family.name == "vgg":
        found += [PLAIN, NORMALIZED, NOISY] if "noise" in measures else []
        found += [PLAIN, NORMALIZED, *LENGTHS] if "norms" in measures else []
    return tuple(dict.fromkeys(found))


def _parts(family: Family, norm: str, settings: Settings, first: bool) -> Iterator[str]:
    """What is measured in a run: the theorem only in the first, of every layer that it is about."""
    measures = set(settings.measures)
    landscape = norm in norms_of(family, settings)
    along = measures & {"range", "smoothness"}
    if (along and landscape) or ("norms" in measures and norm in (PLAIN, NORMALIZED, *LENGTHS)):
        yield "walk"
    if landscape and "smoothness" in measures:
        yield "random"
    if landscape and "shift" in measures:
        yield "shift"
    if first and "theorem" in measures and landscape and norm in (NORMALIZED, AS_IT_IS):
        yield "theorem"
    if first and "noise" in measures and norm == NOISY:
        yield "noise"


def run_all(jobs: list[Job], settings: Settings, store: Store, progress: Progress) -> Runs:
    """Every run; those that are in the folder are taken from there."""
    found: dict[str, dict[str, list[Numbers]]] = {}
    for job in progress.over(jobs, "networks", len(jobs)):
        runs = found.setdefault(job.family.name, {}).setdefault(job.norm, [])
        runs.append(store.run(job.key, Work(job, settings, progress)))
    return found


@dataclass(frozen=True)
class Work:
    """What makes the numbers of one job."""

    job: Job
    settings: Settings
    progress: Progress

    def __call__(self, checkpoint: Checkpoint) -> Numbers:
        job, settings = self.job, self.settings
        session = job.family.start(job.norm, job.family.depth, job.seed)
        label = f"{job.family.name} {job.norm}, seed {job.seed}"
        plan = replace(plan_of(settings, job.family.lr, job.seed, label), parts=job.parts)
        numbers: dict[str, Any] = train(session, plan, checkpoint, self.progress)
        if "noise" in job.parts:
            numbers["statements"] = noise.statements(session(plan.steps), job.seed)
        return numbers


def plan_of(settings: Settings, lr: float, seed: int, label: str) -> Plan:
    """A plan that measures nothing yet."""
    points, channels = settings.points, settings.channels
    return Plan(label, lr, settings.steps, settings.every, seed, points=points, channels=channels)


def theorem_records(runs: Runs) -> list[Numbers]:
    """Every record in which the theorem was measured."""
    every = (run for networks in runs.values() for own in networks.values() for run in own)
    return [record for run in every for record in run["records"] if "theorem" in record]
