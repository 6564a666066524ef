"""Closed forms, found: the normal form of a derivative in the coordinates that make it short.

Not trusted: what is found here is a proposal, and the kernel proves it or it is nothing.

A program such as y -> mu -> var -> s -> yhat has natural coordinates. Its step yhat[b] = (y[b] - mu)/s is solved for
the input, y[b] = mu + s*yhat[b], and the other steps then say what the sums of yhat are: sum yhat = 0 and
sum yhat^2 = m (1 - epsilon/s^2). In these coordinates the normal form of the raw derivative is the textbook formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from derive.language.binding import definitions_of, free_indices, rename
from derive.language.claims import Claim, Eq
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
from derive.normal_form import OutsideFragment, Reducer, Undefined
from derive.normal_form.factors import KRONECKER, Atom, Contraction, Factor, Opaque
from derive.normal_form.field import Field
from derive.normal_form.ring import Monomial, Poly

NAMES = "k l i j n p q r t u v w".split()
"""What bound indices are called, in this order, where the name is not taken."""


class Coordinates:
    """The reducer in which the steps of a program are names and its input is expressed by them."""

    def __init__(self, steps: Iterable[Tensor], hypotheses: Iterable[Claim] = ()) -> None:
        steps = tuple(steps)
        self.hypotheses = tuple(hypotheses)
        self.equations = _equations(steps)
        self.reducer = Reducer((*self.equations, *self.hypotheses), steps if self.equations else ())
        self.spelling = self._spelling()

    def __call__(self, term: Term) -> Poly:
        """The normal form of a term: in these coordinates, or in the input's own where these run in a circle."""
        try:
            return self.reducer(term)
        except (RecursionError, OutsideFragment):
            self.reducer = Reducer(self.hypotheses)
            return self.reducer(term)

    def closed(self, term: Term) -> Term:
        """A term in closed form."""
        return to_term(self(term), free_indices(term), self.spelling)

    def _spelling(self) -> dict[Factor, Term]:
        """How the hypotheses write a sum, so that a closed form writes it in the same way."""
        found: dict[Factor, Term] = {}
        for claim in self.hypotheses:
            for side in (claim.lhs, claim.rhs):
                p = self.reducer(side)
                if isinstance(side, Sum) and len(p) == 1:
                    ((monomial, c),) = p.items()
                    if c == 1 and len(monomial) == 1:
                        ((factor, power),) = monomial
                        found.update({factor: side} if power == 1 else {})
        return found


def closed_form(term: Term, hypotheses: Iterable[Claim] = ()) -> Term:
    """A formula without derivatives that is proposed to be equal to `term`."""
    return Coordinates(definitions_of(term), hypotheses).closed(term)


def _equations(steps: tuple[Tensor, ...]) -> tuple[Claim, ...]:
    """What the steps of a program say of each other once the input is solved for; none if it can't be."""
    roots = tuple(_entry(step) > Number(0) for step in steps if _root_of(step) is not None)
    for step in steps:
        solved = _solved_for_input(step, steps, roots)
        if solved is not None:
            claims = (*roots, solved, *(_said(other) for other in steps if other is not step))
            usable: tuple[Claim, ...] = ()
            for claim in claims:
                try:
                    Reducer((*usable, claim), steps)
                except (OutsideFragment, Undefined, RecursionError):
                    continue
                usable = (*usable, claim)
            return usable
    return ()


def _entry(step: Tensor) -> Entry:
    definition = step.definition
    return Entry(step, definition.indices if definition else ())


def _root_of(step: Tensor) -> Term | None:
    """What stands under the root, if a step is one."""
    body = step.definition.body if step.definition else None
    return body.arg if isinstance(body, Sqrt) else None


def _said(step: Tensor) -> Claim:
    """A step as an equation; for a root, its square."""
    inside = _root_of(step)
    if inside is not None:
        return Eq(Pow(_entry(step), 2), inside)
    return Eq(_entry(step), step.definition.body if step.definition else _entry(step))


def _solved_for_input(step: Tensor, steps: tuple[Tensor, ...], roots: tuple[Claim, ...]) -> Claim | None:
    """step[b] = c*y[b] + d solved for the input y[b], if the step has that shape."""
    definition = step.definition
    if definition is None or not definition.indices:
        return None
    reducer = Reducer(roots, steps)
    body = reducer(definition.body)
    inputs = [
        (monomial, factor)
        for monomial in body
        for factor, power in monomial
        if power == 1 and isinstance(factor, Atom) and _is_input(factor, definition.indices, steps)
    ]
    if len(inputs) != 1:
        return None
    monomial, atom = inputs[0]
    rest = {m: -c for m, c in body.items() if m != monomial}
    inverse: Poly = {frozenset((f, -power) for f, power in monomial if f != atom): Fraction(1) / body[monomial]}
    value = reducer.field.multiply(reducer.field.add(rest, reducer(_entry(step))), inverse)
    return Eq(_factor(atom, Naming(set(), {})), to_term(value, definition.indices))


def _is_input(atom: Atom, indices: tuple[Index, ...], steps: tuple[Tensor, ...]) -> bool:
    head = atom.head
    if not isinstance(head, Tensor) or head in steps or head.dependence is not None:
        return False
    return atom.indices == indices


# Polynomials as terms


def to_term(p: Poly, free: Iterable[Index] = (), spelling: Mapping[Factor, Term] | None = None) -> Term:
    """A polynomial as a term: the common factor in front, short summands first.

    `free` are indices whose names bound ones must not take; `spelling` gives terms for some of the factors.
    """
    if not p:
        return Number(0)
    content, units, primitive = Field().split(p)
    ordered = sorted(primitive.items(), key=lambda item: _rank(item[0]))
    if ordered[0][1] < 0:
        content, ordered = -content, [(monomial, -c) for monomial, c in ordered]
    naming = Naming({index.name for index in free}, spelling or {})
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
    """Names that are taken, and factors that have a spelling of their own."""

    taken: set[str]
    spelling: Mapping[Factor, Term]


def _names() -> Iterator[str]:
    yield from NAMES
    yield from (f"k{number}" for number in count(1))


def _rank(monomial: Monomial) -> tuple:
    """Deltas first, then what has few sums, then what has few factors."""
    atoms = [factor for factor, _ in monomial if isinstance(factor, Atom)]
    sums = sum(abs(power) for factor, power in monomial if isinstance(factor, Contraction))
    delta = any(atom.head is KRONECKER for atom in atoms)
    indexed = sum(1 for atom in atoms if atom.indices)
    return (not delta, sums, indexed, len(monomial), sorted(f"{f.text}^{power}" for f, power in monomial))


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
    if factor in naming.spelling:
        return naming.spelling[factor]
    if isinstance(factor, Contraction):
        return _contraction(factor, naming)
    head = factor.head
    indices: tuple[Index, ...] = tuple(i for i in factor.indices if isinstance(i, Index))
    if isinstance(head, Tensor):
        return Entry(head, indices)
    if not isinstance(head, Opaque):
        return Delta(*indices)
    body = to_term(dict(head.body), [*head.places, *indices])
    body = rename(body, dict(zip(head.places, indices, strict=True)))
    return Sqrt(body) if head.kind == "root" else Function(head.kind, body)


def _contraction(contraction: Contraction, naming: Naming) -> Term:
    powers, bound = contraction.opened()
    free_names = (name for name in _names() if name not in naming.taken)
    named = [Index(next(free_names), index.size) for index in bound]
    inner = Naming(naming.taken | {index.name for index in named}, {})
    body = _signed(frozenset(powers), Fraction(1), inner)
    body = rename(body, dict(zip(bound, named, strict=True)))
    for index in named:
        body = Sum(body, index)
    return body
