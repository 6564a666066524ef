"""Internal covariate shift: how much the gradient of a layer changes because the layers before it were updated.

With W_i^t the parameters of layer i at step t, and the same batch (x^t, y^t):

    G_{t,i}  = the gradient of L by W_i at (W_1^t, ..., W_k^t)
    G'_{t,i} = the gradient of L by W_i at (W_1^{t+1}, ..., W_{i-1}^{t+1}, W_i^t, W_{i+1}^t, ..., W_k^t)

Layer i itself and those after it are as they were: the gradient is taken by W_i at W_i^t. The shift is |G - G'|, and
the cosine of the angle between them. Source: Santurkar et al. 2018, Definition 2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from verify.experiments.landscape.objective import Objective, Parameters, difference, inner, moved, norm


@dataclass(frozen=True)
class Layer:
    """The parameters of one layer: its weight and bias, and those of the normalization behind it.

    All of them are updated; `weights`, which have two or more axes, are what the gradients are taken by.
    """

    name: str
    parameters: tuple[str, ...]
    weights: tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """|G|, |G - G'| and the cosine of the angle between G and G' of one layer; None where one of them is 0."""

    layer: str
    length: float
    distance: float
    cosine: float | None


def layers_of(objective: Objective) -> tuple[Layer, ...]:
    """The layers in the order in which they are executed.

    A layer begins at each module that has a parameter of two or more axes, such as a convolution; what has only
    vectors, such as a normalization, belongs to the layer before it. Modules that are not executed come last.
    """
    owners = list(dict.fromkeys(_owner(name) for name in objective.parameters))
    groups: list[tuple[str, list[str]]] = []
    for owner in _executed(objective, owners):
        own = [name for name in objective.parameters if _owner(name) == owner]
        if not groups or any(objective.parameters[name].dim() > 1 for name in own):
            groups.append((owner or "model", []))
        groups[-1][1].extend(own)
    return tuple(Layer(name, tuple(own), _weights(objective, own)) for name, own in groups)


def _weights(objective: Objective, own: Sequence[str]) -> tuple[str, ...]:
    """Those with two or more axes; all of them where there are none."""
    return tuple(name for name in own if objective.parameters[name].dim() > 1) or tuple(own)


def updated_before(layers: Sequence[Layer], place: int, before: Parameters, after: Parameters) -> dict[str, Any]:
    """The argument of G'_{t,i}: the layers in front of `place` after the update, it and those behind it before."""
    updated = {name for layer in layers[:place] for name in layer.parameters}
    return {name: after[name] if name in updated else value for name, value in before.items()}


def shifts(objective: Objective, layers: Sequence[Layer], gradient: Parameters, lr: float) -> tuple[Shift, ...]:
    """The shift of every layer but the first, where nothing is updated before it, at a step of gradient descent."""
    before = objective.parameters
    after = moved(before, gradient, -lr)
    found = []
    for place in range(1, len(layers)):
        layer = layers[place]
        _, there = objective.gradient(updated_before(layers, place, before, after), layer.weights)
        found.append(shift_between(layer.name, {name: gradient[name] for name in layer.weights}, there))
    return tuple(found)


def shift_between(layer: str, gradient: Parameters, there: Parameters) -> Shift:
    """|G - G'| and the cosine between G and G'."""
    lengths = norm(gradient) * norm(there)
    cosine = inner(gradient, there) / lengths if lengths else None
    return Shift(layer, norm(gradient), norm(difference(gradient, there)), cosine)


def _owner(name: str) -> str:
    """The module that a parameter belongs to; that of a parametrized weight is the module that has the weight."""
    return name.partition(".parametrizations.")[0] if ".parametrizations." in name else name.rpartition(".")[0]


def _executed(objective: Objective, owners: Sequence[str]) -> list[str]:
    """The modules in the order in which they are first called."""
    called: list[str] = []

    def note(owner: str) -> Any:
        def hook(module: nn.Module, args: Any) -> None:
            called.append(owner)

        return hook

    modules = dict(objective.workload.model.named_modules())
    handles = [modules[owner].register_forward_pre_hook(note(owner)) for owner in owners if owner in modules]
    try:
        objective.here()
    finally:
        for handle in handles:
            handle.remove()
    return list(dict.fromkeys([*called, *owners]))
