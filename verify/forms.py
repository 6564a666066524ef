"""The proved forms of a layer: its output, gradients, tangents and second derivatives as terms in what is given.

They share their leaves: the names of the program, `g` for the upstream gradient, and a tangent such as `xdot` for what
moves. In the second derivatives `g` is held fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from derive.gradients import double_backward, gradient, jvp
from derive.gradients.modes import entry
from derive.kernel import Theorem
from derive.language import Claim, Entry, Index, Tensor, Term
from derive.layers import Layer


@dataclass(frozen=True)
class Form:
    """One quantity: a term whose free indices are `axes`, those of the tensor `like`, which has its shape.

    `theorem` proves it; the output has none, since it is a definition.
    """

    name: str
    layer: Layer
    like: Tensor
    axes: tuple[Index, ...]
    term: Term
    theorem: Theorem | None = None

    @property
    def conditions(self) -> tuple[Claim, ...]:
        """Where the theorem says something: that s is not zero."""
        return self.theorem.conditions if self.theorem else ()


def upstream(layer: Layer) -> Tensor:
    """The gradient of the loss by the output, as numbers that are given."""
    return Tensor(layer.gradient.name, layer.gradient.sizes)


@cache
def output(layer: Layer) -> Form:
    """z."""
    at = entry(layer, layer.output)
    return Form("output", layer, layer.output, at.indices, at)


@cache
def vjp(layer: Layer, of: str = "input") -> Form:
    """dL/dx, or that of a parameter: in `g`."""
    return _form(f"{role(layer, of)} gradient", layer, layer.named(of), gradient(layer, of))


@cache
def tangent_form(layer: Layer, along: str = "input") -> Form:
    """zdot as the input, or a parameter, moves along its tangent."""
    return _form(f"JVP along {role(layer, along)}", layer, layer.output, jvp(layer, along))


@cache
def second(layer: Layer, along: str = "input", of: str = "input") -> Form:
    """d<g, zdot>/dx: the backward of the backward, for the cotangent `xdot` of dL/dx."""
    name = f"second derivative by {role(layer, of)}, along {role(layer, along)}"
    return _form(name, layer, layer.named(of), double_backward(layer, along, of))


def role(layer: Layer, name: str) -> str:
    """What people call a tensor of the program: input, weight and bias where it is one."""
    tensor = layer.named(name)
    roles = dict(zip(("input", "weight", "bias"), (*layer.inputs[:1], *layer.parameters), strict=False))
    return next((role for role, named in roles.items() if named == tensor), tensor.name)


def _form(name: str, layer: Layer, like: Tensor, theorem: Theorem) -> Form:
    at = entry(layer, like)
    return Form(name, layer, like, at.indices, _given(theorem.claim.rhs, layer), theorem)


def _given(term: Term, layer: Layer) -> Term:
    """The term with the upstream gradient as given numbers, not as a derivative of a loss."""
    if isinstance(term, Entry):
        return Entry(upstream(layer), term.indices) if term.tensor == layer.gradient else term
    return term.rebuild(tuple(_given(arg, layer) for arg in term.args)) if term.args else term
