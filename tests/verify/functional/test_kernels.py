"""Compiled kernels give what the plain functions give; sums in blocks give what plain sums give."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from verify import functional
from verify.errors import VerifyError
from verify.functional.blocks import cut, moments, total

from .layers import EXAMPLES, Example

compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("g++", "clang++", "c++"))), reason="torch's inductor needs a C++ compiler"
)

SHAPES = [
    ((64, 128), (0,), "contiguous"),
    ((4099, 3), (0,), "contiguous"),
    ((8, 16, 8, 8), (0, 2, 3), "contiguous"),
    ((8, 16, 8, 8), (0, 2, 3), "channels_last"),
    ((4, 8, 2, 160), (2, 3), "contiguous"),
    ((64, 128), (1,), "contiguous"),
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Inductor warns about itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize(("shape", "axes", "layout"), SHAPES)
def test_sums_in_blocks(shape: tuple[int, ...], axes: tuple[int, ...], layout: str) -> None:
    made = torch.Generator().manual_seed(0)
    arrays = [10 + torch.randn(shape, dtype=torch.float64, generator=made) for _ in range(2)]
    if layout == "channels_last":
        arrays = [array.contiguous(memory_format=torch.channels_last) for array in arrays]
    off = [array - array.mean(axes, keepdim=True) for array in arrays]
    expected = [*(array.sum(axes, keepdim=True) for array in arrays), (off[0] * off[1]).sum(axes, keepdim=True)]
    for ours, theirs in zip(moments(arrays, [(0, 1)], axes), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-9)
    torch.testing.assert_close(total(arrays[0], axes), expected[0])


def test_where_sums_are_cut() -> None:
    assert cut(torch.empty(64, 128), (1,)) is None
    rows = cut(torch.empty(4096, 256), (0,))
    assert rows is not None and (rows.split, rows.rows, rows.local, rows.outer) == (0, 32, (1,), (0,))
    images = cut(torch.empty(8, 16, 16, 16), (0, 2, 3))
    assert images is not None and (images.rows, set(images.local), images.outer) == (0, {2, 3}, (0,))


def test_blocks_are_as_stable_as_two_passes() -> None:
    made = torch.Generator().manual_seed(0)
    x = 100_000 + torch.randn(4096, 64, generator=made)
    exact = (x.double() - x.double().mean(0)).square().sum(0)
    _, variance = moments([x], [(0, 0)], (0,))
    assert ((variance[0] - exact).abs() / exact).max() < 1e-3


@compiler
def test_one_kernel() -> None:
    x, g, v = (torch.randn(4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(k)) for k in range(3))
    layer = functional.softmax.compiled()
    torch.testing.assert_close(layer.hvp(x, g, v), functional.softmax.hvp(x, g, v))
    leaf = x.clone().requires_grad_()
    torch.testing.assert_close(layer.hvp(leaf, g, v), functional.softmax.hvp(x, g, v))
    assert layer.hvp(leaf, g, v).requires_grad


def values_of(example: Example, layout: str) -> Any:
    values, moving, (g,) = example.values()
    if layout == "channels_last" and values[0].ndim == 4:
        values[0], moving[0], g = (
            each.contiguous(memory_format=torch.channels_last) for each in (values[0], moving[0], g)
        )
    return values, moving, g


@compiler
@pytest.mark.slow
@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_kernel(example: Example, layout: str) -> None:
    if layout == "channels_last" and len(example.shape) != 4:
        pytest.skip("channels_last is for images")
    values, moving, g = values_of(example, layout)
    plain, kernels = functional.functional(example.name), functional.functional(example.name).compiled()
    how = example.keywords
    cotangents = dict(zip(("weight_cotangent", "bias_cotangent"), moving[1:], strict=False))
    saved = plain.statistics(values[0], **how)
    for ours, theirs in zip(
        *(
            [
                layer.forward(*values, **how),
                *layer.vjp(values[0], g, *values[1:], **how),
                *layer.vjp(values[0], g, *values[1:], saved=saved, **how),
                layer.hvp(values[0], g, moving[0], *values[1:], **how),
                layer.hvp(values[0], g, moving[0], *values[1:], grad_tangent=g.flip(0), **how),
                *layer.double_backward(values[0], g, moving[0], *values[1:], **cotangents, **how),
            ]
            for layer in (kernels, plain)
        ),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-11)


@compiler
@pytest.mark.slow
def test_training_with_kernels() -> None:
    """The double backward goes through the kernels, also where torch.compile is called on the layer; a third raises."""
    x, v = (torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(k)) for k in range(2))
    w = torch.linspace(1, 2, 5, dtype=torch.float64)
    kernels = functional.layernorm.compiled()
    for layer in (kernels, torch.compile(lambda x, w: kernels(x, w))):
        leaf = x.clone().requires_grad_()
        (dx,) = torch.autograd.grad(layer(leaf, w).tanh().square().sum(), leaf, create_graph=True)
        (found,) = torch.autograd.grad(dx, leaf, v, create_graph=True)
        expected = torch.autograd.functional.hvp(lambda x: functional.layernorm(x, w).tanh().square().sum(), x, v)[1]
        torch.testing.assert_close(found, expected)
        with pytest.raises(VerifyError, match="no third derivative"):
            torch.autograd.grad(found.sum(), leaf)


@compiler
@pytest.mark.slow
def test_autograd_does_not_get_through_a_compiled_region() -> None:
    """What torch says of its own layer: the reason for the kernels. If this fails, the documentation has to change."""
    x = torch.randn(4, 5, requires_grad=True)
    layer = torch.compile(lambda x: torch.nn.functional.layer_norm(x, (5,)), backend="aot_eager")
    with pytest.raises(RuntimeError, match=r"double backward|not have been used"):
        (dx,) = torch.autograd.grad(layer(x).pow(3).sum(), x, create_graph=True)
        torch.autograd.grad(dx.pow(2).sum(), x)
