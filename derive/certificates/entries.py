"""One entry beside all of them: u_b^2 <= sum_k u_k^2, m u_b^2 <= (m - 1) sum_k u_k^2 if sum_k u_k = 0, and 1 <= m."""

from __future__ import annotations

from collections.abc import Iterator

from derive.certificates.problem import Gap, Problem
from derive.language.binding import definitions_of, is_size, rename, walk
from derive.language.terms import Delta, Div, Entry, Index, Mul, Number, Pow, Sum, Term
from derive.normal_form.ring import Monomial, free_of, scaled


def entries(problem: Problem, monomial: Monomial) -> Iterator[Gap]:
    """For a negative summand that is the square of an entry: the sum of the other squares."""
    square = problem.square(monomial)
    if square is None or square.over or not (free := free_of(square.half)):
        return
    places = sorted(free, key=lambda index: index.name)
    squares = problem.field.multiply(square.half, square.half)
    gap = problem.field.add(problem.sum_over(squares, places), scaled(squares, -1))
    named = problem.named(places)
    deltas = tuple(Delta(place, index) for place, index in named.items())
    other = Number(1) - (deltas[0] if len(deltas) == 1 else Mul(deltas))
    half = problem.written(problem.field.rename(square.half, named), named.values())
    term: Term = Pow(Mul((other, half)), 2)
    for index in named.values():
        term = Sum(term, index)
    yield Gap.of(gap, term)


def of_definitions(problem: Problem) -> Iterator[Gap]:
    """For a sum of squares u_k^2 in a definition, such as that of var: the sum of the squares of all entries but one.

    Where the u_k have the sum 0, also (m - 1) / m sum_k u_k^2 - u_b^2 (Samuelson 1968), which is the sum of
    (u_j - u_k)^2 over all j and k but b, divided by 2 m.
    """
    for index, entry in dict.fromkeys(_squared(problem)):
        k, j = problem.named([index, Index("j", index.size)]).values()
        one, other = rename(entry, {index: k}), rename(entry, {index: j})
        centred = not problem.poly(Sum(one, k))
        for place in sorted(problem.free, key=lambda place: place.name):
            if place.size == index.size:
                rest = Sum(Pow(Mul((_others(place, k), one)), 2), k)
                yield Gap.of(problem.poly(rest), rest)
                if centred:
                    inside = Pow(Mul((_others(place, j), _others(place, k), other - one)), 2)
                    term = Div(Sum(Sum(inside, k), j), Mul((Number(2), index.size)))
                    yield Gap.of(problem.poly(term), term)


def _squared(problem: Problem) -> Iterator[tuple[Index, Term]]:
    """The entries whose squares are summed in the definitions of numbers, each with its index."""
    for step in definitions_of(*problem.claim.terms):
        for part in walk(step.definition.body) if step.definition and not step.sizes else ():
            if isinstance(part, Sum) and isinstance(part.body, Pow) and part.body.exponent == 2:
                yield part.index, part.body.base


def of_sizes(problem: Problem) -> Iterator[Gap]:
    """m - 1 for each size m in the claim: the mean of sum_k (1 - delta_jk)^2 over j.

    Under hypotheses these show more than that, and a sum that goes over m has many ways to be covered by it.
    """
    parts = [part for term in problem.claim.terms for part in walk(term)] if not problem.claim.hypotheses else []
    summed = (part.index.size for part in parts if isinstance(part, Sum))
    named = (part for part in parts if isinstance(part, Entry) and is_size(part.tensor))
    free = (index.size for index in sorted(problem.free, key=str))
    for size in dict.fromkeys((*free, *summed, *named)):
        j, k = problem.named([Index("j", size), Index("k", size)]).values()
        term = Div(Sum(Sum(Pow(_others(j, k), 2), k), j), size)
        yield Gap.of(problem.poly(term), term)


def _others(place: Index, index: Index) -> Term:
    """1 for every index but one."""
    return Number(1) - Delta(place, index)
