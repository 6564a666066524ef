"""Quotients, square roots and absolute values of polynomials, and hypotheses as rules.

Every one of them becomes an atom whose head holds the polynomial in a canonical form, so that equal things get equal
heads: the content is taken out, what is known of signs is used, and free indices become places of the head.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, isqrt, lcm
from typing import TypeGuard

from derive.language.terms import REAL, Tensor
from derive.normal_form.factors import (
    Atom,
    Contraction,
    Factor,
    Head,
    Inner,
    Opaque,
    OutsideFragment,
    orderings,
)
from derive.normal_form.ring import (
    ONE,
    Coefficient,
    Monomial,
    Poly,
    Ring,
    Rule,
    Undefined,
    factor_poly,
    free_of,
    monomial_text,
    number,
    scaled,
)
from derive.normal_form.signs import Facts, power_signs, product_signs, sum_signs

POSITIVE = frozenset({1})
NEGATIVE = frozenset({-1})
NONNEGATIVE = frozenset({0, 1})
_FACTORABLE = 10**12
DEEPEST = 64


class Field(Ring):
    """A ring with quotients and roots.

    An even power of a root stands for a power of what is under it, which may be negative: 1/P is `r^-2` whatever
    the sign of P. Only where the root itself was taken is P known not to be negative, since that is then a condition.
    """

    def __init__(self, facts: Facts | None = None) -> None:
        super().__init__(facts)
        self._real: set[Head] = set()
        self._made: dict[Opaque, Opaque] = {}

    def inverse(self, p: Poly) -> Poly:
        """1/p; whether p may be zero is for the caller to ask."""
        if not p:
            raise Undefined("a quotient by zero")
        p, below = self._flat(p)
        if below:
            return self.multiply(self.inverse(p), {frozenset(below.items()): 1})
        content, units, primitive = self.split(p)
        result = self._monomial({f: -power for f, power in units.items()}, Fraction(1) / content)
        if primitive == {ONE: 1}:
            return result
        if len(primitive) > 1:
            return self.multiply(result, factor_poly(self._opaque("root", primitive), -2))
        for factor, power in next(iter(primitive)):
            if isinstance(factor, Atom):
                raise Undefined("a quotient by a delta, which is zero at some indices")
            result = self.multiply(result, factor_poly(self._opaque("root", factor_poly(factor)), -2 * power))
        return result

    def root(self, p: Poly, certain: bool) -> Poly:
        """The square root of p; whether p may be negative is for the caller to ask.

        `certain` says that p itself is known not to be negative, so that its roots are real numbers.
        """
        if not p:
            return {}
        p, below = self._flat(p)
        if below:
            return self.multiply(self.root(p, certain), {frozenset((f, -e // 2) for f, e in below.items()): 1})
        content, units, primitive = self.split(p)
        if content < 0:
            content, primitive = -content, scaled(primitive, -1)
        result, inside = self._number_root(content), primitive
        for factor, power in units.items():
            outer, kept = self._root_of_power(factor, power)
            result = self.multiply(result, outer)
            inside = self.multiply(inside, kept)
        if inside == {ONE: 1}:
            return result
        root = self._opaque("root", inside)
        if certain and all(map(self._nonzero, units)):
            self._real.add(root.head)
        return self.multiply(result, factor_poly(root))

    def _flat(self, p: Poly) -> tuple[Poly, dict[Factor, int]]:
        """p as a quotient: no negative powers of real roots above, even powers of them below.

        So that the root of a formula with roots in it, as in stacked layers, is not a tower.
        """
        below: dict[Factor, int] = {}
        for _ in range(DEEPEST):
            powers = [item for m in p for item in m if item[1] < 0 and self._is_real(item[0])]
            if not powers:
                return p, below
            atom, power = min(powers, key=lambda item: (item[1], item[0].text))
            even = -power + power % 2
            below[atom] = below.get(atom, 0) + even
            p = self.multiply(p, factor_poly(atom, even))
        raise OutsideFragment("quotients nested too deep")

    def _is_real(self, factor: Factor) -> bool:
        """Whether a factor is a root of what is known not to be negative."""
        return is_root(factor) and self.power_signs(factor, 2) <= NONNEGATIVE

    def cleared(self, p: Poly) -> Poly:
        """p times nonzero roots, so that no root stands in a negative power: zero if and only if p is."""
        for _ in range(DEEPEST):
            powers = [item for m in p for item in m if item[1] < 0 and is_root(item[0])]
            if not powers:
                return p
            atom, power = min(powers, key=lambda item: (item[1], item[0].text))
            p = self.multiply(p, factor_poly(atom, -power + power % 2))
        raise OutsideFragment("quotients nested too deep")

    def assume_equal(self, lhs: Poly, rhs: Poly) -> None:
        """Makes the equation lhs = rhs, for every value of its free indices, a rule."""
        difference = self.add(lhs, scaled(rhs, -1))
        if not difference:
            return
        if set(difference) == {ONE}:
            raise Undefined("the hypotheses contradict each other")
        _, units, primitive = self.split(difference)
        held = {f: power for f, power in units.items() if power > 0 and not self._nonzero(f)}
        primitive = self.multiply(primitive, self._monomial(held, 1))
        factor, power, value = self._solved(primitive, prefer=frozenset(f for m in lhs for f, _ in m))
        if set(value) <= {ONE} and power == 1:
            constant = value.get(ONE, 0)
            if (constant > 0) - (constant < 0) not in self.factor_signs(factor):
                raise Undefined("the hypotheses contradict each other or the assumptions of a symbol")
        self.rules.append(Rule(factor, power, value))
        self._settled.clear()

    # Solving for a leading factor

    def _solved(
        self, p: Poly, prefer: frozenset[Factor] = frozenset(), anchored: bool = False
    ) -> tuple[Factor, int, Poly]:
        """A power of a factor that occurs once in p = 0, and what the equation says that it is.

        `anchored`: it will be used beside a root alone, so it can't meet itself in what it is replaced by.
        """
        candidates = []
        for monomial in p:
            for factor, power in monomial:
                if not self._can_lead(p, factor, power, anchored):
                    continue
                if all(self._nonzero(f) for f, _ in monomial if f != factor):
                    rank = (factor not in prefer, *_rank(factor), power, factor.text)
                    candidates.append((rank, factor, power, monomial))
        if not candidates:
            raise OutsideFragment("a hypothesis that can't be solved for one of its terms")
        _, factor, power, monomial = min(candidates, key=lambda candidate: candidate[0])
        rest = {m: c for m, c in p.items() if m != monomial}
        cofactor = self._monomial({f: -e for f, e in monomial if f != factor}, Fraction(-1) / p[monomial])
        return factor, power, self.multiply(cofactor, rest)

    def _can_lead(self, p: Poly, factor: Factor, power: int, anchored: bool) -> bool:
        """Whether p is a polynomial in `factor` of degree `power`, reached once, with every free index in it."""
        if power < 1 or is_root(factor) or factor.free != free_of(p):
            return False
        if isinstance(factor, Atom) and not isinstance(factor.head, Tensor):
            return False
        own = [e for m in p for f, e in m if f == factor]
        if isinstance(factor, Atom) and not anchored and any(_mentions(m, factor) for m in p):
            return False
        return own.count(power) == 1 and max(own) == power and min(own) > 0

    def _leading_rule(self, head: Opaque) -> Rule | None:
        """P r^-2 = 1, solved for a factor of P, as a rule that holds beside negative powers of r."""
        try:
            return self._leading[head]
        except KeyError:
            found = self._leading[head] = self._solved_body(head)
            return found

    def _solved_body(self, head: Opaque) -> Rule | None:
        anchor = Atom(head, head.places)
        try:
            factor, power, _ = self._solved(dict(head.body), anchored=True)
        except OutsideFragment:
            return None
        (lead,) = (m for m, _ in head.body if (factor, power) in m)
        body = dict(head.body)
        cofactor = self._monomial({f: -e for f, e in lead if f != factor}, Fraction(1) / body.pop(lead))
        square: Poly = {frozenset(((anchor, 2),)): 1}
        return Rule(factor, power, _raw_product(self.add(square, scaled(body, -1)), cofactor), anchor)

    # Content

    def split(self, p: Poly) -> tuple[Coefficient, dict[Factor, int], Poly]:
        """p as a number times a monomial times a primitive polynomial with whole coefficients."""
        least: dict[Factor, int] = {}
        for position, monomial in enumerate(p):
            powers = dict(monomial)
            for factor in {*least, *powers} if position else powers:
                own = powers.get(factor, 0)
                least[factor] = own if not position else min(least.get(factor, 0), own)
        units = {f: power for f, power in least.items() if power and _divides(f)}
        content = Fraction(gcd(*(c.numerator for c in p.values())), lcm(*(c.denominator for c in p.values())))
        inverse = frozenset((f, -power) for f, power in units.items())
        primitive = _raw_product(p, {inverse: Fraction(1) / content})
        top = max(primitive, key=lambda monomial: (len(monomial), monomial_text(monomial)))
        return (content, units, primitive) if primitive[top] > 0 else (-content, units, scaled(primitive, -1))

    def _monomial(self, powers: dict[Factor, int], coefficient: Coefficient) -> Poly:
        return self.multiply({frozenset(powers.items()): 1}, number(coefficient))

    def _opaque(self, kind: str, p: Poly) -> Atom:
        """The atom for a function of p: p's free indices become places, in the order that spells p least."""
        spelled = []
        for order in orderings(free_of(p)):
            places = tuple(Inner(f"#{place}", index.size) for place, index in enumerate(order))
            body = self.rename(p, dict(zip(order, places, strict=True)))
            text = "+".join(sorted(f"{_spelled(c)}*{monomial_text(m)}" for m, c in body.items()))
            spelled.append((text, order, places, frozenset(body.items())))
        text, order, places, body = min(spelled, key=lambda item: item[0])
        symmetric = len(spelled) > 1 and all(item[3] == body for item in spelled)
        head = Opaque(kind, body, places, symmetric, text)
        return Atom(self._made.setdefault(head, head), order)

    # Roots

    def _number_root(self, value: Coefficient) -> Poly:
        value = Fraction(value)
        inside = value.numerator * value.denominator
        outer, primes = 1, []
        if isqrt(inside) ** 2 == inside:
            outer = isqrt(inside)
        elif inside > _FACTORABLE:
            primes = [inside]
        else:
            outer, primes = _square_part(inside)
        result = number(Fraction(outer, value.denominator))
        for prime in primes:
            result = self.multiply(result, factor_poly(self._opaque("root", number(prime))))
        return result

    def _root_of_power(self, factor: Factor, power: int) -> tuple[Poly, Poly]:
        """sqrt(factor^power) as what comes out of the root and what stays inside."""
        if self._stands_for_body(factor, power):
            half, odd = divmod(power // 2, 2)
            body = self._body(factor)
            return self.power(self.absolute(body, REAL), half), body if odd else number(1)
        half, odd = divmod(power, 2)
        signs = self.factor_signs(factor)
        if signs == POSITIVE:
            outer = factor_poly(factor, half) if half else number(1)
            if odd:
                outer = self.multiply(outer, factor_poly(self._opaque("root", factor_poly(factor))))
            return outer, number(1)
        kept = factor_poly(factor) if odd else number(1)
        if not half:
            return number(1), kept
        if signs <= NONNEGATIVE or half % 2 == 0:
            return factor_poly(factor, half), kept
        return self.power(self.absolute(factor_poly(factor), REAL), half), kept

    def _stands_for_body(self, factor: Factor, power: int) -> TypeGuard[Atom]:
        """Whether a power of a root is a power of its body, which may be negative."""
        return power % 2 == 0 and is_root(factor) and not self.power_signs(factor, 2) <= NONNEGATIVE

    # Absolute values

    def absolute(self, p: Poly, signs: frozenset[int]) -> Poly:
        if signs <= NONNEGATIVE or not p:
            return p
        if signs <= frozenset({-1, 0}):
            return scaled(p, -1)
        content, units, primitive = self.split(p)
        result = number(abs(content))
        for factor, power in units.items():
            result = self.multiply(result, self._absolute_of_factor(factor, power))
        if primitive == {ONE: 1}:
            return result
        return self.multiply(result, factor_poly(self._opaque("abs", primitive)))

    def _absolute_of_factor(self, factor: Factor, power: int) -> Poly:
        if self.power_signs(factor, power) <= NONNEGATIVE:
            return factor_poly(factor, power)
        if self._stands_for_body(factor, power):
            return self.power(self.absolute(self._body(factor), REAL), power // 2)
        return factor_poly(self._opaque("abs", factor_poly(factor)), power)

    # Signs of factors

    def factor_signs(self, factor: Factor) -> frozenset[int]:
        """The signs that a factor can have."""
        if isinstance(factor, Contraction):
            inside = self.product_signs(factor.atoms)
            return inside if inside <= NONNEGATIVE or inside <= frozenset({-1, 0}) else REAL
        head = factor.head
        if isinstance(head, Tensor):
            return head.signs & self.facts.get(head, REAL)
        if not isinstance(head, Opaque):
            return NONNEGATIVE
        if head.kind == "exp" or (head.kind == "root" and self.body_signs(head) == POSITIVE):
            return POSITIVE
        return NONNEGATIVE if head.kind in ("root", "abs") else REAL

    def power_signs(self, factor: Factor, power: int) -> frozenset[int]:
        """The signs that a power of a factor can have."""
        if power % 2 == 0 and isinstance(factor, Atom) and isinstance(factor.head, Opaque) and is_root(factor):
            return power_signs(self.body_signs(factor.head), power // 2)
        return power_signs(self.factor_signs(factor), power)

    def product_signs(self, powers: Iterable[tuple[Factor, int]]) -> frozenset[int]:
        """The signs that a product of powers can have."""
        return product_signs(self.power_signs(factor, power) for factor, power in powers)

    def signs_of(self, p: Poly) -> frozenset[int]:
        """The signs that a polynomial can have."""
        if not p:
            return frozenset({0})
        return sum_signs(product_signs((self.product_signs(m), _sign(c))) for m, c in p.items())

    def body_signs(self, head: Opaque) -> frozenset[int]:
        """The signs of what stands under a root."""
        own = self.signs_of(dict(head.body))
        return own & NONNEGATIVE if head in self._real else own

    def _nonzero(self, factor: Factor) -> bool:
        return 0 not in self.factor_signs(factor)


def _sign(c: Coefficient) -> frozenset[int]:
    return POSITIVE if c > 0 else NEGATIVE


def _spelled(c: Coefficient) -> str:
    """A coefficient in hexadecimal, which Python writes however long it is."""
    return f"{c.numerator:x}/{c.denominator:x}"


def is_root(factor: Factor) -> TypeGuard[Atom]:
    return isinstance(factor, Atom) and isinstance(factor.head, Opaque) and factor.head.kind == "root"


def _divides(factor: Factor) -> bool:
    """Whether a monomial may hold a negative power of a factor: not of a sum that has free indices."""
    return not (isinstance(factor, Contraction) and factor.free) and not (
        isinstance(factor, Atom) and not isinstance(factor.head, Tensor | Opaque)
    )


def _rank(factor: Factor) -> tuple[bool, int]:
    """Contractions lead before atoms, larger ones first."""
    return (isinstance(factor, Atom), -len(factor.atoms) if isinstance(factor, Contraction) else 0)


def _mentions(monomial: Monomial, atom: Atom) -> bool:
    """Whether a monomial holds another atom of the same tensor, inside a sum or a function included."""
    return any(f != atom and atom.head in _heads(f) for f, _ in monomial)


def _heads(factor: Factor) -> set:
    atoms: Iterable[Atom] = [a for a, _ in factor.atoms] if isinstance(factor, Contraction) else [factor]
    found = set()
    for atom in atoms:
        found.add(atom.head)
        if isinstance(atom.head, Opaque):
            found.update(head for m, _ in atom.head.body for f, _ in m for head in _heads(f))
    return found


def _raw_product(p: Poly, monomial: Poly) -> Poly:
    """p times one monomial, without any rewriting."""
    ((right, b),) = monomial.items()
    result: Poly = {}
    for left, a in p.items():
        powers = dict(left)
        for factor, power in right:
            powers[factor] = powers.get(factor, 0) + power
        value = Fraction(a) * b
        result[frozenset((f, e) for f, e in powers.items() if e)] = value.numerator if value.denominator == 1 else value
    return result


def _square_part(value: int) -> tuple[int, list[int]]:
    """The root of the largest square that divides a number, and the primes that are left over."""
    outer, primes, divisor = 1, [], 2
    while divisor * divisor <= value:
        power = 0
        while value % divisor == 0:
            value, power = value // divisor, power + 1
        outer *= divisor ** (power // 2)
        primes += [divisor] * (power % 2)
        divisor += 1
    return outer, primes + ([value] if value > 1 else [])
