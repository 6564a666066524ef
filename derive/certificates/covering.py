"""Negative summands covered by gaps: p = sum of coefficient * gap, and what is left is visibly not negative."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice

from derive.certificates.cauchy_schwarz import lagrange
from derive.certificates.entries import entries
from derive.certificates.gaps import gaps
from derive.certificates.gram import gram
from derive.certificates.lemmas import absolute_values, lengths, normalized, norms, triangles
from derive.certificates.problem import NONNEGATIVE, Gap, Problem, divides
from derive.certificates.projections import projections
from derive.kernel import Theorem
from derive.language.terms import Term
from derive.normal_form import OutsideFragment, Undefined
from derive.normal_form.factors import Factor
from derive.normal_form.field import is_root
from derive.normal_form.ring import ONE, Monomial, Poly, factor_poly, monomial_text, scaled

MOVES = {"program": 40, "names": 20, "input": 15}
"""So many ways to take something out are tried in each of the coordinates."""

LONGEST = 60
"""Polynomials with more summands are not searched."""

DEPTH = 4
"""At most so many gaps are used one after the other."""


Move = tuple[Callable[[], Term], tuple[Theorem, ...], Poly]
"""What writes the part that is taken out, which takes long, the lemmas that it uses, and what is left."""


@dataclass(frozen=True)
class Found:
    """Visibly nonnegative terms whose sum is the difference, and the lemmas that they use."""

    parts: tuple[Term, ...]
    lemmas: tuple[Theorem, ...] = ()


class Covering:
    """A search for the parts of one problem, bounded by a number of steps."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.moves = 0
        self._seen: set[frozenset] = set()
        self._gaps: list[Gap] | None = None
        self._of: dict[Monomial, list[Gap]] = {}

    def found(self, p: Poly, before: int | None = None, depth: int = 0) -> Found | None:
        """The parts of p: as it stands, as a quadratic form, or with a gap taken out.

        `before` is how many summands were not visibly nonnegative one move ago; they never become more.
        """
        p = dict(sorted(p.items(), key=lambda item: (len(item[0]), monomial_text(item[0]))))  # alike in every run
        bad = self.problem.bad(p)
        if not bad:
            return Found(tuple(self.problem.summand(monomial, c) for monomial, c in p.items()))
        key = frozenset(p.items())
        if (before is not None and len(bad) > before) or key in self._seen or len(p) > LONGEST:
            return None
        self._seen.add(key)
        if (before is None or len(bad) < before) and (parts := gram(self.problem, p, bad)) is not None:
            return Found(tuple(parts))
        if depth >= DEPTH:
            return None
        moves = list(islice(self._moves(p, bad), MOVES[self.problem.view]))
        moves.sort(key=lambda move: bool(self.problem.bad(move[2])))  # the last move first, where there is one
        for part, lemmas, rest in moves:
            self.moves += 1
            if self.moves > MOVES[self.problem.view]:
                return None
            if found := self.found(rest, len(bad), depth + 1):
                return Found((part(), *found.parts), (*lemmas, *found.lemmas))
        return None

    def _moves(self, p: Poly, bad: list[Monomial]) -> Iterator[Move]:
        problem = self.problem
        for part, rest in projections(problem, p, bad):
            yield part, (), rest
        if self._gaps is None:
            self._gaps = [*gaps(problem), *(normalized(problem) if problem.view == "names" else ())]
        of_sums = [*lengths(problem, p), *triangles(problem, p)]
        for monomial in bad:
            for gap in (*of_sums, *self._usable(p, monomial)):
                for cofactor, c in _cofactors(problem, gap, monomial, p[monomial]):
                    taken = problem.field.multiply({cofactor: c}, gap.poly)
                    part = partial(_part, problem, {cofactor: c}, gap)
                    yield part, gap.lemmas, problem.field.add(p, scaled(taken, -1))

    def _usable(self, p: Poly, monomial: Monomial) -> Iterator[Gap]:
        yield from self._gaps or ()
        if p[monomial] < 0:
            if monomial not in self._of:
                self._of[monomial] = [*lagrange(self.problem, monomial), *entries(self.problem, monomial)]
            yield from self._of[monomial]
        yield from norms(self.problem, p, monomial)
        yield from absolute_values(self.problem, p, monomial)


def _part(problem: Problem, coefficient: Poly, gap: Gap) -> Term:
    return problem.times(coefficient, gap.term)


def _cofactors(problem: Problem, gap: Gap, monomial: Monomial, c: object) -> Iterator[tuple[Monomial, Fraction]]:
    """What to multiply a gap by, so that a summand of it is the one that is to be covered."""
    for own, d in gap.poly.items():
        factor = Fraction(c) / Fraction(d)  # type: ignore[arg-type]
        cofactor = divides(problem, own, monomial) if factor > 0 else None
        if cofactor is not None and problem.field.product_signs(cofactor) <= NONNEGATIVE:
            yield cofactor, factor


def search(problem: Problem) -> Iterator[Found]:
    """What shows that a problem's difference is not negative: without its common factor, under hypotheses also with it.

    The one with fewer summands is looked at first.
    """
    taken = _without_factor(problem) if len(problem.p) > 1 else None
    whole: tuple[list[Poly], Poly] = ([], problem.p)
    both = [each for each in (taken, whole if taken is None or problem.claim.hypotheses else None) if each is not None]
    for front, p in sorted(both, key=lambda each: len(each[1])):
        found = _covered(problem, p)
        if found is not None:
            parts = (problem.product(front, problem.total([*found.parts])),) if front else found.parts
            yield Found(parts, found.lemmas)


def _without_factor(problem: Problem) -> tuple[list[Poly], Poly] | None:
    """What stands before the difference, and the rest of it; None if there is nothing, or nothing with a sign."""
    field = problem.field
    cleared, below = _cleared(problem, problem.p)
    content, units, primitive = field.split(cleared)
    front = [field.multiply({frozenset(units.items()): 1}, {ONE: abs(content)}), below]
    if all(own == {ONE: 1} for own in front) or any(map(problem.bad, front)):
        return None
    return front, primitive if content > 0 else scaled(primitive, -1)


def _cleared(problem: Problem, p: Poly) -> tuple[Poly, Poly]:
    """p without denominators that are positive sums, and what is to be divided by in their place."""
    below: Poly = {ONE: 1}
    powers: dict[Factor, int] = {}
    for monomial in p:
        for factor, power in monomial:
            if is_root(factor) and power < 0 and problem.field.power_signs(factor, 2) <= NONNEGATIVE:
                powers[factor] = min(powers.get(factor, 0), power - power % 2)
    for factor, power in powers.items():
        p = problem.field.multiply(p, factor_poly(factor, -power))
        below = problem.field.multiply(below, factor_poly(factor, power))
    return p, below


def _covered(problem: Problem, p: Poly) -> Found | None:
    try:
        return Covering(problem).found(p)
    except (OutsideFragment, Undefined):
        return None


def distinct(lemmas: Iterable[Theorem]) -> tuple[Theorem, ...]:
    return tuple({lemma.claim: lemma for lemma in lemmas}.values())
