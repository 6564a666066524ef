"""The inputs of one run of somebody's layer, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from verify.arrangement import Arrangement


@dataclass(frozen=True)
class Case:
    """Inputs in torch's shapes, in the dtype, layout and device of the layer under test.

    `x` is the input, `weight` and `bias` are None where the layer has none, `grad_output` is the upstream gradient and
    `tangent` the cotangent of the input gradient, for second derivatives. `purpose` says what the inputs are to expose.
    """

    arrangement: Arrangement
    purpose: str
    x: torch.Tensor
    weight: torch.Tensor | None
    bias: torch.Tensor | None
    grad_output: torch.Tensor
    tangent: torch.Tensor | None
    eps: float
    num_groups: int | None = None
    layout: str = "contiguous"

    def inner(self) -> dict[str, torch.Tensor]:
        """Every value by the name of its tensor, in the program's shape and in float64; epsilon among them.

        Without a weight or a bias there are ones and zeros.
        """
        layer, lay = self.arrangement.layer, self.arrangement
        ones = torch.ones(lay.weights, dtype=torch.float64, device=self.x.device)
        given = {layer.inputs[0].name: self.x, "g": self.grad_output, f"{layer.inputs[0].name}dot": self.tangent}
        defaults = (("weight", self.weight, ones), ("bias", self.bias, torch.zeros_like(ones)))
        for tensor, (_, value, default) in zip(layer.parameters, defaults, strict=False):
            given[tensor.name] = default if value is None else value
        inner = {name: lay.inward(name, value.double()) for name, value in given.items() if value is not None}
        return {**inner, "epsilon": torch.tensor(self.eps, dtype=torch.float64, device=self.x.device)}


@dataclass(frozen=True)
class Observed:
    """What a layer gave: values in torch's shapes by the names of the forms, and why others are missing."""

    values: Mapping[str, torch.Tensor]
    missing: Mapping[str, str] = field(default_factory=dict)
