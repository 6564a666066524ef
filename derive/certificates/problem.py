"""An inequality as a polynomial that is to be shown not negative, and how what is found is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from derive.certificates.squares import Square, square_of
from derive.closed_forms import Coordinates, to_term
from derive.closed_forms.terms import Spelling
from derive.kernel import Theorem
from derive.language.binding import definitions_of, free_indices
from derive.language.claims import Claim, Eq
from derive.language.terms import Add, Entry, Index, Mul, Neg, Number, Pow, Sqrt, Sum, Tensor, Term
from derive.normal_form import Reducer
from derive.normal_form.factors import Atom, Factor
from derive.normal_form.field import is_root
from derive.normal_form.ring import ONE, Coefficient, Monomial, Poly, factor_poly
from derive.normal_form.signs import facts_of, signs

NONNEGATIVE = frozenset({0, 1})
NAMES = "k l i j n p q r".split()
"""What the indices of a sum of squares are called, in this order, where the name is not taken."""


VIEWS = ("program", "names", "input")
"""The coordinates of the program; its steps as mere names, roots by their squares; the input, everything unfolded."""


@dataclass(frozen=True)
class Gap:
    """What is known not to be negative: a polynomial, what writes it as a term, and the lemmas that say so."""

    poly: Poly
    write: Callable[[], Term]
    lemmas: tuple[Theorem, ...] = ()

    @classmethod
    def of(cls, poly: Poly, term: Term, *lemmas: Theorem) -> Gap:
        """A gap whose term is there already."""
        return cls(poly, lambda: term, lemmas)

    @property
    def term(self) -> Term:
        """The same as a term, in a shape that shows its sign."""
        return self.write()


class Problem:
    """The difference of the two sides of an inequality, `p`, in one of the coordinates `VIEWS`."""

    def __init__(self, claim: Claim, view: str = "program") -> None:
        self.claim, self.view = claim, view
        self.difference = difference(claim)
        self.steps = definitions_of(*claim.terms) if view != "input" else []
        known = (*visible(self.steps), *claim.hypotheses)
        self.coordinates = Coordinates(self.steps if view == "program" else (), known)
        if view == "names":
            self.coordinates.reducer = Reducer((*_of_roots(self.steps), *known), self.steps)
        self.p = self.coordinates(self.difference)
        self._fine: dict[tuple[Monomial, bool], bool] = {}
        self._squares: dict[Monomial, Square | None] = {}
        self.lemmas: dict[Claim, Theorem | None] = {}
        self.triangles: dict[Factor, list[Gap]] = {}
        self.field = self.coordinates.reducer.field
        self.free = free_indices(self.difference)
        self._spelling: Spelling | None = None

    def poly(self, term: Term) -> Poly:
        """A term as a polynomial in these coordinates."""
        return self.coordinates(term)

    def is_equation(self) -> bool:
        """Whether this is a bound whose two sides are equal."""
        return self.claim.relation in ("<=", ">=") and self.coordinates.reducer.is_zero(self.p)

    # Signs

    def is_visible(self) -> bool:
        """Whether the difference shows its sign by its shape."""
        own = signs(self.difference, facts_of(self.claim.hypotheses))
        return 0 not in own if self.claim.relation == "!=" else own <= NONNEGATIVE

    def definite(self, factor: Factor) -> bool:
        """Whether a factor is a number that is known not to be negative: it counts among the coefficients."""
        return isinstance(factor, Atom) and self.field.factor_signs(factor) <= NONNEGATIVE and not self._delta(factor)

    def _delta(self, atom: Atom) -> bool:
        return len(atom.indices) == 2 and atom.head.name == "delta"

    def square(self, monomial: Monomial) -> Square | None:
        """A monomial as a nonnegative coefficient times a sum of squares, if it is one."""
        if monomial not in self._squares:
            self._squares[monomial] = square_of(self.field, monomial, self.definite)
        return self._squares[monomial]

    def fine(self, monomial: Monomial, coefficient: Coefficient) -> bool:
        """Whether a summand is visibly not negative."""
        positive = coefficient > 0
        if (monomial, positive) not in self._fine:
            own = self.field.product_signs(monomial)
            own = own if positive else frozenset(-sign for sign in own)
            fine = own <= NONNEGATIVE or (positive and self.square(monomial) is not None)
            self._fine[monomial, positive] = fine
        return self._fine[monomial, positive]

    def bad(self, p: Poly) -> list[Monomial]:
        """The summands that are not visibly nonnegative."""
        return [monomial for monomial, c in p.items() if not self.fine(monomial, c)]

    # Writing

    def written(self, p: Poly, over: Iterable[Index] = ()) -> Term:
        """A polynomial as a term."""
        return to_term(p, {*self.free, *over}, self.spelling)

    @property
    def spelling(self) -> Spelling:
        """How the program writes things, and m sum x^2 - (sum x)^2 as m^2 var, which is visibly not negative."""
        if self._spelling is None:
            own = self.coordinates.spelling
            self._spelling = Spelling(own.letters, {**dict(self._multiples_of_steps()), **own.factors})
        return self._spelling

    def _multiples_of_steps(self) -> Iterator[tuple[Factor, Term]]:
        """The roots of sums that are, up to a factor, unfolded steps that show their signs."""
        for claim in visible(definitions_of(*self.claim.terms)):
            p = {} if free_indices(claim.lhs) else self.poly(claim.lhs)
            content, units, primitive = self.field.split(p) if len(p) > 1 else (0, {}, {})
            if content > 0 and self.field.product_signs(units.items()) == {1}:
                ((root, _),) = (item for monomial in self.field.inverse(primitive) for item in monomial)
                front: Poly = {frozenset((unit, -power) for unit, power in units.items()): Fraction(1) / content}
                yield root, Sqrt(Mul((to_term(front), claim.lhs)))

    def summand(self, monomial: Monomial, coefficient: Coefficient) -> Term:
        """A nonnegative summand, in a shape that shows it."""
        square = None if self.field.product_signs(monomial) <= NONNEGATIVE else self.square(monomial)
        if square is None or coefficient < 0:
            return self.written({monomial: coefficient})
        return self.squared({square.coefficient: coefficient}, square.half, square.over)

    def squared(self, coefficient: Poly, half: Poly, over: Iterable[Index]) -> Term:
        """coefficient * sum over `over` of half^2, with what the summands have in common in front."""
        named = self.named(over)
        half = self.field.rename(half, named)
        content, units, _ = self.field.split(half)
        common = {factor: power for factor, power in units.items() if factor.free.isdisjoint(named.values())}
        front = self.field.multiply({frozenset(common.items()): 1}, {ONE: content})
        inside = self.written(self.field.multiply(half, self.field.inverse(front)), named.values())
        result: Term = Number(1) if inside == Number(1) else Pow(inside.arg if isinstance(inside, Neg) else inside, 2)
        for index in named.values():
            result = Sum(result, index)
        return self.times(self.field.multiply(coefficient, self.field.multiply(front, front)), result)

    def named(self, indices: Iterable[Index]) -> dict[Index, Index]:
        """Names for the indices of a sum, none of them taken."""
        taken = {index.name for index in self.free}
        names = iter([name for name in NAMES if name not in taken])
        return {index: Index(next(names), index.size) for index in indices}

    def times(self, coefficient: Poly, term: Term) -> Term:
        """A polynomial times a term, which stays as it is."""
        if coefficient == {ONE: 1}:
            return term
        return self.written(coefficient) if term == Number(1) else Mul((self.written(coefficient), term))

    def product(self, front: Iterable[Poly], term: Term) -> Term:
        """Polynomials times a term; each stays by itself, since a product of them may be written as another sum."""
        for coefficient in front:
            term = self.times(coefficient, term)
        return term

    def total(self, parts: list[Term]) -> Term:
        """The sum of the parts, each of which stays as it is."""
        return Add(tuple(parts)) if len(parts) > 1 else (parts or [Number(0)])[0]

    def sum_over(self, p: Poly, over: Iterable[Index]) -> Poly:
        for index in over:
            p = self.field.sum(p, index)
        return p


def difference(claim: Claim) -> Term:
    """The larger side of a claim less the smaller one."""
    return claim.lhs - claim.rhs if claim.relation in (">=", ">", "!=") else claim.rhs - claim.lhs


def visible(steps: Iterable[Tensor]) -> Iterator[Claim]:
    """What the definitions of steps show of their signs: that a sum of squares such as var is not negative."""
    for step in steps:
        name = Entry(step, step.definition.indices if step.definition else ())
        if signs(name, {}) <= NONNEGATIVE:
            yield name >= 0


def _of_roots(steps: Iterable[Tensor]) -> Iterator[Claim]:
    """For a step s = sqrt(var + epsilon): s > 0, and var = s^2 - epsilon for a step that stands under it."""
    steps = tuple(steps)
    for step in steps:
        body = step.definition.body if step.definition and not step.sizes else None
        if isinstance(body, Sqrt):
            yield Entry(step) > 0
            inside = body.arg.args if isinstance(body.arg, Add) else (body.arg,)
            named = [part for part in inside if isinstance(part, Entry) and part.tensor in steps]
            if named:
                rest = [Neg(part) for part in inside if part != named[0]]
                yield Eq(named[0], Add((Pow(Entry(step), 2), *rest)))


def divides(problem: Problem, part: Monomial, whole: Monomial) -> Monomial | None:
    """whole / part, if that is a product again; negative powers only of what is positive."""
    powers = dict(whole)
    for factor, power in part:
        left = powers.pop(factor, 0) - power
        if left:
            powers[factor] = left
        if left < 0 and not (isinstance(factor, Atom) and problem.field.factor_signs(factor) == {1}):
            return None
        if left and is_root(factor) and power < 0:
            return None
    return frozenset(powers.items())


def monomial_poly(monomial: Monomial, coefficient: Coefficient = 1) -> Poly:
    return {monomial: coefficient}


__all__ = ["NONNEGATIVE", "Gap", "Problem", "divides", "factor_poly", "monomial_poly"]
