"""One network: trained from its start, and everything that the lemma says measured on what came out."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from verify.experiments.initialization import ray, rounding
from verify.experiments.initialization.geometry import measured, nested
from verify.experiments.initialization.premise import premises
from verify.experiments.initialization.subject import Layer, layers_of
from verify.experiments.initialization.training import trained
from verify.experiments.progress import Progress
from verify.experiments.store import Checkpoint, Numbers
from verify.workload import Workload

DRAWS = 60
"""Starts drawn until one has a negative overlap: each has one with probability about 1/2."""


def network(
    work: Workload, eps: float | None, seed: int, steps: int, rate: float, checkpoint: Checkpoint, progress: Progress
) -> Numbers:
    """Trains the model, with this epsilon or without normalization, and measures it at its optimum."""
    layers = layers_of(work)
    starts = {layer.name: _weight(work, layer) for layer in layers}
    label = f"seed {seed}, " + ("no normalization" if eps is None else f"epsilon {eps:g}")
    history = trained(work, eps, steps, rate, checkpoint, progress, label)
    numbers: Numbers = {"seed": seed, "eps": eps, "history": history, "finite": _finite(work, history)}
    if not numbers["finite"]:
        return numbers
    numbers |= {"layers": [_layer(work, layer, starts[layer.name], seed) for layer in layers]}
    numbers |= {"nested": nested([(starts[layer.name], _weight(work, layer)) for layer in layers])}
    numbers |= {"along": ray.along(work, layers, eps)}
    return numbers | (_without(work, layers) if eps is None else _with(work, layers, eps, starts))


def _weight(work: Workload, layer: Layer) -> torch.Tensor:
    weight = work.model.get_submodule(layer.name).weight
    if not isinstance(weight, torch.Tensor):
        raise TypeError(f"{layer.name} has no weight")
    return weight.detach().clone()


def _finite(work: Workload, history: list[list[float]]) -> bool:
    parameters = all(bool(each.isfinite().all()) for each in work.model.parameters())
    return parameters and all(math.isfinite(number) for number in history[-1])


def _layer(work: Workload, layer: Layer, start: torch.Tensor, seed: int) -> Numbers:
    """The lemma for one layer and three starts: its own, the opposite one, and one drawn with a negative overlap."""
    optimum = _weight(work, layer)
    numbers: Numbers = {"name": layer.name, "norm": layer.norm, "shape": list(optimum.shape), "starts": {}}
    if not optimum.any():
        return numbers
    starts = {"its own": start, "opposite": -start, "drawn": _drawn(start, optimum, seed)}
    return numbers | {"starts": {name: measured(each, optimum) for name, each in starts.items()}}


def _drawn(start: torch.Tensor, optimum: torch.Tensor, seed: int) -> torch.Tensor:
    """A start of normal numbers as large as the first one's, that has a negative overlap with the optimum."""
    generator = torch.Generator().manual_seed(seed)
    deviation = float(start.double().square().mean().sqrt()) or 1.0
    drawn = start
    for _ in range(DRAWS):
        drawn = deviation * torch.randn(start.shape, generator=generator, dtype=torch.float64)
        if (drawn * optimum.double().cpu()).sum() < 0:
            break
    return drawn.to(start)


def _without(work: Workload, layers: Sequence[Layer]) -> Numbers:
    return {"premises": premises(work, layers)}


def _with(work: Workload, layers: Sequence[Layer], eps: float, starts: dict[str, torch.Tensor]) -> Numbers:
    nearest = {layer: k for layer in layers if (k := _nearest(starts[layer.name], _weight(work, layer))) > 0}
    factors = {layer: [*ray.OTHERS, *([nearest[layer]] if layer in nearest else [])] for layer in layers}
    found: Numbers = {
        "rounding": rounding.compared(work, factors, eps),
        "turned": ray.turned(work, layers, eps),
        "gradients": ray.gradients(work, layers, eps),
        "nearest": ray.at_nearest(work, {layer.name: k for layer, k in nearest.items()}, eps),
        "single": _single(work, factors, eps),
    }
    return found | ({"alone": ray.alone(work, layers)} if eps == 0 else {})


def _nearest(start: torch.Tensor, optimum: torch.Tensor) -> float:
    """k = <W0, W*> / |W*|^2, rounded; 0 where there is no ray."""
    w0, w = start.double().flatten(), optimum.double().flatten()
    return float(w0 @ w / (w @ w)) if w.any() else 0.0


def _single(work: Workload, factors: Mapping[Layer, Sequence[float]], eps: float) -> Numbers:
    """The same trained network, in float32."""
    single = _in_float32(work)
    return {"along": ray.along(single, tuple(factors), eps), "rounding": rounding.compared(single, factors, eps)}


def _in_float32(work: Workload) -> Workload:
    """The same in float32."""
    args = tuple(_float32(each) for each in work.args)
    kwargs = {name: _float32(each) for name, each in work.kwargs.items()}
    return replace(work, model=copy.deepcopy(work.model).float(), args=args, kwargs=kwargs)


def _float32(value: object) -> object:
    return value.float() if isinstance(value, torch.Tensor) and value.is_floating_point() else value
