"""The derivatives of a layer that `derive.gradients` finds and proves, as statements; and its forward program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derive import gradients
from derive.language import Claim, Entry, Eq, Number
from derive.layers import Layer


@dataclass(frozen=True)
class Said:
    """A claim where a theorem is expected."""

    claim: Claim


@dataclass(frozen=True)
class Derived:
    """A statement about one layer that is not in the registry; its theorem is proved when it is asked for."""

    id: str
    title: str
    layer: Layer
    prove: Callable[[], Any]

    @cached_property
    def theorems(self) -> tuple[Any, ...]:
        return (self.prove(),)


def derived(layer: Layer, every: bool = True) -> list[Derived]:
    """The output as torch computes it, and first and second derivatives of it and of any loss.

    Not `every` one leaves out the second derivatives by parameters, and those for an upstream gradient held fixed.
    """
    first, *parameters = (*layer.inputs, *layer.parameters)
    rows: list[tuple[str, Callable[[], Any]]] = [
        ("output", lambda: output(layer)),
        ("gradient of input", lambda: gradients.gradient(layer, first.name)),
        *((f"gradient of {each.name}", _by(gradients.gradient, layer, each.name)) for each in parameters),
        ("JVP along input", lambda: gradients.jvp(layer, first.name)),
        ("Jacobian by input", lambda: gradients.jacobian(layer, by=first.name)),
        ("HVP along input", lambda: gradients.hvp(layer, first.name)),
        *((f"HVP along {each.name}", _by(gradients.hvp, layer, each.name)) for each in parameters if every),
        ("Hessian by input", lambda: gradients.hessian(layer, first.name)),
        *(_double_backwards(layer) if every else ()),
    ]
    return [Derived(f"{layer.name}: {what}", f"{layer.title}: {what}", layer, prove) for what, prove in rows]


def _double_backwards(layer: Layer) -> list[tuple[str, Callable[[], Any]]]:
    """The second derivatives for an upstream gradient held fixed, without those that are 0 by all names."""
    names = [tensor.name for tensor in (*layer.inputs, *layer.parameters)]
    found = [(along, of, gradients.double_backward(layer, along, of)) for along in names for of in names]
    return [
        (f"double backward by {of} along {along}", lambda theorem=theorem: theorem)
        for along, of, theorem in found
        if theorem.claim.rhs != Number(0)
    ]


def output(layer: Layer) -> Said:
    """That the output is the output: one side is torch's own operation, the other one the program."""
    program = layer.output
    indices = program.definition.indices if program.definition else ()
    return Said(Eq(Entry(program, indices), Entry(program, indices)))


def _by(kind: Callable[[Layer, str], Any], layer: Layer, name: str) -> Callable[[], Any]:
    return lambda: kind(layer, name)
