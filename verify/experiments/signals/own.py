"""The same measurements on a network that a person brings, at every layer that is called."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from verify.bounds import Model
from verify.errors import VerifyError
from verify.experiments.outcome import Outcome
from verify.experiments.progress import Progress
from verify.experiments.signals import channels, own_claims, steps
from verify.experiments.signals.identities import branch_variance
from verify.experiments.signals.measures import backward_growth, relative_loss
from verify.experiments.signals.measures import channel_moments as moments
from verify.experiments.signals.runs import drawn, filled
from verify.experiments.signals.settings import Kind, Settings
from verify.experiments.signals.similarity import described
from verify.experiments.signals.training import CHANNELS_LAST, step, trained
from verify.experiments.store import Numbers, Store
from verify.workload import Workload, workload_of

BatchNorm = nn.modules.batchnorm._BatchNorm
LAYERS = (nn.modules.conv._ConvNd, nn.Linear, BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)
CHECKED = 4
"""How many channels of each batch normalization `branch-variance` is checked on."""
Begin = Callable[[int], Workload]
Made = tuple[dict[str, Any], dict[str, Any], list[Outcome], list[str]]


@dataclass
class Seen:
    """What one forward pass showed: outputs of layers in the order of their calls, and what the last one was given."""

    names: list[str] = field(default_factory=list)
    outputs: list[torch.Tensor] = field(default_factory=list)
    last: list[bool] = field(default_factory=list)
    given: torch.Tensor | None = None
    off: list[float] = field(default_factory=list)


def measured(
    model: Any, given: Mapping[str, Any], settings: Settings, folder: Path | str | None, fresh: bool, progress: Progress
) -> Made:
    """Settings, numbers, outcomes and pictures of somebody's model."""
    begins = networks(model, given, settings)
    name = next(iter(begins.values()))(0).name
    kept = {key: value for key, value in given.items() if key in ("shape", "vocabulary", "arguments")}
    extra = {"model": name, **kept}
    store = Store(folder, {"experiment": "signals", "seed": settings.seed, **extra}, fresh=fresh)
    seeds = settings.seeds if is_factory(model) else 1
    numbers: dict[str, Any] = {}
    for measure in settings.measure:
        numbers[measure] = {label: [] for label in begins}
        pairs = [(label, seed) for label in begins for seed in range(seeds)]
        for label, seed in progress.over(pairs, measure, total=len(pairs)):
            work = partial(MEASURE[measure], begins[label], drawn("own", settings.seed, seed) % 2**31)
            run = store.run(f"{measure} {label} seed {seed}", lambda _, work=work: work())
            numbers[measure][label].append(filled(run))
    outcomes = {measure: own_claims.judge(measure, numbers[measure]) for measure in settings.measure}
    figures = []
    for measure in settings.measure if folder is not None else ():
        path = Path(folder or "") / f"{measure}.png"
        own_claims.draw(path, measure, numbers[measure], outcomes[measure])
        figures.append(str(path))
    described_as = {**extra, "norm": list(begins), "measure": settings.measure, "seeds": seeds, "seed": settings.seed}
    return described_as, numbers, [each for found in outcomes.values() for each in found], figures


def is_factory(model: Any) -> bool:
    return callable(model) and not isinstance(model, nn.Module | tuple | list)


def networks(model: Any, given: Mapping[str, Any], settings: Settings) -> dict[str, Begin]:
    """How to begin anew with a seed: for each normalization if the factory takes `norm`, else for the model alone."""
    takes = _parameters(model) if is_factory(model) else ()
    if "norm" not in takes:
        return {"model": partial(begin, model, given, {})}
    kinds = list(settings.kinds()) if "group_size" in takes else [Kind(norm) for norm in settings.norm]
    found: dict[str, Begin] = {}
    for kind in kinds:
        size = {} if kind.group_size is None else {"group_size": kind.group_size}
        found[kind.label] = partial(begin, model, given, {"norm": kind.norm, **size})
    return found


def begin(model: Any, given: Mapping[str, Any], more: Mapping[str, Any], seed: int) -> Workload:
    """The workload with weights drawn anew, or a copy of a module."""
    own = copy.deepcopy(model) if not is_factory(model) else model
    found = workload_of(
        own,
        given["inputs"],
        given["loss"],
        shape=given["shape"],
        vocabulary=given["vocabulary"],
        seed=seed,
        arguments={**(given["arguments"] or {}), **more},
    )
    torch.manual_seed(seed)
    return found


def _parameters(model: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(model).parameters)
    except (TypeError, ValueError):
        return ()


def layers_of(model: nn.Module) -> dict[str, nn.Module]:
    found: dict[str, nn.Module] = {}
    found.update((name, module) for name, module in model.named_modules() if isinstance(module, LAYERS))
    if not found:
        raise VerifyError("the model has no convolution, linear layer or normalization of torch to measure at")
    return found


@contextmanager
def watching(model: nn.Module) -> Iterator[Seen]:
    """What the layers put out while the block runs.

    Outputs are passed on as copies, so that an in-place ReLU behind a layer leaves what was measured as it was.
    """
    seen = Seen()

    def keep(name: str, module: nn.Module, given: tuple, made: Any) -> Any:
        if not isinstance(made, torch.Tensor) or not made.is_floating_point():
            return None
        seen.names.append(name)
        seen.outputs.append(made)
        seen.last.append(isinstance(module, CHANNELS_LAST))
        seen.given = given[0] if given and isinstance(given[0], torch.Tensor) else seen.given
        return made.clone()

    hooks = [module.register_forward_hook(partial(keep, name)) for name, module in layers_of(model).items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def variance(begin: Begin, seed: int) -> Numbers:
    """By layer the variance and |mean| of channels; and `branch-variance` of each batch normalization."""
    load = begin(seed)
    off: list[float] = []
    norms = [module for module in load.model.modules() if isinstance(module, BatchNorm)]
    hooks = [each.register_forward_hook(partial(_check, off)) for each in norms]
    with torch.no_grad(), watching(load.model) as seen:
        load.forward()
    for hook in hooks:
        hook.remove()
    pairs = [moments(out, last=last) for out, last in zip(seen.outputs, seen.last, strict=True)]
    by_layer = {"layers": seen.names, "means": [pair[0] for pair in pairs], "variance": [pair[1] for pair in pairs]}
    return by_layer | {"off": off}


def _check(off: list[float], module: nn.Module, given: tuple, made: torch.Tensor) -> None:
    """Compares the first channels of a batch normalization that normalizes by its batch."""
    if not isinstance(module, BatchNorm) or not (module.training or module.running_mean is None):
        return
    x, z = (each[:, :CHECKED].transpose(0, 1).flatten(1) for each in (given[0], made))
    gamma, beta = module.weight, module.bias
    scale = 1.0 if gamma is None else gamma.detach()[:CHECKED]
    shift = 0.0 if beta is None else beta.detach()[:CHECKED]
    off.append(branch_variance(x, z, scale, module.eps, shift, Model(made.dtype)))


def similarity(begin: Begin, seed: int) -> Numbers:
    """What the last layer is given, one row for each sample."""
    load = begin(seed)
    with torch.no_grad(), watching(load.model) as seen:
        load.forward()
    if seen.given is None or seen.given.dim() < 2:
        raise VerifyError(f"the last layer of {load.name} is given no activations with an axis of samples")
    rows = seen.given.detach().flatten(1).double()
    return described(rows, rows.shape[1])


def gradient(begin: Begin, seed: int) -> Numbers:
    """By layer the squared norm of the gradient of the loss by its output, and the growth per layer, downwards."""
    load = begin(seed)
    with watching(load.model) as seen:
        loss = load.step()
    wanted = [out for out in seen.outputs if out.requires_grad]
    if not wanted:
        raise VerifyError(f"no layer of {load.name} has a gradient")
    found = torch.autograd.grad(loss, wanted, allow_unused=True)
    squares = {id(out): float(grad.square().sum()) for out, grad in zip(wanted, found, strict=True) if grad is not None}
    pairs = [(name, squares[id(out)]) for name, out in zip(seen.names, seen.outputs, strict=True) if id(out) in squares]
    values = [square for _, square in pairs]
    return {"layers": [name for name, _ in pairs], "squares": values, "growth": backward_growth(values)}


def channel_runs(begin: Begin, seed: int) -> Numbers:
    """Gradient descent at each of the learning rates up to the first at which the model diverges."""
    found: list[Numbers] = []
    for rate in channels.RATES:
        load = begin(seed)
        layers = list(layers_of(load.model).values())
        found.append(trained(load.model, layers, lambda _, load=load: load.step(), rate, channels.STEPS))
        if found[-1]["diverged"]:
            break
    return {"rates": found}


def relative(begin: Begin, seed: int) -> Numbers:
    """The loss along the gradient, at initialization and after some steps."""
    load = begin(seed)
    along = partial(relative_loss, load.model, load.step, steps.ETAS, graph=True)
    first = along()
    for _ in range(steps.STEPS):
        step(load.model, load.step(), steps.RATE)
    return {steps.WHEN[0]: first, steps.WHEN[1]: along()}


MEASURE: dict[str, Callable[[Begin, int], Numbers]] = {
    "variance": variance,
    "similarity": similarity,
    "gradient": gradient,
    "channels": channel_runs,
    "steps": relative,
}
