"""The gradients that are found, against torch's autograd on a forward pass written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest
import torch
from torch.nn import functional

from derive.gradients import adjoint_forms, adjoints, gradient, hessian, jacobian
from derive.language import Claim, Derivative, Entry, Eq, Tensor
from derive.layers import batchnorm
from derive.verdicts import prove
from tests.gradients.transforms import dynamic_tanh, l2, layernorm, rmsnorm, softmax, two_parameters
from tests.theorems.numeric import FIRST_ORDER, Cubic, Point, value
from tests.theorems.points import BATCHES, EPSILONS, drawn, places

bn = batchnorm()
NAMES = list(bn.names)
ARGUMENTS = ("y", "gamma", "beta", "epsilon")

TOLERANCE = FIRST_ORDER
"""Both sides in float64, and no difference quotient in either: rounding alone, some hundred operations of 1e-16."""


def loss(cubic: Cubic, z: torch.Tensor) -> torch.Tensor:
    n = z.numel()
    a, c, q = (torch.from_numpy(part) for part in (cubic.a[:n], cubic.c[:n], cubic.q[:n, :n]))
    return (a * z + c * z**3 / 3).sum() + z @ q @ z / 2


def batches() -> Iterator[Point]:
    everything = Eq(bn.loss, sum(Entry(t) for t in (*bn.parameters, *bn.constants)))
    for m, epsilon, seed in product(BATCHES, EPSILONS, range(2)):
        yield drawn(everything, m, epsilon, seed)


def leaves(point: Point, *names: str) -> list[torch.Tensor]:
    return [torch.tensor(np.array(point.array(bn.names[name])), dtype=torch.float64) for name in names]


def forward(y, gamma, beta, epsilon, given: dict[str, torch.Tensor] | None = None) -> dict[str, torch.Tensor]:
    """Batch normalization by hand, with every intermediate; those in `given` are variables of their own."""
    given = given or {}
    mu = given.get("mu", y.mean())
    var = given.get("var", ((y - mu) ** 2).mean())
    s = given.get("s", (var + epsilon).sqrt())
    yhat = given.get("yhat", (y - mu) / s)
    z = given.get("z", gamma * yhat + beta)
    arguments = {"y": y, "gamma": gamma, "beta": beta, "epsilon": epsilon}
    return {**arguments, "mu": mu, "var": var, "s": s, "yhat": yhat, "z": z}


def backward(point: Point) -> dict[str, np.ndarray]:
    """The gradient of every name, intermediates retained, in one backward pass."""
    values = [leaf.requires_grad_() for leaf in leaves(point, *ARGUMENTS)]
    named = forward(*values)
    for tensor in named.values():
        tensor.retain_grad()
    loss(point.loss, named["z"]).backward()
    return {name: tensor.grad.numpy() for name, tensor in named.items()}


def right_side(claim: Claim, point: Point) -> np.ndarray:
    """The right side as an array over the free indices of the claim, in alphabetical order."""
    found = [value(claim.rhs, point, at) for at in places(claim, point)]
    axes = sum(1 for _ in next(places(claim, point)))
    return np.array(found).reshape([round(len(found) ** (1 / axes))] * axes if axes else [])


def agree(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE * max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name: str) -> None:
    claim = gradient(bn, name).claim
    for point in batches():
        agree(right_side(claim, point), backward(point)[name])


def test_adjoints() -> None:
    """Those of the reverse sweep, evaluated as they are defined, and in closed form."""
    found, forms = adjoints(bn), adjoint_forms(bn)
    assert [tensor.name for tensor in found] == ["z", "yhat", "s", "var", "mu", "gamma", "beta", "y"]
    for point in batches():
        expected = backward(point)
        for tensor, adjoint in found.items():
            agree(point.array(adjoint), expected[tensor.name])
        for tensor, form in forms.items():
            agree(right_side(form, point), expected[tensor.name])


@pytest.mark.parametrize("tensor", list(adjoints(bn)), ids=str)
def test_each_adjoint_is_the_derivative(tensor: Tensor) -> None:
    """By the kernel: the reverse sweep gives the derivative through every definition."""
    adjoint = adjoints(bn)[tensor]
    (at,) = [adjoint.definition.indices] if adjoint.definition else [bn.indices("b")]
    prove(Eq(Derivative(bn.loss, Entry(tensor, at)), Entry(adjoint, at))).recheck()


@pytest.mark.parametrize("name", ["mu", "var", "s", "yhat", "z"])
def test_jacobians(name: str) -> None:
    claim = jacobian(bn, name).claim
    for point in batches():
        y, *others = leaves(point, *ARGUMENTS)
        expected = torch.autograd.functional.jacobian(lambda y, others=others: forward(y, *others)[name], y)
        agree(right_side(claim, point), expected.numpy())


def test_jacobians_by_other_names() -> None:
    """By a parameter, and of a step that is one number."""
    assert str(jacobian(bn, "mu").claim) == "D(mu, y[b]) = 1/m for every b"
    assert str(jacobian(bn, by="weight").claim) == "D(z[b], gamma) = yhat[b] for every b"
    assert str(jacobian(bn, "yhat", by="bias").claim) == "D(yhat[b], beta) = 0 for every b"


# torch.func.hessian compiles its own decompositions with it.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_hessians(name: str) -> None:
    """For a loss with a cubic part, so that its own Hessian is not constant."""
    claim = hessian(bn, name).claim
    for point in batches():
        (variable,) = leaves(point, name)

        def loss_by(variable: torch.Tensor, point: Point = point) -> torch.Tensor:
            arguments, given = dict(zip(ARGUMENTS, leaves(point, *ARGUMENTS), strict=True)), {}
            changed = arguments if name in ARGUMENTS else given
            changed[name] = variable
            return loss(point.loss, forward(**arguments, given=given)["z"])

        agree(right_side(claim, point), torch.func.hessian(loss_by)(variable).numpy())


TORCH: list[tuple[Callable, Callable]] = [
    (l2, lambda y, _: functional.normalize(y, dim=0, eps=0.0)),
    (softmax, lambda y, _: functional.softmax(y, dim=0)),
    (rmsnorm, lambda y, p: p["gamma"] * functional.rms_norm(y, y.shape, eps=float(p["epsilon"]))),
    (layernorm, lambda y, p: functional.layer_norm(y, y.shape, p["w"], p["c"], float(p["epsilon"]))),
    (two_parameters, lambda y, p: y / (p["alpha"] * y.norm() + p["delta"])),
    (dynamic_tanh, lambda y, p: p["gamma"] * torch.tanh(p["alpha"] * y) + p["beta"]),
]


@pytest.mark.parametrize(("make", "operation"), TORCH, ids=[make.__name__ for make, _ in TORCH])
@pytest.mark.parametrize(("m", "epsilon"), list(product(BATCHES, EPSILONS)))
def test_operations_of_torch(make: Callable, operation: Callable, m: int, epsilon: float) -> None:
    """Gradient and Hessian of transforms that torch has, by every input and parameter."""
    made = make()
    point = drawn(Eq(made.loss, 0), m, epsilon, 7)
    learnt = {t.name: torch.tensor(np.array(point.array(t))) for t in (*made.inputs, *made.parameters, *made.constants)}
    for tensor in (*made.inputs, *made.parameters):

        def loss_by(variable: torch.Tensor, tensor: Tensor = tensor) -> torch.Tensor:
            values = {**learnt, tensor.name: variable}
            return loss(point.loss, operation(values["y"], values))

        variable = learnt[tensor.name]
        agree(right_side(gradient(made, tensor.name).claim, point), torch.func.grad(loss_by)(variable).numpy())
        expected = torch.autograd.functional.hessian(loss_by, variable).numpy()
        agree(right_side(hessian(made, tensor.name).claim, point), expected)
