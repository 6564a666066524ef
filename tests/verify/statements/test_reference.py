"""Autograd quantities, against batch normalization written out."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from derive.language import Derivative, Sum
from tests.verify.statements.points import evaluate
from tests.verify.statements.stated import b, beta, epsilon, gamma, gradient, jacobian, k, layer, y, yhat
from verify import VerifyError, draw
from verify.statements.inputs import LAYOUTS, Batch, rows
from verify.statements.point import point_of

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
    torch.testing.assert_close(evaluate(gradient.lhs, layer, batch), rows(x.grad), rtol=1e-9, atol=1e-12)


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
    part = point_of(batches[1], layer).part(0, 2)
    whole = part.layout.whole(part.values[layer.y])
    assert whole.is_contiguous(memory_format=torch.channels_last) and torch.equal(whole, batches[1].x[:, :2])
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


def test_adjoints_of_steps() -> None:
    """By hand: the program cut at a step, and the rest written out."""
    batch = draw((6, 3), "float64")
    values, upstream = rows(batch.x), rows(batch.upstream)
    mean, var = values.mean(1), values.var(1, correction=0)
    steps = {"mu": mean, "var": var, "s": (var + batch.eps).sqrt(), "yhat": written_out(values, batch)}
    for name, value in steps.items():
        leaf = value.clone().requires_grad_()
        at = {**steps, name: leaf}
        if name == "mu":
            at["var"] = (values - leaf[:, None]).square().mean(1)
        if name in ("mu", "var"):
            at["s"] = (at["var"] + batch.eps).sqrt()
        yhat_values = leaf if name == "yhat" else (values - at["mu"][:, None]) / at["s"][:, None]
        (batch.weight[:, None] * yhat_values * upstream).sum().backward()
        by = yhat[b] if name == "yhat" else getattr(layer, name)
        torch.testing.assert_close(evaluate(Derivative(layer.loss, by), layer, batch), leaf.grad)


def test_a_second_derivative_by_a_step_is_refused() -> None:
    second = Derivative(Derivative(layer.loss, y[b]), layer.mu)
    with pytest.raises(VerifyError, match=r"is by a defined name, of a derivative: autograd can't take it$"):
        evaluate(second, layer, draw((6, 3), "float64"))


def test_by_epsilon_the_definitions_are_differentiated() -> None:
    batch = draw((6, 3), "float64", eps=1e-2)
    eps = torch.full((3, 1), batch.eps, dtype=torch.float64, requires_grad=True)
    x = rows(batch.x)
    (((x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + eps).sqrt()).sum(1)).sum().backward()
    found = evaluate(Derivative(Sum(yhat[b], b), epsilon), layer, batch)
    torch.testing.assert_close(found, eps.grad[:, 0], atol=1e-12, rtol=0)
