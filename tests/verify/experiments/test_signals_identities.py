"""The proved identities on a network's numbers: within rounding where they are true, far beyond where they are not."""

from __future__ import annotations

import pytest
import torch

from verify.bounds import Model
from verify.experiments.networks.cnn import CNN
from verify.experiments.networks.normalizers import EPS
from verify.experiments.signals.identities import branch_variance, residual_variance
from verify.experiments.signals.measures import rows_of
from verify.experiments.signals.variance import added_square, watched

GAMMA = 2.0


def rows(norm: str, gamma: float = GAMMA) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Start, inputs of the branches, outputs of the branches and end of a small residual stream, in rows."""
    torch.manual_seed(0)
    net = CNN(2, 3, width=4, depth=3, norm=norm, group_size=2, residual=True, gamma=gamma).double()
    stream, inputs, outputs = watched(net, torch.randn(4, 2, 5, 5).double())

    def cut(x: torch.Tensor) -> torch.Tensor:
        return rows_of(x, norm, 2)[:2]

    return cut(stream[0]), torch.stack([*map(cut, inputs)], 1), torch.stack([*map(cut, outputs)], 1), cut(stream[-1])


@pytest.mark.parametrize("norm", ["batchnorm", "layernorm", "instancenorm", "groupnorm"])
def test_identities_hold_within_rounding(norm: str) -> None:
    start, inputs, outputs, end = rows(norm)
    assert residual_variance(start, inputs, end, GAMMA, EPS) <= 1
    assert branch_variance(inputs[:, 0], outputs[:, 0], GAMMA, EPS) <= 1


def test_planted_faults_are_far_beyond_rounding() -> None:
    start, inputs, outputs, end = rows("batchnorm")
    assert residual_variance(start, inputs, end, GAMMA**0.5, EPS) > 1e3, "gamma for gamma^2"
    assert residual_variance(start, inputs, end, GAMMA, 0.0) > 1e3, "without epsilon"
    assert residual_variance(start, inputs[:, :-1], end, GAMMA, EPS) > 1e3, "one branch less"
    assert residual_variance(end, inputs, start, GAMMA, EPS) > 1e3, "start and end swapped"
    assert residual_variance(start, inputs.flip(2), end, GAMMA, EPS) > 1e3, "the batch in another order"
    assert branch_variance(inputs[:, 0], outputs[:, 0], GAMMA**0.5, EPS) > 1e3
    assert branch_variance(inputs[:, 0], outputs[:, 0], GAMMA, 0.0) > 1e3
    assert branch_variance(inputs[:, 0], inputs[:, 0], GAMMA, EPS) > 1e3, "not normalized at all"


def test_rows_of_another_normalization_do_not_fit() -> None:
    torch.manual_seed(0)
    net = CNN(2, 3, width=4, depth=1, norm="layernorm").double()
    _, (h,), (z,) = watched(net, torch.randn(4, 2, 5, 5).double())
    assert branch_variance(rows_of(h, "layernorm"), rows_of(z, "layernorm"), 1.0, EPS) <= 1
    assert branch_variance(rows_of(h, "batchnorm"), rows_of(z, "batchnorm"), 1.0, EPS) > 1e3


def test_float32_has_bounds_of_its_own() -> None:
    torch.manual_seed(0)
    layer = torch.nn.BatchNorm2d(3)
    torch.nn.init.normal_(layer.weight)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(4, 3, 5, 5) + 3
    z = layer(x).detach()
    h, out = (each.transpose(0, 1).flatten(1) for each in (x, z))
    weight, bias = layer.weight.detach(), layer.bias.detach()
    assert branch_variance(h, out, weight, layer.eps, bias, Model(torch.float32)) <= 1
    assert branch_variance(h, out, weight, layer.eps, bias) > 1, "float64's bound is too small for float32"
    assert branch_variance(h, out, weight + 0.01, layer.eps, bias, Model(torch.float32)) > 1


def test_constant_channels_have_variance_0() -> None:
    h = torch.full((1, 8), 3.0).double()
    assert branch_variance(h, torch.zeros_like(h), 1.0, EPS) <= 1


def test_a_nan_is_no_agreement() -> None:
    start, inputs, _, end = rows("batchnorm")
    assert residual_variance(start, inputs, end * float("nan"), GAMMA, EPS) == float("inf")


@pytest.mark.parametrize("norm", ["none", "weightnorm", "weight-standardization"])
def test_what_a_branch_adds_on_average(norm: str) -> None:
    """Over many draws of the weights, the mean square of the branch is what theory says, given the stream."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 4) + 0.5
    ratios = []
    for _ in range(200):
        block = CNN(3, 2, width=3, depth=1, norm=norm).blocks[0]
        with torch.no_grad():
            ratios.append(float(block(x).square().mean() / x.square().mean()))
    found = torch.tensor(ratios)
    error = float(found.std()) / len(ratios) ** 0.5
    assert abs(float(found.mean()) - added_square(norm, x)) < 5 * error
    assert added_square("none", x) != pytest.approx(added_square("weight-standardization", x), rel=0.05)
