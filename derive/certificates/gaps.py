"""What is known not to be negative: the differences of hypotheses, and what the program says of its own steps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement

from derive.certificates.entries import of_definitions, of_sizes
from derive.certificates.problem import NONNEGATIVE, Gap, Problem
from derive.language.binding import free_indices
from derive.language.terms import Entry, Mul, Sum, Term
from derive.normal_form.factors import Contraction
from derive.normal_form.ring import factor_poly, number
from derive.normal_form.signs import signs

MOST = 4
"""Products are taken of at most so many hypotheses."""


def gaps(problem: Problem) -> list[Gap]:
    """The gaps that a problem comes with: hypotheses, their squares and products, steps, sums that have a value."""
    own = list(_of_hypotheses(problem))
    products = [_product(problem, one, other) for one, other in combinations_with_replacement(own[:MOST], 2)]
    entries = (*of_definitions(problem), *of_sizes(problem))
    found = [*own, *_squares(problem), *_of_steps(problem), *_of_sums(problem), *products, *entries]
    return [gap for gap in found if problem.bad(gap.poly)]


def _sides(problem: Problem) -> Iterator[tuple[Term, Term]]:
    for hypothesis in problem.claim.hypotheses:
        if hypothesis.relation in ("<=", "<"):
            yield hypothesis.lhs, hypothesis.rhs
        elif hypothesis.relation in (">=", ">"):
            yield hypothesis.rhs, hypothesis.lhs


def _of_hypotheses(problem: Problem) -> Iterator[Gap]:
    """a <= b as b - a, and as the sum of b - a over the indices that the claim does not have."""
    for small, large in _sides(problem):
        term = large - small
        over = sorted(free_indices(term) - problem.free, key=lambda index: index.name)
        p = problem.poly(term)
        for index in over:
            p, term = problem.field.sum(p, index), Sum(term, index)
        yield Gap.of(p, term)


def _squares(problem: Problem) -> Iterator[Gap]:
    """0 <= a <= b as b^2 - a^2."""
    facts = problem.coordinates.reducer.facts
    for a, b in _sides(problem):
        if free_indices(a) | free_indices(b) <= problem.free:
            known = signs(a, facts) <= NONNEGATIVE and signs(b, facts) <= NONNEGATIVE
            if known:
                term = Mul((b - a, b + a))
                yield Gap.of(problem.poly(term), term)


def _product(problem: Problem, one: Gap, other: Gap) -> Gap:
    return Gap.of(problem.field.multiply(one.poly, other.poly), Mul((one.term, other.term)))


def _of_steps(problem: Problem) -> Iterator[Gap]:
    """A step that is a sum of squares, such as var, is not negative; its name may stand for another formula."""
    for step in problem.steps:
        if not step.sizes and step.definition and signs(step.definition.body, {}) <= NONNEGATIVE:
            yield Gap.of(problem.poly(Entry(step)), Entry(step))


def _of_sums(problem: Problem) -> Iterator[Gap]:
    """A sum of squares whose value an equation tells: sum yhat^2 = m (1 - epsilon/s^2)."""
    field = problem.field
    for rule in field.rules:
        factor = rule.factor
        if not isinstance(factor, Contraction) or rule.power != 1 or factor.free:
            continue
        if field.factor_signs(factor) <= NONNEGATIVE:
            value = field.multiply(factor_poly(factor), number(1))
            yield Gap.of(value, problem.written(factor_poly(factor)))
