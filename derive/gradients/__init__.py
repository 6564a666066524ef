"""Derivatives of a layer, found from its forward program and proved: VJP, JVP, Jacobian, Hessian, HVP."""

from __future__ import annotations

from derive.closed_forms import Coordinates, closed_form
from derive.gradients.modes import adjoints, entry, tangent, tangents
from derive.kernel import Theorem, by_normal_form
from derive.language.claims import Claim, Eq
from derive.language.terms import Derivative, Entry, Index, Sum, Tensor, Term
from derive.layers.program import Layer


def gradient(layer: Layer, of: str = "input") -> Theorem:
    """The gradient of an arbitrary loss by the input or a parameter (the VJP): a closed form, found and proved.

    >>> from derive.layers import batchnorm
    >>> print(gradient(batchnorm(), of="weight").claim)
    D(L, gamma) = Sum(g[k]*yhat[k], k)

    `of` is `input`, `weight`, `bias`, or any name of the program (then it is the adjoint of that step). The gradient
    has the shape of that name; `g` is the gradient of the loss by the output, and has the output's.
    """
    return _found(layer, Derivative(layer.loss, entry(layer, layer.named(of))))


def jacobian(layer: Layer, of: str | None = None, by: str = "input") -> Theorem:
    """The derivative of each entry of the output (or of the step `of`) by each entry of the input, found and proved."""
    row = entry(layer, layer.output if of is None else layer.named(of))
    return _found(layer, Derivative(row, entry(layer, layer.named(by), taken=row.indices)))


def jvp(layer: Layer, of: str = "input") -> Theorem:
    """How the output moves as the input (or a parameter) moves along a tangent `ydot`: the JVP, found and proved.

    >>> from derive.layers import rmsnorm
    >>> print(jvp(rmsnorm(), of="weight").claim)
    Sum(D(z[n, d], gamma[d'])*gammadot[d'], d') = gammadot[d]*xhat[n, d] for every d, n
    """
    row = entry(layer, layer.output)
    return _found(layer, _moved(layer, row, layer.named(of), row.indices))


def hessian(layer: Layer, of: str = "input") -> Theorem:
    """The second derivative of an arbitrary loss by two entries of the input (or of a parameter), found and proved.

    `dg` stands for the Hessian of the loss by the output.
    """
    row = entry(layer, layer.named(of))
    column = entry(layer, row.tensor, taken=row.indices)
    return _found(layer, Derivative(Derivative(layer.loss, row), column))


def hvp(layer: Layer, of: str = "input") -> Theorem:
    """The Hessian of an arbitrary loss times a tangent of the input (or of a parameter), found and proved.

    It is written with the tangents of the steps, such as `sdot` and `yhatdot`, which are definitions (see `tangents`).
    """
    row = entry(layer, layer.named(of))
    product = _moved(layer, Derivative(layer.loss, row), row.tensor, row.indices)
    moving = [step for step in tangents(layer, row.tensor).values() if step.definition]
    return by_normal_form(Eq(product, closed_form(product, steps=(*layer.steps, *moving))))


def double_backward(layer: Layer, along: str = "input", of: str = "input") -> Theorem:
    """The gradient by `of` of <g, zdot>, where zdot is the JVP along `along` and g is held fixed, found and proved.

    >>> from derive.layers import batchnorm
    >>> print(double_backward(batchnorm(), along="weight", of="weight").claim.rhs)
    0

    It is what the backward of a backward computes: <xdot, dL/dx> is <g, zdot>. By g itself it is the JVP. Along the
    input and of the input it is the HVP of a loss that is linear in the output; the HVP of any loss is that, and the
    gradient for the upstream gradient dg zdot.
    """
    by = entry(layer, layer.named(of))
    row = entry(layer, layer.output, taken=by.indices)
    moving = entry(layer, layer.named(along), taken=(*by.indices, *row.indices))
    jvp = Derivative(row, moving) * Entry(tangent(moving.tensor), moving.indices)
    paired: Term = Entry(Tensor(layer.gradient.name, layer.gradient.sizes), row.indices) * jvp
    for index in reversed((*row.indices, *moving.indices)):
        paired = Sum(paired, index)
    term = Derivative(paired, by)
    moved = [step for step in tangents(layer, moving.tensor).values() if step.definition]
    return by_normal_form(Eq(term, closed_form(term, steps=(*layer.steps, *moved))))


KINDS = {
    "vjp": gradient,
    "jvp": jvp,
    "jacobian": jacobian,
    "hessian": hessian,
    "hvp": hvp,
    "double-backward": double_backward,
}
"""The derivatives of a layer by the names that the commands know them by."""


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


def _found(layer: Layer, term: Term) -> Theorem:
    return by_normal_form(Eq(term, closed_form(term, steps=layer.steps)))


def _moved(layer: Layer, value: Term, of: Tensor, taken: tuple[Index, ...]) -> Term:
    """The derivative of `value` along the tangent of a name."""
    by = entry(layer, of, taken=taken)
    result = Derivative(value, by) * Entry(tangent(of), by.indices)
    for index in reversed(by.indices):
        result = Sum(result, index)
    return result


__all__ = [
    "KINDS",
    "adjoint_forms",
    "adjoints",
    "double_backward",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "tangents",
]
