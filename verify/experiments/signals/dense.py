"""Fully connected networks without biases, h = W phi(x) and x = norm(h): where the theorems on signals are proved."""

from __future__ import annotations

import math

import torch

from verify.experiments.networks.normalizers import normalizer

EPS = 1e-30
"""torch takes no 0; added to a variance above 1e-13 this is lost in float64."""


def hidden(
    norm: str,
    group_size: int | None,
    inputs: torch.Tensor,
    depth: int,
    generator: torch.Generator,
    *,
    scale: float = 1.0,
    relu: bool = True,
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Each layer's h and x, both (N, width), for inputs (N, width).

    The weights are independent normal numbers of variance 2 scale^2/width, and epsilon is as good as 0. The gradients
    of the h are kept when something made of the x is differentiated.
    """
    width = inputs.shape[1]
    layer = normalizer(norm, width, group_size=group_size, eps=EPS).double()
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    found, x = [], inputs
    for _ in range(depth):
        weight = torch.randn(width, width, generator=generator, dtype=torch.float64)
        h = (x.relu() if relu and found else x) @ (weight * scale * math.sqrt(2 / width)).T
        if not h.requires_grad:
            h.requires_grad_()
        h.retain_grad()
        x = layer(h)
        found.append((h, x))
    return found
