"""The same model with its batch normalizations at another epsilon, or without them.

Epsilon may be 0, which torch's layers refuse.

A model is not changed for that: what its layers call, `torch.nn.functional.batch_norm`, is answered differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class Normalization(TorchFunctionMode):
    """Within it every batch normalization has this epsilon, or is left out, for None.

    >>> norm, x = torch.nn.BatchNorm1d(3), torch.randn(8, 3)
    >>> with Normalization(0.0):
    ...     same = torch.equal(norm(x), norm(4 * x))

    What is computed is `torch.batch_norm`, as in torch's layers, which only check their arguments before; without
    cuDNN, which has a least epsilon.
    """

    def __init__(self, eps: float | None) -> None:
        super().__init__()
        self.eps = eps

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is torch.nn.functional.batch_norm:
            return self.normalized(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def normalized(
        self,
        input: torch.Tensor,
        running_mean: torch.Tensor | None,
        running_var: torch.Tensor | None,
        weight: torch.Tensor | None = None,
        bias: torch.Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> torch.Tensor:
        """What `torch.nn.functional.batch_norm` is to return; the epsilon of the layer is not used."""
        if self.eps is None:
            return input
        return torch.batch_norm(
            input, weight, bias, running_mean, running_var, training, momentum, self.eps, cudnn_enabled=False
        )


class Transplanted(Normalization):
    """No batch normalization but one, whose gamma is sigma and beta is mu: the values are those without it."""

    def __init__(self, norm: torch.nn.Module) -> None:
        super().__init__(None)
        self.norm = norm
        self.input: torch.Tensor | None = None

    def normalized(self, input: torch.Tensor, *others: Any, **named: Any) -> torch.Tensor:
        weight = named.get("weight", others[2] if len(others) > 2 else None)
        if weight is None or weight is not self.norm.weight:
            return input
        self.input = input
        axes = [0, *range(2, input.dim())]
        variance, mean = torch.var_mean(input.detach(), axes, correction=0)
        return torch.batch_norm(input, variance.sqrt(), mean, None, None, True, 0.0, 0.0, False)
