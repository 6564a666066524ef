"""What an honest implementation of a formula may do, and what each step of it may cost.

The implementation is not known: a layer of torch, someone's kernel. What is said of it is this.

1. *Statistics* (values with fewer axes than the tensors: means, variances, s, contractions, and what is made of them)
   are computed in the accumulation format, with unit roundoff U: float32 for the 16-bit formats, else the dtype itself.
   Sums are added up in the given order; by default in any, which includes running means (Welford).
2. *Tensor-sized* values may be rounded once to the storage format, with unit roundoff u, where they are computed; to
   keep them in the accumulation format costs less. The terms of a sum are such values, but those need not fit in the
   range of the storage format.
3. The result is rounded once to storage.
4. One sum in a product may be *multiplied out*: gamma (x - mu) / s is x alpha - mu alpha with alpha = gamma / s, and
   sum g (x - mu) is sum g x - mu sum g. All of that is in the accumulation format. It makes errors in proportion to
   |mu| / s, once: a rounding of x alpha, one of mu alpha and one of the difference of mu alpha and beta. A product of
   two sums multiplied out, as in E[x^2] - E[x]^2, makes them in proportion to (mu / s)^2, and is not honest. With
   kappa = |mu| / s, Welford's variance has the relative error n U kappa and the two-pass one n U + n^2 U^2 kappa^2
   (Chan, Golub and LeVeque, Algorithms for Computing the Sample Variance, Amer. Statist. 37(3), 1983, table 1).
5. Division may be by a reciprocal, a root by a reciprocal root, a power by products, and summands may be added in any
   order. epsilon may be rounded to the accumulation format.
6. A constant factor made of sizes, such as 1/m, may be anywhere; with each sum comes one.

The costs of one operation, in roundings of at most U |r| each:

    add     1    rounded correctly; of a tensor, one of the sizes of the summands instead (5: any order)
    mul     1    rounded correctly
    div     2    a reciprocal and a product, each rounded correctly
    sqrt    2    a root and a reciprocal, or a reciprocal root that is off by one unit in the last place
    exp ... 4    two units in the last place (see `verify.bounds.running.ULPS`)
    + 1          for an addition of statistics: epsilon may be rounded (5)
    + 2          for each sum: the factor 1/m rounded, and the product with it (6); by sizes nothing costs anything
    + 2          for a sum of centred values: they may be taken about another number, within one s of mu, and corrected
    + 2 |mu|     for the subtraction of a statistic mu from a tensor, if it may be multiplied out (4)
    + u |r|      for each tensor-sized value in a 16-bit format (2), and its smallest number, for underflow

With `approximate` they are those of the fast instructions of a GPU, which Triton and CUDA's rsqrt use: div 4 and sqrt
4, for 2 units in the last place, each at most 2 U (PTX ISA, div.full.f32; CUDA C++ Programming Guide, rsqrtf).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from verify.bounds.formats import Format, format_of
from verify.bounds.summation import Order, Sums, order_of, quantile
from verify.errors import VerifyError

COSTS = {"add": 1, "mul": 1, "div": 2, "sqrt": 2}
"""How many roundings an operation may cost, in the accumulation format."""
APPROXIMATE = {**COSTS, "div": 4, "sqrt": 4}
"""The same for the approximate instructions of GPUs."""

PROBABILITY = 1e-9
"""The probability with which the probable bound may fail, for all entries of a result together."""


@dataclass(frozen=True)
class Model:
    """What an honest implementation may do; the bound is the probable one unless the worst case is asked for.

    `dtype` is the storage format, `accumulate` that of statistics and sums, `order` one of sequential, pairwise,
    blocked(b) and unknown, `probability` that of failure of the whole result (1e-9 if none is given), `affine`
    whether one sum may be multiplied out (see the top of this file, 4), `approximate` whether the fast instructions
    of a GPU may be used.
    """

    dtype: torch.dtype
    accumulate: torch.dtype | None = None
    order: str = "unknown"
    probability: float | None = None
    worst_case: bool = False
    affine: bool = True
    approximate: bool = False

    def __post_init__(self) -> None:
        if not self.dtype.is_floating_point or self.dtype.is_complex:
            raise VerifyError(f"{self.dtype} has no rounding; give a floating-point dtype")
        if self.worst_case and self.probability is not None:
            raise VerifyError("the worst case has no probability of failure; give worst_case or probability")
        if self.format.sum_unit > self.format.unit:
            raise VerifyError(f"{self.accumulate} is narrower than {self.dtype}; sums need a format as wide")
        order_of(self.order)
        if not self.worst_case:
            quantile(self.failure, 1, self.format.unit)

    @property
    def format(self) -> Format:
        return format_of(self.dtype, self.accumulate)

    @property
    def failure(self) -> float:
        """The probability with which the bound may fail: 0 for the worst case."""
        return 0.0 if self.worst_case else PROBABILITY if self.probability is None else self.probability

    @property
    def summation(self) -> Order:
        return order_of(self.order)

    def cost(self, op: str, tensor: bool) -> int:
        """How many roundings an operation on statistics or tensors may cost."""
        return (APPROXIMATE if self.approximate else COSTS)[op] + (1 if op == "add" and not tensor else 0)

    def sums(self, events: int) -> Sums:
        """How sums are rounded, if `events` probable bounds have to hold together."""
        unit = self.format.sum_unit
        factor = float("inf") if self.worst_case else quantile(self.failure, events, self.format.unit)
        return Sums(self.summation, unit, factor)

    def __str__(self) -> str:
        form = self.format
        wide = "" if not form.rounds_sums else f", sums in {str(self.accumulate or torch.float32).split('.')[-1]}"
        kind = "worst case" if self.worst_case else f"fails with probability at most {self.failure:g}"
        return f"{form.name}{wide}, {self.order} order of summation, {kind}"
