"""What a layer must give: composed operations in float64, differentiated by autograd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from tests.verify.planted.arrangement import Arrangement, arrange
from tests.verify.planted.implementation import Call


@dataclass(frozen=True)
class Inputs:
    """What a run is given; bias None for a layer without one."""

    family: str
    x: Tensor
    weight: Tensor
    bias: Tensor | None
    upstream: Tensor
    eps: float = 1e-5
    options: dict[str, int] = field(default_factory=dict)

    @property
    def arrangement(self) -> Arrangement:
        return arrange(self.family, self.x, self.weight, **self.options)


class Results(NamedTuple):
    """The output and the gradients by input, weight and bias."""

    output: Tensor
    by_input: Tensor
    by_weight: Tensor
    by_bias: Tensor | None


QUANTITIES = {"output": 0, "input gradient": 1, "weight gradient": 2, "bias gradient": 3}


def run(call: Call, inputs: Inputs) -> Results:
    """The layer on these inputs, layouts and all."""
    x, weight = inputs.x.detach().requires_grad_(), inputs.weight.detach().requires_grad_()
    bias = None if inputs.bias is None else inputs.bias.detach().requires_grad_()
    out = call(x, weight, bias, inputs.eps, **inputs.options)
    leaves = [x, weight] if bias is None else [x, weight, bias]
    by = torch.autograd.grad(out, leaves, inputs.upstream)
    return Results(out.detach(), by[0], by[1], by[2] if len(by) > 2 else None)


def definition(inputs: Inputs) -> Call:
    place = inputs.arrangement

    def call(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1) -> Tensor:
        rows = place.rows(x)
        centred = rows if inputs.family == "rmsnorm" else rows - rows.mean(1, keepdim=True)
        centred = centred if inputs.family == "rmsnorm" else centred - centred.mean(1, keepdim=True)
        xhat = centred / (centred.square().mean(1, keepdim=True) + eps).sqrt()
        out = xhat if weight is None else xhat * place.spread(weight)
        return place.back(out if bias is None else out + place.spread(bias))

    return call


def wide(inputs: Inputs) -> Inputs:
    bias = None if inputs.bias is None else inputs.bias.double()
    return Inputs(
        inputs.family,
        inputs.x.double(),
        inputs.weight.double(),
        bias,
        inputs.upstream.double(),
        inputs.eps,
        inputs.options,
    )


def expected(inputs: Inputs) -> Results:
    return run(definition(inputs), wide(inputs))
