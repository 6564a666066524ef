"""Derivatives written with a prime at a known function, tanh'(x), or behind brackets: (x e^x)'."""

from __future__ import annotations

from collections.abc import Callable

from derive.calculus import derivative
from derive.language.binding import walk
from derive.language.terms import Derivative, Entry, Tensor, Term
from derive.notes.meaning.unclear import Unclear


def at_argument(function: Callable[[Term], Term], order: int, argument: Term, variable: Tensor) -> Term:
    """The derivative of that order of a function of one number at an argument; `variable` is a name of nothing else."""
    body = function(Entry(variable))
    for _ in range(order):
        body = derivative(body, Entry(variable))
    return _put(body, variable, argument)


def of_brackets(inside: Term, order: int) -> Term:
    """The derivative of what stands in brackets by the only number in it. Raises Unclear where there is not one."""
    entries = {part for part in walk(inside) if isinstance(part, Entry)}
    if len(entries) != 1 or not all(_is_variable(entry) for entry in entries):
        raise Unclear("a prime behind brackets in which there is more than one variable")
    (entry,) = entries
    found: Term = inside
    for _ in range(order):
        found = Derivative(found, entry)
    return found


def _is_variable(entry: Entry) -> bool:
    return entry.tensor.definition is None and entry.tensor.dependence is None and not entry.tensor.integer


def _put(term: Term, variable: Tensor, value: Term) -> Term:
    if isinstance(term, Entry):
        return value if term.tensor == variable else term
    return term.rebuild(tuple(_put(each, variable, value) for each in term.args)) if term.args else term
