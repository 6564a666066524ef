"""Sums and means inside terms: found, and written over other ranges, divisors and masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from derive.language import Entry, Index, Number, Tensor, Term, free_indices
from derive.language.terms import Add, Div, Mul, Neg, Sum
from verify.diagnosis.program import rewritten


@dataclass(frozen=True)
class Contraction:
    """The sum of `body` over `over`, divided by the sizes `divided`: a mean, where these are the sizes of `over`."""

    body: Term
    over: tuple[Index, ...]
    divided: tuple[Term, ...] = ()

    @property
    def is_mean(self) -> bool:
        return bool(self.divided) and sorted(map(str, self.divided)) == sorted(str(i.size) for i in self.over)

    @property
    def count(self) -> Term:
        """The number of summands."""
        return product(index.size for index in self.over)

    def term(self, divisor: Term | None = None) -> Term:
        """The contraction as a term, by default with its own divisors."""
        result = self.body
        for index in self.over:
            result = Sum(result, index)
        if divisor is not None:
            return Div(result, divisor)
        for size in self.divided:
            result = Div(result, size)
        return result


def product(factors: Iterable[Term]) -> Term:
    """The product, of one factor that factor itself, of none 1."""
    factors = tuple(factors)
    return factors[0] if len(factors) == 1 else Mul(factors) if factors else Number(1)


def factors_of(term: Term) -> tuple[Term, ...]:
    return term.factors if isinstance(term, Mul) else (term,)


def summed(summands: Iterable[Term]) -> Term:
    """The sum, of one summand that summand itself, of none 0."""
    summands = tuple(summands)
    return summands[0] if len(summands) == 1 else Add(summands) if summands else Number(0)


def contraction(term: Term) -> Contraction | None:
    """A term as one contraction, if it is one."""
    divided: list[Term] = []
    while isinstance(term, Div) and _is_size(term.denominator):
        divided.insert(0, term.denominator)
        term = term.numerator
    over: list[Index] = []
    while isinstance(term, Sum):
        over.insert(0, term.index)
        term = term.body
    return Contraction(term, tuple(over), tuple(divided)) if over else None


def each_contraction(term: Term, rule: Callable[[Contraction], Term]) -> Term:
    """The term with every contraction, the inner ones of one included in it, replaced."""

    def apply(part: Term) -> Term | None:
        found = contraction(part)
        return rule(found) if found else None

    return rewritten(term, apply)


def contractions_in(term: Term) -> list[Contraction]:
    """The topmost contractions of a term, in the order in which they are written."""
    found: list[Contraction] = []

    def note(each: Contraction) -> Term:
        found.append(each)
        return each.term()

    each_contraction(term, note)
    return list(dict.fromkeys(found))


def masked(each: Contraction, mask: Tensor, indices: tuple[Index, ...]) -> Term:
    """The contraction without the entries where the mask is 0."""
    return Contraction(Mul((Entry(mask, indices), *factors_of(each.body))), each.over, each.divided).term()


def _is_size(term: Term) -> bool:
    return isinstance(term, Entry) and term.tensor.integer and not term.tensor.sizes


def negative(term: Term) -> Term:
    return term.arg if isinstance(term, Neg) else Neg(term)


def uses(term: Term, tensor: Tensor) -> bool:
    """Whether a tensor stands in a term."""
    return any(isinstance(part, Entry) and part.tensor == tensor for part in _walk(term))


def _walk(term: Term) -> Iterable[Term]:
    yield term
    for arg in term.args:
        yield from _walk(arg)


def depends(term: Term, indices: Iterable[Index]) -> bool:
    return bool(free_indices(term) & set(indices))
