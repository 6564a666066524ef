"""The plain and the residual CNN."""

from __future__ import annotations

import math

import pytest
import torch

from verify.errors import VerifyError
from verify.experiments.networks.cnn import CNN, features
from verify.experiments.signals.settings import NORMS


def images(count: int = 4, channels: int = 2, size: int = 5) -> torch.Tensor:
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("residual", [False, True])
def test_every_normalization_runs_and_has_a_gradient(norm: str, residual: bool) -> None:
    net = CNN(2, 3, width=4, depth=2, norm=norm, group_size=2, residual=residual)
    net(images()).sum().backward()
    assert net(images()).shape == (4, 3)
    assert all(each.grad is not None for each in net.parameters())


def test_a_residual_network_adds_its_branches() -> None:
    torch.manual_seed(0)
    net = CNN(2, 3, width=4, depth=2, residual=True)
    first, second, third = net.stream(images())
    assert torch.equal(second, first + net.blocks[0](first))
    assert torch.equal(third, second + net.blocks[1](second))
    assert torch.equal(net(images()), net.head(features(third)))


def test_convolutions_wrap_around() -> None:
    """A shifted image gives shifted activations: no place is at a border."""
    torch.manual_seed(0)
    net = CNN(2, 3, width=4, depth=3, norm="none").double()
    x = images().double()
    *_, last = net.stream(x)
    *_, shifted = net.stream(x.roll((2, 1), (2, 3)))
    assert torch.allclose(shifted, last.roll((2, 1), (2, 3)), atol=1e-12)


def test_weights_have_the_variance_of_he_times_the_square_of_the_scale() -> None:
    torch.manual_seed(0)
    weight = CNN(width=64, depth=1, norm="none", scale=3.0).blocks[0].get_submodule("conv").weight
    assert isinstance(weight, torch.Tensor)
    expected = 9 * 2 / (9 * 64)
    # the variance of n normal numbers is off by more than 6 sqrt(2/n) of itself once in 10^9
    assert float(weight.detach().var()) == pytest.approx(expected, rel=6 * math.sqrt(2 / weight.numel()))


def test_gamma_is_the_weight_of_every_normalizer() -> None:
    net = CNN(width=4, depth=2, norm="groupnorm", group_size=2, gamma=0.5)
    weights = [each.detach() for name, each in net.named_parameters() if name.endswith("norm.weight")]
    assert [float(each.mean()) for each in weights] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"width": 0}, "at least 1"),
        ({"depth": 0}, "at least 1"),
        ({"norm": "batch"}, "no normalization 'batch'"),
        ({"norm": "groupnorm"}, "needs a group size"),
        ({"norm": "groupnorm", "width": 4, "group_size": 3}, "can't be cut into groups of 3"),
    ],
)
def test_bad_sizes_and_names(wrong: dict, says: str) -> None:
    with pytest.raises(VerifyError, match=says):
        CNN(**wrong)
