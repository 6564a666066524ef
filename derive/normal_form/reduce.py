"""A term to its normal form: the one place where the language becomes polynomials."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from typing import Any

from derive.calculus import derivative
from derive.language.binding import appearing, free_indices, rename
from derive.language.claims import Claim
from derive.language.terms import (
    KINDS,
    REAL,
    Add,
    Delta,
    Derivative,
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
    Term,
)
from derive.normal_form.factors import KRONECKER, Atom, Inner, OutsideFragment
from derive.normal_form.functions import Algebra
from derive.normal_form.ring import Poly, Undefined, factor_poly, number, scaled
from derive.normal_form.signs import facts_of, signs


class Reducer:
    """Reduces terms under hypotheses, and collects the conditions without which they mean nothing.

    Equations among the hypotheses become rules, the rest tells signs. `opaque` are defined names that stay names;
    an equation about one of them says what there is to know of it.
    """

    def __init__(self, hypotheses: Iterable[Claim] = (), opaque: Iterable[object] = ()) -> None:
        hypotheses = tuple(hypotheses)
        self.facts = facts_of(hypotheses)
        self._ask_facts()
        self.field = Algebra(self.facts)
        self.opaque = frozenset(opaque)
        self._conditions: dict[tuple[Any, str], Claim] = {}
        self._polys: dict[Term, Poly] = {}
        for claim in hypotheses:
            if claim.hypotheses:
                raise OutsideFragment(f"the hypothesis '{claim}' has hypotheses of its own")
            if claim.relation in ("!=", "<", ">"):
                self._ask_apart(claim.lhs - claim.rhs, claim.relation)
        for claim in hypotheses:
            if claim.relation == "=":
                self.field.assume_equal(self(claim.lhs), self(claim.rhs))
                self._polys.clear()

    def __call__(self, term: Term) -> Poly:
        """The normal form of a term."""
        found = self._polys.get(term)
        if found is None:
            found = self._polys[term] = self._reduce(term)
        return found

    def is_zero(self, p: Poly) -> bool:
        """Whether p is zero wherever the conditions hold; False may also mean that it could not be seen."""
        return not p or not self.field.cleared(p)

    def equal(self, lhs: Term, rhs: Term) -> bool:
        """Whether two terms have the same value wherever the conditions hold."""
        if self.is_zero(self.field.add(self(lhs), scaled(self(rhs), -1))):
            return True
        return self._learned() and self.is_zero(self.field.add(self(lhs), scaled(self(rhs), -1)))

    def _learned(self) -> bool:
        """Takes what the conditions say of signs among the facts: the theorem will state them."""
        known = dict(self.facts)
        for term, own in facts_of(self.conditions).items():
            self.facts[term] = self.facts.get(term, own) & own
        self._ask_facts()
        self._polys.clear()
        self.field.forget()
        return self.facts != known

    def _ask_facts(self) -> None:
        """Refuses facts that leave a term no sign at all: from them, everything would follow."""
        if contradicted := [str(term) for term, own in self.facts.items() if not own]:
            raise Undefined(f"the hypotheses and conditions contradict each other about {min(contradicted, key=len)}")

    def _reduce(self, term: Term) -> Poly:
        field = self.field
        if type(term) not in KINDS:
            raise OutsideFragment(f"a formula of the kind {type(term).__name__}")
        match term:
            case Number():
                return number(term.value)
            case Entry():
                return self._entry(term)
            case Delta():
                return field.multiply(factor_poly(Atom(KRONECKER, (term.left, term.right))), number(1))
            case Add():
                return field.add(*map(self, term.summands))
            case Neg():
                return scaled(self(term.arg), -1)
            case Mul():
                result = number(1)
                for factor in term.factors:
                    result = field.multiply(result, self(factor))
                return result
            case Div():
                return field.multiply(self(term.numerator), self._inverse(term.denominator))
            case Pow() if term.exponent < 0:
                return field.power(self._inverse(term.base), -term.exponent)
            case Pow():
                return field.power(self(term.base), term.exponent)
            case Sqrt():
                return self._root(term.arg)
            case Function():
                return self._function(term)
            case Sum():
                return field.sum(self(term.body), term.index)
            case Derivative():
                self(term.body)  # a derivative is asked for only where the body has a value: its conditions count
                return self(derivative(term.body, term.by))
        raise OutsideFragment(f"a formula of the kind {type(term).__name__}")

    def _entry(self, term: Entry) -> Poly:
        tensor = term.tensor
        if tensor.definition is None or tensor in self.opaque:
            return self.field.multiply(factor_poly(Atom(tensor, term.indices)), number(1))
        own = tensor.definition.indices
        body = self(tensor.definition.body)
        mapping: dict[Index, Index] = dict(zip(own, term.indices, strict=True))
        return self.field.rename(body, mapping) if own != term.indices else body

    def _inverse(self, term: Term) -> Poly:
        """1/term, a product factor by factor: 1/P^2 and (1/P)^2 are one thing."""
        value = self(term)
        if not value:
            raise Undefined(f"a quotient by {term}, which is zero")
        self._require(term, "!=", frozenset({-1, 1}))
        result = number(1)
        for base, power in _powers(term):
            own = self.field.inverse(self(base)) if power > 0 else self(base)
            result = self.field.multiply(result, self.field.power(own, abs(power)))
        return result

    def _root(self, term: Term) -> Poly:
        self(term)  # for the conditions of factors whose powers cancel below
        self._require(term, ">=", frozenset({0, 1}))
        result, rest, certain = number(1), number(1), True
        for base, power in _powers(term):
            half, odd = divmod(power, 2)
            if half and half > 0:
                certain = certain and 0 not in signs(base, self.facts)
                size = self.field.function("abs", self(base), signs(base, self.facts)) if half % 2 else self(base)
                result = self.field.multiply(result, self.field.power(size, half))
                power = odd
            if power > 0:
                rest = self.field.multiply(rest, self.field.power(self(base), power))
            elif power < 0:
                rest = self.field.multiply(rest, self.field.power(self._inverse(base), -power))
        return self.field.multiply(result, self.field.root(rest, certain))

    def _function(self, term: Function) -> Poly:
        value = self(term.arg)
        own = signs(term.arg, self.facts) & self.field.signs_of(value) & self._required(term.arg)
        if not own:
            raise Undefined(f"the conditions contradict each other about {term.arg}")
        if term.name == "log":
            if not value:
                raise Undefined(f"the logarithm of {term.arg}, which is zero")
            self._require(term.arg, ">", frozenset({1}))
        return self.field.function(term.name, value, own)

    def _require(self, term: Term, relation: str, enough: frozenset[int]) -> None:
        """Records `term relation 0` as a condition, unless the signs of the term already say it."""
        for part in _parts(term) if relation == "!=" else (term,):
            own = signs(part, self.facts)
            if not own & enough:
                raise Undefined(f"a formula that needs {part} {relation} 0, which never holds")
            if not own <= enough:
                self._ask_apart(part, relation)
                key = self._scale_free(part)
                if relation == "!=":
                    key = frozenset({key, self._scale_free(Neg(part))})
                self._conditions.setdefault((key, relation), Claim(_unprimed(part), relation, Number(0)))

    def _ask_apart(self, term: Term, relation: str) -> None:
        """Refuses a condition for every b and k that b = k breaks: no point would satisfy it."""
        free = list(appearing(term)) if relation != ">=" else []
        for one, other in combinations(free, 2):
            if one.size == other.size and not self.field.rename(self(term), {other: one}):
                raise Undefined(f"a formula that needs {term} {relation} 0, which fails where {one} = {other}")

    def _required(self, term: Term) -> frozenset[int]:
        """What the conditions so far say of the sign of a term, however it is written."""
        key = self._scale_free(term)
        both = frozenset({key, self._scale_free(Neg(term))})
        known = frozenset({-1, 1}) if (both, "!=") in self._conditions else REAL
        return known & {1} if (key, ">") in self._conditions else known

    def _scale_free(self, term: Term) -> object:
        """A key that two terms share if they differ by a positive number and the names of indices alone."""
        numbered = {index: Inner(f"#{n}", index.size) for n, index in enumerate(appearing(term))}
        value = self.field.rename(self(term), numbered)
        if not value:
            return term
        least = min(value.values(), key=abs)
        return frozenset((monomial, Fraction(c) / abs(least)) for monomial, c in value.items())

    @property
    def conditions(self) -> tuple[Claim, ...]:
        """What must hold for the reduced terms to have a value, beside the hypotheses."""
        return tuple(
            claim
            for (key, relation), claim in self._conditions.items()
            if relation != "!=" or not any((one, ">") in self._conditions for one in key)
        )


def _unprimed(term: Term) -> Term:
    """A condition with the plain names of its indices, where renaming has primed them."""
    plain = {index: Index(index.name.rstrip("'"), index.size) for index in free_indices(term)}
    names = {index.name for index in plain.values()}
    return rename(term, plain) if len(names) == len(plain) else term


def _parts(term: Term) -> list[Term]:
    """Terms that are all nonzero if and only if `term` is."""
    match term:
        case Neg(arg=arg) | Function(name="abs", arg=arg) | Sqrt(arg=Mul() | Div() | Pow() as arg):
            return _parts(arg)
        case Mul() | Div() | Pow():
            return [part for base, _ in _powers(term) for part in _parts(base)]
    return [term]


def _powers(term: Term) -> list[tuple[Term, int]]:
    """A product as powers of its factors, as it is written."""
    match term:
        case Mul():
            return [item for factor in term.factors for item in _powers(factor)]
        case Div():
            return _powers(term.numerator) + [(base, -power) for base, power in _powers(term.denominator)]
        case Pow():
            return [(base, power * term.exponent) for base, power in _powers(term.base)]
    return [(term, 1)]
