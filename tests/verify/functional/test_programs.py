"""The layers that torch has no function for, in the shapes of their programs, against autograd in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from verify import functional
from verify.errors import VerifyError

EPS = 1e-5


def drawn(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
    made = torch.Generator().manual_seed(1)
    return [torch.randn(shape, dtype=torch.float64, generator=made) for shape in shapes]


def unit(y: torch.Tensor) -> torch.Tensor:
    return (y - y.mean(-1, keepdim=True)) / (y.var(-1, unbiased=False, keepdim=True) + EPS).sqrt()


def lp(y: torch.Tensor, p: float) -> torch.Tensor:
    u = y - y.mean()
    return u / u.abs().pow(p).mean().pow(1 / p)


ROWS: list[tuple[str, list[tuple[int, ...]], Callable[..., torch.Tensor], dict[str, Any]]] = [
    (
        "batchnorm-inference",
        [(6,), (), ()],
        lambda y, g, b: (y - 0.5) / (2.0 + EPS) ** 0.5 * g + b,
        {"mu": 0.5, "var": 2.0},
    ),
    ("linear-batchnorm", [(6, 3), (3,), (), ()], lambda x, w, g, b: unit(x @ w) * g + b, {}),
    ("weightnorm", [(4, 5), (4,)], lambda v, g: v / v.norm(dim=1, keepdim=True) * g[:, None], {}),
    ("weight-standardization", [(4, 5), (4,)], lambda v, g: unit(v) * g[:, None], {}),
    ("l1-batchnorm", [(6,), (), ()], lambda y, g, b: lp(y, 1) * g + b, {}),
    ("lp-batchnorm", [(6,), (), ()], lambda y, g, b: lp(y, 3) * g + b, {"p": 3.0}),
    ("clip-value", [(6,)], lambda y: y.clamp(-0.7, 0.7), {"c": 0.7}),
    ("clip-norm", [(6,)], lambda y: y * torch.clamp(0.8 / y.norm(), max=1), {"c": 0.8}),
    ("clip-norm", [(6,)], lambda y: y * torch.clamp(80 / y.norm(), max=1), {"c": 80.0}),
]


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.slow
def test_running_statistics() -> None:
    values, moving = drawn((6,), (), ()), drawn((6,), (), ())
    compare(functional.batchnorm_running, values, moving, lambda y, g, b: unit(y) * g + b, {})


@pytest.mark.parametrize(("name", "shapes", "composed", "constants"), ROWS)
def test_against_autograd(name: str, shapes: list, composed: Callable[..., torch.Tensor], constants: dict) -> None:
    layer = functional.functional(name)
    values, moving = drawn(*shapes), [value.flip(0) if value.ndim else value for value in drawn(*shapes)]
    compare(layer, values, moving, composed, constants)


def compare(layer: Any, values: list, moving: list, composed: Callable[..., torch.Tensor], constants: dict) -> None:
    leaves = [value.clone().requires_grad_() for value in values]
    z = composed(*leaves)
    g = z.detach().cos().requires_grad_()
    x, *parameters = values
    close(layer.forward(x, *parameters, **constants), z)
    gradients = torch.autograd.grad(z, leaves, g, create_graph=True)
    for ours, theirs in zip(layer.vjp(x, g.detach(), *parameters, **constants), gradients, strict=True):
        close(ours, theirs)
    tangents = dict(zip(layer.inputs, moving, strict=True))
    forward = torch.func.jvp(composed, tuple(values), tuple(moving))[1]
    close(layer.jvp(x, tangents, *parameters, **constants), forward)
    paired = sum((a * b).sum() for a, b in zip(gradients, moving, strict=True))
    assert isinstance(paired, torch.Tensor)
    second = torch.autograd.grad(paired, [g, *leaves], allow_unused=True)
    found = layer.double_backward(x, g.detach(), tangents, *parameters, **constants)
    for ours, theirs, like in zip(found, second, (g, *leaves), strict=True):
        close(ours, torch.zeros_like(like) if theirs is None else theirs)
    (dx,) = torch.autograd.grad(composed(leaves[0], *parameters), leaves[0], g.detach(), create_graph=True)
    zeros = torch.zeros_like(x)
    theirs = torch.autograd.grad(dx, leaves[0], moving[0], allow_unused=True)[0] if dx.requires_grad else None
    close(layer.hvp(x, g.detach(), moving[0], *parameters, **constants), zeros if theirs is None else theirs)


test_against_autograd = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")(test_against_autograd)


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
def test_a_linear_layer_with_frozen_statistics() -> None:
    mu, var = drawn((4,), (4,))
    var = var.square() + 1
    shapes = [(5, 3), (4, 3), (4,), (4,), (4,)]

    def composed(x: Any, w: Any, a: Any, g: Any, b: Any) -> torch.Tensor:
        return (x @ w.T + a - mu) / (var + EPS).sqrt() * g + b

    layer = functional.linear_batchnorm_inference
    compare(layer, drawn(*shapes), [v.flip(0) for v in drawn(*shapes)], composed, {"mu": mu, "var": var})


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
def test_the_largest_distance() -> None:
    (y,) = drawn((6,))
    u = y - y.mean()
    top = torch.where(u.abs() == u.abs().max(), u.sign(), 0.0)

    def composed(y: Any, g: Any, b: Any) -> torch.Tensor:
        off = y - y.mean()
        return off / (top * off).sum() * g + b

    values = [y, *drawn((), ())]
    moving = [y.flip(0), *drawn((), ())]
    compare(functional.linf_batchnorm, values, moving, composed, {"top": top})


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
def test_cross_entropy() -> None:
    x, t = drawn((4, 5), (4, 5))
    target = t.softmax(-1)

    def composed(x: Any) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(x, target)

    compare(functional.cross_entropy, [x], [x.flip(0)], composed, {"target": target})


def test_features_by_vmap_and_numbers_as_parameters() -> None:
    y, g = drawn((3, 6), (3, 6))
    l1 = functional.l1_batchnorm
    found = torch.vmap(lambda y, g: l1.vjp(y, g, 2.0, 1.0).input)(y, g)
    close(found, torch.stack([l1.vjp(a, b, 2.0, 1.0).input for a, b in zip(y, g, strict=True)]))
    arrays = l1.vjp(y[0].numpy(), g[0].numpy(), 2.0, 1.0).input
    assert isinstance(arrays, np.ndarray)
    close(torch.from_numpy(arrays), found[0])


def message(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(VerifyError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


def test_messages() -> None:
    x, g, w = drawn((4, 5), (4, 5), (5,))
    layernorm, l1 = functional.layernorm, functional.l1_batchnorm
    assert message(layernorm.forward, x, w.float()) == (
        "the tensors have different dtypes or devices (x is float64 on cpu, gamma is float32 on cpu, "
        "beta is float64 on cpu); convert them to one"
    )
    assert message(layernorm.forward, x.long()) == "x has the dtype int64; give it in float64, float32 or 16 bits"
    assert message(layernorm.vjp, x, g.T) == "grad_output has the shape (5, 4); layernorm takes (4, 5) here"
    assert message(layernorm.hvp, x, g, g[:1]) == "tangent has the shape (1, 5); layernorm takes (4, 5) here"
    assert message(layernorm, x, w[:3]) == "weight has the shape (3,); layernorm takes (5,) here"
    assert (
        message(layernorm, x.numpy()) == "the input is a ndarray; training takes tensors, `forward` takes arrays, too"
    )
    assert message(functional.rmsnorm.forward, x, w, w) == "rmsnorm has no bias"
    assert message(functional.softmax.forward, x, w) == "softmax has no weight"
    assert message(functional.groupnorm.forward, x) == "group normalization needs num_groups"
    assert message(layernorm.forward, x, num_group=2) == "layernorm takes no num_group"
    assert message(l1.forward, x[0]) == "l1-batchnorm needs gamma, beta"
    assert message(l1.forward, x, 1.0, 0.0) == "y has the shape (4, 5); l1-batchnorm takes it with the shape (m)"
    assert message(l1.vjp, x[0], g[0, :3], 1.0, 0.0) == "grad_output has 3 entries along m, but y has 5"
    assert message(l1.jvp, x[0], {"gain": x[0]}, 1.0, 0.0) == "l1-batchnorm has no gain; it has input, weight, bias"
    assert message(l1.jvp, x[0], {}, 1.0, 0.0) == "give a tangent of at least one of y, gamma, beta"
    assert message(l1.forward, x[0], 1.0, 0.0, 3.0) == "l1-batchnorm has the parameters gamma, beta, in this order"
    assert message(functional.lp_batchnorm.forward, x[0], 1.0, 0.0, q=3.0) == "lp-batchnorm has no q; it has p"
    assert message(layernorm.form, "hessian") == (
        "there is no hessian; there are forward, vjp, jvp, hvp, double_backward"
    )
    assert message(functional.functional, "layer").startswith("there is no layer 'layer'; did you mean layernorm?")
    with pytest.raises(AttributeError, match=r"verify.functional has no layernorms; it has batchnorm, "):
        functional.layernorms  # noqa: B018


def test_one_value_is_refused_and_two_are_enough() -> None:
    (x,) = drawn((1, 3))
    assert message(functional.batchnorm.forward, x) == (
        "batchnorm2d normalizes over 1 value here, which is its own mean, so the output does not depend on the input; "
        "give it at least two"
    )
    assert "normalizes over 1 value" in message(functional.layernorm, x.T)
    assert functional.rmsnorm.forward(x.T).shape == (3, 1)
    two = torch.cat([x, -x])
    close(functional.batchnorm.forward(two), torch.nn.functional.batch_norm(two, None, None, training=True))


def test_the_source_can_be_read() -> None:
    lines = functional.layernorm.source("vjp").splitlines()
    assert lines[0] == "def layernorm_vjp(x, epsilon, gamma, g):"
    assert "    mu = torch.sum(x, dim=[1], keepdim=True) / D" in lines
    assert "    grad_x = inv_s * g_gamma + along_x_c * x_c + offset" in lines
