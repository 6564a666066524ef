"""A value with everything that is known of its error: whose fault it is, and what is independent of what.

An error is a sum of two kinds. From the *sums* of the program, each a random number of its own for every row, it knows
with which coefficient, sign included, they enter: what is centred has errors that cancel in the next sum, and naive
bounds miss that. Of all the *rest* only the size is known, and over which axes it is independent: a rounding of a
tensor over all of them, a rounding of a mean over the rows alone. Each has a bound (that holds with probability, or
always) and a proxy: a number such that a sum of independent ones exceeds lambda times the root of the sum of squares
of proxies only with probability 2 exp(-lambda^2 / 2) (Hoeffding 1963; a random number of mean zero and size at most c
has the proxy c).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import torch

from derive.language import Index
from verify.bounds.summation import Sums

Axes = tuple[Index, ...]


@dataclass(frozen=True)
class Source:
    """The error of one sum: a number of the step, the names that its axes have here, and proxy over bound."""

    step: int
    axes: Axes
    ratio: float


@dataclass(frozen=True)
class Errors:
    """Errors from sums, each a signed coefficient times its bound, and the rest by axes of independence."""

    sums: Mapping[Source, torch.Tensor] = field(default_factory=dict)
    rest: Mapping[frozenset[Index], tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    def total(self, like: torch.Tensor) -> torch.Tensor:
        """The bound on the whole error."""
        found = torch.zeros_like(like)
        for coefficient in self.sums.values():
            found = found + coefficient.abs()
        for bound, _ in self.rest.values():
            found = found + bound
        return found

    def scaled(self, factor: torch.Tensor) -> Errors:
        """The errors of a value that is multiplied by an exact factor."""
        size = factor.abs()
        sums = {source: coefficient * factor for source, coefficient in self.sums.items()}
        return Errors(sums, {axes: (bound * size, proxy * size) for axes, (bound, proxy) in self.rest.items()})

    def __neg__(self) -> Errors:
        return replace(self, sums={source: -coefficient for source, coefficient in self.sums.items()})

    def __add__(self, other: Errors) -> Errors:
        sums, rest = dict(self.sums), dict(self.rest)
        for source, coefficient in other.sums.items():
            sums[source] = sums[source] + coefficient if source in sums else coefficient
        for axes, (bound, proxy) in other.rest.items():
            known = rest.get(axes)
            rest[axes] = (bound, proxy) if known is None else (known[0] + bound, known[1] + proxy)
        return Errors(sums, rest)

    def plus(self, axes: frozenset[Index], bound: torch.Tensor, proxy: torch.Tensor | None = None) -> Errors:
        """With one more error that is independent over these axes."""
        return self + Errors({}, {axes: (bound, bound if proxy is None else proxy)})

    def rounded(self, axes: frozenset[Index], lost: torch.Tensor) -> Errors:
        """With a rounding that is independent of all errors before it, so that proxies add up in squares."""
        bound, proxy = self.rest.get(axes, (0.0, None))
        proxy = lost if proxy is None else torch.hypot(proxy, lost)
        return replace(self, rest={**self.rest, axes: (bound + lost, proxy)})

    def reshaped(self, change: Callable, names: Mapping[Index, Index] | None = None) -> Errors:
        """The same errors in another shape, or with axes called by other names."""
        names = names or {}

        def called(source: Source) -> Source:
            return replace(source, axes=tuple(names.get(index, index) for index in source.axes))

        sums: dict[Source, torch.Tensor] = {}
        for source, coefficient in self.sums.items():
            sums[called(source)] = change(coefficient)
        found = Errors(sums)
        for axes, (bound, proxy) in self.rest.items():
            found = found.plus(frozenset(names.get(index, index) for index in axes), change(bound), change(proxy))
        return found

    def summed(self, over: Axes, axes: Axes, terms: torch.Tensor, sums: Sums, unit: float) -> Errors:
        """The errors of a sum of terms with these `axes` over some of them; by its own roundings not yet.

        What is the same for all terms keeps its sign, what is independent adds up in squares, and what is neither adds
        up in size.
        """
        found = Errors()
        for source, coefficient in self.sums.items():
            shared, apart = _split(over, source.axes)
            coefficient, left = total_over(coefficient.expand(terms.shape), axes, shared)
            if not apart:
                found = found + Errors({source: coefficient})
                continue
            size = coefficient.abs()
            rest = _root(size, size * source.ratio, left, apart, total_over(terms, axes, shared)[0], sums, unit)
            found = found.plus(frozenset(source.axes) - set(apart), *rest)
        for free, (bound, proxy) in self.rest.items():
            shared, apart = _split(over, free)
            bound, left = total_over(bound.expand(terms.shape), axes, shared)
            proxy, _ = total_over(proxy.expand(terms.shape), axes, shared)
            if apart:
                bound, proxy = _root(bound, proxy, left, apart, total_over(terms, axes, shared)[0], sums, unit)
            found = found.plus(free - set(apart), bound, proxy)
        return found


def _split(over: Axes, free: Iterable[Index]) -> tuple[Axes, Axes]:
    """The summed axes over which an error is shared, and those over which it is independent."""
    return tuple(index for index in over if index not in free), tuple(index for index in over if index in free)


def total_over(values: torch.Tensor, axes: Axes, over: Axes) -> tuple[torch.Tensor, Axes]:
    """The sum over some axes, and the axes that are left."""
    dims = [1 + axes.index(index) for index in over]
    return values.sum(dims) if dims else values, tuple(index for index in axes if index not in over)


def in_a_row(values: torch.Tensor, axes: Axes, over: Axes) -> torch.Tensor:
    """The same values with some axes last, as one, in the order in which the values have them."""
    last = [1 + place for place, index in enumerate(axes) if index in over]
    first = [place for place in range(values.dim()) if place not in last]
    return values.permute(*first, *last).flatten(len(first))


def _root(
    bound: torch.Tensor, proxy: torch.Tensor, axes: Axes, over: Axes, terms: torch.Tensor, sums: Sums, unit: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The bound and the proxy of a sum of errors over axes over which they are independent."""
    bound, proxy, terms = (in_a_row(each, axes, over) for each in (bound, proxy, terms))
    return sums.independent(bound, proxy, terms, unit)


@dataclass(frozen=True)
class Perturbed:
    """A float64 value, its errors, and how it may be written.

    `part` is what is subtracted and added, with its sign, where one sum in it is multiplied out (None: nothing), and
    `varies` the axes of the statistics in that, over which nothing can be taken out of a sum; `inner` how many terms
    it sums up already, `scale` the constant factor that an implementation would have put elsewhere, `constant`
    whether no data are in it, and `sized` whether it is a constant made of sizes, which costs nothing: each sum pays
    for the factor 1/m that belongs to it; `rounded` whether the last operation has paid for the storage format.
    """

    value: torch.Tensor
    errors: Errors = Errors()
    part: torch.Tensor | None = None
    varies: frozenset[Index] = frozenset()
    inner: int = 1
    scale: float = 1.0
    constant: bool = False
    sized: bool = False
    rounded: bool = False

    def error(self) -> torch.Tensor:
        return self.errors.total(self.value)

    def reshaped(self, change: Callable, names: Mapping[Index, Index] | None = None) -> Perturbed:
        """The same value in another shape, or with axes called by other names."""
        return replace(
            self,
            value=change(self.value),
            errors=self.errors.reshaped(change, names),
            part=None if self.part is None else change(self.part),
            varies=frozenset((names or {}).get(index, index) for index in self.varies),
        )
