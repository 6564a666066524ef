"""Derivatives of index expressions, and adjoints of programs.  [trusted]

The derivative of `y[b]` by `y[k]` is delta(b, k); everything else is the sum, product and chain rule. A bound index
never meets the indices that one differentiates by: where their names agree, the bound one is renamed first.
"""

from __future__ import annotations

from functools import lru_cache

from derive.language.terms import (
    Add,
    Delta,
    Derivative,
    Div,
    Entry,
    Function,
    Index,
    LanguageError,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
    free_indices,
    fresh,
    rename,
)

ZERO, ONE = Number(0), Number(1)
LARGEST = 20_000


def derivative(body: Term, by: Entry) -> Term:
    """The derivative of `body` by the entry `by`, through every definition and unknown function.

    If `by` has a definition, it is taken as a variable of its own (the adjoint). Raises LanguageError where no
    derivative is declared: by a size, by an entry of a symmetric matrix, by a function of something else.
    """
    tensor = by.tensor
    if tensor.integer:
        raise LanguageError(f"there is no derivative by {tensor}, which is a whole number")
    if tensor.symmetric:
        raise LanguageError(f"the derivative by an entry of the symmetric matrix {tensor} is ambiguous")
    if tensor.dependence:
        raise LanguageError(f"there is no derivative by {tensor}, which is itself a function of {tensor.dependence.on}")
    return _derivative(body, by, Budget())


class Budget:
    """Ends derivatives that grow beyond all use, such as the eighth derivative of a product."""

    def __init__(self) -> None:
        self.left = LARGEST

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise LanguageError(f"a derivative of more than {LARGEST} terms")


def _derivative(term: Term, by: Entry, budget: Budget) -> Term:
    budget.spend()
    if not depends(term, by.tensor):
        return ZERO
    match term:
        case Entry():
            return _entry(term, by, budget)
        case Add():
            return Add(tuple(_derivative(arg, by, budget) for arg in term.args if depends(arg, by.tensor)))
        case Neg():
            return Neg(_derivative(term.arg, by, budget))
        case Mul():
            return _product(term.factors, by, budget)
        case Div():
            return _quotient(term.numerator, term.denominator, by, budget)
        case Pow():
            outer = Number(term.exponent) * Pow(term.base, term.exponent - 1)
            return outer * _derivative(term.base, by, budget)
        case Sqrt():
            return _derivative(term.arg, by, budget) / (Number(2) * term)
        case Function():
            return OUTER[term.name](term.arg) * _derivative(term.arg, by, budget)
        case Sum():
            return _sum(term, by, budget)
        case Derivative():
            return _derivative(derivative(term.body, term.by), by, budget)
    raise LanguageError(f"no derivative is known for a formula of the kind {type(term).__name__}")


OUTER = {
    "exp": lambda x: Function("exp", x),
    "log": lambda x: ONE / x,
    "abs": lambda x: Function("abs", x) / x,
    "sign": lambda x: ZERO / x,
    "tanh": lambda x: ONE - Pow(Function("tanh", x), 2),
}
"""The derivatives of the entrywise functions; those of abs and sign divide by x, since at 0 there is none."""


def _entry(term: Entry, by: Entry, budget: Budget) -> Term:
    tensor = term.tensor
    if tensor == by.tensor:
        deltas = tuple(Delta(i, j) for i, j in zip(term.indices, by.indices, strict=True))
        return Mul(deltas) if len(deltas) > 1 else (deltas or (ONE,))[0]
    if tensor.definition:
        own = dict(zip(tensor.definition.indices, term.indices, strict=True))
        return _derivative(rename(tensor.definition.body, own), by, budget)
    if tensor.dependence is None:
        raise LanguageError(f"{tensor} does not depend on {by.tensor}")
    partial = tensor.dependence.derivative
    if partial is None:
        raise LanguageError(f"no name is declared for the derivative of {tensor}")
    return _chain(term, tensor.dependence.on, partial, by, budget)


def _chain(term: Entry, on: Tensor, partial: Tensor, by: Entry, budget: Budget) -> Term:
    """The chain rule: the sum over k of partial[..., k] times the derivative of on[k]."""
    taken = [*term.indices, *by.indices]
    over: list[Index] = []
    for place, size in enumerate(on.sizes):
        over.append(fresh(Index(f"k{place}" if place else "k", size), taken))
        taken.append(over[-1])
    result = Entry(partial, (*term.indices, *over)) * _derivative(Entry(on, tuple(over)), by, budget)
    for index in over:
        result = Sum(result, index)
    return result


def _product(factors: tuple[Term, ...], by: Entry, budget: Budget) -> Term:
    return Add(
        tuple(
            Mul((*factors[:place], _derivative(factor, by, budget), *factors[place + 1 :]))
            for place, factor in enumerate(factors)
            if depends(factor, by.tensor)
        )
    )


def _quotient(numerator: Term, denominator: Term, by: Entry, budget: Budget) -> Term:
    summands = []
    if depends(numerator, by.tensor):
        summands.append(_derivative(numerator, by, budget) / denominator)
    if depends(denominator, by.tensor):
        summands.append(Neg(numerator * _derivative(denominator, by, budget) / Pow(denominator, 2)))
    return Add(tuple(summands))


def _sum(term: Sum, by: Entry, budget: Budget) -> Term:
    index, body = term.index, term.body
    if index in by.indices:
        index = fresh(index, [*by.indices, *free_indices(body)])
        body = rename(body, {term.index: index})
    return Sum(_derivative(body, by, budget), index)


@lru_cache(maxsize=100_000)
def depends(term: Term, tensor: Tensor) -> bool:
    """Whether `tensor` occurs in a term, definitions and unknown functions included."""
    if isinstance(term, Entry):
        return _reaches(term.tensor, tensor)
    return any(depends(arg, tensor) for arg in term.args)


def _reaches(source: Tensor, target: Tensor) -> bool:
    if source == target:
        return True
    if source.definition and depends(source.definition.body, target):
        return True
    return bool(source.dependence and _reaches(source.dependence.on, target))
