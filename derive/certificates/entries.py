"""One entry of a sum of squares: sum_k u_k^2 - u_b^2 = sum_k ((1 - delta_bk) u_k)^2."""

from __future__ import annotations

from collections.abc import Iterator

from derive.certificates.problem import Gap, Problem
from derive.language.terms import Delta, Mul, Number, Pow, Sum, Term
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
    yield Gap(gap, term)
