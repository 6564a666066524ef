"""A SymPy symbol for each of our tensors, and the other way round.

The two are matched one to one: `Symbol("x", positive=True)` is `Scalar("x", positive=True)`, and whatever else SymPy's
assumptions say is kept in `Tensor.origin`, whatever else a tensor says in the symbol (`Named`). So an expression may
cross over as often as it likes, and two names never become one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

import sympy

from derive.language.node import LanguageError
from derive.language.terms import REAL, Tensor, Term

ASSUMPTIONS = {
    frozenset({1}): "positive",
    frozenset({0, 1}): "nonnegative",
    frozenset({-1, 1}): "nonzero",
    frozenset({-1, 0}): "nonpositive",
    frozenset({-1}): "negative",
    frozenset({0}): "zero",
    REAL: "real",
}
"""The signs that a number can have, and what SymPy calls the assumption."""

UNREAD = (
    "zero", "infinite", "imaginary", "even", "odd", "prime", "composite", "irrational", "transcendental", "noninteger"
)  # fmt: skip
"""Assumptions that can make a claim true, and that our tensors don't state."""


class Named(sympy.Symbol):
    """A symbol for a tensor that says more than a symbol can: a definition, an unknown function, its LaTeX."""

    tensor: Tensor

    def __new__(cls, tensor: Tensor) -> Named:
        self: Any = sympy.Symbol.__xnew__(cls, tensor.name, **_assumptions(tensor))
        self.tensor = tensor
        return self

    def __getnewargs_ex__(self) -> Any:
        return (self.tensor,), {}

    def _hashable_content(self) -> Any:
        return (*super()._hashable_content(), _serial(self.tensor))


_serials = count()


@cache
def _serial(tensor: Tensor) -> int:
    """A number for each tensor, since SymPy orders what it compares."""
    return next(_serials)


def tensor_of(base: Any, name: str, sizes: tuple[Term, ...], write: Callable[[Term], Any], symmetric: bool) -> Tensor:
    """The tensor that a Symbol, an IndexedBase or a MatrixSymbol stands for; `write` writes a size in SymPy."""
    if isinstance(label := getattr(base, "label", base), Named):
        return label.tensor
    matrix = isinstance(base, sympy.MatrixSymbol)
    if not matrix:
        _refuse_unread(base)
    signs = REAL if matrix else _signs(base)
    tensor = Tensor(name, sizes, signs=signs, integer=bool(base.is_integer), symmetric=symmetric)
    if not symmetric and plain(tensor, write) == base:
        return tensor
    return Tensor(name, sizes, signs=signs, integer=tensor.integer, symmetric=symmetric, origin=base)


def symbol_of(tensor: Tensor, write: Callable[[Term], Any]) -> Any:
    """The Symbol, IndexedBase or MatrixSymbol for a tensor: the one that it came from, where there is one."""
    if isinstance(tensor.origin, sympy.Basic):
        return tensor.origin
    if tensor == Tensor(tensor.name, tensor.sizes, signs=tensor.signs, integer=tensor.integer):
        return plain(tensor, write)
    return _shaped(Named(tensor), tensor, write)


def plain(tensor: Tensor, write: Callable[[Term], Any]) -> Any:
    """The symbol with the name, the sizes and the signs of a tensor."""
    return _shaped(sympy.Symbol(tensor.name, **_assumptions(tensor)), tensor, write)


def _shaped(label: Any, tensor: Tensor, write: Callable[[Term], Any]) -> Any:
    return sympy.IndexedBase(label, shape=tuple(map(write, tensor.sizes))) if tensor.sizes else label


def _assumptions(tensor: Tensor) -> dict[str, bool]:
    assumptions = {"real": True, ASSUMPTIONS[tensor.signs]: True}
    return {**assumptions, "integer": True} if tensor.integer else assumptions


def _signs(base: Any) -> frozenset[int]:
    excluded = {-1: base.is_negative, 0: base.is_zero, 1: base.is_positive}
    return frozenset(sign for sign, holds in excluded.items() if holds is not False)


def _refuse_unread(base: Any) -> None:
    for name in UNREAD:
        if getattr(base, f"is_{name}"):
            raise LanguageError(f"{base} is declared {name}, which is outside the fragment")
    if base.is_real is False or base.is_commutative is False:
        raise LanguageError(f"{base} is declared to be no real number; every symbol stands for real numbers here")
