"""The chain rule on programs, against autograd on the same operations."""

from __future__ import annotations

import pytest
import torch

from derive.language import (
    Abs,
    Derivative,
    Entry,
    Scalar,
    Size,
    Sum,
    Vector,
    define,
    exp,
    indices,
    log,
    loss,
    sign,
    sqrt,
    tanh,
)
from tests.verify.statements.stated import batchnorm
from verify import VerifyError
from verify.compile import Compiled, compile_term
from verify.program import aligner, leaf_axes
from verify.statements.adjoint import chain_rule

m = Size("m")
b, k = indices("b k", m)
y, w = Vector("y", m), Vector("w", m)
c = Scalar("c")
mu = define("mu", Sum(y[b], b) / m)
double = define("double", 2 * y[b] - mu, b)
outer = define("outer", y[b] * w[k] * y[k], b, k)
constant = define("constant", c**2, b)

OUTPUTS = {
    "add": define("o", y[b] + y[b] + c, b),
    "neg": define("o", -y[b] - c, b),
    "mul": define("o", y[b] * y[b] * w[b] * c, b),
    "div": define("o", w[b] / (y[b] + c) / 3, b),
    "div by itself": define("o", y[b] / (y[b] * c), b),
    "sqrt": define("o", sqrt(y[b] ** 2 + c**2), b),
    "sum": define("o", w[b] * Sum(y[k] * w[k], k), b),
    "sum of a constant": define("o", w[b] * Sum(c, k) * y[b], b),
    "view": define("o", Sum(w[k] * (y[b] - y[k]) ** 2, k), b),
    "mean": define("o", (y[b] - mu) ** 2 + mu, b),
    "exp": define("o", exp(y[b] * c) / Sum(exp(y[k]), k), b),
    "log": define("o", log(y[b] + c) * w[b], b),
    "abs": define("o", Abs(y[b] - c) * Abs(w[b]) * c, b),
    "sign": define("o", sign(w[b] - c) * y[b], b),
    "tanh": define("o", tanh(w[b] * y[b]), b),
    "name": define("o", mu * y[b] + double[b] ** 2, b),
    "diagonal": define("o", Sum(outer[k, k] * w[k], k) * y[b] + outer[b, b], b),
    "constant name": define("o", Sum(constant[k] * y[k], k) * constant[b], b),
}

GENERATOR = torch.Generator().manual_seed(3)
VALUES = {
    y: torch.rand(2, 4, generator=GENERATOR, dtype=torch.float64) + 0.5,
    w: torch.randn(2, 4, generator=GENERATOR, dtype=torch.float64),
    c.tensor: torch.tensor([0.7, 1.9], dtype=torch.float64),
}
UPSTREAM = torch.randn(2, 4, generator=GENERATOR, dtype=torch.float64)


def by_chain_rule(derivative: Derivative, values: dict) -> torch.Tensor:
    found = Compiled(derivative, chain_rule(derivative))
    return aligner(found.axes, leaf_axes(derivative))(found(values))


INPUTS = {
    (name, by.tensor.name): (output, by)
    for name, output in OUTPUTS.items()
    for by in (y[k], w[k], c)
    if by.tensor in compile_term(output[b]).program.leaves
}


@pytest.mark.parametrize("case", INPUTS, ids="-".join)
def test_gradient_of_a_loss(case: tuple[str, str]) -> None:
    output, by = INPUTS[case]
    total, upstream = loss("L", of=output)
    found = by_chain_rule(Derivative(total, by), {**VALUES, upstream: UPSTREAM})

    leaves = {tensor: value.clone().requires_grad_() for tensor, value in VALUES.items()}
    compile_term(output[b])(leaves).backward(UPSTREAM)
    expected = leaves[by.tensor].grad
    torch.testing.assert_close(found.expand_as(expected), expected)


@pytest.mark.parametrize("name", OUTPUTS)
def test_jacobian(name: str) -> None:
    output = OUTPUTS[name]
    found = by_chain_rule(Derivative(output[b], y[k]), VALUES)

    def forward(value: torch.Tensor) -> torch.Tensor:
        return compile_term(output[b])({**VALUES, y: value})

    jacobian = torch.autograd.functional.jacobian(forward, VALUES[y])
    expected = torch.stack([jacobian[feature, :, feature, :] for feature in range(2)])
    torch.testing.assert_close(found.expand_as(expected), expected)


@pytest.mark.parametrize("name", OUTPUTS)
def test_second_derivatives(name: str) -> None:
    """Of a loss that is quadratic in the output, against autograd on the same operations."""
    output = OUTPUTS[name]
    total, upstream = loss("L", of=output)
    curvature = upstream.dependence.derivative
    random = torch.randn(2, 4, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    H = random + random.mT
    found = by_chain_rule(Derivative(Derivative(total, y[b]), y[k]), {**VALUES, upstream: UPSTREAM, curvature: H})

    def value(values: torch.Tensor, feature: int) -> torch.Tensor:
        one = {tensor: each[feature : feature + 1] for tensor, each in VALUES.items()}
        z = compile_term(output[b])({**one, y: values[None]})[0]
        moved = z - z.detach()
        return UPSTREAM[feature] @ z + moved @ H[feature] @ moved / 2

    hessians = [
        torch.autograd.functional.hessian(lambda each, at=feature: value(each, at), VALUES[y][feature])
        for feature in range(2)
    ]
    torch.testing.assert_close(found.expand(2, 4, 4), torch.stack(hessians))


def test_by_a_defined_name_that_name_is_a_variable() -> None:
    output = OUTPUTS["name"]
    by_mu = by_chain_rule(Derivative(output[b], mu), VALUES)
    torch.testing.assert_close(by_mu, VALUES[y] - 2 * (2 * VALUES[y] - VALUES[y].mean(1, keepdim=True)))
    by_double = by_chain_rule(Derivative(output[b], double[k]), VALUES)
    doubled = 2 * VALUES[y] - VALUES[y].mean(1, keepdim=True)
    torch.testing.assert_close(by_double, torch.diag_embed(2 * doubled))


def test_the_diagonal_of_a_jacobian() -> None:
    output = OUTPUTS["mul"]
    whole = by_chain_rule(Derivative(output[b], y[k]), VALUES)
    found = Compiled(Derivative(output[b], y[b]), chain_rule(Derivative(output[b], y[b])))
    torch.testing.assert_close(found(VALUES), whole.diagonal(0, 1, 2))


def test_messages() -> None:
    other = Vector("x", m)
    with pytest.raises(VerifyError, match=r"^yhat\[b\] does not depend on x, so there is nothing to check$"):
        chain_rule(Derivative(batchnorm().yhat[b], other[k]))
    _, upstream = loss("L", of=mu.tensor)
    curvature = upstream.dependence.derivative
    with pytest.raises(VerifyError, match=r"^no name is declared for the derivative of dg$"):
        chain_rule(Derivative(Entry(curvature), y[k]))
