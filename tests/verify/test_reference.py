"""Autograd quantities, against batch normalization written out."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from derive.language import Derivative
from tests.verify.statements import b, beta, epsilon, g, gamma, gradient, jacobian, k, layer, y, yhat
from verify import VerifyError, draw
from verify.inputs import LAYOUTS, Batch, rows
from verify.reference import evaluate, fault_of_derivative

SHAPES = [(6, 3), (4, 3, 5), (4, 3, 2, 3)]


def written_out(values: torch.Tensor, batch: Batch) -> torch.Tensor:
    mean, var = values.mean(1, keepdim=True), values.var(1, correction=0, keepdim=True)
    return (values - mean) / (var + batch.eps).sqrt()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradient(shape: tuple[int, ...]) -> None:
    batch = draw(shape, "float64")
    leaf = rows(batch.x).clone().requires_grad_()
    output = batch.weight[:, None] * written_out(leaf, batch) + batch.bias[:, None]
    output.backward(rows(batch.upstream))
    torch.testing.assert_close(evaluate(gradient.lhs, layer, batch), leaf.grad)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_jacobian(shape: tuple[int, ...]) -> None:
    batch = draw(shape, "float64")
    found = evaluate(jacobian.lhs, layer, batch)
    full = torch.autograd.functional.jacobian(lambda values: written_out(values, batch), rows(batch.x))
    expected = torch.stack([full[feature, :, feature, :] for feature in range(3)])
    torch.testing.assert_close(found, expected)


def test_it_is_the_operation_behind_functional_batch_norm() -> None:
    batch = draw((6, 3, 4), "float64")
    x = batch.x.clone().requires_grad_()
    z = functional.batch_norm(x, None, None, batch.weight, batch.bias, training=True, eps=batch.eps)
    z.backward(batch.upstream)
    assert torch.equal(evaluate(gradient.lhs, layer, batch), rows(x.grad))


def test_derivatives_by_the_parameters() -> None:
    batch = draw((6, 3), "float64")
    yhat_values = written_out(rows(batch.x), batch)
    by_weight = evaluate(Derivative(layer.loss, gamma), layer, batch)
    torch.testing.assert_close(by_weight, (yhat_values * rows(batch.upstream)).sum(1))
    torch.testing.assert_close(evaluate(Derivative(layer.loss, beta), layer, batch), rows(batch.upstream).sum(1))


@pytest.mark.parametrize("name", ["mu", "var", "s"])
def test_derivatives_of_statistics(name: str) -> None:
    batch = draw((6, 3, 2), "float64")
    values = rows(batch.x)
    centred, count = values - values.mean(1, keepdim=True), 12
    deviation = (centred.square().mean(1, keepdim=True) + batch.eps).sqrt()
    expected = {
        "mu": torch.full_like(values, 1 / count),
        "var": 2 * centred / count,
        "s": centred / (count * deviation),
    }
    derivative = Derivative(getattr(layer, name), y[k])
    torch.testing.assert_close(evaluate(derivative, layer, batch), expected[name])


def test_layouts_give_the_same_numbers_in_the_order_of_the_input() -> None:
    shape = (4, 3, 2, 3)
    batches = [draw(shape, "float64", layout) for layout in LAYOUTS]
    assert torch.equal(batches[0].x, batches[1].x)
    assert batches[1].x.is_contiguous(memory_format=torch.channels_last)
    assert batches[1].features(0, 2).x.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(*(evaluate(gradient.lhs, layer, batch) for batch in batches))


def test_the_oracle_is_float64_on_the_rounded_numbers() -> None:
    batch = draw((6, 3), "bfloat16")
    found = evaluate(gradient.lhs, layer, batch)
    assert found.dtype == torch.float64
    assert torch.equal(found, evaluate(gradient.lhs, layer, batch.to(torch.float64)))


def test_epsilon_zero() -> None:
    batch = draw((6, 3), "float64", eps=1e-5)
    found = evaluate(jacobian.lhs, layer, Batch(batch.x, batch.upstream, batch.weight, batch.bias, 0.0))
    yhat_values = written_out(rows(batch.x), Batch(batch.x, batch.upstream, batch.weight, batch.bias, 0.0))
    gone = (found @ yhat_values[:, :, None]).abs().max() / found.abs().max()
    assert gone < 1e-9, "at epsilon = 0 the Jacobian annihilates yhat"


@pytest.mark.parametrize(
    ("derivative", "message"),
    [
        (
            Derivative(layer.loss, yhat[b]),
            "autograd gives derivatives by y, gamma, beta here, and D(L, yhat[b]) is one by yhat",
        ),
        (Derivative(yhat[b], epsilon), "autograd gives derivatives by y, gamma, beta here"),
        (
            Derivative(g[b], y[k]),
            "autograd gives derivatives of L, mu, var, s, yhat, z here, and D(g[b], y[k]) is one of g[b]",
        ),
    ],
    ids=str,
)
def test_messages(derivative: Derivative, message: str) -> None:
    assert message in fault_of_derivative(derivative, layer)
    with pytest.raises(VerifyError):
        evaluate(derivative, layer, draw((6, 3), "float64"))
