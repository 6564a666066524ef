"""Torch's shapes as the axes of a program: the values of the forms against torch's own operations, and no copies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional

from verify import forms
from verify.arrangement import ARRANGED, Arrangement, arrange
from verify.compile import compile_term
from verify.errors import VerifyError

EPS = 1e-3


def batch_norm(x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None) -> torch.Tensor:
    return torch.batch_norm(x, weight, bias, None, None, True, 0.0, EPS, False)  # type: ignore[arg-type]


CASES: list[tuple[str, tuple[int, ...], dict, Callable]] = [
    ("layernorm", (3, 5), {}, lambda x, w, b: functional.layer_norm(x, (5,), w, b, EPS)),
    (
        "layernorm",
        (2, 3, 4, 5),
        {"normalized_shape": (4, 5)},
        lambda x, w, b: functional.layer_norm(x, (4, 5), w, b, EPS),
    ),
    ("rmsnorm", (2, 3, 7), {}, lambda x, w, b: functional.rms_norm(x, (7,), w, EPS)),
    ("batchnorm", (6, 3), {}, batch_norm),
    ("batchnorm", (6, 3, 4), {}, batch_norm),
    ("batchnorm", (4, 3, 2, 5), {}, batch_norm),
    ("batchnorm", (4, 3, 2, 2, 3), {}, batch_norm),
    ("batchnorm", (3, 2, 2, 2, 3, 2), {}, batch_norm),
    ("groupnorm", (3, 6, 4, 2), {"num_groups": 2}, lambda x, w, b: functional.group_norm(x, 2, w, b, EPS)),
    ("groupnorm", (5, 6), {"num_groups": 2}, lambda x, w, b: functional.group_norm(x, 2, w, b, EPS)),
    ("instancenorm", (2, 3, 4, 5), {}, lambda x, w, b: functional.instance_norm(x, None, None, w, b, eps=EPS)),
]
"""What is arranged, and the operation of torch that has those shapes."""


def evaluated(form: forms.Form, lay: Arrangement, given: dict[str, torch.Tensor]) -> torch.Tensor:
    inner = {name: lay.inward(name, value)[None] for name, value in given.items()}
    compiled = compile_term(form.term)
    found = compiled({**inner, "epsilon": torch.full((1,), EPS, dtype=torch.float64)})
    order = [0, *(1 + compiled.axes.index(index) for index in form.axes)]
    return lay.outward(form.like.name, found.permute(order)[0])


@pytest.mark.parametrize(("like", "shape", "options", "operation"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_forms_in_torchs_shapes(like: str, shape: tuple[int, ...], options: dict, operation: Callable) -> None:
    """Output, gradients and second derivatives against the operation's autograd; some hundred float64 roundings."""
    lay, random = arrange(like, shape, **options), torch.Generator().manual_seed(3)

    def drawn(*size: int) -> torch.Tensor:
        return torch.randn(size, dtype=torch.float64, generator=random)

    x, w, b, g, v = drawn(*shape), drawn(*lay.weights), drawn(*lay.weights), drawn(*shape), drawn(*shape)
    for value in (x, w, g):
        value.requires_grad_()
    z = operation(x, w, b)
    dx, dw = torch.autograd.grad(z, (x, w), g, create_graph=True)
    by_g, by_x, by_w = torch.autograd.grad(dx, (g, x, w), v)
    given = {"x": x, "gamma": w, "beta": b, "g": g, "xdot": v}
    layer = lay.layer
    given = {name: value.detach() for name, value in given.items() if name != "beta" or "beta" in layer.names}
    expected = {
        forms.output(layer): z,
        forms.vjp(layer): dx,
        forms.vjp(layer, "weight"): dw,
        forms.tangent_form(layer): by_g,
        forms.second(layer): by_x,
        forms.second(layer, of="weight"): by_w,
    }
    for form, value in expected.items():
        scale = float(value.detach().abs().max())
        found = evaluated(form, lay, given)
        assert found.shape == value.shape
        assert float((found - value.detach()).abs().max()) <= 1000 * 2.0**-53 * scale, form.name


@pytest.mark.parametrize("like", ARRANGED)
def test_inwards_and_outwards(like: str) -> None:
    shape = (2, 6, 4, 5)
    lay = arrange(like, shape, num_groups=3)
    x, w = torch.randn(shape), torch.randn(lay.weights)
    assert torch.equal(lay.outward("x", lay.inward("x", x)), x)
    for parameter in lay.layer.parameters:
        assert torch.equal(lay.outward(parameter.name, lay.inward(parameter.name, w)), w)


@pytest.mark.parametrize("like", ["batchnorm", "groupnorm", "instancenorm"])
def test_channels_last_is_not_copied(like: str) -> None:
    x = torch.randn(2, 6, 4, 5).contiguous(memory_format=torch.channels_last)
    assert arrange(like, x.shape, num_groups=3).inward("x", x).data_ptr() == x.data_ptr()


@pytest.mark.parametrize(
    ("like", "shape", "options", "message"),
    [
        ("groupnorm", (2, 6), {}, "group normalization needs num_groups"),
        ("groupnorm", (2, 6), {"num_groups": 4}, "6 channels can't be cut into 4 groups of the same size"),
        ("groupnorm", (2, 6), {"num_groups": 0}, "6 channels can't be cut into 0 groups of the same size"),
        ("batchnorm", (5,), {}, "batchnorm takes inputs of at least 2 axes; (5,) has 1"),
        ("instancenorm", (5, 3), {}, "instancenorm takes inputs of at least 3 axes; (5, 3) has 2"),
        ("layernorm", (5, 3), {"normalized_shape": (4,)}, "the input (5, 3) doesn't end in the normalized shape (4,)"),
        ("weightnorm", (5, 3), {}, "weightnorm has no shape of torch's; its values have the axes of its program"),
    ],
)
def test_shapes_that_do_not_fit(like: str, shape: tuple[int, ...], options: dict, message: str) -> None:
    with pytest.raises(VerifyError) as raised:
        arrange(like, shape, **options)
    assert str(raised.value) == message


def test_a_value_of_another_shape() -> None:
    with pytest.raises(VerifyError, match=r"gamma has the shape \(4,\); layernorm takes \(3,\) here"):
        arrange("layernorm", (5, 3)).inward("gamma", torch.ones(4))
