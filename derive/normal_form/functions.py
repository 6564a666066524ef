"""Entrywise functions of polynomials: what is known of exp, log, sign and tanh beside their names."""

from __future__ import annotations

from fractions import Fraction

from derive.language.terms import REAL
from derive.normal_form.factors import Atom, Factor, Opaque, OutsideFragment
from derive.normal_form.field import NONNEGATIVE, POSITIVE, Field, is_root
from derive.normal_form.ring import ONE, Monomial, Poly, factor_poly, number, scaled


class Algebra(Field):
    """A field with the entrywise functions."""

    def function(self, name: str, p: Poly, signs: frozenset[int] = REAL) -> Poly:
        """An entrywise function of p, whose value has one of `signs`."""
        match name:
            case "exp":
                return self._exponential(p)
            case "log":
                return self._logarithm(p)
            case "abs":
                return self.absolute(p, signs)
            case "sign":
                return self._sign(p, signs)
            case "tanh":
                return self._odd("tanh", p)
        raise OutsideFragment(f"the function {name}")

    def _exponential(self, p: Poly) -> Poly:
        result = number(1)
        for monomial, c in p.items():
            c = Fraction(c)
            inner = self._log_argument(monomial) if c.denominator == 1 else None
            if inner is not None:
                piece = self.power(inner, c.numerator)
            else:
                unit = {monomial: 1 if c.denominator == 1 else Fraction(1, c.denominator)}
                piece = factor_poly(self._opaque("exp", unit), c.numerator)
            result = self.multiply(result, piece)
        return result

    def _log_argument(self, monomial: Monomial) -> Poly | None:
        if len(monomial) != 1:
            return None
        ((factor, power),) = monomial
        if power == 1 and isinstance(factor, Atom) and isinstance(factor.head, Opaque) and factor.head.kind == "log":
            return self._body(factor)
        return None

    def _logarithm(self, p: Poly) -> Poly:
        """The logarithm of p, which is positive: that of its number, of its positive factors, and of what is left."""
        above, below = self._flat(p)
        content, units, primitive = self.split(above)
        factors = [*units.items(), *((factor, -power) for factor, power in below.items())]
        if primitive != {ONE: 1} and len(primitive) == 1:
            factors += next(iter(primitive))
            primitive = number(1)
        if content <= 0 or not all(self._has_log(factor, power) for factor, power in factors):
            return factor_poly(self._opaque("log", p))
        pieces = [self._log_of_factor(factor, power) for factor, power in factors]
        for whole, sign in ((Fraction(content).numerator, 1), (Fraction(content).denominator, -1)):
            pieces += [] if whole == 1 else [scaled(factor_poly(self._opaque("log", number(whole))), sign)]
        rest = [] if primitive == {ONE: 1} else [factor_poly(self._opaque("log", primitive))]
        return self.add(*pieces, *rest)

    def _has_log(self, factor: Factor, power: int) -> bool:
        """Whether a factor is positive, or the power of a root that is one of what is under it."""
        if is_root(factor) and power % 2 == 0:
            own = self.power_signs(factor, 2)
            return own == POSITIVE or (power < 0 and own == NONNEGATIVE)
        return self.factor_signs(factor) == POSITIVE

    def _log_of_factor(self, factor: Factor, power: int) -> Poly:
        if isinstance(factor, Atom) and isinstance(factor.head, Opaque) and factor.head.kind == "exp":
            return scaled(self._body(factor), power)
        if is_root(factor):
            return scaled(self._logarithm(self._body(factor)), Fraction(power, 2))
        return scaled(factor_poly(self._opaque("log", factor_poly(factor))), power)

    def _sign(self, p: Poly, signs: frozenset[int]) -> Poly:
        if len(signs) == 1 or not p:
            return number(*signs) if p else {}
        if 0 not in signs:
            return self.multiply(self.absolute(p, signs), self.inverse(p))
        content, units, primitive = self.split(p)
        result = number(1 if content > 0 else -1)
        for factor, power in units.items():
            result = self.multiply(result, self._sign_of_factor(factor, power))
        if primitive == {ONE: 1}:
            return result
        return self.multiply(result, factor_poly(self._opaque("sign", primitive)))

    def _sign_of_factor(self, factor: Factor, power: int) -> Poly:
        own = self.power_signs(factor, power)
        if len(own) == 1:
            return number(*own)
        if is_root(factor) and power % 2 == 0:
            return self.power(self._sign(self._body(factor), REAL), abs(power // 2))
        return factor_poly(self._opaque("sign", factor_poly(factor)), 2 - power % 2)

    def _odd(self, kind: str, p: Poly) -> Poly:
        if not p:
            return {}
        content, _, _ = self.split(p)
        if content < 0:
            return scaled(factor_poly(self._opaque(kind, scaled(p, -1))), -1)
        return factor_poly(self._opaque(kind, p))
