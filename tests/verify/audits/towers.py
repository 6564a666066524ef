"""Small models with a normalization in each block, and what an audit says of them as modules."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from verify.audits.record import MODULE, AuditReport, LayerAudit

WIDTH, CHANNELS = 12, 6
TOKENS, IMAGES = (3, 5, WIDTH), (4, CHANNELS, 5, 7)


class Tower(nn.Module):
    """Blocks of a linear map and a normalization, with residual connections."""

    def __init__(self, make: Callable[[], nn.Module], depth: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(depth + 1))
        self.norm = nn.ModuleList(make() for _ in range(depth))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.linear[0](x)
        for linear, norm in zip(self.linear[1:], self.norm, strict=True):
            x = x + torch.tanh(linear(norm(x)))
        return x


class Convolutions(nn.Module):
    def __init__(self, make: Callable[[], nn.Module], depth: int = 2) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.ModuleList(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1) for _ in range(depth))
        self.norm = nn.ModuleList(make() for _ in range(depth))
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv, norm in zip(self.conv, self.norm, strict=True):
            x = self.act(norm(conv(x)))
        return x


def batch(shape: tuple[int, ...] = TOKENS, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(dtype)


def shaken(model: nn.Module) -> nn.Module:
    """The model with parameters of no special value."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator).to(parameter)
    return model


def own(report: AuditReport) -> dict[str, LayerAudit]:
    return {layer.name: layer for layer in report if layer.level == MODULE}
