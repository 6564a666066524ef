"""Theorem 4.1 at the layers of a network: honest ones are within their bounds, faults are not."""

import math

import pytest
import torch
from torch import nn

from verify.experiments.landscape.claims import _held_everywhere
from verify.experiments.landscape.objective import Objective
from verify.experiments.landscape.theorem import STATEMENTS, Measured, calls_of, measure
from verify.experiments.networks.normalizers import LpBatchNorm
from verify.workload import Workload

EXACT, PRINTED, CONTRACTION = STATEMENTS


def network(norm: nn.Module, scale: float = 1.0, after: nn.Module | None = None, shape=(12, 4)) -> Objective:
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    x = scale * torch.randn(*shape, generator=generator)
    model = nn.Sequential(nn.Linear(4, 6), norm, after or nn.Tanh(), nn.Linear(6, 3))
    labels = torch.arange(len(x)) % 3
    return Objective(Workload(model, (x,), {}, lambda output: nn.functional.cross_entropy(output, labels)))


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("affine", [True, False])
def test_torch_own_layer(scale: float, affine: bool) -> None:
    (found,) = measure(network(nn.BatchNorm1d(6, affine=affine), scale), channels=6)
    assert found.channels == 6
    assert all(excess <= 1 for excess in found.excess.values())
    assert found.applies[EXACT] == 6
    assert found.contraction <= found.scale * (1 + 1e-5)


def test_both_sides_by_hand() -> None:
    objective = network(nn.BatchNorm1d(6))
    (call,) = calls_of(objective, channels=2)
    y, g, v = (tensor.double() for tensor in (call.y, call.g, call.v))
    m, variance = y.shape[1], y.var(1, correction=0)
    yhat = (y - y.mean(1, keepdim=True)) / (variance + 1e-5).sqrt()[:, None]
    right = (g.square().sum(1) - g.sum(1) ** 2 / m - (g * yhat).sum(1) ** 2 / m) / (variance + 1e-5)
    (found,) = measure(objective, channels=2)
    assert found.ratio == pytest.approx(float((v.square().sum(1) / right).max()), rel=1e-9)
    assert found.contraction == pytest.approx(float((v.square().sum(1) / g.square().sum(1)).max()), rel=1e-9)
    assert found.scale == pytest.approx(float((1 / (variance + 1e-5)).max()), rel=1e-6)


class Detached(nn.BatchNorm1d):
    """The variance is taken for a constant."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        u = x - x.mean(0)
        return self.weight * u / (u.square().mean(0).detach() + self.eps).sqrt() + self.bias


class OtherEps(nn.BatchNorm1d):
    """It says eps, and computes with another one."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, 0.1)


class Bessel(nn.BatchNorm1d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * (x - x.mean(0)) / (x.var(0) + self.eps).sqrt() + self.bias


@pytest.mark.parametrize("kind", [Detached, OtherEps, Bessel])
def test_a_fault_in_the_layer_fails(kind: type[nn.BatchNorm1d]) -> None:
    (found,) = measure(network(kind(6)), channels=6)
    assert found.excess[EXACT] > 1


def test_a_longer_gradient_than_the_bound_fails() -> None:
    (found,) = measure(network(Detached(6)), channels=6)
    assert found.excess[PRINTED] > 1


def test_what_changes_the_output_in_place_does_not_matter() -> None:
    plain, in_place = (
        measure(network(nn.BatchNorm1d(6), after=nn.ReLU(inplace=place)), channels=6) for place in (False, True)
    )
    assert plain == in_place


def test_images_and_layers_called_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.norm = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(self.convolution(self.norm(self.convolution(x))))

    torch.manual_seed(0)
    objective = Objective(Workload(Twice(), (torch.randn(4, 2, 5, 5),)))
    calls = list(calls_of(objective, channels=2))
    assert [tuple(call.y.shape) for call in calls] == [(2, 100), (2, 100)]
    assert all(max(found.excess.values()) <= 1 for found in measure(objective, channels=2))


def test_only_normalization_by_the_batch_is_meant() -> None:
    frozen = nn.BatchNorm1d(6).eval()
    objective = network(frozen)
    assert measure(objective, channels=2) == ()
    assert measure(network(LpBatchNorm(6, 1)), channels=2) == ()


def test_numbers_that_are_not_finite_prove_nothing() -> None:
    (found,) = measure(network(nn.BatchNorm1d(6), scale=math.inf), channels=3)
    assert math.isinf(found.excess[EXACT])


def layer(excess: float | None, applies: int = 2) -> dict:
    return {"excess": {EXACT: excess}, "applies": {EXACT: applies}}


@pytest.mark.parametrize(
    ("layers", "verdict"),
    [
        ([layer(0.2), layer(0.9)], "held"),
        ([layer(0.2), layer(1.1)], "failed"),
        ([layer(0.2), layer(None)], "undecided"),
        ([layer(1.1), layer(None)], "failed"),
        ([layer(0.0, applies=0)], "undecided"),
        ([], "undecided"),
    ],
)
def test_one_failure_fails_and_nothing_holds_nothing(layers: list, verdict: str) -> None:
    assert _held_everywhere(EXACT, "claim", layers).verdict == verdict


def test_a_gradient_that_is_no_number_fails() -> None:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()

        @staticmethod
        def backward(ctx, g):
            return g * math.nan

    class Layer(nn.BatchNorm1d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return Broken.apply(x)

    (found,) = measure(network(Layer(6, affine=False)), channels=2)
    assert isinstance(found, Measured)
    assert 1 < found.excess[EXACT] < math.inf
