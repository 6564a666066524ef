"""Terms as SymPy expressions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from derive.language.binding import free_indices, rename
from derive.language.node import LanguageError
from derive.language.sympy_bridge.symbols import Named, symbol_of
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

FUNCTIONS: dict[str, Any] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "tanh": sympy.tanh,
}


def to_sympy(term: Term, unfold: bool = False, start: int = 1) -> Any:
    """A term as a SymPy expression, over the symbols that it was read from, where it was read.

    >>> from derive.language import Index, Size, Vector, mean
    >>> m = Size("m"); b, k = Index("b", m), Index("k", m); y = Vector("y", m)
    >>> to_sympy(y[k] - mean(y[b], b))
    y[k] - Sum(y[b], (b, 1, m))/m

    Indices are integer symbols, and sums begin at `start`. A defined name comes out as a symbol, so that SymPy's own
    `diff` takes it for a constant; with `unfold=True` what it stands for is written instead.
    """
    writer = Writer(unfold, start)
    names: dict[Index, Any] = {}
    for index in sorted(free_indices(term), key=lambda index: (index.name, str(index.size))):
        names[index] = index_symbol(index, names.values())
    return writer.write(term, names)


def index_symbol(index: Index, taken: Iterable[Any]) -> Any:
    """A symbol for an index, other than those taken (SymPy knows indices by name alone, we by name and size)."""
    taken, symbol = set(taken), sympy.Symbol(index.name, integer=True)
    while symbol in taken:
        symbol = sympy.Symbol(symbol.name + "'", integer=True)
    return symbol


class Writer:
    """Writes one expression; two names of ours that would be the same symbol are refused."""

    def __init__(self, unfold: bool, start: int) -> None:
        self.unfold = unfold
        self.start = start
        self._tensors: dict[Any, Tensor] = {}

    def write(self, term: Term, names: Mapping[Index, Any]) -> Any:
        """The expression for a term whose free indices have these symbols."""
        match term:
            case Number():
                value = Fraction(term.value)
                return sympy.Rational(value.numerator, value.denominator)
            case Entry():
                return self._entry(term, names)
            case Delta():
                return sympy.KroneckerDelta(names[term.left], names[term.right])
            case Add():
                return sympy.Add(*(self.write(arg, names) for arg in term.summands))
            case Neg() | Mul() | Div():
                return sympy.Mul(*self._factors(term, names))
            case Pow():
                return sympy.Pow(self.write(term.base, names), term.exponent)
            case Sqrt():
                return sympy.sqrt(self.write(term.arg, names))
            case Function():
                return FUNCTIONS[term.name](self.write(term.arg, names))
            case Sum():
                return self._sum(term, names)
            case Derivative():
                return self._derivative(term, names)
        raise LanguageError(f"a formula of the kind {type(term).__name__} has no SymPy form")

    def _factors(self, term: Term, names: Mapping[Index, Any]) -> list[Any]:
        """A product in one go: SymPy would multiply out a number and a sum if it met them two by two."""
        match term:
            case Mul():
                return [factor for arg in term.factors for factor in self._factors(arg, names)]
            case Neg():
                return [sympy.Integer(-1), *self._factors(term.arg, names)]
            case Div():
                below = self._factors(term.denominator, names)
                return [*self._factors(term.numerator, names), *(sympy.Pow(factor, -1) for factor in below)]
        return [self.write(term, names)]

    def _entry(self, term: Entry, names: Mapping[Index, Any]) -> Any:
        tensor = term.tensor
        if self.unfold and tensor.definition:
            own = dict(zip(tensor.definition.indices, term.indices, strict=True))
            return self.write(rename(tensor.definition.body, own), names)
        base = symbol_of(tensor, lambda size: self.write(size, {}))
        if self._tensors.setdefault(base, tensor) != tensor:
            raise LanguageError(f"{tensor} stands for two things that would be the same in SymPy; rename one")
        return base[tuple(names[index] for index in term.indices)] if term.indices else base

    def _sum(self, term: Sum, names: Mapping[Index, Any]) -> Any:
        index = term.index
        symbol = index_symbol(index, (names[other] for other in free_indices(term)))
        body = self.write(term.body, {**names, index: symbol})
        return sympy.Sum(body, (symbol, self.start, self.write(index.size, {}) + self.start - 1))

    def _derivative(self, term: Derivative, names: Mapping[Index, Any]) -> Any:
        if self.unfold and term.by.tensor.definition:
            raise LanguageError(f"the derivative by {term.by} can't be unfolded: {term.by.tensor} is a defined name")
        body = self.write(term.body, names)
        for symbol in body.free_symbols if self.unfold else ():
            if isinstance(symbol, Named) and symbol.tensor.dependence:
                raise LanguageError(f"the derivative of the unknown function {symbol} has no SymPy form")
        return sympy.Derivative(body, self.write(term.by, names))
