"""The paper's measurements on networks as they train, with and without normalization."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from verify.errors import VerifyError
from verify.experiments.datasets import dataset
from verify.experiments.landscape import claims, pictures
from verify.experiments.landscape.divergence import divergence, outcomes
from verify.experiments.landscape.families import Family, deep_linear, own, vgg
from verify.experiments.landscape.objective import Objective
from verify.experiments.landscape.runs import Runs, jobs_of, norms_of, run_all, theorem_records
from verify.experiments.landscape.settings import (
    LENGTHS,
    MEASURES,
    NOISY,
    NORMALIZED,
    PLAIN,
    Settings,
    refuse_unknown_norms,
    settings_of,
)
from verify.experiments.outcome import Outcome, Result
from verify.experiments.progress import Progress
from verify.experiments.store import Store
from verify.extras import require
from verify.threads import one_thread

BUILT_IN = ("noise", "norms")
"""What is measured of the built-in networks only."""


def landscape(
    model: Any = None,
    *,
    batch: Any = None,
    loss: Any = None,
    shape: Sequence[int] | None = None,
    vocabulary: int | None = None,
    arguments: Mapping[str, Any] | None = None,
    folder: Path | str | None = None,
    quick: bool = False,
    quiet: bool = True,
    fresh: bool = False,
    **settings: Any,
) -> Result:
    """Trains networks, measures the landscape of their loss on the way, and judges what is claimed of it.

    >>> landscape(measures=["theorem"], steps=2, every=1, repeats=1, width=4).ok
    True

    Without a model these are the small VGG and the deep linear network. A model is a module, a factory, (module, batch)
    or (module, batch, loss), as for `workload_of`; a factory that takes `norm` is compared with and without. With a
    folder the runs are kept there, pictures and landscape.json are written, and an interrupted experiment goes on.
    The other settings are the fields of `Settings`, such as measures, steps, lr, repeats. The model itself is not
    changed. Sources: Santurkar et al. 2018; Bjorck et al. 2018. Raises VerifyError for settings that make no sense.
    """
    start = time.perf_counter()
    if model is not None:
        _refuse_for_own(settings)
        if settings.get("measures") is None:
            settings["measures"] = tuple(name for name in MEASURES if name not in BUILT_IN)
    chosen = settings_of(quick=quick, **settings)
    brought = {"batch": batch, "loss": loss, "shape": shape, "vocabulary": vocabulary}
    families = _families(model, chosen, brought, arguments)
    _try_first(families, chosen, pictures_too=folder is not None)
    described = {
        "model": None if model is None else families[0].title,
        "arguments": dict(arguments or {}),
        "input": None if shape is None else tuple(shape),
        "vocabulary": vocabulary,
    }
    store = Store(folder, {"experiment": "landscape", **described, **chosen.kept_apart()}, fresh=fresh)
    progress = Progress(quiet)
    with one_thread() if model is None else nullcontext():
        runs = run_all(jobs_of(families, chosen), chosen, store, progress)
        numbers: dict[str, Any] = {"runs": runs}
        said = claims.by_measure(families, runs, chosen)
        if "divergence" in chosen.measures:
            numbers["divergence"] = divergence(families, chosen, store, progress)
            said["divergence"] = outcomes(numbers["divergence"], families, chosen)
    figures: list[str] = []
    if folder is not None:
        with progress.step("drawing"):
            figures = list(_drawn(Path(folder), families, runs, numbers, chosen, said))
    every = tuple(outcome for measure in chosen.measures for outcome in said[measure])
    spent = time.perf_counter() - start
    result = Result("landscape", {**described, **chosen.as_json()}, numbers, every, tuple(figures), spent)
    if folder is not None:
        result.save(Path(folder) / "landscape.json")
    return result


def _try_first(families: Sequence[Family], settings: Settings, *, pictures_too: bool) -> None:
    """What can't be trained or drawn is found out before anything is written, or trained for an hour."""
    if pictures_too:
        require("matplotlib")
    for family in families:
        norm = norms_of(family, settings)[0]
        Objective(family.start(norm, family.depth, settings.seed)(0)).here()


def _refuse_for_own(settings: Mapping[str, Any]) -> None:
    """Raises VerifyError for what a person's own network can't be asked."""
    if other := [name for name in BUILT_IN if name in (settings.get("measures") or ())]:
        raise VerifyError(f"--measure {other[0]} is for the built-in networks; give --norm for your own")
    for name, option in (("dataset", "dataset"), ("data", "data"), ("batch_size", "batch"), ("width", "width")):
        if settings.get(name) is not None:
            raise VerifyError(f"--{option} is for the built-in networks; your own brings its batch and its sizes")


def _families(model: Any, settings: Settings, batch: Mapping[str, Any], arguments: Any) -> list[Family]:
    if model is not None:
        return [own(model, settings, **batch, arguments=arguments)]
    if any(value is not None for value in batch.values()) or arguments:
        raise VerifyError("a batch, a loss and arguments are for a model; give one, or leave them out")
    refuse_unknown_norms(settings)
    return [vgg(settings, dataset(settings.dataset, settings.data)), deep_linear(settings)]


def _drawn(
    folder: Path, families: list[Family], runs: Runs, numbers: Any, settings: Settings, said: pictures.Said
) -> Iterator[str]:
    """The pictures, each with its outcomes; the names of their files."""
    trained = [family for family in families if family.name in runs]
    for measure in settings.measures:
        path, own_said = folder / f"{measure}.png", said[measure]
        if _draw(path, measure, families if measure == "divergence" else trained, runs, numbers, settings, own_said):
            yield str(path)


def _draw(
    path: Path,
    measure: str,
    families: list[Family],
    runs: Runs,
    numbers: Any,
    settings: Settings,
    said: Sequence[Outcome],
) -> bool:
    """Draws one measure; False where there is nothing to see."""
    built_in = [family for family in families if family.name == "vgg"]
    match measure:
        case "range":
            pictures.draw_range(path, families, runs, settings, said)
        case "smoothness":
            pictures.draw_smoothness(path, families, runs, settings, said)
        case "shift":
            pictures.draw_shift(path, families, runs, settings, said)
        case "noise" | "norms" if built_in:
            norms = (PLAIN, NORMALIZED, *((NOISY,) if measure == "noise" else LENGTHS))
            pictures.draw_training(path, built_in[0], runs["vgg"], norms, said)
        case "divergence":
            pictures.draw_divergence(path, families, numbers["divergence"], said)
        case "theorem" if theorem_records(runs):
            pictures.draw_theorem(path, families, runs, said)
        case _:
            return False
    return True
