"""Each function of each layer of torch's against autograd on plain operations, in float64; then dtypes and strides."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from verify import functional

from .layers import EXAMPLES, Example, first_and_second

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
"""torch itself uses it where forward mode is first used."""

ROLES = ("weight", "bias")


SLOW = ("batchnorm3d", "batchnorm2d")
"""Batch normalization of images and volumes goes by these programs, too: one of them is enough in the short run."""

PARAMETERS = [pytest.param(each, marks=pytest.mark.slow) if each.name in SLOW else each for each in EXAMPLES]


@pytest.fixture(params=PARAMETERS, ids=str)
def example(request: pytest.FixtureRequest) -> Example:
    return request.param


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-11, atol=1e-11)


def named(kind: str, values: list) -> dict:
    return {f"{role}_{kind}": value for role, value in zip(ROLES, values, strict=False)}


def test_output_and_gradients(example: Example) -> None:
    values, moving, (g,) = example.values()
    layer = functional.functional(example.name)
    gradients, _ = first_and_second(example, values, moving, g)
    close(layer.forward(*values, **example.keywords), example.composed(*values))
    saved = layer.statistics(values[0], **example.keywords)
    for given in (None, saved):
        found = layer.vjp(values[0], g, *values[1:], saved=given, **example.keywords)
        assert found._fields == ("input", *ROLES)[: len(values)]
        for ours, theirs in zip(found, gradients, strict=True):
            close(ours, theirs)


def test_forward_mode(example: Example) -> None:
    values, moving, _ = example.values()
    layer = functional.functional(example.name)
    expected = torch.func.jvp(example.composed, tuple(values), tuple(moving))[1]
    tangents = named("tangent", moving[1:])
    close(layer.jvp(values[0], moving[0], *values[1:], **tangents, **example.keywords), expected)


def test_second_order(example: Example) -> None:
    values, moving, (g,) = example.values()
    layer = functional.functional(example.name)
    _, second = first_and_second(example, values, moving, g)
    cotangents = named("cotangent", moving[1:])
    found = layer.double_backward(values[0], g, moving[0], *values[1:], **cotangents, **example.keywords)
    assert found._fields == ("grad_output", "input", *ROLES)[: len(values) + 1]
    for ours, theirs in zip(found, second, strict=True):
        close(ours, theirs)


def test_the_hessian_of_a_loss_along_a_tangent(example: Example) -> None:
    values, moving, _ = example.values()
    layer = functional.functional(example.name)
    x, v = values[0], moving[0]

    def loss(x: torch.Tensor) -> torch.Tensor:
        return example.composed(x, *values[1:]).tanh().square().sum()

    z = layer.forward(*values, **example.keywords)
    zdot = layer.jvp(x, v, *values[1:], **example.keywords)
    g, gdot = torch.func.jvp(torch.func.grad(lambda z: z.tanh().square().sum()), (z,), (zdot,))
    ours = layer.hvp(x, g, v, *values[1:], grad_tangent=gdot, **example.keywords)
    close(ours, torch.autograd.functional.hvp(loss, x, v)[1])
    fixed = layer.hvp(x, g, v, *values[1:], **example.keywords)
    leaf = x.clone().requires_grad_()
    (dx,) = torch.autograd.grad(example.composed(leaf, *values[1:]), leaf, g, create_graph=True)
    close(fixed, torch.autograd.grad(dx, leaf, v)[0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_sixteen_bits_are_rounded_once(example: Example, dtype: torch.dtype) -> None:
    values, moving, (g,) = example.values(dtype)
    layer = functional.functional(example.name)
    wide = [value.float() for value in values]
    for ours, exact in (
        (layer.forward(*values, **example.keywords), layer.forward(*wide, **example.keywords)),
        (
            layer.hvp(values[0], g.to(dtype), moving[0].to(dtype), *values[1:], **example.keywords),
            layer.hvp(wide[0], g.float(), moving[0].float(), *wide[1:], **example.keywords),
        ),
    ):
        assert ours.dtype == dtype
        assert torch.equal(ours, exact.to(dtype))


def test_numpy_gives_the_same(example: Example) -> None:
    values, moving, (g,) = example.values()
    layer = functional.functional(example.name)
    arrays = [value.numpy() for value in values]
    ours = layer.hvp(arrays[0], g.numpy(), moving[0].numpy(), *arrays[1:], **example.keywords)
    assert isinstance(ours, np.ndarray)
    close(torch.from_numpy(ours), layer.hvp(values[0], g, moving[0], *values[1:], **example.keywords))


def test_in_vmap(example: Example) -> None:
    values, moving, (g,) = example.values()
    layer = functional.functional(example.name)
    x = torch.stack([values[0], values[0].flip(0), 2 * values[0]])

    def one(x: torch.Tensor) -> torch.Tensor:
        return layer.hvp(x, g, moving[0], *values[1:], **example.keywords)

    close(torch.vmap(one)(x), torch.stack([one(each) for each in x]))


@pytest.mark.parametrize("name", ["batchnorm", "groupnorm", "instancenorm"])
def test_channels_last_and_other_strides(name: str) -> None:
    how = {"num_groups": 2} if name == "groupnorm" else {}
    layer = functional.functional(name)
    made = torch.Generator().manual_seed(0)
    x, g, v = (torch.randn(3, 4, 5, 6, dtype=torch.float64, generator=made) for _ in range(3))
    w = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    expected = [layer.hvp(x, g, v, w, **how), *layer.vjp(x, g, w, **how)]
    last = [value.contiguous(memory_format=torch.channels_last) for value in (x, g, v)]
    spread = torch.empty(3, 4, 5, 12, dtype=torch.float64)[..., ::2].copy_(x)
    for a, b, c in (last, (last[0], g, v), (spread, g, last[2]), (x, g[:, :, :1, :1].expand_as(g), v)):
        if b.stride()[-1] == 0:
            expected = [layer.hvp(x, b.contiguous(), v, w, **how), *layer.vjp(x, b.contiguous(), w, **how)]
        for ours, theirs in zip([layer.hvp(a, b, c, w, **how), *layer.vjp(a, b, w, **how)], expected, strict=True):
            close(ours, theirs)
    assert layer.forward(last[0], w, **how).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", ["layernorm", "batchnorm", "groupnorm", "instancenorm"])
def test_a_huge_mean_costs_no_more_than_it_must(name: str) -> None:
    """The input is exact in float32, so that all of the error is ours: E[y^2] - E[y]^2 would lose every digit."""
    how = {"num_groups": 2} if name == "groupnorm" else {}
    layer = functional.functional(name)
    made = torch.Generator().manual_seed(0)
    shape = (64, 32) if name == "layernorm" else (8, 4, 8, 8)
    x, g, v = (torch.randn(shape, generator=made) for _ in range(3))
    x, g, v = 4096 + x, 100 + g, 100 + v
    for ours, exact in (
        (layer.forward(x, **how), layer.forward(x.double(), **how)),
        (layer.vjp(x, g - 100, **how).input, layer.vjp(x.double(), g.double() - 100, **how).input),
        (layer.hvp(x, g, v, **how), layer.hvp(x.double(), g.double(), v.double(), **how)),
    ):
        assert (ours - exact).abs().max() / exact.abs().max() < 3e-3


def test_softmax_does_not_overflow() -> None:
    x = torch.tensor([[1000.0, 999.0, -1000.0]], dtype=torch.float64)
    close(functional.softmax.forward(x), x.softmax(-1))
    close(functional.log_softmax.forward(x), x.log_softmax(-1))
    g = torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64)
    assert torch.isfinite(functional.softmax.hvp(x, g, g)).all()
