"""Derivatives of index expressions, and adjoints of programs.  [trusted]

The derivative of `y[b]` by `y[k]` is delta(b, k); everything else is the sum, product and chain rule. A bound index
never meets the indices that one differentiates by: where their names agree, the bound one is renamed first.
"""

from __future__ import annotations

from derive.language.binding import free_indices, fresh, rename
from derive.language.node import LanguageError
from derive.language.terms import (
    Add,
    Delta,
    Derivative,
    Div,
    Entry,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
)

ZERO, ONE = Number(0), Number(1)
LARGEST = 5_000


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
    return Differentiation(by)(body)


OUTER = {
    "exp": lambda x: Function("exp", x),
    "log": lambda x: ONE / x,
    "abs": lambda x: Function("abs", x) / x,
    "sign": lambda x: ZERO / x,
    "tanh": lambda x: ONE - Pow(Function("tanh", x), 2),
}
"""The derivatives of the entrywise functions; those of abs and sign divide by x, since at 0 there is none."""


class Differentiation:
    """The derivative by one entry: one rule for each kind of term."""

    def __init__(self, by: Entry) -> None:
        self.by = by
        self._spent = 0
        self._known: dict[int, tuple[Term, bool]] = {}

    def __call__(self, term: Term) -> Term:
        self._spent += 1
        if self._spent > LARGEST:
            raise LanguageError(f"a derivative of more than {LARGEST} terms")
        if not self.concerns(term):
            return ZERO
        match term:
            case Entry():
                return self._entry(term)
            case Add():
                return Add(tuple(self(arg) for arg in term.args if self.concerns(arg)))
            case Neg():
                return Neg(self(term.arg))
            case Mul():
                return self._product(term.factors)
            case Div():
                return self._quotient(term.numerator, term.denominator)
            case Pow():
                return Number(term.exponent) * Pow(term.base, term.exponent - 1) * self(term.base)
            case Sqrt():
                return self(term.arg) / (Number(2) * term)
            case Function():
                return OUTER[term.name](term.arg) * self(term.arg)
            case Sum():
                return self._sum(term)
            case Derivative():
                return self(derivative(term.body, term.by))
        raise LanguageError(f"no derivative is known for a formula of the kind {type(term).__name__}")

    def concerns(self, term: Term) -> bool:
        """Whether the variable occurs in a term, definitions and unknown functions included."""
        if id(term) not in self._known:
            found = self._reaches(term.tensor) if isinstance(term, Entry) else any(map(self.concerns, term.args))
            self._known[id(term)] = (term, found)
        return self._known[id(term)][1]

    def _reaches(self, source: Tensor) -> bool:
        if source == self.by.tensor:
            return True
        if source.definition:
            return self.concerns(source.definition.body)
        return bool(source.dependence and self._reaches(source.dependence.on))

    def _entry(self, term: Entry) -> Term:
        tensor, by = term.tensor, self.by
        if tensor == by.tensor:
            deltas = tuple(Delta(i, j) for i, j in zip(term.indices, by.indices, strict=True))
            return Mul(deltas) if len(deltas) > 1 else (deltas or (ONE,))[0]
        if tensor.definition:
            own = dict(zip(tensor.definition.indices, term.indices, strict=True))
            return self(rename(tensor.definition.body, own))
        if tensor.dependence is None:
            raise LanguageError(f"{tensor} does not depend on {by.tensor}")
        partial = tensor.dependence.derivative
        if partial is None:
            raise LanguageError(f"no name is declared for the derivative of {tensor}")
        return self._chain(term, tensor.dependence.on, partial)

    def _chain(self, term: Entry, on: Tensor, partial: Tensor) -> Term:
        """The chain rule: the sum over k of partial[..., k] times the derivative of on[k]."""
        taken = [*term.indices, *self.by.indices]
        own = on.definition.indices if on.definition else [Index(f"k{n}", size) for n, size in enumerate(on.sizes)]
        over: list[Index] = []
        for index in own:
            over.append(fresh(index, [*taken, *over]))
        result = Entry(partial, (*term.indices, *over)) * self(Entry(on, tuple(over)))
        for index in over:
            result = Sum(result, index)
        return result

    def _product(self, factors: tuple[Term, ...]) -> Term:
        return Add(
            tuple(
                Mul((*factors[:place], self(factor), *factors[place + 1 :]))
                for place, factor in enumerate(factors)
                if self.concerns(factor)
            )
        )

    def _quotient(self, numerator: Term, denominator: Term) -> Term:
        summands = []
        if self.concerns(numerator):
            summands.append(self(numerator) / denominator)
        if self.concerns(denominator):
            summands.append(Neg(numerator * self(denominator) / Pow(denominator, 2)))
        return Add(tuple(summands))

    def _sum(self, term: Sum) -> Term:
        index, body = term.index, term.body
        if index in self.by.indices:
            index = fresh(index, [*self.by.indices, *free_indices(body)])
            body = rename(body, {term.index: index})
        return Sum(self(body), index)
