"""Autograd through torch's operations, against the textbook formula differentiated by torch.func."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.func import jacrev

from derive.gradients.modes import entry
from derive.language import Claim, Derivative, Eq, Number, Term
from derive.layers import LAYERS, Layer
from tests.verify.statements.points import differentiated, point_for
from verify.statements.point import Point

Values = dict[str, torch.Tensor]


def centred(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return x - x.mean(axes, keepdim=True)


def standardized(x: torch.Tensor, axes: tuple[int, ...], eps: torch.Tensor) -> torch.Tensor:
    away = centred(x, axes)
    return away / (away.square().mean(axes, keepdim=True) + eps).sqrt()


def over_norm(order: float) -> Callable[[Values], torch.Tensor]:
    def formula(v: Values) -> torch.Tensor:
        away = centred(v["y"], (0,)).abs()
        p = v["p"] if order == 0 else order
        size = away.max() if order == torch.inf else (away**p).mean() ** (1 / p)
        return v["gamma"] * centred(v["y"], (0,)) / size + v["beta"]

    return formula


def by_channel(weight: torch.Tensor, x: torch.Tensor, axis: int) -> torch.Tensor:
    return weight.reshape([-1 if each == axis else 1 for each in range(x.dim())])


def images(v: Values) -> torch.Tensor:
    axes = (0, *range(2, v["x"].dim()))
    whole = standardized(v["x"], axes, v["epsilon"])
    return by_channel(v["gamma"], whole, 1) * whole + by_channel(v["beta"], whole, 1)


def of_feature(v: Values) -> torch.Tensor:
    return v["gamma"] * standardized(v["y"], (0,), v["epsilon"]) + v["beta"]


def frozen(v: Values, y: torch.Tensor) -> torch.Tensor:
    return v["gamma"] * (y - v["mu"]) / (v["var"] + v["epsilon"]).sqrt() + v["beta"]


FORMULAS: dict[str, Callable[[Values], torch.Tensor]] = {
    "batchnorm": of_feature,
    "batchnorm-running": of_feature,
    "batchnorm-inference": lambda v: frozen(v, v["y"]),
    "batchnorm2d": images,
    "batchnorm3d": images,
    "linear-batchnorm": lambda v: of_feature({**v, "y": v["X"] @ v["W"]}),
    "linear-batchnorm-inference": lambda v: frozen(v, v["x"] @ v["W"].T + v["bias"]),
    "layernorm": lambda v: v["gamma"] * standardized(v["x"], (1,), v["epsilon"]) + v["beta"],
    "rmsnorm": lambda v: v["gamma"] * v["x"] / (v["x"].square().mean(1, keepdim=True) + v["epsilon"]).sqrt(),
    "groupnorm": lambda v: v["gamma"][:, :, None] * standardized(v["x"], (2, 3), v["epsilon"]) + v["beta"][:, :, None],
    "instancenorm": lambda v: v["gamma"][:, None] * standardized(v["x"], (2,), v["epsilon"]) + v["beta"][:, None],
    "weightnorm": lambda v: v["gain"][:, None] * v["v"] / v["v"].square().sum(1, keepdim=True).sqrt(),
    "weight-standardization": lambda v: v["gain"][:, None] * standardized(v["v"], (1,), v["epsilon"]),
    "l1-batchnorm": over_norm(1),
    "lp-batchnorm": over_norm(0),
    "linf-batchnorm": over_norm(torch.inf),
    "softmax": lambda v: v["x"].exp() / v["x"].exp().sum(1, keepdim=True),
    "log-softmax": lambda v: v["x"] - v["x"].exp().sum(1, keepdim=True).log(),
    "cross-entropy": lambda v: -(v["target"] * (v["x"] - v["x"].exp().sum(1, keepdim=True).log())).sum(1).mean(),
    "clip-value": lambda v: torch.where(v["y"].abs() <= v["c"], v["y"], v["c"] * v["y"].sign()),
    "clip-norm": lambda v: v["y"] * torch.where(v["y"].norm() <= v["c"], torch.ones(()), v["c"] / v["y"].norm()),
}
"""The output by the textbook, for one instance."""

SHAPES = {1: (5,), 2: (3, 4), 3: (2, 3, 4), 4: (2, 2, 2, 3), 5: (2, 2, 2, 2, 1)}


def test_every_layer_has_a_formula() -> None:
    assert set(FORMULAS) == set(LAYERS)


def axes_of(layer: Layer) -> int:
    tensors = (*layer.inputs, *layer.parameters, *layer.constants)
    return len({size for tensor in tensors for size in tensor.sizes})


def drawn(layer: Layer) -> tuple[Point, Term, Term]:
    """A point with a second derivative of the loss, and two entries of the input."""
    first = entry(layer, layer.inputs[0])
    second = entry(layer, layer.inputs[0], taken=first.indices)
    claim = Eq(Derivative(Derivative(layer.loss, first), second), Number(0))
    if layer.name == "batchnorm":
        point = point_for(layer, claim, (5, 3))
    else:
        point = point_for(layer, claim, SHAPES[axes_of(layer)])
    return point, first, second


def instance(point: Point, place: int) -> tuple[Values, torch.Tensor, torch.Tensor]:
    """The values of one instance, its upstream gradient and second derivative."""
    layer = point.layer
    values = {each.name: value[place % value.shape[0]].double() for each, value in point.values.items()}
    upstream = values[layer.gradient.name]
    curvature = values[layer.gradient.dependence.derivative.name].reshape(upstream.numel(), upstream.numel())
    return values, upstream, curvature


@pytest.mark.parametrize("name", LAYERS)
def test_first_and_second_derivatives_of_a_loss(name: str) -> None:
    layer = LAYERS[name]()
    point, first, second = drawn(layer)
    by = layer.inputs[0].name
    gradient = differentiated(Derivative(layer.loss, first), point)
    curvature = differentiated(Derivative(Derivative(layer.loss, first), second), point)
    for place in range(point.instances):
        values, upstream, H = instance(point, place)
        start = FORMULAS[name](values)

        def loss(x: torch.Tensor, values=values, upstream=upstream, H=H, start=start) -> torch.Tensor:
            moved = (FORMULAS[name]({**values, by: x}) - start).reshape(-1)
            return upstream.reshape(-1) @ moved + moved @ H @ moved / 2

        torch.testing.assert_close(gradient[place], jacrev(loss)(values[by]), rtol=1e-7, atol=1e-9)
        torch.testing.assert_close(curvature[place], jacrev(jacrev(loss))(values[by]), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", LAYERS)
def test_jacobians(name: str) -> None:
    layer = LAYERS[name]()
    point, _, _ = drawn(layer)
    row = entry(layer, layer.output)
    for tensor in (*layer.inputs, *layer.parameters):
        found = differentiated(Derivative(row, entry(layer, tensor, taken=row.indices)), point)
        for place in range(point.instances):
            values, _, _ = instance(point, place)

            def output(x: torch.Tensor, values=values, by=tensor.name) -> torch.Tensor:
                return FORMULAS[name]({**values, by: x})

            torch.testing.assert_close(found[place], jacrev(output)(values[tensor.name]), rtol=1e-7, atol=1e-9)


def test_derivatives_by_what_torch_takes_as_a_number() -> None:
    layer = LAYERS["lp-batchnorm"]()
    point, _, _ = drawn(layer)
    found = differentiated(Derivative(layer.r, layer.p), point)
    for place in range(point.instances):
        values, _, _ = instance(point, place)

        def size(p: torch.Tensor, values=values) -> torch.Tensor:
            return (centred(values["y"], (0,)).abs() ** p).mean() ** (1 / p)

        torch.testing.assert_close(found[place], jacrev(size)(values["p"]))


def test_why_weight_norm_is_not_differentiated_twice_by_torch() -> None:
    """If this fails, torch has repaired it, and the reference needs no second operation."""
    v, gain = torch.randn(2, 3, dtype=torch.float64, requires_grad=True), torch.ones(2, 1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda each: torch._weight_norm(each, gain, 0), (v,))
    assert not torch.autograd.gradgradcheck(lambda each: torch._weight_norm(each, gain, 0), (v,), raise_exception=False)


def test_the_running_statistics_are_those_of_torch() -> None:
    layer = LAYERS["batchnorm-running"]()
    claim = Claim(layer.new_mean, "<=", layer.new_var)
    point = point_for(layer, claim, (5,))
    from verify.statements.evaluate import Evaluation

    evaluation = Evaluation(point)
    for step in (layer.new_mean, layer.new_var):
        torch.testing.assert_close(evaluation.autograd.step(step.tensor), evaluation.bounded(step).value)
    by_input = differentiated(Derivative(layer.new_mean, entry(layer, layer.inputs[0])), point)
    momentum = point.values[layer.momentum.tensor]
    torch.testing.assert_close(by_input, (momentum[:, None] / 5).expand(3, 5))
