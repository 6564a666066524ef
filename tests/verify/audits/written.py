"""Normalizations as people write them by hand, and modules that look like some and are none: plain torch."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

Tensor = torch.Tensor


class RMSNorm(nn.Module):
    """As in Llama: computed in float32, and cast back before the weight."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.variance_epsilon = eps

    def forward(self, hidden: Tensor) -> Tensor:
        dtype = hidden.dtype
        hidden = hidden.to(torch.float32)
        variance = hidden.pow(2).mean(-1, keepdim=True)
        hidden = hidden * torch.rsqrt(variance + self.variance_epsilon)
        return self.weight * hidden.to(dtype)


class ZeroCentredRMSNorm(nn.Module):
    """As in Gemma: the weight is 1 + weight."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        found = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return (found * (1.0 + self.weight.float())).type_as(x)


class OldLayerNorm(nn.Module):
    """As in the first BERT in torch."""

    def __init__(self, width: int, eps: float = 1e-12) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.variance_epsilon = eps

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(-1, keepdim=True)
        variance = (x - mean).pow(2).mean(-1, keepdim=True)
        return self.gamma * ((x - mean) / torch.sqrt(variance + self.variance_epsilon)) + self.beta


class AnnotatedLayerNorm(nn.Module):
    """As in the annotated transformer, but for its variance: divided by m, and epsilon under the root."""

    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.a_2, self.b_2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        variance = x.var(-1, keepdim=True, correction=0)
        return self.a_2 * (x - x.mean(-1, keepdim=True)) / (variance + self.eps).sqrt() + self.b_2


class LayerNorm2d(nn.Module):
    """As in ConvNeXt: over the channels of images, with an epsilon that is not an attribute."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class BatchNormByHand(nn.Module):
    """Batch normalization of images, with running statistics."""

    running_mean: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.eps, self.calls = eps, 0

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        self.running_mean.mul_(0.9).add_(0.1 * mean.detach().flatten())
        self.calls += 1
        xhat = (x - mean) / (variance + self.eps).sqrt()
        return xhat * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, eps):
        mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        s = (variance + eps).sqrt()
        xhat = (x - mean) / s
        ctx.save_for_backward(xhat, s, weight)
        return xhat * weight.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)

    @staticmethod
    def backward(ctx, *grads):
        (g,) = grads
        xhat, s, weight = ctx.saved_tensors
        axes = (0, 2, 3)
        a = g * weight.view(1, -1, 1, 1)
        dx = (a - a.mean(axes, keepdim=True) - xhat * (a * xhat).mean(axes, keepdim=True)) / s
        return dx, (g * xhat).sum(axes), g.sum(axes), None


class BatchNormFunction(nn.Module):
    """Batch normalization with its own backward."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return _BatchNorm.apply(x, self.weight, self.bias, self.eps)


class GroupNormByHand(nn.Module):
    def __init__(self, channels: int, num_groups: int = 3, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.num_groups, self.eps = num_groups, eps

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(x.shape[0], self.num_groups, -1)
        mean, variance = rows.mean(-1, keepdim=True), rows.var(-1, keepdim=True, correction=0)
        xhat = ((rows - mean) / (variance + self.eps).sqrt()).reshape(x.shape)
        return xhat * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class InstanceNormByHand(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean((2, 3), keepdim=True)
        return centred / (centred.square().mean((2, 3), keepdim=True) + 1e-5).sqrt()


class ScaledUnitNorm(nn.Module):
    """sqrt(D) x/|x| with a weight, which is an RMS normalization without epsilon."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.g, self.width = nn.Parameter(torch.ones(width)), width

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=-1) * math.sqrt(self.width) * self.g


class UnitNorm(nn.Module):
    """x/|x|."""

    def forward(self, x: Tensor) -> Tensor:
        return x / x.norm(dim=-1, keepdim=True)


class Called(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class LayerScale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma / 2


class FrozenBatchNorm(nn.Module):
    """An affine map by fixed statistics."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        for name in ("weight", "bias", "running_mean", "running_var"):
            self.register_buffer(name, 0.5 + torch.rand(channels))

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + 1e-5).rsqrt()
        return x * scale.view(1, -1, 1, 1) + (self.bias - self.running_mean * scale).view(1, -1, 1, 1)


def power_norm(x: Tensor) -> Tensor:
    """x over the root of the mean absolute value, which no layer is."""
    return x / x.abs().mean(-1, keepdim=True).sqrt()


LOOKALIKES: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax": lambda x: x.exp() / x.exp().sum(-1, keepdim=True),
    "L1": lambda x: x / x.abs().sum(-1, keepdim=True),
    "largest": lambda x: x / x.abs().amax(-1, keepdim=True),
    "root of L1": power_norm,
    "gelu": lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + (-x).exp()),
    "gate": lambda x: x * torch.sigmoid(x) / 2,
    "layer scale": lambda x: 0.1 * x / 2,
    "dropout": lambda x: F.dropout(x, 0.5) / 2,
    "residual": lambda x: x + F.layer_norm(x, x.shape[-1:]) / 2,
    "residual by hand": lambda x: x + x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt(),
    "temperature": lambda x: x / math.sqrt(x.shape[-1]),
    "centred": lambda x: (x - x.mean(-1, keepdim=True)) / 2,
    "whitened by the whole": lambda x: (x - x.mean()) / (x.std() + 1e-5),
    "square": lambda x: x.pow(2) / 3,
    "excite": lambda x: x * torch.sigmoid(x.mean(1, keepdim=True) / 2),
    "log": lambda x: (x.abs() + 1).log() / 2,
    "clip": lambda x: x / x.norm(dim=-1, keepdim=True).clamp(min=1.0),
    "squash": lambda x: x * x.norm(dim=-1, keepdim=True) / (1 + x.square().sum(-1, keepdim=True)),
    "without a mean": lambda x: x / (x.var(-1, keepdim=True, correction=0) + 1e-5).sqrt(),
    "local response": lambda x: F.local_response_norm(x, 5, alpha=0.5),
    "tanh of a norm": lambda x: torch.tanh(F.layer_norm(x, x.shape[-1:]) / 2),
}
