"""Signals in networks at random initialization: activations, gradients, and what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from verify.errors import VerifyError
from verify.experiments.datasets import Dataset, dataset
from verify.experiments.outcome import Outcome, Result
from verify.experiments.progress import Progress
from verify.experiments.signals import channels, gradient, own, pictures, similarity, steps, variance
from verify.experiments.signals.runs import Setup, drawn
from verify.experiments.signals.settings import Settings, settings_of
from verify.experiments.store import Store
from verify.threads import one_thread

PARTS = {"variance": variance, "similarity": similarity, "gradient": gradient, "channels": channels, "steps": steps}
DRAW = {
    "variance": pictures.draw_variance,
    "similarity": pictures.draw_similarity,
    "gradient": pictures.draw_gradient,
    "channels": pictures.draw_channels,
    "steps": pictures.draw_steps,
}


def signals(
    model: Any = None,
    *,
    inputs: Any = None,
    loss: Any = None,
    shape: Sequence[int] | None = None,
    vocabulary: int | None = None,
    arguments: Mapping[str, Any] | None = None,
    data: Path | str | None = None,
    folder: Path | str | None = None,
    quick: bool = False,
    quiet: bool = True,
    fresh: bool = False,
    **settings: Any,
) -> Result:
    """Measures activations and gradients of networks at random initialization, and judges what is claimed of them.

    >>> signals(measure=("gradient",), norm=("batchnorm",), quick=True).ok
    True

    Without a model these are plain and residual CNNs, and fully connected networks where theory is about these. A model
    is a module, a factory, (module, batch) or (module, batch, loss), as for `workload_of`, with `inputs` for the batch;
    a factory that takes `norm` is compared over them. The other settings are the fields of `Settings`: norm, measure,
    depth, width, group_size, seeds, batch, dataset, seed. With a folder the runs are kept there, pictures and
    signals.json are written, and an interrupted experiment goes on. Sources: Lubana, Dick and Tanaka 2021; Bjorck et
    al. 2018; Yang et al. 2019; Daneshmand et al. 2020. Raises VerifyError for settings that make no sense.
    """
    start = time.perf_counter()
    chosen = settings_of(quick=quick, **settings)
    given = {"inputs": inputs, "loss": loss, "shape": shape, "vocabulary": vocabulary, "arguments": arguments}
    progress = Progress(quiet)
    if model is not None:
        made = own.measured(model, given, chosen, folder, fresh, progress)
    elif any(value is not None for value in given.values()):
        raise VerifyError("a batch, a loss and arguments are for a model; give one, or leave them out")
    else:
        with one_thread():
            made = _built_in(chosen, data, folder, fresh, progress)
    described, numbers, outcomes, figures = made
    result = Result("signals", described, numbers, tuple(outcomes), tuple(figures), time.perf_counter() - start)
    if folder is not None:
        result.save(Path(folder) / "signals.json")
    return result


def _built_in(
    settings: Settings, data: Path | str | None, folder: Path | str | None, fresh: bool, progress: Progress
) -> tuple[dict[str, Any], dict[str, Any], list[Outcome], list[str]]:
    images = images_of(settings, data)
    store = Store(folder, settings.of_runs({"data": None if data is None else str(data)}), fresh=fresh)
    setup = Setup(settings, images, store, progress)
    numbers: dict[str, Any] = {}
    outcomes, figures = [], []
    for measure in settings.measure:
        numbers[measure] = PARTS[measure].measure(setup)
        found = PARTS[measure].judge(numbers[measure], settings)
        outcomes += found
        if folder is not None and numbers[measure]:
            path = Path(folder) / f"{measure}.png"
            DRAW[measure](path, numbers[measure], settings, found)
            figures.append(str(path))
    if not outcomes:
        raise VerifyError(f"nothing is claimed of {', '.join(settings.norm)} alone; add none and batchnorm to --norm")
    return settings.as_json(), numbers, outcomes, figures


def images_of(settings: Settings, data: Path | str | None) -> Dataset:
    """The images of the settings, or as many random ones of 8 x 8 pixels, with random labels."""
    if settings.dataset != "random":
        return dataset(settings.dataset, data)
    if data is not None:
        raise VerifyError("random images need no folder; --data is the folder of --dataset cifar10")
    generator = torch.Generator().manual_seed(drawn("images", settings.seed))
    images = torch.randn(1024, 3, 8, 8, generator=generator)
    return Dataset("random", images, torch.randint(10, (1024,), generator=generator), 10)
