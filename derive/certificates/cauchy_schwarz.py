"""Lagrange's identity, |u|^2 |v|^2 - <u,v>^2 = 1/2 sum_ij (u_i v_j - u_j v_i)^2, for inner products in a summand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations

from derive.certificates.problem import Gap, Problem
from derive.certificates.squares import MOST, apart, ordered, subsets
from derive.language.terms import Div, Index, Mul, Neg, Number, Pow, Sum, Term
from derive.normal_form.factors import Contraction, Factor, Inner
from derive.normal_form.ring import Monomial, Poly, factor_poly, number


def lagrange(problem: Problem, monomial: Monomial) -> Iterator[Gap]:
    """For a summand with a square <u,v>^2 (summed, or not): the gap |u|^2 |v|^2 - <u,v>^2."""
    square = problem.square(monomial)
    if square is None:
        return
    ((factors, _),) = square.half.items()
    for factor, power in ordered(factors):
        if isinstance(factor, Contraction) and power == 1:
            rest = problem.field.multiply(square.half, factor_poly(factor, -1)) if len(factors) > 1 else number(1)
            for u, v, shared in cuts(problem, factor):
                yield _gap(problem, u, v, shared, rest, square.over)


def cuts(problem: Problem, contraction: Contraction) -> Iterator[tuple[Poly, Poly, tuple[Index, ...]]]:
    """The ways to write a contraction as an inner product of u and v over `shared`; v is 1 in the first of them."""
    powers, bound = contraction.opened()
    if len(bound) > MOST:
        return
    for shared in subsets(bound):
        pieces = [factor for factor, times in apart(powers, bound, shared) for _ in range(abs(times))]
        if any(times < 0 for _, times in apart(powers, bound, shared)) or len(pieces) > MOST:
            continue
        for count in range(len(pieces) // 2 + 1):
            for chosen in combinations(range(len(pieces)), count):
                v = _product(problem, [pieces[place] for place in chosen])
                u = _product(problem, [piece for place, piece in enumerate(pieces) if place not in chosen])
                if u != v:
                    yield u, v, shared


def _product(problem: Problem, factors: list[Factor]) -> Poly:
    result = number(1)
    for factor in factors:
        result = problem.field.multiply(result, factor_poly(factor))
    return result


def _gap(problem: Problem, u: Poly, v: Poly, shared: tuple[Index, ...], rest: Poly, over: tuple[Index, ...]) -> Gap:
    """The sum over `over` of rest^2 (|u|^2 |v|^2 - <u,v>^2), as 1/2 of a double sum of squares."""
    field = problem.field
    norms = [problem.sum_over(field.multiply(w, w), shared) for w in (u, v)]
    inner = problem.sum_over(field.multiply(u, v), shared)
    inside = field.add(field.multiply(*norms), {m: -c for m, c in field.multiply(inner, inner).items()})
    p = problem.sum_over(field.multiply(field.multiply(rest, rest), inside), over)
    return Gap(p, partial(minors, problem, u, v, shared, rest, over))


def minors(
    problem: Problem,
    u: Poly,
    v: Poly,
    shared: tuple[Index, ...],
    rest: Poly | None = None,
    over: tuple[Index, ...] = (),
) -> Term:
    """The sum over `over` of rest^2 times 1/2 sum_ij (u_i v_j - u_j v_i)^2."""
    field, rest = problem.field, rest or number(1)
    other = {index: Inner(f"{index.name}'", index.size) for index in shared}
    crossed = field.multiply(field.rename(u, other), v)
    minor = field.add(field.multiply(u, field.rename(v, other)), {m: -c for m, c in crossed.items()})
    shared = (*shared, *other.values())
    named = problem.named((*over, *shared))
    scope = tuple(named.values())
    inside = problem.written(problem.field.rename(minor, named), scope)
    result: Term = Pow(inside.arg if isinstance(inside, Neg) else inside, 2)
    for index in shared:
        result = Sum(result, named[index])
    result = Div(result, Number(2))
    if rest != number(1):
        result = Mul((Pow(problem.written(problem.field.rename(rest, named), scope), 2), result))
    for index in over:
        result = Sum(result, named[index])
    return result
