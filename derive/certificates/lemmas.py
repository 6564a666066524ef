"""Lemmas that a summand asks for: <u,v> <= |u| |v| beside roots, and x y <= |x y| beside absolute values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from derive.certificates.cauchy_schwarz import cuts, minors
from derive.certificates.gram import vector_of
from derive.certificates.problem import Gap, Problem
from derive.certificates.squares import ordered
from derive.kernel import KernelError, Theorem, by_certificate, by_square
from derive.language.binding import rename, walk
from derive.language.claims import Claim
from derive.language.terms import Delta, Div, Entry, Function, Index, Mul, Number, Pow, Sqrt, Sum, Tensor, Term
from derive.normal_form.factors import Atom, Contraction, Opaque
from derive.normal_form.field import is_root
from derive.normal_form.ring import Monomial, Poly, factor_poly, number, scaled


def norms(problem: Problem, p: Poly, monomial: Monomial) -> Iterator[Gap]:
    """For a summand with an inner product <u,v>, where p holds roots: |u| |v| - <u,v> and |u| |v| + <u,v>."""
    if not _has(p, "root"):
        return
    field = problem.field
    for factor, power in ordered(monomial):
        if power != 1 or not isinstance(factor, Contraction):
            continue
        for u, v, shared in cuts(problem, factor):
            squares = [problem.sum_over(field.multiply(w, w), shared) for w in (u, v)]
            roots = field.multiply(field.root(squares[0], True), field.root(squares[1], True))
            if len(roots) != 1 or not _within(roots, p):
                continue
            inner: Poly = {frozenset(((factor, 1),)): -1 if p[monomial] > 0 else 1}
            large = Sqrt(problem.written(squares[0])) * Sqrt(problem.written(squares[1]))
            yield from _gap(problem, inner, large)


def lengths(problem: Problem, p: Poly) -> Iterator[Gap]:
    """For a product of two roots |u| |v| in p, u and v linear combinations: |u| |v| - <u,v> and |u| |v| + <u,v>."""
    field = problem.field
    for monomial in p:
        roots = [factor for factor, power in ordered(monomial) if power == 1 and is_root(factor)]
        if len(roots) != 2:
            continue
        bodies = [field.power(factor_poly(root), 2) for root in roots]
        sides = [vector_of(problem, body) for body in bodies]
        if any(side is None or len(body) < 2 for side, body in zip(sides, bodies, strict=True)):
            continue
        (u, over), (v, other) = (side for side in sides if side)
        if [index.size for index in over] != [index.size for index in other]:
            continue
        v = field.rename(v, dict(zip(other, over, strict=True)))
        small = problem.sum_over(field.multiply(u, v), over)
        large = Mul(tuple(Sqrt(problem.squared(number(1), side, over)) for side in (u, v)))
        for sign in (1, -1):
            claim = Claim(problem.written(scaled(small, sign)), "<=", large)
            squares = Claim(Pow(claim.lhs, 2), "<=", Pow(claim.rhs, 2))
            try:
                lemma = by_square(by_certificate(squares, minors(problem, u, v, over)))
            except KernelError:
                continue
            gap = field.add(problem.poly(large), scaled(small, -sign))
            yield Gap.of(gap, claim.rhs - claim.lhs, lemma)


def absolute_values(problem: Problem, p: Poly, monomial: Monomial) -> Iterator[Gap]:
    """For a summand of unknown sign, where p holds absolute values: |x| - x and |x| + x."""
    if not _has(p, "abs"):
        return
    unknown = frozenset(item for item in monomial if not problem.definite(item[0]))
    if unknown and not problem.fine(unknown, 1):
        small: Poly = {unknown: -1 if p[monomial] > 0 else 1}
        yield from _gap(problem, small, Function("abs", problem.written({unknown: 1})))


def normalized(problem: Problem) -> Iterator[Gap]:
    """For a vector that is divided by a root, such as xhat: m - |xhat|^2, where that is proved not to be negative."""
    for step in problem.steps:
        claim = _size_of(step)
        lemma = _proved(claim) if claim is not None and claim.terms != problem.claim.terms[:2] else None
        if lemma is not None:
            term = lemma.claim.rhs - lemma.claim.lhs
            yield Gap.of(problem.poly(term), term, lemma)


def _size_of(step: Tensor) -> Claim | None:
    """That the squares of a vector sum up to its size at most, where it is divided by a root."""
    body = step.definition.body if step.definition else None
    if len(step.sizes) != 1 or not isinstance(body, Div) or not any(map(_is_root, walk(body.denominator))):
        return None
    index = Index("k", step.sizes[0])
    return Claim(Sum(Pow(Entry(step, (index,)), 2), index), "<=", step.sizes[0])


@cache
def _proved(claim: Claim) -> Theorem | None:
    from derive.certificates import inequality

    found = inequality(claim)
    return found if isinstance(found, Theorem) and not found.claim.hypotheses else None


def _is_root(term: Term) -> bool:
    inside = term.tensor.definition.body if isinstance(term, Entry) and term.tensor.definition else term
    return isinstance(inside, Sqrt)


def triangles(problem: Problem, p: Poly) -> Iterator[Gap]:
    """For a sum of absolute values in p: sum |u| - sum u, sum |u| + sum u, their product, and (sum |u|)^2 - sum u^2."""
    for factor in dict.fromkeys(factor for monomial in p for factor, _ in ordered(monomial)):
        if isinstance(factor, Contraction) and factor.special:
            if factor not in problem.triangles:
                problem.triangles[factor] = list(_triangles(problem, problem.written(factor_poly(factor))))
            yield from problem.triangles[factor]


def _triangles(problem: Problem, term: Term) -> Iterator[Gap]:
    if not isinstance(term, Sum) or not isinstance(term.body, Function) or term.body.name != "abs":
        return
    inside = term.body.arg
    lemmas = [_by_squares(problem, Claim(side, "<=", term.body)) for side in (inside, -inside)]
    own = [lemma for lemma in lemmas if lemma is not None]
    if len(own) == len(lemmas):
        sides = [Sum(lemma.claim.rhs - lemma.claim.lhs, term.index) for lemma in own]
        for side, lemma in zip(sides, own, strict=True):
            yield Gap.of(problem.poly(side), side, lemma)
        both = Mul(tuple(sides))
        yield Gap.of(problem.poly(both), both, *own)
    j, k = problem.named([term.index, Index("j", term.index.size)]).values()
    pair = [rename(term.body, {term.index: index}) for index in (j, k)]
    mixed = Sum(Sum(Mul((Pow(Number(1) - Delta(j, k), 2), *pair)), k), j)
    yield Gap.of(problem.poly(mixed), mixed)


def _gap(problem: Problem, small: Poly, large: Term) -> Iterator[Gap]:
    """large - small, if small <= large is proved."""
    claim = Claim(problem.written(small), "<=", large)
    lemma = _by_squares(problem, claim) if claim.terms != problem.claim.terms[:2] else None
    if lemma is not None:
        term = claim.rhs - claim.lhs
        yield Gap.of(problem.field.add(problem.poly(large), scaled(small, -1)), term, lemma)


def _by_squares(problem: Problem, claim: Claim) -> Theorem | None:
    """A lemma from its squares, looked for once in a problem."""
    from derive.certificates import by_squares

    if claim not in problem.lemmas:
        found = by_squares(claim)
        problem.lemmas[claim] = found if isinstance(found, Theorem) else None
    return problem.lemmas[claim]


def _has(p: Poly, kind: str) -> bool:
    return any(
        isinstance(factor, Atom) and isinstance(factor.head, Opaque) and factor.head.kind == kind
        for monomial in p
        for factor, _ in monomial
    )


def _within(roots: Poly, p: Poly) -> bool:
    """Whether a product of roots divides some summand of p."""
    ((own, _),) = roots.items()
    return any(all(dict(monomial).get(factor, 0) >= power for factor, power in own) for monomial in p)
