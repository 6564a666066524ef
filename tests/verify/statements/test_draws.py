"""Drawn values: the properties that make a wrong formula show."""

from __future__ import annotations

import pytest
import torch

from derive.language import Derivative, Eq, Scalar, Size, Vector, indices, inner
from derive.layers import LAYERS, groupnorm, layernorm, linf_batchnorm
from tests.verify.statements.points import point_for
from verify.statements.draws import draw_point
from verify.statements.hypotheses import hold
from verify.statements.inputs import DTYPES, EPSILON


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LAYERS)
def test_every_tensor_of_a_layer_has_values_of_the_dtype(name: str, dtype: str) -> None:
    layer = LAYERS[name]()
    sizes = {size: 3 for tensor in (*layer.inputs, *layer.parameters, *layer.constants) for size in tensor.sizes}
    point = draw_point(layer, [], sizes, 4, dtype, eps=EPSILON[dtype], seed=5)
    tensors = (*layer.inputs, *layer.parameters, *layer.constants, layer.gradient)
    for tensor in tensors:
        value = point.values[tensor]
        assert value.dtype == DTYPES[dtype] and value.isfinite().all()
        assert value.shape[1:] == tuple(3 for _ in tensor.sizes)
        assert {int(sign) for sign in value.sign().unique()} <= set(tensor.signs)
    again = draw_point(layer, [], sizes, 4, dtype, eps=EPSILON[dtype], seed=5)
    assert all(torch.equal(point.values[tensor], again.values[tensor]) for tensor in tensors)


def test_groups_differ_in_offset_and_scale() -> None:
    layer = groupnorm()
    sizes = dict(zip(layer.x.sizes, (2, 2, 3, 5), strict=True))
    x = draw_point(layer, [], sizes, 3, "float64", eps=1e-4).values[layer.x]
    mean, spread = x.mean((3, 4)).flatten(), x.var((3, 4), correction=0).flatten()
    assert ((mean.abs() / spread.sqrt()) > 50).any(), "far from 0"
    assert torch.isclose(spread, torch.tensor(4e-4, dtype=torch.float64)).any(), "of about epsilon"
    assert (spread > 1).any()


def test_the_upstream_gradient_has_what_normalization_removes() -> None:
    layer = layernorm()
    sizes = dict(zip(layer.x.sizes, (4, 50), strict=True))
    point = draw_point(layer, [], sizes, 6, "float64")
    x, g = point.values[layer.x], point.values[layer.gradient]
    xhat = (x - x.mean(2, keepdim=True)) / x.std(2, correction=0, keepdim=True)
    size = g.norm(dim=2)
    for direction in (torch.ones_like(xhat), xhat):
        along = (g * direction).sum(2).abs() / direction.norm(dim=2)
        assert (along > 0.1 * size).all()
    rest = g - g.mean(2, keepdim=True) - xhat * (g * xhat).mean(2, keepdim=True)
    assert (rest.norm(dim=2) > 0.1 * size).all()


def test_a_second_derivative_is_symmetric_under_exchange_of_its_halves() -> None:
    layer = layernorm()
    n, d = layer.indices("n")[0], layer.indices("d", of=layer.gamma)[0]
    twice = Derivative(Derivative(layer.loss, layer.x[n, d]), layer.x[layer.indices("k")[0], d])
    point = point_for(layer, Eq(twice, 0), (2, 3))
    H = point.values[layer.gradient.dependence.derivative]
    assert torch.equal(H, H.permute(0, 3, 4, 1, 2)) and not torch.equal(H, H.permute(0, 1, 4, 3, 2))


def test_the_farthest_activation_is_marked() -> None:
    layer = linf_batchnorm()
    point = draw_point(layer, [], {layer.y.sizes[0]: 7}, 5, "bfloat16")
    y, top = (point.values[tensor].double() for tensor in (layer.y, layer.named("top")))
    away = y - y.mean(1, keepdim=True)
    assert torch.equal((top * away).sum(1), away.abs().amax(1)) and (top != 0).sum() == 5


def test_vectors_without_a_layer_come_in_every_position() -> None:
    (i,) = indices("i", Size("n"))
    u, w, c = Vector("u", i.size), Vector("w", i.size), Scalar("c")

    point = draw_point(None, [u, w, c.tensor], {i.size: 9}, 12, "float64", seed=1)
    a, b = point.values[u], point.values[w]
    cosine = (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))
    assert (cosine > 0.99).any() and (cosine < -0.99).any() and (cosine.abs() < 0.05).any()
    ratio = a.norm(dim=1) / b.norm(dim=1)
    assert (ratio > 5).any() and (ratio < 0.2).any()
    assert 0 < hold(inner(u, w, i) > 0, point).sum() < 12
    assert (point.values[c.tensor] < 0).any() and (point.values[c.tensor] > 0).any()
