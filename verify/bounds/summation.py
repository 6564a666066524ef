"""How far a computed sum can be from the exact one: in the worst case, and with a stated probability.

**Worst case.** If no term of a sum passes through more than k additions, the error is at most gamma_k times the sum
of the absolute values of the terms, with gamma_k = k u / (1 - k u) (Higham, Accuracy and Stability of Numerical
Algorithms, 2nd ed., SIAM 2002, Lemma 3.1 and section 4.2). For n terms k is n - 1 if they are added one after
another, ceil(log2 n) pairwise, (b - 1) + (ceil(n / b) - 1) in blocks of b, and at most n - 1 in any order.

**Probable.** Roundings are modelled as independent random numbers of mean zero and size at most u. Then, for every
lambda > 0, a product of n factors (1 + delta_i) or 1 / (1 + delta_i) is 1 + theta with

    |theta| <= gammatilde_n(lambda) = exp(lambda sqrt(n) u + n u^2 / (1 - u)) - 1

with probability at least 1 - 2 exp(-lambda^2 (1 - u)^2 / 2) (Higham and Mary, A New Approach to Probabilistic Rounding
Error Analysis, SIAM J. Sci. Comput. 41(5), 2019, Theorem 2.4); all of `events` such statements hold together with
probability at least 1 - 2 events exp(-lambda^2 (1 - u)^2 / 2), from which lambda follows: see `quantile`. It is enough
that each rounding has mean zero given those before it (Connolly, Higham and Mary, Stochastic Rounding and Its
Probabilistic Backward Error Analysis, SIAM J. Sci. Comput. 43(1), 2021; Ipsen and Zhou, Probabilistic Error Analysis
for Inner Products, SIAM J. Matrix Anal. Appl. 41(4), 2020), which stochastic rounding makes true.

The error of a sum is, to first order, the sum of delta_k S_k, with S_k the partial sum that rounding k rounds. Under
the same model it is at most lambda u sqrt(sum S_k^2) (Hallman and Ipsen, Precision-Aware Deterministic and
Probabilistic Error Bounds for Floating Point Summation, Numer. Math. 155, 2023), which is gammatilde_n(lambda) times
the sum of the absolute values at most, and much less where the terms have both signs. The higher orders are at most a
factor 1 + gammatilde. `partial_sums` bounds sum S_k^2.

**What the model does not say.** Rounding to nearest is deterministic. The model fails where roundings repeat: equal
terms, and terms that differ by less than the spacing of the numbers in which the partial sum is held, are rounded to
the same side again and again. Both are measured on the terms at hand: `grouped` counts equal terms as one rounding,
and `drift_of_roundings` adds what the additions lose to one side.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch

from verify.errors import VerifyError

BINADES = 4
"""How many of the last binades of the running sum `drift_of_roundings` looks at; the others lose less than 4^-4."""


@dataclass(frozen=True)
class Order:
    """In which order the terms of a sum are added: `sequential`, `pairwise`, `blocked(b)`, or `unknown` (any)."""

    name: str
    block: int = 0

    def additions(self, count: int) -> int:
        """The most additions that a term of a sum of `count` terms passes through."""
        if count <= 1:
            return 0
        if self.name == "pairwise":
            return (count - 1).bit_length()
        if self.name == "blocked" and self.block < count:
            return (self.block - 1) + (-(-count // self.block) - 1)
        return count - 1


def order_of(text: str) -> Order:
    """The order that a name stands for."""
    if found := re.fullmatch(r"blocked\(([1-9][0-9]{0,9})\)", text):
        return Order("blocked", int(found[1]))
    if text in ("sequential", "pairwise", "unknown"):
        return Order(text)
    raise VerifyError(f"no order of summation is called {text}; give sequential, pairwise, blocked(64) or unknown")


def gamma(count: int, unit: float) -> float:
    """k u / (1 - k u), the worst case of k roundings; infinite where k u reaches 1."""
    roundings = count * unit
    return roundings / (1 - roundings) if roundings < 1 else math.inf


def gamma_tilde(count: int, unit: float, quantile: float) -> float:
    """exp(lambda sqrt(k) u + k u^2 / (1 - u)) - 1, the probable size of k roundings."""
    exponent = quantile * math.sqrt(count) * unit + count * unit**2 / (1 - unit) if count else 0.0
    return math.expm1(exponent) if exponent < 1 else math.inf


def quantile(probability: float, events: int, unit: float) -> float:
    """The lambda at which `events` statements fail together with at most this probability.

    2 events exp(-lambda^2 (1 - u)^2 / 2) = probability, solved for lambda.
    """
    if not 0 < probability < 1:
        raise VerifyError(f"a probability of failure of {probability} is none; give a number between 0 and 1")
    return math.sqrt(2 * math.log(2 * max(events, 1) / probability)) / (1 - unit)


@dataclass(frozen=True)
class Rounding:
    """What the additions of a sum cost: a bound, the proxy in it, and what is lost to one side, by no chance."""

    bound: torch.Tensor
    proxy: torch.Tensor
    one_sided: torch.Tensor

    def __add__(self, other: Rounding) -> Rounding:
        return self._with(torch.add, other)

    def maximum(self, other: Rounding) -> Rounding:
        return self._with(torch.maximum, other)

    def where(self, condition: torch.Tensor) -> Rounding:
        """The same where a condition holds, and nothing elsewhere."""
        return Rounding(*(torch.where(condition, each, 0.0) for each in (self.bound, self.proxy, self.one_sided)))

    def _with(self, join: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], other: Rounding) -> Rounding:
        return Rounding(
            join(self.bound, other.bound), join(self.proxy, other.proxy), join(self.one_sided, other.one_sided)
        )


@dataclass(frozen=True)
class Sums:
    """How sums are rounded: in an order, with a unit roundoff, at a lambda (infinite: in the worst case)."""

    order: Order
    unit: float
    quantile: float

    def rounding(self, terms: torch.Tensor, inner: int = 1) -> Rounding:
        """What the additions of these terms, along the last dimension, cost.

        Each term is itself a sum of `inner` terms, which may be added to the total one by one.
        """
        depth = self.order.additions(terms.shape[-1] * inner)
        size = terms.abs().sum(-1)
        worst, none = gamma(depth, self.unit) * size, torch.zeros_like(size)
        if not depth or math.isinf(self.quantile):
            return Rounding(worst, worst, none)
        likely = self.unit * partial_sums(terms, self.order, inner).sqrt()
        likely = likely * (1 + gamma_tilde(depth, self.unit, self.quantile))
        one_sided = none
        if depth > self.quantile**2 and self.order.name != "pairwise":
            one_sided = self.unit * depth * size * drift_of_roundings(terms, self.unit)
        bound = self.quantile * likely
        certain = worst < bound + one_sided
        return Rounding(
            torch.where(certain, worst, bound), torch.minimum(worst, likely), torch.where(certain, 0.0, one_sided)
        )

    def growth(self, depth: int) -> float:
        """How much a sum of `depth` additions can multiply an error that its terms bring along."""
        return min(gamma(depth, self.unit), gamma_tilde(depth, self.unit, self.quantile))

    def independent(
        self, bound: torch.Tensor, proxy: torch.Tensor, terms: torch.Tensor, unit: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The bound and the proxy of the sum, along the last dimension, of errors that are independent.

        Those of equal terms are not (`grouped`).
        """
        worst = bound.sum(-1)
        if math.isinf(self.quantile):
            return worst, worst
        proxy = torch.minimum(grouped(proxy, terms, unit), proxy.sum(-1))
        return torch.minimum(worst, self.quantile * proxy), proxy


def partial_sums(terms: torch.Tensor, order: Order, inner: int = 1) -> torch.Tensor:
    """A bound on the sum of squares of all partial sums, S_k^2, for an order that was not chosen by the data.

    With total T and sum of squares Q of the terms: in random order a partial sum of k of n terms is k T / n and a
    random rest of variance k (1 - k/n) Q / (n - 1) at most. The root of the sum of squares is at most that of the
    means and that of the rests together (Minkowski); the squares of the means come to (n + 1)(2n + 1) / (6n) T^2, those
    of the rests to (n + 1) / 6 Q on average. They are random themselves, and close to n Q times the integral of the
    square of a Brownian bridge, whose tail falls like exp(-pi^2 x / 2); six times the average is granted, which is
    exceeded in 3 of 1,000 sums, and together with a rounding error of size lambda about as rarely as that alone.
    Pairwise, the partial sums of one level have 2^l T^2 / n + Q, and in blocks of b, with q = n / b of them, they come
    to (q + b / q) / 3 T^2 + (b + q) / 6 Q; the same is granted. Terms that follow a trend (sorted ones, say) have
    larger partial sums: those in the order of memory are computed, too, and the larger bound counts.
    """
    count = terms.shape[-1]
    total, squares = terms.sum(-1).square(), terms.square().sum(-1)
    if order.name == "pairwise":
        levels = (count * inner - 1).bit_length()
        return torch.maximum(_together(2 * total, 3 * levels * squares), inner * _in_a_tree(terms))
    if order.name == "blocked" and order.block < count * inner:
        block, blocks = order.block, -(-count * inner // order.block)
        random = _together(((blocks + block / blocks) / 3 + 2) * total, (block + blocks) * squares)
        return torch.maximum(random, inner * _in_blocks(terms, min(block, count)))
    random = _together((count + 1) * (2 * count + 1) / (6 * count) * total, (count + 1) * squares)
    return inner * torch.maximum(random, terms.cumsum(-1).square().sum(-1))


def _together(means: torch.Tensor, rests: torch.Tensor) -> torch.Tensor:
    """The sum of squares of two parts, at most the square of the sum of their roots."""
    return (means.sqrt() + rests.sqrt()).square()


def _in_a_tree(terms: torch.Tensor) -> torch.Tensor:
    """The sum of squares of the partial sums of neighbours, of neighbouring pairs, and so on."""
    found = torch.zeros_like(terms[..., 0])
    while terms.shape[-1] > 1:
        terms = torch.nn.functional.pad(terms, (0, terms.shape[-1] % 2)).unflatten(-1, (-1, 2)).sum(-1)
        found = found + terms.square().sum(-1)
    return found


def _in_blocks(terms: torch.Tensor, block: int) -> torch.Tensor:
    """The sum of squares of the partial sums within blocks of neighbours, and of those of the blocks."""
    blocks = torch.nn.functional.pad(terms, (0, -terms.shape[-1] % block)).unflatten(-1, (-1, block)).cumsum(-1)
    return blocks.square().sum((-1, -2)) + blocks[..., -1].cumsum(-1).square().sum(-1)


def drift_of_roundings(terms: torch.Tensor, unit: float) -> torch.Tensor:
    """The share of u n sum |t| that additions one after another lose to one side; random roundings lose none.

    A running sum between 2^e and 2^(e+1) is a multiple of the spacing 2^(e+1) u, so that adding t to it is off by
    exactly the distance of t from the next multiple. Its mean over the terms is what does not average out. With the
    total T = 2^e / rho, the additions in the last binade are 1 - rho of all, those i binades before rho 2^-i of all
    at a spacing 2^i times smaller: they lose the shares rho (1 - rho) and rho^2 4^-i of u n T, times twice the mean
    distance. All binades but the last few count in full. A mean within 2.6 standard errors of zero is chance, and is
    in the probable part already.
    """
    count = terms.shape[-1]
    top = terms.cumsum(-1).abs().amax(-1, keepdim=True).clamp(min=1e-300)
    power = torch.exp2(torch.floor(torch.log2(top)))
    rho = power / top
    lost = rho.square() * 4.0**-BINADES
    for binade in range(BINADES):
        ratio = terms / (2 * unit * power * 2.0**-binade)
        mean = 2 * (ratio - ratio.round()).mean(-1, keepdim=True).abs()
        share = rho.square() * 4.0**-binade if binade else rho * (1 - rho)
        lost = lost + share * torch.where(mean > 1.5 / math.sqrt(count), mean, 0.0)
    return (lost * top / terms.abs().sum(-1, keepdim=True).clamp(min=1e-300)).squeeze(-1)


def grouped(errors: torch.Tensor, terms: torch.Tensor, unit: float) -> torch.Tensor:
    """The root of the sum of squares of errors along the last dimension; those of equal terms are added up first.

    Terms count as equal if they agree to an eighth of the spacing of the numbers: their roundings are alike, too.
    """
    count = terms.shape[-1]
    if count == 1:
        return errors.squeeze(-1)
    key = terms.abs()
    if unit > 2.0**-40:
        mantissa, exponent = torch.frexp(key)
        key = exponent * (16 / unit) + torch.round(mantissa * (8 / unit))
    zero = torch.arange(1, count + 1, dtype=key.dtype, device=key.device)
    key, places = torch.where(terms == 0, -1e300 / zero, key).sort(-1)
    first = torch.ones_like(key, dtype=torch.long)
    first[..., 1:] = key[..., 1:] != key[..., :-1]
    totals = torch.zeros_like(errors).scatter_add(-1, first.cumsum(-1) - 1, errors.gather(-1, places))
    return totals.square().sum(-1).sqrt()


def exactly_summed(terms: torch.Tensor, unit: float) -> torch.Tensor:
    """Whether all terms are multiples of the spacing of the numbers near the sum of their absolute values.

    Then every partial sum is a number of the format, and nothing is rounded; a running mean (Welford's) may be.
    """
    top = terms.abs().sum(-1, keepdim=True).clamp(min=1e-300) * (1 + 1e-9)
    ratio = terms / (2 * unit * torch.exp2(torch.floor(torch.log2(top))))
    return (ratio == ratio.round()).all(-1)


def alike(bounds: torch.Tensor) -> int:
    """How many rows have the same bound but for a power of two: equal rows, which are rounded alike."""
    mantissa = torch.frexp(bounds[bounds > 0])[0]
    return int(mantissa.unique(return_counts=True)[1].max()) if mantissa.numel() else 1
