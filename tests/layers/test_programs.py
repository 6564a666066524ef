"""The programs of the layers: what they compute, what their names are, and the same program at other values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional

from derive.language import Eq, LanguageError, Scalar, Vector, indices, sqrt
from derive.layers import LAYERS, Layer, batchnorm, groupnorm, layernorm, rmsnorm
from derive.verdicts import decide, prove
from tests.gradients.forwards import TRIALS, Trial, Values
from tests.gradients.rounding import U, array
from tests.gradients.test_layers import setting


def flat(x: torch.Tensor) -> torch.Tensor:
    return x.reshape(-1, 1)


def batchnorm_of_torch(v: Values) -> torch.Tensor:
    z = functional.batch_norm(flat(v["y"]), None, None, flat(v["gamma"])[0], flat(v["beta"])[0], True, eps=eps(v))
    return z.reshape(-1)


def eps(v: Values) -> float:
    return float(v["epsilon"])


def inference_of_torch(v: Values) -> torch.Tensor:
    statistics = (flat(v[name])[0] for name in ("mu", "var", "gamma", "beta"))
    return functional.batch_norm(flat(v["y"]), *statistics, eps=eps(v)).reshape(-1)


def images_of_torch(v: Values) -> torch.Tensor:
    return functional.batch_norm(v["x"], None, None, v["gamma"], v["beta"], True, eps=eps(v))


def linear_of_torch(v: Values) -> torch.Tensor:
    return batchnorm_of_torch({**v, "y": functional.linear(v["X"], v["W"][None])})


def folded_of_torch(v: Values) -> torch.Tensor:
    y = functional.linear(v["x"], v["W"], v["bias"])
    return functional.batch_norm(y, v["mu"], v["var"], v["gamma"], v["beta"], eps=eps(v))


def groups_of_torch(v: Values) -> torch.Tensor:
    x = v["x"]
    n, groups, channels, places = x.shape
    weights = v["gamma"].reshape(-1), v["beta"].reshape(-1)
    z = functional.group_norm(x.reshape(n, groups * channels, places), groups, *weights, eps=eps(v))
    return z.reshape(x.shape)


def weightnorm_of_torch(v: Values) -> torch.Tensor:
    return torch._weight_norm(v["v"], v["gain"][:, None], 0)


def standardized_by_torch(v: Values) -> torch.Tensor:
    return v["gain"][:, None] * functional.layer_norm(v["v"], v["v"].shape[1:], eps=eps(v))


def clipped_by_torch(v: Values, clip: Callable) -> torch.Tensor:
    parameter = torch.nn.Parameter(torch.zeros_like(v["y"]))
    parameter.grad = v["y"].clone()
    clip([parameter], float(v["c"]))
    return parameter.grad


OPERATIONS: dict[str, Callable[[Values], torch.Tensor]] = {
    "batchnorm": batchnorm_of_torch,
    "batchnorm-inference": inference_of_torch,
    "batchnorm-running": batchnorm_of_torch,
    "batchnorm2d": images_of_torch,
    "batchnorm3d": images_of_torch,
    "linear-batchnorm": linear_of_torch,
    "linear-batchnorm-inference": folded_of_torch,
    "layernorm": lambda v: functional.layer_norm(v["x"], v["x"].shape[1:], v["gamma"], v["beta"], eps(v)),
    "rmsnorm": lambda v: functional.rms_norm(v["x"], v["x"].shape[1:], v["gamma"], eps(v)),
    "groupnorm": groups_of_torch,
    "instancenorm": lambda v: functional.instance_norm(v["x"], weight=v["gamma"], bias=v["beta"], eps=eps(v)),
    "weightnorm": weightnorm_of_torch,
    "weight-standardization": standardized_by_torch,
    "softmax": lambda v: functional.softmax(v["x"], dim=1),
    "log-softmax": lambda v: functional.log_softmax(v["x"], dim=1),
    "cross-entropy": lambda v: functional.cross_entropy(v["x"], v["target"]),
    "clip-value": lambda v: clipped_by_torch(v, torch.nn.utils.clip_grad_value_),
    "clip-norm": lambda v: clipped_by_torch(v, torch.nn.utils.clip_grad_norm_),
}
"""torch's own operation for each layer that it has."""

BY_HAND = {"l1-batchnorm", "lp-batchnorm", "linf-batchnorm"}
"""Layers that torch does not have; they are compared with the forward passes of tests/gradients."""

ONE_MILLIONTH = {"clip-norm": 1e-6}
"""clip_grad_norm_ divides by the norm + 1e-6: a relative difference of 1e-6/norm, and the norms drawn exceed 1."""

TORCH_SUMS = 8
"""torch's kernels need at most so many times our operations: for the variance, and for what they do in blocks."""


def test_every_layer_is_compared() -> None:
    assert set(OPERATIONS) | BY_HAND == set(LAYERS) == {trial.layer for trial in TRIALS}


@pytest.mark.parametrize("trial", TRIALS, ids=[trial.id for trial in TRIALS])
def test_a_program_computes_what_torch_computes(trial: Trial) -> None:
    here = setting(trial.id)
    found = here.numbers.tensor(here.layer.output)
    largest = abs(found.array).max()
    refused = trial.constants.get("epsilon") == 0.0  # torch's operation wants a positive one
    for operation in filter(None, (None if refused else OPERATIONS.get(trial.layer), trial.forward)):
        expected = operation(here.values()).numpy()
        allowed = ONE_MILLIONTH.get(trial.layer, 0.0) * largest + TORCH_SUMS * np.maximum(found.error, U * largest)
        assert found.array.shape == expected.shape
        assert np.all(abs(found.array - expected) <= allowed)


def test_running_statistics_are_those_of_torch() -> None:
    here = setting("batchnorm-running-5")
    v = here.values()
    mean, var = flat(v["running_mean"].clone())[0], flat(v["running_var"].clone())[0]
    functional.batch_norm(flat(v["y"]), mean, var, training=True, momentum=float(v["momentum"]))
    for tensor, expected in ((here.layer.named("new_mean"), mean), (here.layer.named("new_var"), var)):
        found = array(tensor[()] if tensor.sizes else here.layer.names[tensor.name][()], here.numbers, ())
        assert abs(found.array - expected.numpy()[0]) <= TORCH_SUMS * found.error


EVERY = pytest.mark.parametrize("name", LAYERS)


@EVERY
def test_names(name: str) -> None:
    """Every name is an attribute, and every name means one thing."""
    layer = LAYERS[name]()
    assert layer.name == name and layer is LAYERS[name]()
    assert len(layer.names) == len({tensor.name for tensor in layer.names.values()})
    for each, tensor in layer.names.items():
        assert layer.named(each) == tensor
        assert getattr(layer, each) == (tensor if tensor.sizes else tensor[()])
    assert layer.named("input") == layer.inputs[0] and layer.output == layer.steps[-1]
    assert all(step.definition is not None for step in (*layer.steps, *layer.updates))


@EVERY
def test_unknown_names(name: str) -> None:
    layer = LAYERS[name]()
    with pytest.raises(AttributeError, match=f"{name} has no gamme"):
        _ = layer.gamme
    with pytest.raises(LanguageError, match=f"{name} has no gamme; it has input, .*{layer.output}"):
        layer.named("gamme")
    with pytest.raises(LanguageError, match="has no gamme"):
        layer.at(gamme=0)


@EVERY
def test_at_the_same_values_nothing_changes(name: str) -> None:
    layer = LAYERS[name]()
    assert layer.at().steps == layer.steps


@EVERY
def test_at_another_input_every_step_that_uses_it_is_marked(name: str) -> None:
    layer = LAYERS[name]()
    (first, *_) = layer.inputs
    changed = layer.at(input=type(first)("another", first.sizes))
    assert changed.names.keys() - layer.names.keys() == {"another"}
    for before, after in zip(layer.steps, changed.steps, strict=True):
        assert after.name in (before.name, before.name + "'")
        assert (after == before) == (after.name == before.name)
    assert changed.output.name == layer.output.name + "'"
    assert changed.loss.tensor.name == "L'" and changed.gradient.name == "g'"
    assert layer.at(mark="''", input=type(first)("another", first.sizes)).output.name == layer.output.name + "''"


def test_at_a_constant() -> None:
    flat = batchnorm().at(epsilon=0)
    (b,) = flat.indices("b")
    assert [step.name for step in flat.steps] == ["mu", "var", "s'", "yhat'", "z'"]
    assert flat.constants == () and flat.parameters == batchnorm().parameters
    prove(Eq(flat.s, sqrt(batchnorm().var)))
    prove(Eq(flat.yhat[b], batchnorm().yhat[b]).given(Eq(batchnorm().epsilon, 0)))


def test_at_a_formula_of_its_own_names() -> None:
    """Both sides of a value are of the program as it was: y' = s*y + mu is at the old mu and s."""
    layer = batchnorm()
    b, k = layer.indices("b k")
    moved = layer.at(input=(b, layer.s * layer.y[b] + layer.mu))
    prove(Eq(moved.mu, layer.s * layer.mu + layer.mu))
    prove(Eq(moved.var, layer.s**2 * layer.var))
    assert decide(Eq(moved.z[k], layer.z[k])).verdict == "refuted"


def test_at_a_vector_that_is_named() -> None:
    layer = rmsnorm()
    w = Vector("w", layer.gamma.sizes[0])
    n, d = indices("n", layer.x.sizes[0])[0], indices("d", layer.x.sizes[1])[0]
    prove(Eq(layer.at(weight=w).z[n, d] * layer.gamma[d], layer.z[n, d] * w[d]))
    assert layer.at(weight=w).parameters == (w,)


@pytest.mark.parametrize(
    ("layer", "values", "message"),
    [
        (batchnorm(), {"input": 0}, "y"),
        (batchnorm(), {"input": Vector("u", layernorm().x.sizes[0])}, "axis 1 of u has size N, but .* runs over m"),
        (layernorm(), {"weight": Scalar("a")}, "gamma"),
        (groupnorm(), {"bias": Vector("u", groupnorm().x.sizes[0])}, "u takes 1 indices, not 2"),
    ],
)
def test_at_a_value_of_another_shape(layer: Layer, values: dict, message: str) -> None:
    with pytest.raises(LanguageError, match=message):
        layer.at(**values)
