"""The small VGG, the deep linear network, and noisy batch normalization."""

import pytest
import torch

from verify.errors import VerifyError
from verify.experiments.networks.deep_linear import DeepLinear, gaussian_data
from verify.experiments.networks.normalizers import ACTIVATIONS, WEIGHTS, NoisyBatchNorm, normalizer
from verify.experiments.networks.vgg import VGG, halved_after


@pytest.mark.parametrize("norm", [*ACTIVATIONS, *WEIGHTS])
def test_every_normalization_has_a_vgg(norm: str) -> None:
    assert VGG(norm, depth=4, width=4)(torch.randn(3, 1, 8, 8)).shape == (3, 10)


def test_a_vgg_for_photographs() -> None:
    network = VGG("batchnorm", depth=8, width=4, image=(3, 32, 32), classes=7)
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 7)
    assert network.head.in_features == 4 * 2**3 * 2 * 2  # halved four times: 32 to 2


@pytest.mark.parametrize(
    ("depth", "size", "places"), [(6, 8, (2, 5)), (1, 8, (0,)), (4, 1, ()), (3, 32, (0, 1, 2)), (8, 32, (1, 3, 5, 7))]
)
def test_where_the_size_is_halved(depth: int, size: int, places: tuple) -> None:
    assert halved_after(depth, size) == places


def test_networks_differ_in_the_normalization_only() -> None:
    plain, normalized = VGG("none", depth=3), VGG("batchnorm", depth=3)
    weights = [network.features[0].weight for network in (plain, normalized)]
    assert torch.equal(*weights)
    assert not torch.equal(weights[0], VGG("none", depth=3, seed=1).features[0].weight)


def test_weights_have_the_variance_that_they_should() -> None:
    weight = VGG("none", depth=4, width=64).features[3].weight  # 36,864 numbers
    squares = weight.double().square() * 64 * 9 / 2
    assert abs(squares.mean() - 1) < 6 * (2 / squares.numel()) ** 0.5  # six deviations of a mean of squared normals


def test_a_deep_linear_network_is_linear() -> None:
    network = DeepLinear("none", depth=6).double()
    x, y = torch.randn(2, 5, 8, dtype=torch.float64)
    product = torch.eye(8, dtype=torch.float64)
    for layer in network.layers:
        if isinstance(layer, torch.nn.Linear):
            product = product @ layer.weight.T
    assert torch.allclose(network(2 * x - y), (2 * x - y) @ product, rtol=1e-12, atol=1e-12)


def test_gaussian_data_is_what_a_linear_map_makes() -> None:
    x, target = gaussian_data(50, 6, 3, seed=4)
    solved = torch.linalg.lstsq(x.double(), target.double()).solution
    assert torch.allclose(x.double() @ solved, target.double(), atol=1e-5)


@pytest.mark.parametrize("make", [lambda: VGG(depth=0), lambda: VGG(width=0), lambda: DeepLinear(depth=0)])
def test_sizes_that_are_none(make) -> None:
    with pytest.raises(VerifyError, match="both are at least 1"):
        make()


def test_the_noise_has_the_moments_of_its_definition() -> None:
    """Of one activation, over many samples and calls; six deviations of each mean are allowed."""
    layer = NoisyBatchNorm(1, n_mu=0.5, n_sigma=1.25, r=0.1)
    torch.manual_seed(0)
    draws = [layer.noise(torch.zeros(64, 1)) for _ in range(2000)]
    scale, shift = (torch.stack([draw[place] for draw in draws]).double().squeeze() for place in (0, 1))
    calls = len(draws) ** 0.5
    assert abs(shift.mean()) < 6 * 0.5 / 3**0.5 / calls  # U(-1/2, 1/2)
    assert abs(scale.mean() - 1.125) < 6 * 0.25 / 12**0.5 / calls  # U(1, 1.25)
    within = (shift - shift.mean(1, keepdim=True)).square().sum(1).mean() / 63
    assert abs(within / (0.1**2 / 3) - 1) < 6 / (63 * len(draws)) ** 0.5
    within = (scale - scale.mean(1, keepdim=True)).square().sum(1).mean() / 63
    assert abs(within / 0.1**2 - 1) < 6 * (2 / (63 * len(draws))) ** 0.5
    assert shift.abs().max() <= 0.6  # n_mu + r


def test_the_noise_is_scale_times_activation_plus_shift() -> None:
    layer = normalizer("noisy-batchnorm", 3)
    x = torch.randn(6, 3, 4, 4)
    torch.manual_seed(5)
    noisy = layer(x)
    torch.manual_seed(5)
    a = layer.norm(x)
    scale, shift = layer.noise(a)
    assert torch.equal(noisy, scale * a + shift)
    assert scale.shape == shift.shape == a.shape
    assert not torch.equal(layer(x), noisy)  # drawn anew
    layer.eval()
    assert torch.equal(layer(x), layer.norm(x))


def test_samples_share_the_distribution_of_their_activation() -> None:
    _, shift = NoisyBatchNorm(2, r=0.0).noise(torch.zeros(5, 2, 3, 3))
    assert torch.equal(shift, shift[:1].expand_as(shift))
    assert len(shift[0].unique()) == 18  # another one for each channel and place
