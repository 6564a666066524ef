"""The networks that are measured: the built-in ones, and a person's own."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import torch
from torch import nn

from verify.errors import VerifyError
from verify.experiments.datasets import Dataset
from verify.experiments.landscape.settings import Settings
from verify.experiments.networks.deep_linear import DeepLinear, gaussian_data
from verify.experiments.networks.vgg import VGG
from verify.workload import Workload, workload_of

INPUTS, OUTPUTS = 8, 4
"""Of the deep linear network."""
Session = Callable[[int], Workload]
"""The workload of each step: always the same model, with that step's batch."""


@dataclass(frozen=True)
class Family:
    """Networks that differ in their normalization, depth and seed. `start(norm, depth, seed)` makes one.

    `compared` says whether there are several normalizations to compare; else there is one network, as it came.
    `deep` says whether the depth can be chosen. `constant` is the loss of the best constant output, where it is known.
    """

    name: str
    title: str
    lr: float
    depth: int | None
    start: Callable[[str, int | None, int], Session]
    compared: bool = True
    deep: bool = True
    constant: float = inf


def vgg(settings: Settings, dataset: Dataset) -> Family:
    """The built-in VGG on mini-batches of a dataset, with the cross-entropy."""

    def start(norm: str, depth: int | None, seed: int) -> Session:
        image = (int(dataset.images.shape[1]), int(dataset.images.shape[2]), int(dataset.images.shape[3]))
        sizes = {"depth": depth or 6, "width": settings.width, "image": image, "classes": dataset.classes}
        model = VGG(norm, **sizes, seed=seed)

        def at(step: int) -> Workload:
            images, labels = dataset.batch(_generator(seed, step), settings.batch_size)
            return Workload(model, (images,), {}, lambda output: nn.functional.cross_entropy(output, labels), "VGG")

        return at

    shares = torch.bincount(dataset.labels, minlength=dataset.classes).double() / len(dataset.labels)
    entropy = float(torch.special.entr(shares).sum())
    title = f"VGG on {dataset.name}"
    return Family("vgg", title, settings.lr or 0.1, settings.depth or 6, start, constant=entropy)


def deep_linear(settings: Settings) -> Family:
    """The built-in deep linear network on one batch of normal numbers, with half the mean squared error."""

    def start(norm: str, depth: int | None, seed: int) -> Session:
        sizes = {"inputs": INPUTS, "width": 2 * settings.width, "outputs": OUTPUTS}
        model = DeepLinear(norm, depth=depth or 8, **sizes, seed=seed)
        x, target = gaussian_data(settings.batch_size, INPUTS, OUTPUTS, seed)

        def loss(output: torch.Tensor) -> torch.Tensor:
            return (output - target).square().sum(1).mean() / 2

        return lambda step: Workload(model, (x,), {}, loss, "the deep linear network")

    lr, depth = settings.lr or 0.03, settings.depth or 8
    return Family("linear", "deep linear network", lr, depth, start, constant=OUTPUTS / 2)


def own(
    found: Any,
    settings: Settings,
    *,
    batch: Any = None,
    loss: Any = None,
    shape: Sequence[int] | None = None,
    vocabulary: int | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Family:
    """A person's model on its batch. Where the factory takes `norm` or `depth`, it is called with them."""
    takes = _parameters(found)
    factory = callable(found) and not isinstance(found, nn.Module)
    compared = "norm" in takes and "norm" not in (arguments or {})
    if settings.norms and not compared:
        raise VerifyError("--norm is for factories that take an argument `norm`; this one is measured as it is")

    def start(norm: str, depth: int | None, seed: int) -> Session:
        given = dict(arguments or {})
        given |= {"norm": norm} if compared else {}
        given |= {"depth": depth} if depth is not None else {}
        made = found if factory else copy.deepcopy(found)
        workload = workload_of(made, batch, loss, shape=shape, vocabulary=vocabulary, seed=seed, arguments=given)
        if not workload.model.training:
            workload.model.train()
        return lambda step: workload

    name = getattr(found, "__name__", type(found).__name__)
    deep = "depth" in takes and "depth" not in (arguments or {})
    if settings.depth is not None and not deep:
        raise VerifyError("--depth is for factories that take an argument `depth`; this one has the depth that it has")
    return Family("own", name, settings.lr or 0.1, settings.depth if deep else None, start, compared, deep)


def _parameters(found: Any) -> tuple[str, ...]:
    if isinstance(found, nn.Module | tuple | list) or not callable(found):
        return ()
    try:
        return tuple(inspect.signature(found).parameters)
    except (TypeError, ValueError):
        return ()


def _generator(seed: int, step: int) -> torch.Generator:
    """Another one for each seed and step, so that a run that goes on draws what it would have drawn."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)
