"""A closed form as a sum of summands, each a product of powers, so that one of them can be changed or named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from derive.language import Entry, Number, Term
from derive.language.terms import Add, Div, Mul, Neg, Pow, Sum
from verify.diagnosis.contractions import product, summed

Powers = dict[Term, int]


@dataclass(frozen=True)
class Summand:
    """coefficient * product of factor**power."""

    coefficient: Fraction
    powers: tuple[tuple[Term, int], ...]

    @property
    def term(self) -> Term:
        above = [base if power == 1 else Pow(base, power) for base, power in self.powers if power > 0]
        below = [base if power == -1 else Pow(base, -power) for base, power in self.powers if power < 0]
        size = abs(self.coefficient)
        if size != 1:
            above.insert(0, Number(size))
        result = product(above)
        result = Div(result, product(below)) if below else result
        return Neg(result) if self.coefficient < 0 else result

    @property
    def sums(self) -> tuple[Term, ...]:
        """The contractions in it."""
        return tuple(base for base, _ in self.powers if isinstance(base, Sum))

    @property
    def sizes(self) -> tuple[Term, ...]:
        """The sizes that it is divided by."""
        return tuple(base for base, power in self.powers if is_size(base) for _ in range(-power))

    def times(self, factor: int | Fraction) -> Summand:
        return replace(self, coefficient=self.coefficient * factor)

    def without(self, *bases: Term) -> Summand:
        return replace(self, powers=tuple(item for item in self.powers if item[0] not in bases))

    def with_factor(self, base: Term, power: int = 1) -> Summand:
        powers = dict(self.powers)
        powers[base] = powers.get(base, 0) + power
        return replace(self, powers=tuple(item for item in powers.items() if item[1]))

    def exchanged(self, old: Term, new: Term) -> Summand:
        return replace(self, powers=tuple((new if base == old else base, power) for base, power in self.powers))


def is_size(term: Term) -> bool:
    return isinstance(term, Entry) and term.tensor.integer and not term.tensor.sizes


@lru_cache(maxsize=1024)
def summands(term: Term) -> tuple[Summand, ...]:
    """A term multiplied out, equal factors above and below cancelled; sums are left as they are."""
    return tuple(_expanded(term))


def _expanded(term: Term) -> list[Summand]:
    match term:
        case Number():
            return [Summand(Fraction(term.value), ())] if term.value else []
        case Neg():
            return [each.times(-1) for each in _expanded(term.arg)]
        case Add():
            return [each for arg in term.args for each in _expanded(arg)]
        case Mul():
            found = [Summand(Fraction(1), ())]
            for factor in term.factors:
                found = [_joined(left, right) for left in found for right in _expanded(factor)]
            return found
        case Div():
            below = _expanded(term.denominator)
            if len(below) == 1:
                return [_joined(each, _inverse(below[0])) for each in _expanded(term.numerator)]
            return [each.with_factor(term.denominator, -1) for each in _expanded(term.numerator)]
        case Pow():
            base = _expanded(term.base)
            if len(base) == 1 and term.exponent > 0:
                powers = tuple((each, power * term.exponent) for each, power in base[0].powers)
                return [Summand(base[0].coefficient ** term.exponent, powers)]
            return [Summand(Fraction(1), ((term.base, term.exponent),))]
    return [Summand(Fraction(1), ((term, 1),))]


def _joined(left: Summand, right: Summand) -> Summand:
    result = Summand(left.coefficient * right.coefficient, left.powers)
    for base, power in right.powers:
        result = result.with_factor(base, power)
    return result


def _inverse(each: Summand) -> Summand:
    return Summand(1 / each.coefficient, tuple((base, -power) for base, power in each.powers))


def total(parts: Iterable[Summand]) -> Term:
    """The sum of summands as a term."""
    return summed(part.term for part in parts)


def common(parts: Iterable[Summand]) -> Summand:
    """The factor in front of all: what each of them has, without sizes."""
    parts = tuple(parts)
    if len(parts) < 2:
        return Summand(Fraction(1), ())
    first, *rest = ({base: power for base, power in part.powers if not is_size(base)} for part in parts)
    shared: Powers = {}
    for base, power in first.items():
        powers = [power, *(other.get(base, 0) for other in rest)]
        if all(p > 0 for p in powers):
            shared[base] = min(powers)
        elif all(p < 0 for p in powers):
            shared[base] = max(powers)
    sign = -1 if all(part.coefficient < 0 for part in parts) else 1
    return Summand(Fraction(sign), tuple(shared.items()))


def taken_out(part: Summand, front: Summand) -> Summand:
    """A summand without the factor in front of all."""
    return _joined(part, _inverse(front))
