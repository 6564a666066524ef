"""The drop-in for training: torch's own checks of derivatives, transforms, operators, torch.compile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.library import opcheck

from verify import functional
from verify.errors import VerifyError
from verify.functional.operators import operators

from .layers import EXAMPLES, Example, normalized

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
"""torch itself uses it where forward mode is first used."""

CHECKED = [each for each in EXAMPLES if not each.name.startswith("batchnorm") or len(each.shape) == 2]
"""Batch normalization of images and volumes goes the same ways as that of a table."""


def layer_of(example: Example) -> Callable[..., torch.Tensor]:
    layer = functional.functional(example.name)
    return lambda *values: layer(*values, **example.keywords)


def leaves(example: Example, seed: int = 0) -> tuple[torch.Tensor, ...]:
    values, _, _ = example.values(seed=seed)
    return tuple(value.requires_grad_() for value in values)


@pytest.mark.parametrize("example", CHECKED, ids=str)
def test_gradcheck_and_gradgradcheck(example: Example) -> None:
    values = leaves(example)
    assert gradcheck(layer_of(example), values, check_forward_ad=True, check_batched_grad=True, fast_mode=True)
    assert gradgradcheck(layer_of(example), values, check_fwd_over_rev=True, fast_mode=True)


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_gradcheck_and_gradgradcheck_entry_by_entry(example: Example) -> None:
    values = leaves(example)
    assert gradcheck(layer_of(example), values, check_forward_ad=True, check_batched_grad=True)
    assert gradgradcheck(layer_of(example), values, check_fwd_over_rev=True, check_batched_grad=True)


@pytest.mark.parametrize("example", CHECKED, ids=str)
def test_transforms_agree(example: Example) -> None:
    """Reverse over reverse, forward over reverse, forward over forward, and all of it in vmap."""
    values, moving, _ = example.values()
    x, v = torch.stack([values[0], 2 * values[0]]), torch.stack([moving[0], moving[0].flip(0)])

    def loss(layer: Callable[..., torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        return layer(x, *values[1:]).tanh().square().sum()

    ours = torch.func.grad(lambda x: loss(layer_of(example), x))
    theirs = torch.func.grad(lambda x: loss(example.composed, x))
    expected = torch.vmap(lambda x, v: torch.func.vjp(theirs, x)[1](v)[0])(x, v)
    for second in (
        lambda x, v: torch.func.vjp(ours, x)[1](v)[0],
        lambda x, v: torch.func.jvp(ours, (x,), (v,))[1],
    ):
        torch.testing.assert_close(torch.vmap(second)(x, v), expected, rtol=1e-10, atol=1e-10)

    def twice(layer: Callable[..., torch.Tensor]) -> torch.Tensor:
        def along(x: torch.Tensor) -> torch.Tensor:
            return torch.func.jvp(lambda x: loss(layer, x), (x,), (v[0],))[1]

        return torch.func.jvp(along, (x[0],), (v[1],))[1]

    bent = torch.func.grad(lambda x: (torch.func.grad(lambda x: loss(example.composed, x))(x) * v[0]).sum())(x[0])
    torch.testing.assert_close(twice(layer_of(example)), (bent * v[1]).sum(), rtol=1e-10, atol=1e-10)


def test_weights_are_optional_and_third_derivatives_exist() -> None:
    x = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    expected = torch.nn.functional.layer_norm(x, (5,))
    torch.testing.assert_close(functional.layernorm(x), expected)
    third = []
    for layer in (functional.layernorm, lambda x: normalized(x, (-1,))):
        (a,) = torch.autograd.grad(layer(x).pow(3).sum(), x, create_graph=True)
        (b,) = torch.autograd.grad(a.pow(2).sum(), x, create_graph=True)
        third.append(torch.autograd.grad(b.pow(2).sum(), x)[0])
    torch.testing.assert_close(*third, rtol=1e-8, atol=1e-8)


OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in ("rmsnorm", "groupnorm", "instancenorm")]


@pytest.mark.parametrize("name", ["layernorm", "batchnorm", *OTHERS])
def test_operators(name: str) -> None:
    """`torch.library.opcheck` on a forward operator; on all three of layer normalization."""
    example = next(each for each in EXAMPLES if each.name == name)
    values = leaves(example)
    how = (1e-5, example.keywords.get("num_groups", 0), [])
    forward, backward, double_backward = operators(name)
    given = (*values, *(None for _ in range(3 - len(values))))
    opcheck(forward, (*given, *how))
    if name != "layernorm":
        return
    _, mean, inverse = (value.detach() for value in forward(*given, *how))
    fixed = tuple(None if value is None else value.detach() for value in given)
    x, w = fixed[0], fixed[1]
    assert x is not None and w is not None
    opcheck(backward, (torch.ones_like(x), mean, inverse, *fixed, *how))
    opcheck(double_backward, (torch.ones_like(x), torch.ones_like(w), None, torch.ones_like(x), *fixed, *how))
    assert gradcheck(lambda *values: forward(*values, *how)[0], values, fast_mode=True)
    assert gradgradcheck(lambda *values: forward(*values, *how)[0], values, fast_mode=True)


def test_the_operators_work_in_vmap() -> None:
    x = torch.randn(3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    w = torch.ones(5, dtype=torch.float64)
    forward, _, _ = operators("layernorm")
    ours = torch.vmap(lambda x: forward(x, w, None, 1e-5, 0, [])[0])(x)
    torch.testing.assert_close(ours, torch.nn.functional.layer_norm(x, (5,), w))
    with pytest.raises(VerifyError, match=r"softmax2 has no operator"):
        operators("softmax2")


def second_derivative(layer: Callable, x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return torch.func.grad(lambda x: (torch.func.grad(lambda x: layer(x).tanh().square().sum())(x) * v).sum())(x)


def in_graph(function: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    """Traced by dynamo and taken apart by AOTAutograd; `aot_eager` needs no C++ compiler."""
    return torch.compile(function, backend="aot_eager", fullgraph=True)


def test_second_derivatives_in_the_graph_of_torch_compile() -> None:
    (x, w), (v, _), _ = EXAMPLES[2].values()
    x, v = x[0], v[0]

    def forward_over_reverse(x: torch.Tensor) -> torch.Tensor:
        loss = torch.func.grad(lambda x: functional.rmsnorm(x, w).tanh().square().sum())
        return torch.func.jvp(loss, (x,), (v,))[1]

    expected = second_derivative(lambda x: functional.rmsnorm(x, w), x, v)
    torch.testing.assert_close(in_graph(forward_over_reverse)(x), expected)


@pytest.mark.slow
@pytest.mark.parametrize("example", CHECKED, ids=str)
def test_every_layer_in_the_graph_of_torch_compile(example: Example) -> None:
    values, moving, _ = example.values()
    x, v = values[0], moving[0]
    layer = layer_of(example)

    def ours(x: torch.Tensor) -> torch.Tensor:
        return layer(x, *values[1:])

    leaf = x.clone().requires_grad_()
    (once,) = torch.autograd.grad(in_graph(ours)(leaf).pow(3).sum(), leaf)
    torch.testing.assert_close(once, torch.func.grad(lambda x: ours(x).pow(3).sum())(x))
    expected = second_derivative(ours, x, v)
    torch.testing.assert_close(in_graph(lambda x: second_derivative(ours, x, v))(x), expected)
    with torch._dynamo.config.patch(trace_autograd_ops=True):

        def by_autograd(x: torch.Tensor) -> torch.Tensor:
            leaf = x.detach().requires_grad_()
            (dx,) = torch.autograd.grad(ours(leaf).tanh().square().sum(), leaf, create_graph=True)
            return torch.autograd.grad(dx, leaf, v)[0]

        torch.testing.assert_close(in_graph(by_autograd)(x), expected)
