"""Lemma 4.5 on trained networks: the same start, trained without batch normalization and with it at each epsilon."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from verify.errors import VerifyError
from verify.experiments.datasets import Dataset, dataset
from verify.experiments.initialization.measure import network
from verify.experiments.initialization.outcomes import outcomes
from verify.experiments.networks.perceptron import perceptron
from verify.experiments.outcome import Result
from verify.experiments.progress import Progress
from verify.experiments.store import Store
from verify.threads import one_thread
from verify.workload import Workload, generic_loss, workload_of

SMOOTHING = 0.1
"""Labels are smoothed so that the loss has an optimum: without it the weights of the last layer grow for ever."""
DTYPES = (torch.float64, torch.float32)


def initialization(
    model: Any = None,
    *,
    images: str | Dataset = "digits",
    data: Path | str | None = None,
    steps: int = 400,
    rate: float = 0.01,
    batch: int = 256,
    seeds: Sequence[int] = (0, 1, 2),
    eps: Sequence[float] = (0.0, 1e-5),
    layers: int = 3,
    width: int = 32,
    dtype: torch.dtype = torch.float64,
    arguments: Mapping[str, Any] | None = None,
    folder: Path | str | None = None,
    fresh: bool = False,
    quiet: bool = True,
) -> Result:
    """Trains networks, and checks scale invariance and Lemma 4.5 at their optima.

    >>> initialization(steps=20, seeds=(0,), layers=1).ok
    True

    `model` is a module or a factory of one for the images, or a factory that returns (model, batch, loss); by default
    a perceptron with `layers` hidden layers. Numbers and pictures are kept in `folder`, from which an interrupted call
    goes on. Source: Santurkar et al. 2018, Lemma 4.5. Raises VerifyError for what can't be trained.
    """
    began = time.perf_counter()
    _refuse(steps, rate, seeds, eps, layers, width, dtype)
    settings = {
        "model": "perceptron" if model is None else _name(model),
        "arguments": dict(arguments or {}), "images": images if isinstance(images, str) else images.name,
        "data": None if data is None else str(data), "steps": steps, "rate": rate, "batch": batch,
        "seeds": list(seeds), "eps": list(eps), "dtype": str(dtype).removeprefix("torch."),
    }  # fmt: skip
    if model is None:
        settings |= {"layers": layers, "width": width}
    source = _Source(model, images, data, batch, (layers, width), dtype, arguments or {})
    store, progress = Store(folder, settings, fresh=fresh), Progress(quiet)
    with one_thread() if model is None else nullcontext():
        found = []
        for seed in seeds:
            for each in (None, *eps):
                kind = "none" if each is None else f"eps={each!r}"

                def work(checkpoint: Any, seed: int = seed, each: float | None = each) -> dict:
                    return network(source.workload(seed), each, seed, steps, rate, checkpoint, progress)

                found.append(store.run(f"seed={seed}-{kind}", work))
    said = tuple(outcomes(found))
    figures: tuple[str, ...] = ()
    if store.folder is not None:
        from verify.experiments.initialization.pictures import pictures

        figures = tuple(str(path) for path in pictures(store.folder, found, said))
    result = Result("initialization", store.settings, {"networks": found}, said, figures, time.perf_counter() - began)
    if store.folder is not None:
        result.save(store.folder / "result.json")
    return result



def _refuse(
    steps: int, rate: float, seeds: Sequence[int], eps: Sequence[float], layers: int, width: int, dtype: torch.dtype
) -> None:
    """Settings that make no sense, in a line."""
    if steps < 1 or layers < 1 or width < 1:
        raise VerifyError(f"steps, layers and width are at least 1, not {steps}, {layers} and {width}")
    if not 0 < rate < float("inf"):
        raise VerifyError(f"the rate {rate:g} is no step size; give one such as 0.01")
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise VerifyError(f"the seeds {', '.join(map(str, seeds)) or '()'} are not different whole numbers from 0 on")
    if not eps or not all(0 <= each < float("inf") for each in eps) or len(set(eps)) < len(eps):
        raise VerifyError(f"epsilon {', '.join(f'{each:g}' for each in eps)}: give different numbers of at least 0")
    if dtype not in DTYPES:
        raise VerifyError(f"{dtype} is too narrow to train near an optimum; give float64 or float32")


def _name(model: Any) -> str:
    return getattr(model, "__name__", type(model).__name__)


class _Source:
    """Where the networks come from: each seed's start, its batch and its loss."""

    def __init__(
        self,
        model: Any,
        images: str | Dataset,
        data: Path | str | None,
        batch: int,
        sizes: tuple[int, int],
        dtype: torch.dtype,
        arguments: Mapping[str, Any],
    ) -> None:
        self.model, self.images, self.data, self.size = model, images, data, batch
        self.sizes, self.dtype, self.arguments = sizes, dtype, arguments

    def workload(self, seed: int) -> Workload:
        """The model of this seed, in training mode, before it is trained."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            found = self._own(seed) if self.model is not None else None
            work = found if found is not None else self._on_images(seed)
        model = copy.deepcopy(work.model).to(self.dtype).train()
        args = tuple(self._cast(each) for each in work.args)
        kwargs = {name: self._cast(each) for name, each in work.kwargs.items()}
        return replace(work, model=model, args=args, kwargs=kwargs)

    def _cast(self, value: Any) -> Any:
        return value.to(self.dtype) if isinstance(value, torch.Tensor) and value.is_floating_point() else value

    def _own(self, seed: int) -> Workload | None:
        """The workload with its own batch and loss; None for a model that is to be trained on the images."""
        probe = workload_of(self.model, torch.zeros(1), seed=seed, arguments=self.arguments)
        own = probe.loss is not generic_loss
        try:
            work = workload_of(self.model, seed=seed, arguments=self.arguments)
        except VerifyError:
            if own:
                raise
            return None
        if not own:
            raise VerifyError(f"{work.name} comes with a batch and no loss to train on; return (model, batch, loss)")
        return work

    def _on_images(self, seed: int) -> Workload:
        self.images = self.images if isinstance(self.images, Dataset) else dataset(self.images, self.data)
        images, labels = self.images.batch(torch.Generator().manual_seed(seed), self.size)
        count, (layers, width), classes = images[0].numel(), self.sizes, self.images.classes

        def loss(output: torch.Tensor) -> torch.Tensor:
            return nn.functional.cross_entropy(output, labels, label_smoothing=SMOOTHING)

        made = self.model if self.model is not None else (lambda: perceptron(count, classes, (width,) * layers))
        name = "perceptron" if self.model is None else _name(self.model)
        work = workload_of(made, images, loss, seed=seed, arguments=self.arguments)
        return replace(work, name=name)
