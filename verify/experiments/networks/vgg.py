"""A small VGG: convolutions of 3 x 3, halved by pooling, and one linear layer at the end."""

from __future__ import annotations

import torch
from torch import nn

from verify.errors import VerifyError
from verify.experiments.networks.normalizers import normalizer, reparametrized


class VGG(nn.Module):
    """`depth` convolutions, each followed by a normalization and ReLU; the size is halved where it can be, evenly.

    >>> VGG("batchnorm", depth=4, width=8, image=(1, 8, 8), classes=10)(torch.randn(2, 1, 8, 8)).shape
    torch.Size([2, 10])

    The channels double at each halving. Weights are normal with variance 2 / fan-in (He et al. 2015), biases 0; layers
    in front of a normalization have a bias too, so that the networks differ in nothing else. `seed` draws the weights.
    Raises VerifyError for a depth or a width below 1, and for names that are no normalization.
    """

    def __init__(
        self,
        norm: str = "none",
        *,
        depth: int = 6,
        width: int = 8,
        image: tuple[int, int, int] = (1, 8, 8),
        classes: int = 10,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if depth < 1 or width < 1:
            raise VerifyError(f"a VGG of depth {depth} and width {width} can't be made; both are at least 1")
        generator = torch.Generator().manual_seed(seed)
        channels, height, across = image
        places = halved_after(depth, min(height, across))
        layers: list[nn.Module] = []
        for place in range(depth):
            wide = width * 2 ** sum(each < place for each in places)
            convolution = drawn(nn.Conv2d(channels, wide, 3, padding=1), 2.0, generator)
            layers.append(reparametrized(convolution, norm, 2**0.5))
            layers += [normalizer(norm, wide, group_size=width), nn.ReLU()]
            channels = wide
            if place in places:
                layers.append(nn.MaxPool2d(2))
                height, across = height // 2, across // 2
        self.features = nn.Sequential(*layers)
        self.head = drawn(nn.Linear(channels * height * across, classes), 1.0, generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x).flatten(1))


def halved_after(depth: int, size: int) -> tuple[int, ...]:
    """The convolutions after which the size is halved: as often as it stays 2 or more, spread evenly over the depth."""
    times = min(depth, max(0, size.bit_length() - 2))
    return tuple((number + 1) * depth // times - 1 for number in range(times))


def drawn(layer: nn.Linear | nn.Conv2d, gain: float, generator: torch.Generator) -> nn.Module:
    """The same layer, its weights normal with variance gain / fan-in, its biases 0."""
    with torch.no_grad():
        normal = torch.randn(layer.weight.shape, generator=generator)
        layer.weight.copy_(normal * (gain / layer.weight[0].numel()) ** 0.5)
        if layer.bias is not None:
            layer.bias.zero_()
    return layer
