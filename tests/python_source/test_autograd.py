"""The functions that are written compute what autograd computes, up to a derived rounding bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy
import pytest
import torch
from torch.nn.functional import batch_norm

from derive.gradients import gradient, hessian, jacobian
from derive.language import Claim, Term
from derive.language.terms import Add, Neg
from derive.layers import batchnorm
from derive.python_source import function, source
from tests.python_source.rounding import SWEEP, Rounded
from tests.python_source.running import arguments, defined

layer = batchnorm()
DATA = {"centred": 0.0, "large mean": 1e6}
FEATURES = {"one feature": (), "three features": (3,)}
EPSILON = 0.01


@dataclass(frozen=True)
class Case:
    """A derivative of batch normalization, what computes it in torch, and in how many sweeps."""

    claim: Claim
    oracle: Callable[[Batch], torch.Tensor]
    sweeps: int

    def tolerance(self, bound: Rounded) -> numpy.ndarray:
        """The rounding of the formula and that of the oracle."""
        return (1 + SWEEP**self.sweeps) * bound.error


class Batch:
    """Data of one or more features, and the loss (a . z)^3 + w . z^4 of each."""

    def __init__(self, m: int, features: tuple[int, ...], mean: float) -> None:
        draw = torch.Generator().manual_seed(m)
        shape = (m, *features)
        self.y, self.a, self.w = (torch.randn(shape, generator=draw, dtype=torch.float64) for _ in range(3))
        self.y = mean + self.y
        self.a, self.w = self.a / m, self.w / m
        self.gamma, self.beta = (torch.randn(features, generator=draw, dtype=torch.float64) for _ in range(2))

    def output(self, y: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        z = batch_norm(y.reshape(len(y), -1), None, None, gamma.reshape(-1), beta.reshape(-1), True, eps=EPSILON)
        return z.reshape(y.shape)

    def loss(self, y: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        z = self.output(y, gamma, beta)
        return (((self.a * z).sum(0) ** 3) + (self.w * z**4).sum(0)).sum()

    @property
    def inputs(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.y, self.gamma, self.beta

    def each(self) -> Iterator[Batch]:
        """The features one by one, in the last axis."""
        for at in range(self.y[0].numel()):
            single = object.__new__(Batch)
            for name in ("y", "a", "w"):
                setattr(single, name, getattr(self, name).reshape(len(self.y), -1)[:, at])
            single.gamma, single.beta = self.gamma.reshape(-1)[at], self.beta.reshape(-1)[at]
            yield single

    def rounded(self) -> dict[str, Rounded | float]:
        """The arguments of a function, with the derivatives of the loss written out and their own error."""
        y, a, w, gamma, beta = (Rounded(each) for each in (self.y, self.a, self.w, self.gamma, self.beta))
        m = len(self.y)
        mu = y.sum(0) / m
        z = gamma * (y - mu) / (((y - mu) ** 2).sum(0) / m + EPSILON) ** 0.5 + beta
        along, eye = (a * z).sum(0), numpy.eye(m).reshape(m, m, *[1] * self.gamma.ndim)
        g = 3 * along**2 * a + 4 * w * z**3
        dg = 6 * along * a[:, None] * a[None, :] + eye * (12 * w * z**2)
        return {"y": y, "g": g, "dg": dg, "gamma": gamma, "epsilon": EPSILON}


def by_place(place: int) -> Callable[[Batch], torch.Tensor]:
    return lambda batch: torch.func.grad(batch.loss, place)(*batch.inputs)


def feature_by_feature(derivative: Callable[[Batch], torch.Tensor]) -> Callable[[Batch], torch.Tensor]:
    def oracle(batch: Batch) -> torch.Tensor:
        found = torch.stack([derivative(single) for single in batch.each()], -1)
        return found.reshape((*found.shape[:-1], *batch.gamma.shape))

    return oracle


def twice(place: int) -> Callable[[Batch], torch.Tensor]:
    """The Hessian, backwards twice: forwards, as torch.func.hessian does, torch compiles with a deprecated part."""

    def oracle(batch: Batch) -> torch.Tensor:
        return torch.func.jacrev(torch.func.grad(batch.loss, place), place)(*batch.inputs)

    return feature_by_feature(oracle)


THEOREMS = {
    "gradient by the input": gradient(layer),
    "gradient by the weight": gradient(layer, "weight"),
    "gradient by the bias": gradient(layer, "bias"),
    "Jacobian": jacobian(layer),
    "Hessian by the input": hessian(layer),
    "Hessian by the weight": hessian(layer, "weight"),
    "Hessian by the bias": hessian(layer, "bias"),
}
ORACLES = {
    "gradient by the input": (by_place(0), 1),
    "gradient by the weight": (by_place(1), 1),
    "gradient by the bias": (by_place(2), 1),
    "Jacobian": (feature_by_feature(lambda batch: torch.func.jacrev(batch.output)(*batch.inputs)), 1),
    "Hessian by the input": (twice(0), 2),
    "Hessian by the weight": (twice(1), 2),
    "Hessian by the bias": (twice(2), 2),
}
CASES = {name: Case(THEOREMS[name].claim, *ORACLES[name]) for name in THEOREMS}

ON_ALL_DATA = [
    pytest.mark.parametrize("m", [2, 5, 17]),
    pytest.mark.parametrize("features", FEATURES.values(), ids=FEATURES),
    pytest.mark.parametrize("mean", DATA.values(), ids=DATA),
    pytest.mark.parametrize("name", CASES),
]


def everywhere(test: Callable) -> Callable:
    for mark in ON_ALL_DATA:
        test = mark(test)
    return test


def run(text: str, values: dict[str, Rounded | float], convert: Callable[[Any], Any]) -> Any:
    """The value of a function, its arguments converted to some kind of number."""
    made = defined(text)
    given = {name: values[name] for name in arguments(made)}
    return made(**{name: convert(value) if isinstance(value, Rounded) else value for name, value in given.items()})


def same(value: Rounded) -> Rounded:
    return value


def to_numpy(value: Rounded) -> numpy.ndarray:
    return value.value


def to_torch(value: Rounded) -> torch.Tensor:
    return torch.from_numpy(value.value.copy())


def to_digits(value: Rounded) -> numpy.ndarray:
    return numpy.vectorize(mpmath.mpf, otypes=[object])(value.value)


@everywhere
def test_torch_agrees_with_autograd(name: str, mean: float, features: tuple[int, ...], m: int) -> None:
    case, batch, text = CASES[name], Batch(m, features, mean), source(THEOREMS[name], layer)
    values = batch.rounded()
    expected, bound = case.oracle(batch), run(text, values, same)
    found = run(text, values, to_torch)
    assert found.shape == expected.shape
    assert found.dtype == torch.float64
    assert (abs(found - expected).numpy() <= case.tolerance(bound)).all()


@everywhere
def test_numpy_agrees_with_60_digits(name: str, mean: float, features: tuple[int, ...], m: int) -> None:
    text, values = source(THEOREMS[name], layer), Batch(m, features, mean).rounded()
    bound, found = run(text, values, lambda value: Rounded(value.value)), run(text, values, to_numpy)
    with mpmath.workdps(60):
        distance = abs(found - run(text, values, to_digits))
    assert isinstance(found, numpy.ndarray | numpy.float64)
    assert found.shape == bound.shape
    assert (distance <= bound.error).all()


def test_the_bounds_are_small() -> None:
    """A bound that nothing can break would test nothing."""
    for name, case in CASES.items():
        bound = run(source(THEOREMS[name], layer), Batch(17, (3,), 0.0).rounded(), same)
        assert case.tolerance(bound).max() < 1e-10 * abs(bound.value).max()


def flipped(value: Term) -> Iterator[Term]:
    """The term with the sign of one summand changed, wherever it stands; each once."""
    if isinstance(value, Add):
        for place, each in enumerate(value.summands):
            other = each.arg if isinstance(each, Neg) else Neg(each)
            yield Add((*value.summands[:place], other, *value.summands[place + 1 :]))
    for place, arg in enumerate(value.args):
        for other in flipped(arg):
            yield value.rebuild((*value.args[:place], other, *value.args[place + 1 :]))


@pytest.mark.parametrize("name", [name for name in CASES if "input" in name or name == "Jacobian"])
@pytest.mark.parametrize("mean", DATA.values(), ids=DATA)
def test_a_wrong_sign_does_not_agree(name: str, mean: float) -> None:
    case, batch = CASES[name], Batch(5, (3,), mean)
    expected, values = case.oracle(batch).numpy(), batch.rounded()
    wrong = [*flipped(case.claim.rhs), Neg(case.claim.rhs)]
    assert len(wrong) == {"gradient by the input": 4, "Jacobian": 4, "Hessian by the input": 17}[name]
    for rhs in wrong:
        text = function(Claim(case.claim.lhs, "=", rhs), layer, (), "Stated")
        bound = run(text, values, same)
        assert (abs(bound.value - expected) > case.tolerance(bound)).any(), rhs


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_the_dtype_stays(name: str, dtype: torch.dtype) -> None:
    text, values = source(THEOREMS[name], layer), Batch(5, (3,), 0.0).rounded()
    assert run(text, values, lambda value: to_torch(value).to(dtype)).dtype == dtype
    assert run(text, values, lambda value: value.value.astype(numpy.float32)).dtype == numpy.float32


def test_autograd_goes_through() -> None:
    """The derivative of the gradient that is written is the Hessian that is written, for a loss whose Hessian is 0."""
    batch = Batch(5, (), 0.0)
    values = {**batch.rounded(), "dg": Rounded(numpy.zeros((5, 5)))}
    first = defined(source(THEOREMS["gradient by the input"], layer))
    given = {name: to_torch(values[name]) for name in ("g", "gamma")}
    found = torch.func.jacrev(lambda y: first(y=y, **given, epsilon=EPSILON))(batch.y)
    text = source(THEOREMS["Hessian by the input"], layer)
    bound = run(text, values, same)
    assert (abs(found.numpy() - bound.value) <= CASES["Hessian by the input"].tolerance(bound)).all()
