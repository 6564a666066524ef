"""A deep linear network: linear layers after one another, with a normalization in between or with nothing."""

from __future__ import annotations

import torch
from torch import nn

from verify.errors import VerifyError
from verify.experiments.networks.normalizers import normalizer, reparametrized
from verify.experiments.networks.vgg import drawn


class DeepLinear(nn.Module):
    """`depth` linear layers without activation functions, each but the last followed by a normalization.

    >>> DeepLinear("batchnorm", depth=5, inputs=6, width=8, outputs=3)(torch.randn(4, 6)).shape
    torch.Size([4, 3])

    Weights are normal with variance 1 / fan-in, so that the sizes of activations stay as they are; there are no biases.
    Without a normalization it is a linear function of its input. Source: the deep linear network of Santurkar et al.
    2018, Section 2.2, which has 25 layers. Raises VerifyError for sizes below 1.
    """

    def __init__(
        self,
        norm: str = "none",
        *,
        depth: int = 8,
        inputs: int = 8,
        width: int = 16,
        outputs: int = 4,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(depth, inputs, width, outputs) < 1:
            raise VerifyError(f"a linear network of depth {depth} and width {width} can't be made; both are at least 1")
        generator = torch.Generator().manual_seed(seed)
        sizes = [inputs, *[width] * (depth - 1), outputs]
        layers: list[nn.Module] = []
        for place in range(depth):
            linear = drawn(nn.Linear(sizes[place], sizes[place + 1], bias=False), 1.0, generator)
            layers.append(reparametrized(linear, norm))
            if place < depth - 1:
                layers.append(normalizer(norm, width, group_size=max(1, width // 4)))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def gaussian_data(samples: int, inputs: int, outputs: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Normal inputs (samples, inputs), and what a random linear map makes of them (samples, outputs), of variance 1."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(samples, inputs, generator=generator)
    return x, x @ torch.randn(inputs, outputs, generator=generator) / inputs**0.5
