"""Terms multiplied out: sums of products of entries and contractions, with every other kind of term as one factor.

Each step is exact algebra, and none is trusted: that the result is equal to the term it came from is for the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.language import Entry, Index, Number, Tensor, Term, free_indices
from derive.language.binding import rename
from derive.language.terms import Add, Delta, Div, Mul, Neg, Pow, Sum
from verify.errors import VerifyError

Monomial = frozenset[tuple[Term, int]]
Poly = dict[Monomial, Fraction]

ONE: Monomial = frozenset()


def add(*polys: Poly) -> Poly:
    found: Poly = {}
    for poly in polys:
        for monomial, c in poly.items():
            found[monomial] = found.get(monomial, Fraction(0)) + c
    return {monomial: c for monomial, c in found.items() if c}


def times(left: Poly, right: Poly) -> Poly:
    return add(*({joined(a, b): c * d} for a, c in left.items() for b, d in right.items()))


def joined(left: Iterable[tuple[Term, int]], right: Iterable[tuple[Term, int]]) -> Monomial:
    """The product of two monomials."""
    powers = dict(left)
    for factor, power in right:
        powers[factor] = powers.get(factor, 0) + power
    return frozenset((factor, power) for factor, power in powers.items() if power)


def scaled(poly: Poly, c: Fraction) -> Poly:
    return {monomial: c * d for monomial, d in poly.items()}


@dataclass(frozen=True)
class Expansion:
    """Multiplies terms out; every index gets the one name in `letters` that its size has.

    `unfold` gives what an entry stands for, or None where it stays; `vanishing` says whether a sum is zero.
    """

    letters: Mapping[Term, str]
    unfold: Callable[[Entry], Term | None] = field(default=lambda _: None)
    vanishing: Callable[[Monomial, frozenset[Index]], bool] = field(default=lambda *_: False)

    def letter(self, index: Index) -> Index:
        return Index(self.letters[index.size], index.size)

    def __call__(self, value: Term) -> Poly:
        match value:
            case Number():
                return {ONE: Fraction(value.value)} if value.value else {}
            case Entry():
                meant = self.unfold(value)
                return _atom(value) if meant is None else self(meant)
            case Add():
                return add(*map(self, value.summands))
            case Neg():
                return scaled(self(value.arg), Fraction(-1))
            case Mul():
                return self._product(map(self, value.factors))
            case Div():
                return times(self(value.numerator), self._inverse(value.denominator, 1))
            case Pow() if value.exponent >= 0:
                return self._product([self(value.base)] * value.exponent)
            case Pow():
                return self._inverse(value.base, -value.exponent)
            case Sum():
                return self._sum(self(value.body), value.index)
            case Delta():
                raise VerifyError(f"{value} needs an array of two axes of one size")
        return _atom(value)

    def _product(self, polys: Iterable[Poly]) -> Poly:
        found: Poly = {ONE: Fraction(1)}
        for poly in polys:
            found = times(found, poly)
        return found

    def _inverse(self, value: Term, power: int) -> Poly:
        poly = self(value)
        if len(poly) != 1:
            return {frozenset({(value, -power)}): Fraction(1)}
        ((monomial, c),) = poly.items()
        return {frozenset((factor, -own * power) for factor, own in monomial): 1 / c**power}

    def _sum(self, poly: Poly, index: Index) -> Poly:
        return add(*(self._summed(monomial, c, index) for monomial, c in poly.items()))

    def _summed(self, monomial: Monomial, c: Fraction, index: Index) -> Poly:
        """What doesn't depend on the index leaves the sum."""
        inside = [(factor, power) for factor, power in monomial if index in free_indices(factor)]
        outside = frozenset(monomial) - frozenset(inside)
        if not inside:
            return {joined(outside, [(index.size, 1)]): c}
        name = self.letter(index)
        renamed = [(rename(factor, {index: name}), power) for factor, power in inside]
        if name != index and any(name in free_indices(factor) for factor, _ in inside):
            raise VerifyError(f"{index} and {name} stand in one sum, which needs an array of two axes of one size")
        found = self.contraction(renamed, frozenset({name}))
        return {} if found is None else {joined(outside, [(found, 1)]): c}

    def contraction(self, factors: Iterable[tuple[Term, int]], over: frozenset[Index]) -> Term | None:
        """The one spelling of a sum of a product; None where it is zero."""
        factors = list(factors)
        if len(factors) == 1 and factors[0][1] == 1 and isinstance(factors[0][0], Sum):
            core, inner = opened(factors[0][0])
            factors, over = list(powers(core).items()), over | inner
        if self.vanishing(frozenset(factors), over):
            return None
        body = product(factors)
        for index in sorted(over, key=str):
            body = Sum(body, index)
        return body


def opened(value: Sum) -> tuple[Term, frozenset[Index]]:
    """What stands under the sums, and what these run over."""
    over: set[Index] = set()
    body: Term = value
    while isinstance(body, Sum):
        over.add(body.index)
        body = body.body
    return body, frozenset(over)


def powers(value: Term) -> dict[Term, int]:
    """The factors of a product that `product` wrote, with their powers."""
    found: dict[Term, int] = {}
    match value:
        case Mul():
            parts = [powers(factor) for factor in value.factors]
        case Div():
            below = {factor: -power for factor, power in powers(value.denominator).items()}
            parts = [powers(value.numerator), below]
        case Pow():
            parts = [{value.base: value.exponent}]
        case Number(value=1):
            parts = []
        case _:
            parts = [{value: 1}]
    for part in parts:
        for factor, power in part.items():
            found[factor] = found.get(factor, 0) + power
    return found


def _atom(value: Term) -> Poly:
    return {frozenset({(value, 1)}): Fraction(1)}


def product(factors: Iterable[tuple[Term, int]], c: Fraction = Fraction(1)) -> Term:
    """A monomial as a term: numbers and sizes first, then single numbers, sums, entries."""
    ordered = sorted(factors, key=_place)
    above = [_power(factor, power) for factor, power in ordered if power > 0]
    below = [_power(factor, -power) for factor, power in ordered if power < 0]
    size = abs(c)
    above = [Number(size.numerator), *above] if size.numerator != 1 or not above else above
    below = [Number(size.denominator), *below] if size.denominator != 1 else below
    written = _several(above)
    written = Div(written, _several(below)) if below else written
    return Neg(written) if c < 0 else written


def _several(factors: list[Term]) -> Term:
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _power(factor: Term, power: int) -> Term:
    return factor if power == 1 else Pow(factor, power)


def _place(item: tuple[Term, int]) -> tuple:
    factor = item[0]
    is_size = isinstance(factor, Entry) and factor.tensor.integer and not factor.tensor.sizes
    return (not is_size, len(free_indices(factor)), isinstance(factor, Sum), str(factor))


def written(poly: Poly) -> Term:
    """A polynomial as a term, the factors that all its monomials share in front."""
    if not poly:
        return Number(0)
    shared = _shared(list(poly))
    summands = [
        product(joined(monomial, [(f, -p) for f, p in shared]), c)
        for monomial, c in sorted(poly.items(), key=lambda item: (item[1] < 0, str(product(item[0]))))
    ]
    if len(summands) == 1:
        ((monomial, c),) = poly.items()
        return product(monomial, c)
    inside = Add(tuple(summands))
    front = product(shared)
    return inside if front == Number(1) else Mul((front, inside))


def _shared(monomials: list[Monomial]) -> Monomial:
    every = [dict(monomial) for monomial in monomials]
    found = set()
    for factor in every[0]:
        own = [powers.get(factor, 0) for powers in every]
        power = min(own) if min(own) > 0 else max(own) if max(own) < 0 else 0
        if power:
            found.add((factor, power))
    return frozenset(found)


def entry_of(tensor: Tensor, letters: Mapping[Term, str]) -> Entry:
    """A tensor at the indices that its sizes are known by."""
    return Entry(tensor, tuple(Index(letters[size], size) for size in tensor.sizes))
