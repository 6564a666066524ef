"""What the zoo holds: a name, a family, and a call with torch's shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


class Call(Protocol):
    """x, weight and bias (each of the two may be None), eps; groupnorm also takes num_groups."""

    def __call__(
        self, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1
    ) -> Tensor: ...


@dataclass(frozen=True)
class Implementation:
    """A layer that is right.

    second_order says whether its gradient can be differentiated again; rounded_statistics that with 16-bit parameters
    mean and 1/s are rounded to 16 bits, which is honest no longer where the mean is large; remark, what else to know.
    """

    name: str
    family: str
    call: Call
    second_order: bool = True
    rounded_statistics: bool = False
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"
