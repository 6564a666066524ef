"""The derivative of one intermediate by another with all others held fixed: one edge of the graph."""

from __future__ import annotations

from dataclasses import replace

from derive.calculus import derivative
from derive.language.binding import definitions_of, rename, walk
from derive.language.node import LanguageError
from derive.language.terms import Derivative, Entry, Index, Sum, Tensor, Term


def direct(term: Term, by: Entry, held: frozenset[Tensor]) -> Term:
    """The derivative of a term by an entry with these names held fixed; the term itself is opened if it is one.

    Where the entry is reached only through names that would be held fixed, nobody means 0, and it is the total one.
    So it is where one statistic would be held fixed, and another one, of the same entries, would not.
    """
    opened = _opened(term) if isinstance(term, Entry) and term.tensor != by.tensor else term
    closed: dict[Tensor, Tensor] = {}
    body = _leaves(opened, closed, held | {by.tensor})
    variable = Entry(_leaf(by.tensor, closed), by.indices)
    if not _holds(body, variable.tensor) and _rests_on(term, by.tensor):
        return Derivative(term, by)
    if _is_summed(body, variable.tensor) and any(_rests_on(Entry(each, _places(each)), by.tensor) for each in closed):
        return Derivative(term, by)
    back = {leaf: tensor for tensor, leaf in closed.items()}
    return _restored(derivative(body, variable), back)


def _holds(term: Term, tensor: Tensor) -> bool:
    return any(isinstance(part, Entry) and part.tensor == tensor for part in walk(term))


def _is_summed(term: Term, tensor: Tensor) -> bool:
    """Whether there is a sum over the entries of a tensor in a formula."""
    sums = (part for part in walk(term) if isinstance(part, Sum))
    entries = ((part, each) for part in sums for each in walk(part.body) if isinstance(each, Entry))
    return any(each.tensor == tensor and part.index in each.indices for part, each in entries)


def _places(tensor: Tensor) -> tuple[Index, ...]:
    return tuple(Index(f"p{place}", size) for place, size in enumerate(tensor.sizes))


def _rests_on(term: Term, tensor: Tensor) -> bool:
    return any(_holds(each.definition.body, tensor) for each in definitions_of(term) if each.definition is not None)


def opened(term: Term, by: Tensor) -> tuple[Term, Tensor]:
    """The term with all definitions opened but that of one tensor, which is a variable without one; and this."""
    closed: dict[Tensor, Tensor] = {}
    return _leaves(_opened(term) if isinstance(term, Entry) else term, closed, frozenset((by,))), _leaf(by, closed)


def _opened(term: Entry) -> Term:
    definition = term.tensor.definition
    return rename(definition.body, dict(zip(definition.indices, term.indices, strict=True))) if definition else term


def _leaf(tensor: Tensor, closed: dict[Tensor, Tensor]) -> Tensor:
    if tensor not in closed:
        closed[tensor] = replace(tensor, definition=None)
    return closed[tensor]


def _leaves(term: Term, closed: dict[Tensor, Tensor], held: frozenset[Tensor]) -> Term:
    """The term with what is held as variables, and all other definitions opened."""
    if isinstance(term, Entry):
        if term.tensor.dependence is not None:
            raise LanguageError(f"{term.tensor} is a function, which can't be held fixed")
        if term.tensor.definition is not None and term.tensor not in held:
            return _leaves(_opened(term), closed, held)
        return Entry(_leaf(term.tensor, closed), term.indices)
    return term.rebuild(tuple(_leaves(each, closed, held) for each in term.args))


def _restored(term: Term, back: dict[Tensor, Tensor]) -> Term:
    if isinstance(term, Entry):
        return Entry(back.get(term.tensor, term.tensor), term.indices)
    return term.rebuild(tuple(_restored(each, back) for each in term.args))
