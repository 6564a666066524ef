"""Polynomials of the normal form, written as terms that a person can read.  Not trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count

from derive.language.binding import rename
from derive.language.terms import (
    Add,
    Delta,
    Div,
    Entry,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
)
from derive.normal_form.factors import KRONECKER, Atom, Contraction, Factor, Opaque
from derive.normal_form.field import Field
from derive.normal_form.ring import Monomial, Poly

NAMES = "k l i j n p q r t u v w".split()
"""What bound indices are called, in this order, where the name is not taken."""


@dataclass(frozen=True)
class Spelling:
    """How a program writes things: its letter for the index over a size, and terms for some of the factors."""

    letters: Mapping[Term, str] = field(default_factory=dict)
    factors: Mapping[Factor, Term] = field(default_factory=dict)


PLAIN = Spelling()


def to_term(p: Poly, free: Iterable[Index] = (), spelling: Spelling = PLAIN) -> Term:
    """A polynomial as a term: the common factor in front, short summands first.

    `free` are indices whose names bound ones must not take.
    """
    if not p:
        return Number(0)
    content, units, primitive = Field().split(p)
    ordered = sorted(primitive.items(), key=lambda item: _rank(item[0]))
    if ordered[0][1] < 0:
        content, ordered = -content, [(monomial, -c) for monomial, c in ordered]
    naming = Naming(frozenset(index.name for index in free), spelling)
    summands = [_signed(monomial, Fraction(c), naming) for monomial, c in ordered]
    inside = summands[0] if len(summands) == 1 else Add(tuple(summands))
    if len(summands) == 1:
        ((monomial, c),) = ordered
        powers = dict(monomial)
        for factor, power in units.items():
            powers[factor] = powers.get(factor, 0) + power
        return _signed(frozenset(powers.items()), Fraction(c) * content, naming)
    front = _signed(frozenset(units.items()), abs(Fraction(content)), naming)
    result = inside if front == Number(1) else Mul((front, inside))
    return Neg(result) if content < 0 else result


@dataclass(frozen=True)
class Naming:
    """Names that are taken, and how the program writes things."""

    taken: frozenset[str]
    spelling: Spelling

    def choose(self, bound: Sequence[Index]) -> list[Index]:
        """Names for bound indices: the program's own letter for the size, primed where it is taken."""
        taken, chosen = set(self.taken), []
        for index in bound:
            name = next(name for name in self._candidates(index.size) if name not in taken)
            taken.add(name)
            chosen.append(Index(name, index.size))
        return chosen

    def _candidates(self, size: Term) -> Iterator[str]:
        if size in self.spelling.letters:
            yield from (self.spelling.letters[size] + "'" * primes for primes in range(4))
        yield from NAMES
        yield from (f"k{number}" for number in count(1))


def _rank(monomial: Monomial) -> tuple:
    """Deltas first, then what has few sums, then single entries, then what has few factors."""
    atoms = [factor for factor, _ in monomial if isinstance(factor, Atom)]
    sums = sum(abs(power) for factor, power in monomial if isinstance(factor, Contraction))
    deltas = sum(atom.head is KRONECKER for atom in atoms)
    indexed = sum(1 for atom in atoms if atom.indices)
    scalar = sums == 0 and len(monomial) > 0 and not indexed
    return (-deltas, sums, scalar, indexed, len(monomial), sorted(f"{f.text}^{power}" for f, power in monomial))


def _signed(monomial: Monomial, coefficient: Fraction, naming: Naming) -> Term:
    above: list[Term] = []
    below: list[Term] = []
    size = abs(coefficient)
    if size.numerator != 1:
        above.append(Number(size.numerator))
    if size.denominator != 1:
        below.append(Number(size.denominator))
    for factor, power in sorted(monomial, key=lambda item: _place(item[0])):
        base = _factor(factor, naming)
        if isinstance(base, Sqrt) and power % 2 == 0:
            base, power = base.arg, power // 2
        (above if power > 0 else below).append(base if abs(power) == 1 else Pow(base, abs(power)))
    result = _product(above)
    if below:
        result = Div(result, _product(below))
    return Neg(result) if coefficient < 0 else result


def _product(factors: list[Term]) -> Term:
    if not factors:
        return Number(1)
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _place(factor: Factor) -> tuple:
    """The order of factors: sizes, scalars, deltas, entries, sums."""
    if isinstance(factor, Contraction):
        return (4, factor.text)
    if factor.head is KRONECKER:
        return (2, factor.text)
    is_size = isinstance(factor.head, Tensor) and factor.head.integer
    return (0 if is_size else 1 if not factor.indices else 3, factor.text)


def _factor(factor: Factor, naming: Naming) -> Term:
    if factor in naming.spelling.factors:
        return naming.spelling.factors[factor]
    if isinstance(factor, Contraction):
        return _contraction(factor, naming)
    head = factor.head
    indices: tuple[Index, ...] = tuple(i for i in factor.indices if isinstance(i, Index))
    if isinstance(head, Tensor):
        return Entry(head, indices)
    if not isinstance(head, Opaque):
        return Delta(*indices)
    body = to_term(dict(head.body), [*head.places, *indices], Spelling(naming.spelling.letters))
    body = rename(body, dict(zip(head.places, indices, strict=True)))
    return Sqrt(body) if head.kind == "root" else Function(head.kind, body)


def _contraction(contraction: Contraction, naming: Naming) -> Term:
    powers, bound = contraction.opened()
    named = naming.choose(bound)
    inner = Naming(naming.taken | {index.name for index in named}, Spelling(naming.spelling.letters))
    body = _signed(frozenset(powers), Fraction(1), inner)
    body = rename(body, dict(zip(bound, named, strict=True)))
    for index in named:
        body = Sum(body, index)
    return body
