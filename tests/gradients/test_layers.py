"""Every derivative of every layer that is found, against torch's autograd on forward passes written by hand.

Both sides are float64. What differs between them is rounding: that of the closed form is bounded operation by
operation (see `rounding`); autograd works with at most 5 times the operations of the forward pass for a gradient
(Baur and Strassen 1983), hence 25 times for a second derivative, and each rounds no more than ours do.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from derive.gradients import KINDS, double_backward
from derive.gradients.modes import tangent
from derive.language import Claim, Derivative, Entry, Index, Tensor
from derive.language.binding import walk
from derive.layers import LAYERS
from tests.gradients.forwards import TRIALS, Trial, Values
from tests.gradients.rounding import Numbers, Rounded, U, added, array, exact, multiplied, summed

ORDERS = {"vjp": 1, "jvp": 1, "jacobian": 1, "hessian": 2, "hvp": 2}
REVERSE = 5
"""At most so many times the operations of a function are needed for it and its gradient."""

CASES = [
    pytest.param(trial, kind, tensor.name, id=f"{trial.id}-{kind}-{tensor.name}")
    for trial in TRIALS
    for kind in ORDERS
    for tensor in (*LAYERS[trial.layer]().inputs, *LAYERS[trial.layer]().parameters)
]

PAIRS = [
    pytest.param(trial, along.name, of.name, id=f"{trial.id}-{along.name}-{of.name}")
    for trial in TRIALS
    for along in (*LAYERS[trial.layer]().inputs, *LAYERS[trial.layer]().parameters)
    for of in (*LAYERS[trial.layer]().inputs, *LAYERS[trial.layer]().parameters)
]


class Setting:
    """A layer on random numbers, under the loss a.z + z'Qz/2, whose Q is random and symmetric."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.layer = trial, LAYERS[trial.layer]()
        random = np.random.default_rng(sum(map(ord, trial.id)))
        self.numbers = Numbers(trial.sizes, {})
        self.arrays = {tensor.name: self.drawn(tensor, random) for tensor in self.given()}
        length = int(np.prod(self.numbers.shape(self.layer.output)))
        square = random.normal(size=(length, length))
        self.a, self.q = random.normal(size=length), square + square.T
        for tensor in self.given():
            self.numbers.given[tensor] = exact(self.arrays[tensor.name], own(tensor))
        self.numbers.given |= {self.layer.gradient: self.slope(), self.layer.second: self.curvature()}
        held = Tensor(self.layer.gradient.name, self.layer.output.sizes)
        self.held = random.normal(size=self.numbers.shape(self.layer.output))
        self.numbers.given[held] = exact(self.held, own(held))

    def given(self) -> list[Tensor]:
        moved = [tangent(tensor) for tensor in (*self.layer.inputs, *self.layer.parameters)]
        return [*self.layer.inputs, *self.layer.parameters, *self.layer.constants, *moved]

    def drawn(self, tensor: Tensor, random: np.random.Generator) -> np.ndarray:
        if tensor.name in self.trial.constants:
            return np.array(self.trial.constants[tensor.name])
        if tensor.name == "top":
            centred = self.arrays_so_far - self.arrays_so_far.mean()
            return np.sign(centred) * (abs(centred) == abs(centred).max())
        value = random.normal(size=self.numbers.shape(tensor))
        if tensor in self.layer.inputs:
            self.arrays_so_far = value
        return abs(value) if -1 not in tensor.signs else value

    def slope(self) -> Rounded:
        """The gradient a + Qz of the loss by the output."""
        z = self.numbers.tensor(self.layer.output)
        row, column = (Index(name, self.layer.output.sizes[0]) if z.labels else None for name in "rc")
        if row is None:
            return added(exact(self.a[0]), multiplied(exact(self.q[0, 0]), z))
        flat = Rounded((column,), z.array.reshape(-1), z.error.reshape(-1))
        sums = summed(multiplied(exact(self.q, (row, column)), flat), column, len(self.a))
        found = added(exact(self.a, (row,)), sums)
        return Rounded(z.labels, found.array.reshape(z.array.shape), found.error.reshape(z.array.shape))

    def curvature(self) -> Rounded:
        return exact(self.q.reshape(self.numbers.shape(self.layer.second)), own(self.layer.second))

    def loss(self, values: Values) -> torch.Tensor:
        z = self.trial.forward(values).reshape(-1)
        return torch.from_numpy(self.a) @ z + z @ torch.from_numpy(self.q) @ z / 2

    def values(self, **changed: torch.Tensor) -> Values:
        return {name: torch.as_tensor(value) for name, value in self.arrays.items()} | changed

    def expected(self, kind: str, name: str) -> np.ndarray:
        """The derivative by autograd."""

        def output(x: torch.Tensor) -> torch.Tensor:
            return self.trial.forward(self.values(**{name: x}))

        def loss(x: torch.Tensor) -> torch.Tensor:
            return self.loss(self.values(**{name: x}))

        x, moved = self.values()[name], self.values()[f"{name}dot"]
        if kind == "vjp":
            z, pulled = torch.func.vjp(output, x)
            upstream = torch.from_numpy(self.a) + torch.from_numpy(self.q) @ z.reshape(-1)
            return pulled(upstream.reshape(z.shape))[0].numpy()
        found = {
            "jvp": lambda: torch.func.jvp(output, (x,), (moved,))[1],
            "jacobian": lambda: torch.func.jacrev(output)(x),
            "hessian": lambda: torch.func.hessian(loss)(x),
            "hvp": lambda: torch.func.jvp(torch.func.grad(loss), (x,), (moved,))[1],
        }
        return found[kind]().numpy()

    def paired(self, along: str, of: str) -> np.ndarray:
        """The gradient by `of` of <g, JVP along `along`> by autograd, with g held fixed."""

        def value(variable: torch.Tensor) -> torch.Tensor:
            values = self.values(**{of: variable})

            def output(moving: torch.Tensor) -> torch.Tensor:
                return self.trial.forward({**values, along: moving})

            _, moved = torch.func.jvp(output, (values[along],), (values[f"{along}dot"],))
            return (torch.from_numpy(self.held) * moved).sum()

        return torch.func.grad(value)(self.values()[of]).numpy(force=True)


@cache
def setting(trial_id: str) -> Setting:
    return Setting(next(trial for trial in TRIALS if trial.id == trial_id))


def own(tensor: Tensor) -> tuple[Index, ...]:
    return tuple(Index(f"i{place}", size) for place, size in enumerate(tensor.sizes))


def axes(kind: str, claim: Claim) -> tuple[Index, ...]:
    """The indices of the left side, in the order of torch's axes: those of the output, then those of the variable."""
    derivatives = [part for part in walk(claim.lhs) if isinstance(part, Derivative)]
    outer, inner = derivatives[0], derivatives[-1]
    entry = inner.body if isinstance(inner.body, Entry) else inner.by
    return {
        "vjp": outer.by.indices,
        "jvp": entry.indices,
        "jacobian": (*entry.indices, *outer.by.indices),
        "hessian": (*inner.by.indices, *outer.by.indices),
        "hvp": inner.by.indices,
    }[kind]


# torch.func.hessian compiles its own decompositions with it.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("trial", "kind", "name"), CASES)
def test_a_closed_form_is_the_derivative(trial: Trial, kind: str, name: str) -> None:
    here = setting(trial.id)
    theorem = KINDS[kind](here.layer, by=name) if kind == "jacobian" else KINDS[kind](here.layer, name)
    theorem.recheck()
    assert not any(isinstance(part, Derivative) for part in walk(theorem.claim.rhs))
    found = array(theorem.claim.rhs, here.numbers, axes(kind, theorem.claim))
    agree(found, here.expected(kind, name), REVERSE ** ORDERS[kind])


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("trial", "along", "of"), PAIRS)
def test_a_double_backward_is_the_derivative(trial: Trial, along: str, of: str) -> None:
    here = setting(trial.id)
    theorem = double_backward(here.layer, along, of)
    assert not any(isinstance(part, Derivative) for part in walk(theorem.claim.rhs))
    found = array(theorem.claim.rhs, here.numbers, axes("vjp", theorem.claim))
    agree(found, here.paired(along, of), REVERSE**2)


def agree(found: Rounded, expected: np.ndarray, times: int) -> None:
    """They differ by no more than the rounding of both; a bound of nearly nothing is one unit of the largest entry."""
    assert found.array.shape == expected.shape
    largest = abs(expected).max(initial=1.0)
    bound = (1 + times) * np.maximum(found.error, U * largest)
    assert bound.max(initial=0.0) < 1e-10 * largest, "the bound says nothing"
    assert np.all(abs(found.array - expected) <= bound), np.max(abs(found.array - expected) / bound)
