"""The chain rule on programs, against autograd on the same operations."""

from __future__ import annotations

import pytest
import torch

from derive.language import Derivative, Scalar, Size, Sum, Vector, define, exp, indices, loss, sqrt
from tests.verify.statements import batchnorm
from verify import VerifyError
from verify.adjoint import chain_rule
from verify.compile import Compiled, compile_term
from verify.program import aligner, leaf_axes

m = Size("m")
b, k = indices("b k", m)
y, w = Vector("y", m), Vector("w", m)
c = Scalar("c")
mu = define("mu", Sum(y[b], b) / m)

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


def test_messages() -> None:
    other = Vector("x", m)
    with pytest.raises(VerifyError, match=r"^yhat\[b\] does not depend on x, so there is nothing to check$"):
        chain_rule(Derivative(batchnorm().yhat[b], other[k]))
    with pytest.raises(VerifyError, match=r"^verify can't differentiate exp yet$"):
        chain_rule(Derivative(define("o", exp(y[b]), b)[b], y[k]))
    with pytest.raises(VerifyError, match=r"y\[b\] is neither a loss nor a defined name$"):
        chain_rule(Derivative(y[b], y[k]))
