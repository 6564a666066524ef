"""One normalization of a model as it ran: what it was given, and what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

INFERENCE = "batchnorm-inference"
OUTPUT, GRADIENT, OF_WEIGHT, OF_BIAS = "output", "input gradient", "weight gradient", "bias gradient"


@dataclass
class Capture:
    """A normalization of torch's shapes, by references to its tensors.

    `weight` and `bias` are those that are really applied (the sum 1 + weight where a layer computes that). `running`
    are the mean and variance of batch normalization in inference mode. `run` computes the layer again, on fewer
    statistics: `run(x, weight, bias)`, and with the number of groups behind where there are groups. `fault` is what is
    wrong with it whatever its numbers are.
    """

    name: str
    kind: str
    like: str
    level: str
    x: torch.Tensor
    output: torch.Tensor
    weight: torch.Tensor | None
    bias: torch.Tensor | None
    eps: float
    num_groups: int | None = None
    normalized_shape: tuple[int, ...] | None = None
    running: tuple[torch.Tensor, torch.Tensor] | None = None
    call: int = 0
    order: int = 0
    run: Callable[..., torch.Tensor] | None = None
    fault: str = ""
    notes: list[str] = field(default_factory=list)


def watched(*tensors: torch.Tensor | None) -> list[torch.Tensor | None]:
    """Views of tensors that need gradients: a hook on the view gets the gradient of this use alone."""
    return [_view(tensor) for tensor in tensors]


def _view(tensor: torch.Tensor | None) -> torch.Tensor | None:
    if tensor is None or not tensor.requires_grad or not torch.is_grad_enabled():
        return tensor
    return tensor.view_as(tensor)
