"""Functions at other arguments than in their definition: f(2x), RMSNorm(a W u), LN(x + c)."""

from __future__ import annotations

from derive.calculus import derivative
from derive.language import Index
from derive.language.binding import free_indices, rename, walk
from derive.language.terms import Derivative, Entry, Tensor, Term
from derive.notes.meaning.partial import opened
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value

LAYERS = frozenset("BN BatchNorm Batchnorm batchnorm LN LayerNorm Layernorm layernorm RMSNorm rmsnorm Norm".split())
"""Names of the layer that a document describes, where it does not define them as functions."""


def applied(function: Tensor, parameter: Tensor, argument: Value, order: int = 0) -> Value:
    """A function, or its derivative of an order, at an argument.

    The parameter is a vector or a number. A function of a vector takes an array with one axis of the same size, or the
    entries of one, written with an index; a function of numbers is taken entry by entry. Raises Unclear for others.
    """
    definition = function.definition
    if definition is None:
        raise Unclear(f"{function.name} has no definition")
    body, leaf = opened(Entry(function, definition.indices), parameter)
    if not any(isinstance(part, Entry) and part.tensor == leaf for part in walk(body)):
        raise Unclear(f"{function.name} is not seen to depend on {parameter.name}")
    for _ in range(order):
        if leaf.sizes or definition.indices:
            raise Unclear(f"a derivative of {function.name}, which is no function of one number")
        body = derivative(body, Entry(leaf))
    if not leaf.sizes and not definition.indices:
        return Value(_at(body, leaf, (), argument.term), argument.axes)
    if len(leaf.sizes) != 1 or len(definition.indices) > 1:
        raise Unclear(f"{function.name} of an array at another argument")
    return _of_vector(body, leaf, definition.indices, argument, function)


def _of_vector(body: Term, leaf: Tensor, own: tuple[Index, ...], argument: Value, function: Tensor) -> Value:
    """A function of a vector; its entry at the index of the argument where that is written with one."""
    (size,) = leaf.sizes
    places = argument.axes or tuple(index for index in free_indices(argument.term) if index.size == size)
    if len(places) != 1 or places[0].size != size:
        raise Unclear(f"{function.name} of something that is not as long as in its definition")
    (place,) = places
    found = _at(body, leaf, (place,), argument.term)
    if not own:
        return Value(found)
    axis = Index("e0", own[0].size) if argument.axes else place
    return Value(rename(found, {own[0]: axis}), (axis,) if argument.axes else ())


def _at(body: Term, leaf: Tensor, places: tuple[Index, ...], value: Term) -> Term:
    """The body with the value in the leaf's place; free indices of the value are not captured by sums in the body."""
    others = sorted(free_indices(value) - set(places), key=lambda index: index.name)
    marked = {index: Index(f"#{number}", index.size) for number, index in enumerate(others)}
    found = _replaced(_carried_out(body), leaf, places, rename(value, marked))
    return rename(found, {mark: index for index, mark in marked.items()})


def _replaced(term: Term, leaf: Tensor, places: tuple[Index, ...], value: Term) -> Term:
    if isinstance(term, Entry):
        if term.tensor != leaf:
            return term
        return rename(value, dict(zip(places, term.indices, strict=True)))
    return term.rebuild(tuple(_replaced(each, leaf, places, value) for each in term.args))


def _carried_out(term: Term) -> Term:
    """The term without derivatives that are not carried out."""
    if isinstance(term, Derivative):
        return _carried_out(derivative(term.body, term.by))
    return term.rebuild(tuple(map(_carried_out, term.args))) if term.args else term
