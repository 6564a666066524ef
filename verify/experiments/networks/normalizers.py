"""Normalizations by name: layers for activations, and parametrizations for weights.

The layers by other norms are written as `derive` has them (`derive show l1-batchnorm-...`): their gradients are proved.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils import parametrize

from verify.errors import VerifyError

EPS = 1e-5
"""torch's default."""


class LpBatchNorm(nn.Module):
    """Centred by the mean of the batch, and divided by (mean |u|^p)^(1/p) + eps; p may be infinite.

    Takes (N, C, *). Source: Santurkar et al. 2018, Section 3.3.
    """

    def __init__(self, channels: int, p: float, eps: float = EPS) -> None:
        super().__init__()
        self.p, self.eps = float(p), eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        axes = [0, *range(2, x.dim())]
        u = x - x.mean(axes, keepdim=True)
        count = x.numel() // x.shape[1]
        length = torch.linalg.vector_norm(u, self.p, axes, keepdim=True) / count ** (1 / self.p)
        shape = (1, -1) + (1,) * (x.dim() - 2)
        return self.weight.view(shape) * u / (length + self.eps) + self.bias.view(shape)


class NoisyBatchNorm(nn.Module):
    """Batch normalization, and after it noise that changes from call to call and has neither mean 0 nor scale 1.

    Each activation j (a channel at a place) has a mean mu_j from U(-n_mu, n_mu) and a scale sigma_j from U(1, n_sigma)
    of its own, drawn anew at each call in training; each sample i of it becomes s_ij a_ij + m_ij, with s_ij normal
    about sigma_j with deviation r, and m_ij from U(mu_j - r, mu_j + r). Source: the noise of Santurkar et al. 2018,
    Section 2.1 and its appendix; the four constants are ours to choose. The draws are those of torch's own generator.
    """

    def __init__(
        self, channels: int, eps: float = EPS, *, n_mu: float = 0.5, n_sigma: float = 1.25, r: float = 0.1
    ) -> None:
        super().__init__()
        self.norm = _BatchNorm(channels, eps=eps)
        self.n_mu, self.n_sigma, self.r = n_mu, n_sigma, r

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.norm(x)
        if not self.training:
            return a
        scale, shift = self.noise(a)
        return scale * a + shift

    def noise(self, a: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """s_ij and m_ij, both of the shape (N, C, *) of the activations."""
        mu = self.n_mu * (2 * torch.rand_like(a[:1]) - 1)
        sigma = 1 + (self.n_sigma - 1) * torch.rand_like(a[:1])
        return sigma + self.r * torch.randn_like(a), mu + self.r * (2 * torch.rand_like(a) - 1)


class StandardizedWeight(nn.Module):
    """Each filter centred and divided by its standard deviation, as `derive`'s weight-standardization has it.

    `scale` makes it scaled weight standardization: times the gain of the activation, by the root of the fan-in.
    Sources: Qiao et al. 2019; Brock, De and Smith 2021, equation 1.
    """

    def __init__(self, gain: float = 1.0, scaled: bool = True, eps: float = 1e-8) -> None:
        super().__init__()
        self.gain, self.scaled, self.eps = gain, scaled, eps

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        axes = tuple(range(1, weight.dim()))
        u = weight - weight.mean(axes, keepdim=True)
        s = (u.square().mean(axes, keepdim=True) + self.eps).sqrt()
        fan_in = weight[0].numel()
        return self.gain * u / s / (fan_in**0.5 if self.scaled else 1.0)


Make = Callable[[int, int | None, float], nn.Module]

ACTIVATIONS: dict[str, Make] = {
    "none": lambda channels, size, eps: nn.Identity(),
    "batchnorm": lambda channels, size, eps: _BatchNorm(channels, eps=eps),
    "layernorm": lambda channels, size, eps: nn.GroupNorm(1, channels, eps=eps),
    "instancenorm": lambda channels, size, eps: nn.GroupNorm(channels, channels, eps=eps),
    "groupnorm": lambda channels, size, eps: nn.GroupNorm(_groups(channels, size), channels, eps=eps),
    "noisy-batchnorm": lambda channels, size, eps: NoisyBatchNorm(channels, eps),
    "l1-batchnorm": lambda channels, size, eps: LpBatchNorm(channels, 1, eps),
    "l2-batchnorm": lambda channels, size, eps: LpBatchNorm(channels, 2, eps),
    "linf-batchnorm": lambda channels, size, eps: LpBatchNorm(channels, torch.inf, eps),
}
"""What stands after a linear layer or a convolution; layernorm is over all channels and places, as for images."""

WEIGHTS = ("weightnorm", "weight-standardization")
"""What reparametrizes the weights instead."""


class _BatchNorm(nn.BatchNorm2d):
    """torch's, for (N, C, *) with any number of places."""

    def _check_input_dim(self, input: torch.Tensor) -> None:
        if input.dim() < 2:
            raise VerifyError(f"batch normalization takes (N, C, *), not {tuple(input.shape)}")


def normalizer(name: str, channels: int, *, group_size: int | None = None, eps: float = EPS) -> nn.Module:
    """The layer of this name for (N, channels, *), with weight 1 and bias 0; nn.Identity for `none` and `WEIGHTS`.

    >>> normalizer("groupnorm", 12, group_size=4)(torch.randn(2, 12, 5, 5)).shape
    torch.Size([2, 12, 5, 5])

    Raises VerifyError for a name that there is not, and for a group size that doesn't divide the channels.
    """
    if name in WEIGHTS:
        return nn.Identity()
    if name not in ACTIVATIONS:
        raise VerifyError(f"there is no normalization {name!r}; there are {', '.join((*ACTIVATIONS, *WEIGHTS))}")
    return ACTIVATIONS[name](channels, group_size, eps)


def reparametrized(layer: nn.Module, name: str, gain: float = 1.0) -> nn.Module:
    """The same linear layer or convolution, with its weight normalized if `name` says so."""
    if name == "weightnorm":
        return nn.utils.parametrizations.weight_norm(layer)
    if name == "weight-standardization":
        parametrize.register_parametrization(layer, "weight", StandardizedWeight(gain))
    return layer


def _groups(channels: int, size: int | None) -> int:
    if size is None:
        raise VerifyError("group normalization needs a group size")
    if size < 1 or channels % size:
        raise VerifyError(f"{channels} channels can't be cut into groups of {size}")
    return channels // size
