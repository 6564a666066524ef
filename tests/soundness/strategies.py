"""Random terms of the fragment: polynomials of indexed entries, deltas, sums that may shadow, positive divisors."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from derive.language import Delta, Derivative, Index, Matrix, Scalar, Size, Term, Vector, exp, indices, sqrt, term
from derive.language.terms import Sum

m = Size("m")
i, j, k = indices("i j k", m)
u, v = Vector("u", m), Vector("v", m)
M, H = Matrix("M", m, m), Matrix("H", m, m, symmetric=True)
alpha, tau = Scalar("alpha"), Scalar("tau", positive=True)

SCALARS = (alpha, tau, m, term(1), term(2), term(-3))
POSITIVE = (tau, m, 1 + alpha**2, 1 + Sum(u[k] ** 2, k), sqrt(tau), tau**2)


@cache
def leaves(scope: tuple[Index, ...]) -> st.SearchStrategy[Term]:
    scalars = st.sampled_from(SCALARS)
    if not scope:
        return scalars
    index = st.sampled_from(scope)
    vectors = st.builds(lambda vector, at: vector[at], st.sampled_from((u, v)), index)
    matrices = st.builds(lambda matrix, a, b: matrix[a, b], st.sampled_from((M, H)), index, index)
    return st.one_of(vectors, vectors, scalars, matrices, st.builds(Delta, index, index))


@cache
def summed(scope: tuple[Index, ...], depth: int) -> st.SearchStrategy[Term]:
    """A sum over i, j or k, also where that name already means something."""

    def body(index: Index) -> st.SearchStrategy[Term]:
        return st.builds(Sum, terms(tuple(dict.fromkeys((*scope, index))), depth - 1), st.just(index))

    return st.sampled_from((i, j, k)).flatmap(body)


@cache
def terms(scope: tuple[Index, ...], depth: int = 3) -> st.SearchStrategy[Term]:
    """Terms in which these indices may be free."""
    if depth == 0:
        return leaves(scope)
    part = terms(scope, depth - 1)
    sums = summed(scope, depth)
    products = st.builds(lambda a, b: a * b, part, part)
    compound = [
        products,
        st.builds(lambda a, b: a + b, part, part),
        st.builds(lambda a, b: a - b, part, part),
        st.builds(lambda a: a**2, part),
        st.builds(lambda a, b: a / b, part, st.sampled_from(POSITIVE)),
        sums,
        sums,
    ]
    return st.one_of(*compound) if depth > 1 else st.one_of(leaves(scope), *compound)


def with_exponentials(scope: tuple[Index, ...]) -> st.SearchStrategy[Term]:
    return st.builds(lambda a, b, c: a * exp(b) + c, terms(scope, 1), leaves(scope), terms(scope, 2))


def derivatives(scope: tuple[Index, ...], depth: int = 2) -> st.SearchStrategy[Term]:
    """Derivatives by an entry of u or by a scalar."""
    variables = st.sampled_from((u[k], alpha, tau))
    return st.builds(Derivative, terms(scope, depth), variables)
