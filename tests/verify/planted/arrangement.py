"""torch's shapes seen as rows: each row is normalized by itself, whatever the family."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from torch import Tensor

LAYERNORM, RMSNORM, BATCHNORM, GROUPNORM = "layernorm", "rmsnorm", "batchnorm", "groupnorm"
FAMILIES = (LAYERNORM, RMSNORM, BATCHNORM, GROUPNORM)


@dataclass(frozen=True)
class Arrangement:
    """How one family cuts a tensor of this shape into rows; normalized counts the trailing dimensions that make one."""

    family: str
    shape: tuple[int, ...]
    normalized: int = 1
    num_groups: int = 1

    def rows(self, x: Tensor) -> Tensor:
        if self.family == BATCHNORM:
            return x.transpose(0, 1).reshape(self.shape[1], -1)
        if self.family == GROUPNORM:
            return x.reshape(self.shape[0] * self.num_groups, -1)
        return x.reshape(-1, prod(self.shape[-self.normalized :]))

    def back(self, rows: Tensor) -> Tensor:
        if self.family == BATCHNORM:
            batch, channels, *space = self.shape
            return rows.reshape(channels, batch, *space).transpose(0, 1)
        return rows.reshape(self.shape)

    def spread(self, parameter: Tensor) -> Tensor:
        """The parameter that belongs to each element of the rows; shape (rows, m) or one that broadcasts to it."""
        if self.family == BATCHNORM:
            return parameter.reshape(-1, 1)
        if self.family == GROUPNORM:
            batch, channels, *space = self.shape
            return self.rows(parameter.reshape(1, channels, 1).expand(batch, channels, prod(space)))
        return parameter.reshape(1, -1)

    def by_feature(self, rows: Tensor) -> Tensor:
        """The same elements as (features, count): a parameter's gradient is the sum over count."""
        if self.family == BATCHNORM:
            return rows
        if self.family == GROUPNORM:
            batch, channels, *space = self.shape
            return rows.reshape(batch, channels, prod(space)).transpose(0, 1).reshape(channels, -1)
        return rows.transpose(0, 1)


def arrange(family: str, x: Tensor, weight: Tensor | None, num_groups: int = 1) -> Arrangement:
    return Arrangement(family, tuple(x.shape), 1 if weight is None else weight.dim(), num_groups)
