"""Gradients of a layer, found from its forward program and proved: adjoints, the VJP, the Jacobian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derive.calculus import derivative
from derive.closed_forms import Coordinates, closed_form
from derive.kernel import Theorem, by_normal_form
from derive.language.binding import fresh, rename, walk
from derive.language.claims import Claim, Eq
from derive.language.node import LanguageError
from derive.language.terms import Add, Definition, Derivative, Entry, Index, Number, Partial, Sum, Tensor, Term
from derive.layers.program import Layer


def gradient(layer: Layer, of: str = "input") -> Theorem:
    """The gradient of an arbitrary loss by the input or a parameter: a closed form, found and proved.

    >>> from derive.layers import batchnorm
    >>> print(gradient(batchnorm(), of="weight").claim)
    D(L, gamma) = Sum(g[k]*yhat[k], k)

    `of` is `input`, `weight`, `bias`, or any name of the program (then it is the adjoint of that step). The input
    of size m gives a formula for every entry b. The sums go over the batch.
    """
    tensor = layer.named(of)
    by = Entry(tensor, _indices(tensor))
    return _found(Derivative(layer.loss, by))


def hessian(layer: Layer, of: str = "input") -> Theorem:
    """The second derivative of an arbitrary loss by two entries of the input (or of a parameter), found and proved.

    `dg` stands for the Hessian of the loss by the output.
    """
    tensor = layer.named(of)
    rows = _indices(tensor)
    columns = _indices(tensor, taken=rows)
    return _found(Derivative(Derivative(layer.loss, Entry(tensor, rows)), Entry(tensor, columns)))


def jacobian(layer: Layer, of: str | None = None, by: str = "input") -> Theorem:
    """The derivative of each entry of the output (or of the step `of`) by each entry of the input, found and proved."""
    step, source = layer.output if of is None else layer.named(of), layer.named(by)
    rows, columns = _indices(step), _indices(source, taken=_indices(step))
    return _found(Derivative(Entry(step, rows), Entry(source, columns)))


def adjoints(layer: Layer) -> dict[Tensor, Tensor]:
    """Reverse mode on the program alone: for each of its names, a definition of dL/dname by those of later steps.

    The definition says what one sweep of backpropagation computes: the sum, over the steps that use the name, of
    their adjoint times their local derivative. That it is the derivative is then for the kernel to prove.
    """
    found: dict[Tensor, Tensor] = {layer.output: layer.gradient}
    for tensor in (*reversed(layer.steps[:-1]), *layer.parameters, *layer.inputs):
        over = _indices(tensor)
        by = Entry(tensor, over)
        summands = [
            _contribution(user, found[user], by) for user in found if _uses(user, tensor) and user.definition
        ]
        body: Term = Add(tuple(summands)) if summands else Number(0)
        adjoint = Tensor(f"dL/d{tensor.name}", tensor.sizes, definition=Definition(over, body))
        found[tensor] = replace(adjoint, partial=Partial(layer.loss.tensor.latex or "L", tensor))
    return found


def adjoint_forms(layer: Layer) -> dict[Tensor, Claim]:
    """Each adjoint in closed form, written with the adjoints of the step it came from."""
    found = adjoints(layer)
    coordinates = Coordinates((*layer.steps, *(a for a in found.values() if a.definition)))
    forms = {}
    for tensor, adjoint in found.items():
        if adjoint.definition:
            at = Entry(adjoint, adjoint.definition.indices)
            forms[tensor] = Eq(at, coordinates.closed(adjoint.definition.body))
    return forms


def _found(term: Term) -> Theorem:
    return by_normal_form(Eq(term, closed_form(term)))


def _indices(tensor: Tensor, taken: tuple[Index, ...] = ()) -> tuple[Index, ...]:
    chosen: list[Index] = []
    for size in tensor.sizes:
        name = next(n for n in "bkijln" if n not in {i.name for i in (*taken, *chosen)})
        chosen.append(Index(name, size))
    return tuple(chosen)


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
