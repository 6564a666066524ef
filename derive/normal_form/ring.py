"""Polynomials in atoms and contractions, kept in normal form.

A polynomial is a dictionary from monomials to exact coefficients; a monomial is a set of (factor, power) pairs, and
powers may be negative. The ring keeps four things true of every polynomial that it returns:

- a delta has been applied to everything beside it;
- a root `r` of P stands in powers below 2, since r^2 = P;
- where a root stands in a negative power, the leading factor of P does not stand beside it, since P r^-2 = 1;
- no left side of a rule (a hypothesis that is an equation) occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from derive.language.terms import Entry, Index, Number, Tensor
from derive.normal_form.factors import (
    KRONECKER,
    Atom,
    Contraction,
    Factor,
    Opaque,
    OutsideFragment,
    Powers,
    Renaming,
    contract,
)
from derive.normal_form.signs import Facts

Coefficient: TypeAlias = int | Fraction
Monomial: TypeAlias = frozenset[tuple[Factor, int]]
Poly: TypeAlias = dict[Monomial, Coefficient]

ONE: Monomial = frozenset()
BUDGET = 250_000
"""At most so many products of monomials for one claim; hypotheses that rewrite in a circle end here."""
BITS = 100_000


class Undefined(Exception):
    """A formula that has no value, such as a quotient by zero."""


@dataclass(frozen=True)
class Rule:
    """`factor ** power`, wherever it occurs (beside a negative power of `anchor`, if there is one), is `value`."""

    factor: Factor
    power: int
    value: Poly
    anchor: Atom | None = None

    def matches(self, factor: Factor, powers: Mapping[Factor, int]) -> Iterator[dict[Index, Index]]:
        """The values of this rule's own indices for which its left side is `factor`."""
        if not factor.heads <= self.factor.heads or len(factor.free) > len(self.factor.free):
            return
        own = sorted(self.factor.free, key=lambda index: index.name)
        for values in product(*([other for other in factor.free if other.size == mine.size] for mine in own)):
            mapping = dict(zip(own, values, strict=True))
            beside = self.anchor and powers.get(self.anchor.renamed(mapping), 0)
            if renamed(self.factor, mapping) == factor and (beside is None or beside < 0):
                yield mapping


def renamed(factor: Factor, mapping: Renaming) -> Factor:
    """A factor with its free indices replaced."""
    if factor.free.isdisjoint(mapping):
        return factor
    if isinstance(factor, Atom):
        return factor.renamed(mapping)
    powers, bound = factor.opened()
    return contract([(atom.renamed(mapping), power) for atom, power in powers], bound)


def number(value: Coefficient) -> Poly:
    """A constant."""
    return {ONE: _plain(value)} if value else {}


def factor_poly(factor: Factor, power: int = 1) -> Poly:
    """A power of one factor."""
    return {frozenset(((factor, power),)): 1}


def free_of(p: Poly) -> frozenset[Index]:
    """The free indices of a polynomial."""
    return frozenset().union(*(factor.free for monomial in p for factor, _ in monomial))


def scaled(p: Poly, c: Coefficient) -> Poly:
    """A polynomial times a nonzero number."""
    return {monomial: _plain(coefficient * c) for monomial, coefficient in p.items()}


def monomial_text(monomial: Monomial) -> str:
    """A spelling of a monomial that does not depend on any order; it only serves to choose."""
    return "*".join(sorted(f"{factor.text}^{power}" for factor, power in monomial))


def _plain(value: Coefficient) -> Coefficient:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


class Ring:
    """Arithmetic of polynomials under rules and known signs.

    `facts` gives the signs that hypotheses leave to a term, beside what its own assumptions say.
    """

    def __init__(self, facts: Facts | None = None) -> None:
        self.facts = {} if facts is None else facts
        self.rules: list[Rule] = []
        self._leading: dict[Opaque, Rule | None] = {}
        self._settled: dict[Contraction, Poly | None] = {}
        self._steps = 0

    def forget(self) -> None:
        """Drops what was concluded from the facts, which have changed."""
        self._settled.clear()
        self._leading.clear()

    # Sums and products

    def add(self, *polys: Poly) -> Poly:
        result: Poly = {}
        for p in polys:
            for monomial, c in p.items():
                _put(result, monomial, c)
        return result

    def multiply(self, p: Poly, q: Poly) -> Poly:
        result: Poly = {}
        self._spend(len(p) * len(q))
        for left, a in p.items():
            for right, b in q.items():
                powers = dict(left)
                for factor, power in right:
                    total = powers.get(factor, 0) + power
                    if total:
                        powers[factor] = total
                    else:
                        del powers[factor]
                self._settle(powers, a * b, result)
        return result

    def power(self, p: Poly, exponent: int) -> Poly:
        if exponent < 0:
            return self.power(self.inverse(p), -exponent)
        longest = max((c.numerator.bit_length() + c.denominator.bit_length() for c in p.values()), default=0)
        if exponent * longest > BITS:
            raise OutsideFragment(f"a number of more than {BITS} bits")
        result = number(1)
        for _ in range(exponent):
            result = self.multiply(result, p)
        return result

    def rename(self, p: Poly, mapping: Renaming) -> Poly:
        """Replaces free indices; those that then agree are the same."""
        result: Poly = {}
        for monomial, c in p.items():
            self._settle(_collect((renamed(factor, mapping), power) for factor, power in monomial), c, result)
        return result

    def sum(self, p: Poly, index: Index) -> Poly:
        """The sum over every value of a free index."""
        result: Poly = {}
        for monomial, c in p.items():
            inside = [item for item in monomial if index in item[0].free]
            outside = [item for item in monomial if index not in item[0].free]
            delta = next((f for f, _ in inside if isinstance(f, Atom) and f.head is KRONECKER), None)
            if not inside:
                for size, times in _size(index).items():
                    self._settle(_collect([*outside, *size]), c * times, result)
            elif delta:
                (other,) = delta.free - {index}
                rest = [(renamed(f, {index: other}), power) for f, power in inside if f is not delta]
                self._settle(_collect([*outside, *rest]), c, result)
            else:
                self._settle(_collect([*outside, (_contracted(inside, index), 1)]), c, result)
        return result

    # The normal form of one monomial

    def _settle(self, powers: dict[Factor, int], coefficient: Coefficient, result: Poly) -> None:
        """Adds `coefficient * powers`, brought into normal form, to `result`."""
        rewritten = self._rewritten(powers)
        if rewritten is None:
            _put(result, frozenset(powers.items()), coefficient)
            return
        self._spend(1)
        rest, value = rewritten
        for monomial, c in value.items():
            self._settle(_collect([*rest.items(), *monomial]), coefficient * c, result)

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > BUDGET:
            raise OutsideFragment(f"no normal form within {BUDGET} steps: too large, or rewritten in a circle")

    def _rewritten(self, powers: dict[Factor, int]) -> tuple[dict[Factor, int], Poly] | None:
        """The first thing about a monomial that is not in normal form: what stays, and what replaces the rest."""
        for factor, power in powers.items():
            if isinstance(factor, Contraction):
                value = self._settled_contraction(factor)
                if value is not None:
                    return _without(powers, factor), self.power(value, power)
            elif factor.head is KRONECKER:
                if (value := _apply_delta(factor, power, powers)) is not None:
                    return value
            elif isinstance(factor.head, Opaque) and (value := self._opaque_step(factor, factor.head, power, powers)):
                return value
            if self.rules and (value := self._rule_step(factor, power, powers)) is not None:
                return value
        return None

    def _opaque_step(self, atom: Atom, head: Opaque, power: int, powers: dict) -> tuple[dict, Poly] | None:
        if head.kind == "root" and (power >= 2 or (power < 0 and _is_simple(head))):
            rest = {**_without(powers, atom), **({atom: 1} if power % 2 else {})}
            return rest, self.power(self._body(atom), power // 2)
        if head.kind == "abs" and power not in (0, 1):
            rest = {**_without(powers, atom), **({atom: 1} if power % 2 else {})}
            return rest, self.power(self._body(atom), power - power % 2)
        if head.kind == "sign":
            return self._sign_step(atom, head, power, powers)
        if head.kind == "root" and power < 0 and (rule := self._leading_rule(head)):
            mapping = dict(zip(head.places, atom.indices, strict=True))
            target = renamed(rule.factor, mapping)
            if powers.get(target, 0) >= rule.power:
                return _without(powers, target, rule.power), _instance(rule.value, mapping)
        return None

    def _sign_step(self, atom: Atom, head: Opaque, power: int, powers: dict) -> tuple[dict, Poly] | None:
        """sign(P)^3 = sign(P), sign(P) |P| = P, and sign(x) x = |x| for one factor x."""
        if power >= 3:
            return {**_without(powers, atom), atom: 2 - power % 2}, number(1)
        size = Atom(replace(head, kind="abs"), atom.indices)
        if powers.get(size, 0) > 0:
            return _without(_without(powers, atom, 1), size, 1), self._body(atom)
        body = self._body(atom)
        if not body:
            return _without(powers, atom), {}
        for factor in powers:
            if body == factor_poly(factor) and powers[factor] > 0:
                return _without(_without(powers, atom, 1), factor, 1), factor_poly(size)
        return None

    def _rule_step(self, factor: Factor, power: int, powers: dict) -> tuple[dict, Poly] | None:
        for rule in self.rules:
            for mapping in rule.matches(factor, powers):
                value = _instance(rule.value, mapping)
                if rule.power == 1:
                    return _without(powers, factor), self.power(value, power)
                if power >= rule.power:
                    return _without(powers, factor, rule.power), value
        return None

    def _settled_contraction(self, contraction: Contraction) -> Poly | None:
        """What a contraction is equal to by a rule about one of its parts, or None."""
        if not self.rules and not contraction.special:
            return None
        try:
            return self._settled[contraction]
        except KeyError:
            value = self._settled[contraction] = self._contraction_step(contraction)
            return value

    def _contraction_step(self, contraction: Contraction) -> Poly | None:
        powers, bound = contraction.opened()
        inside: dict[Factor, int] = dict(powers)
        found = (inside, number(1)) if contraction.idle else self._rewritten(inside)
        if found:
            return self._closed(found, bound)
        for star, summed in _stars(powers, bound, self._sought(powers)):
            rest: dict[Factor, int] = {item: power for item, power in powers if item.free.isdisjoint(summed)}
            if found := self._rewritten({**rest, star: 1}):
                return self._closed(found, [index for index in bound if index not in summed])
        return None

    def _sought(self, powers: Powers) -> list[frozenset[int]]:
        """The heads of the sums that a rule can rewrite beside these atoms."""
        rules = list(self.rules)
        for atom, power in powers:
            if power < 0 and isinstance(atom.head, Opaque) and atom.head.kind == "root":
                rule = self._leading_rule(atom.head)
                rules += [rule] if rule else []
        return [rule.factor.heads for rule in rules if isinstance(rule.factor, Contraction)]

    def _closed(self, parts: tuple[dict[Factor, int], Poly], bound: Iterable[Index]) -> Poly:
        rest, value = parts
        result = self.multiply({frozenset(rest.items()): 1}, value)
        for index in bound:
            result = self.sum(result, index)
        return result

    def _body(self, atom: Atom) -> Poly:
        head = atom.head
        if not isinstance(head, Opaque):
            raise TypeError(f"{atom.text} has no body")
        return self.rename(dict(head.body), dict(zip(head.places, atom.indices, strict=True)))

    def _leading_rule(self, head: Opaque) -> Rule | None:
        raise TypeError("a ring has no roots; use a Field")

    def inverse(self, p: Poly) -> Poly:
        raise TypeError("a ring has no quotients; use a Field")


def _put(result: Poly, monomial: Monomial, coefficient: Coefficient) -> None:
    total = result.get(monomial, 0) + coefficient
    if total:
        result[monomial] = _plain(total)
    else:
        result.pop(monomial, None)


def _collect(items: Iterable[tuple[Factor, int]]) -> dict[Factor, int]:
    powers: dict[Factor, int] = {}
    for factor, power in items:
        total = powers.get(factor, 0) + power
        if total:
            powers[factor] = total
        else:
            powers.pop(factor, None)
    return powers


def _without(powers: Mapping[Factor, int], factor: Factor, times: int | None = None) -> dict[Factor, int]:
    """A monomial without one of its factors, or without some powers of it."""
    rest = dict(powers)
    power = rest.pop(factor)
    if times is not None and power != times:
        rest[factor] = power - times
    return rest


def _instance(p: Poly, mapping: Renaming) -> Poly:
    """A polynomial with its free indices replaced, not yet in normal form."""
    result: Poly = {}
    for monomial, c in p.items():
        powers = _collect((renamed(factor, mapping), power) for factor, power in monomial)
        _put(result, frozenset(powers.items()), c)
    return result


def _size(index: Index) -> Poly:
    match index.size:
        case Entry(tensor=Tensor() as size, indices=()):
            return factor_poly(Atom(size))
        case Number(value=value) if value > 0 and value == int(value):
            return number(value)
    raise OutsideFragment(f"the index {index} runs over {index.size}, which is not a size")


def _contracted(inside: Iterable[tuple[Factor, int]], index: Index) -> Contraction:
    """The sum over `index` of a product of factors that all contain it."""
    atoms: list[tuple[Atom, int]] = []
    bound = [index]
    for factor, power in inside:
        if isinstance(factor, Atom):
            atoms.append((factor, power))
            continue
        if power < 0:
            raise OutsideFragment("a quotient by a sum, inside another sum")
        for _ in range(power):
            opened, indices = factor.opened()
            atoms.extend(opened)
            bound.extend(indices)
    return contract(atoms, bound)


def _apply_delta(delta: Atom, power: int, powers: Mapping[Factor, int]) -> tuple[dict[Factor, int], Poly] | None:
    if power < 0:
        raise Undefined("a quotient by a delta, which is 0 at some indices")
    others = _without(powers, delta)
    if len(delta.free) == 1:
        return others, number(1)
    kept, replaced = delta.indices  # pyright: ignore[reportAssignmentType] - a delta has two
    if any(replaced in factor.free for factor in others):
        mapping = {replaced: kept}
        moved = _collect((renamed(factor, mapping), p) for factor, p in others.items())
        return moved, factor_poly(delta)
    return (others, factor_poly(delta)) if power > 1 else None


def _stars(
    powers: Powers, bound: Sequence[Index], sought: Sequence[frozenset[int]]
) -> Iterator[tuple[Contraction, list[Index]]]:
    """Parts of a contraction: what holds one index, summed over that one, and over all that nothing else holds."""
    for index in bound if len(bound) > 1 else ():
        inside = [item for item in powers if index in item[0].free]
        heads = frozenset().union(*(atom.heads for atom, _ in inside))
        if not any(heads <= own for own in sought):
            continue
        elsewhere = frozenset().union(*(atom.free for atom, _ in powers if index not in atom.free))
        yield contract(inside, [index]), [index]
        own = [other for other in bound if other not in elsewhere and any(other in atom.free for atom, _ in inside)]
        if 1 < len(own) < len(bound):
            yield contract(inside, own), own


def _is_simple(head: Opaque) -> bool:
    """Whether the body of a root is one monomial that can be divided by."""
    return len(head.body) == 1 and all(
        isinstance(factor, Atom) or not factor.free for monomial, _ in head.body for factor, _ in monomial
    )
