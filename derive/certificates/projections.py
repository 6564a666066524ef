"""Projections: |u|^2 - sum c_i <u,w_i>^2 as the square of what is left of u, |u - sum c_i <u,w_i> w_i|^2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

from derive.certificates.cauchy_schwarz import cuts
from derive.certificates.problem import Problem
from derive.certificates.squares import halved
from derive.language.terms import Index, Term
from derive.normal_form.factors import Contraction
from derive.normal_form.ring import Monomial, Poly, factor_poly, scaled


def projections(problem: Problem, p: Poly, bad: list[Monomial]) -> Iterator[tuple[Callable[[], Term], Poly]]:
    """For a sum of squares a |u|^2 in p: |a u - sum c_i <u,w_i> w_i|^2 / a, and what p is beside it."""
    field = problem.field
    for monomial, c in p.items():
        found = _vector(problem, monomial, c)
        if found is None:
            continue
        u, over, weight = found
        components = list(_components(problem, p, bad, u, over))
        for choose in (min, None):
            part = field.multiply(weight, u)
            for coefficient, inner, w in components:
                kept = dict([choose(coefficient.items(), key=_length)]) if choose else coefficient
                part = field.add(part, scaled(field.multiply(kept, field.multiply(inner, w)), -1))
            if components:
                inverse = field.inverse(weight)
                whole = problem.sum_over(field.multiply(part, part), over)
                rest = field.add(p, scaled(field.multiply(inverse, whole), -1))
                yield partial(problem.squared, inverse, part, over), rest
            if all(len(coefficient) == 1 for coefficient, _, _ in components):
                break


def _length(item: tuple[Monomial, object]) -> tuple[int, str]:
    return len(item[0]), str(sorted(factor.text for factor, _ in item[0]))


def _vector(problem: Problem, monomial: Monomial, c: object) -> tuple[Poly, tuple[Index, ...], Poly] | None:
    """u, its indices and the weight a, of a summand a |u|^2 with a positive number a."""
    sums = [factor for factor, power in monomial if isinstance(factor, Contraction) and power == 1]
    if len(sums) != 1 or not c > 0 or (parts := halved(sums[0])) is None:  # type: ignore[operator]
        return None
    pieces, over = parts
    weight = frozenset(item for item in monomial if item[0] != sums[0])
    if len(pieces) != 1 or problem.field.product_signs(weight) != {1}:
        return None
    return factor_poly(pieces[0]), over, {weight: Fraction(c)}  # type: ignore[arg-type]


def _components(
    problem: Problem, p: Poly, bad: list[Monomial], u: Poly, over: tuple[Index, ...]
) -> Iterator[tuple[Poly, Poly, Poly]]:
    """For each <u,w>^2 in p with a negative sign: its coefficient, <u,w>, and w."""
    grouped: dict[Contraction, Poly] = {}
    for monomial in bad:
        squares = [factor for factor, power in monomial if isinstance(factor, Contraction) and power == 2]
        if len(squares) == 1:
            rest = frozenset(item for item in monomial if item[0] != squares[0])
            if problem.field.product_signs(rest) == {1} and p[monomial] < 0:
                grouped.setdefault(squares[0], {})[rest] = -p[monomial]
    for contraction, coefficient in grouped.items():
        for left, right, shared in cuts(problem, contraction):
            if len(shared) != len(over) or any(a.size != b.size for a, b in zip(shared, over, strict=True)):
                continue
            mapping = dict(zip(shared, over, strict=True))
            sides = [problem.field.rename(side, mapping) for side in (left, right)]
            if u in sides:
                w = sides[1 - sides.index(u)]
                yield coefficient, factor_poly(contraction), w
                break
