"""A convolutional network of equal blocks, plain or residual, with the normalization to be chosen.

The convolutions are 3 x 3 and wrap around the edges, so that every place of an image is treated alike: what theory says
of a layer then holds without corrections at the border.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import nn

from verify.errors import VerifyError
from verify.experiments.networks.normalizers import EPS, WEIGHTS, normalizer, reparametrized

RELU_GAIN = math.sqrt(2 / (1 - 1 / math.pi))
"""Makes scaled weight standardization keep the variance under ReLU. Source: Brock, De and Smith 2021, Section 3."""


class Block(nn.Module):
    """norm(conv(relu(x))): the branch of a residual network, or a layer of a plain one."""

    def __init__(self, conv: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.conv, self.norm = conv, norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x.relu()))


class CNN(nn.Module):
    """`depth` blocks of `width` channels between a first convolution and a linear layer on the mean over all places.

    >>> CNN(width=8, depth=3, norm="groupnorm", group_size=4, residual=True)(torch.randn(5, 1, 6, 6)).shape
    torch.Size([5, 10])

    A plain network is x -> f(x) in each block, a residual one x -> x + f(x). Weights are normal with the variance
    2 scale^2/fan-in (He et al. 2015), biases 0, and the normalizer's weight is `gamma`.
    Raises VerifyError for sizes below 1, a name that there is not, and a group size that doesn't divide the width.
    """

    def __init__(
        self,
        channels: int = 1,
        classes: int = 10,
        *,
        width: int = 16,
        depth: int = 8,
        norm: str = "batchnorm",
        group_size: int | None = None,
        residual: bool = False,
        gamma: float = 1.0,
        scale: float = 1.0,
        eps: float = EPS,
    ) -> None:
        super().__init__()
        if min(channels, classes, width, depth) < 1:
            raise VerifyError(f"a network of width {width} and depth {depth} can't be made; both are at least 1")
        self.residual = residual
        self.stem = _convolution(channels, width, scale, bias=True)
        own_bias = norm == "none" or norm in WEIGHTS
        self.blocks = nn.ModuleList()
        for _ in range(depth):
            conv = reparametrized(_convolution(width, width, scale, bias=own_bias), norm, RELU_GAIN)
            layer = normalizer(norm, width, group_size=group_size, eps=eps)
            if isinstance(weight := getattr(layer, "weight", None), nn.Parameter):
                nn.init.constant_(weight, gamma)
            self.blocks.append(Block(conv, layer))
        self.head = nn.Linear(width, classes)
        nn.init.normal_(self.head.weight, std=1 / math.sqrt(width))
        nn.init.zeros_(self.head.bias)

    def stream(self, images: torch.Tensor) -> Iterator[torch.Tensor]:
        """What goes into the first block, and what comes out of each: `depth` + 1 tensors (N, width, H, W)."""
        x = self.stem(images)
        yield x
        for block in self.blocks:
            x = x + block(x) if self.residual else block(x)
            yield x

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        *_, last = self.stream(images)
        return self.head(features(last))


def features(x: torch.Tensor) -> torch.Tensor:
    """What the last layer sees of a stream (N, C, H, W): the mean of relu(x) over all places, (N, C)."""
    return x.relu().mean((2, 3))


def _convolution(channels: int, width: int, scale: float, bias: bool) -> nn.Conv2d:
    layer = nn.Conv2d(channels, width, 3, padding=1, padding_mode="circular", bias=bias)
    nn.init.normal_(layer.weight, std=scale * math.sqrt(2 / layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
