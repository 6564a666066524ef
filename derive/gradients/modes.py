"""Forward and reverse mode on a program: what each step adds to the tangents and the adjoints.

Not trusted: that these definitions are derivatives is for the kernel to prove.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derive.calculus import derivative
from derive.closed_forms import Coordinates
from derive.language.binding import fresh, rename, walk
from derive.language.node import LanguageError
from derive.language.terms import Add, Definition, Entry, Index, Number, Partial, Sum, Tensor, Term
from derive.layers.program import Layer


def entry(layer: Layer, tensor: Tensor, taken: tuple[Index, ...] = ()) -> Entry:
    """A tensor at the indices of the program; a second set is primed, or k, l, ... if there is one size alone."""
    letters = layer.letters
    chosen: list[Index] = []
    for size in tensor.sizes:
        names = {index.name for index in (*taken, *chosen)}
        own = [letters[size] + "'" * primes for primes in range(4)] if len(letters) > 1 else [letters[size]]
        chosen.append(Index(next(name for name in (*own, *"klijnpqr") if name not in names), size))
    return Entry(tensor, tuple(chosen))


def adjoints(layer: Layer) -> dict[Tensor, Tensor]:
    """Reverse mode on the program alone: for each of its names, a definition of dL/dname by those of later steps.

    The definition says what one sweep of backpropagation computes: the sum, over the steps that use the name, of
    their adjoint times their local derivative. That it is the derivative is then for the kernel to prove.
    """
    found: dict[Tensor, Tensor] = {layer.output: layer.gradient}
    for tensor in (*reversed(layer.steps[:-1]), *layer.parameters, *layer.inputs):
        by = entry(layer, tensor)
        summands = [_contribution(user, found[user], by) for user in found if _uses(user, tensor) and user.definition]
        body: Term = Add(tuple(summands)) if summands else Number(0)
        adjoint = Tensor(f"dL/d{tensor.name}", tensor.sizes, definition=Definition(by.indices, body))
        found[tensor] = replace(adjoint, partial=Partial(layer.loss.tensor.latex or "L", tensor))
    return found


def tangent(tensor: Tensor) -> Tensor:
    """A direction in which a name moves: an array of its shape."""
    latex = None if tensor.latex is None else rf"\dot{{{tensor.latex}}}"
    return Tensor(f"{tensor.name}dot", tensor.sizes, latex=latex)


def tangents(layer: Layer, of: Tensor) -> dict[Tensor, Tensor]:
    """Forward mode on the program alone: how fast each of its steps moves as `of` moves along its tangent."""
    found: dict[Tensor, Tensor] = {of: tangent(of)}
    program = Coordinates(layer.steps)
    for step in layer.steps:
        definition = step.definition
        if definition is None:
            raise LanguageError(f"{step} is not a step of a program")
        used = [source for source in found if _uses(step, source)]
        if used:
            body = Add(tuple(_pushed(layer, definition, source, found[source]) for source in used))
            found[step] = replace(tangent(step), definition=Definition(definition.indices, program.closed(body)))
            program.keep(found[step])
    return found


def _pushed(layer: Layer, definition: Definition, source: Tensor, moving: Tensor) -> Term:
    """The sum over the entries of `source` of the local derivative of a step times their tangents."""
    by = entry(layer, source, taken=definition.indices)
    local = derivative(_exchanged(definition.body, _as_variable), Entry(_as_variable(source), by.indices))
    result: Term = _exchanged(local, _as_defined) * Entry(moving, by.indices)
    for index in by.indices:
        result = Sum(result, index)
    return result


def _uses(user: Tensor, tensor: Tensor) -> bool:
    """Whether the definition of `user` mentions `tensor` itself."""
    definition = user.definition
    return definition is not None and any(
        isinstance(part, Entry) and part.tensor == tensor for part in walk(definition.body)
    )


def _contribution(user: Tensor, adjoint: Tensor, by: Entry) -> Term:
    """The sum over the entries of `user` of its adjoint times its local derivative."""
    definition = user.definition
    if definition is None:
        raise LanguageError(f"{user} is not a step of the program")
    over: list[Index] = []
    for index in definition.indices:
        over.append(fresh(index, [*by.indices, *over]))
    body = rename(definition.body, dict(zip(definition.indices, over, strict=True)))
    local = derivative(_exchanged(body, _as_variable), Entry(_as_variable(by.tensor), by.indices))
    result: Term = Entry(adjoint, tuple(over)) * _exchanged(local, _as_defined)
    for index in over:
        result = Sum(result, index)
    return result


def _as_variable(tensor: Tensor) -> Tensor:
    """A defined name as a variable of its own, so that a derivative by it is the local one."""
    return replace(tensor, definition=None, origin=tensor) if tensor.definition else tensor


def _as_defined(tensor: Tensor) -> Tensor:
    return tensor.origin if isinstance(tensor.origin, Tensor) else tensor


def _exchanged(term: Term, exchange: Callable[[Tensor], Tensor]) -> Term:
    if isinstance(term, Entry):
        return Entry(exchange(term.tensor), term.indices)
    return term.rebuild(tuple(_exchanged(arg, exchange) for arg in term.args)) if term.args else term
