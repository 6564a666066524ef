"""One sweep through the program of every layer, forwards and backwards, gives its tangents and its adjoints."""

from __future__ import annotations

import pytest

from derive.gradients import adjoint_forms, adjoints, tangents
from derive.gradients.modes import entry, tangent
from derive.language import Derivative, Entry, Eq, Sum, Tensor
from derive.language.binding import walk
from derive.layers import LAYERS, Layer
from derive.verdicts import prove

EVERY = {name: make() for name, make in LAYERS.items()}
MOVED = [
    pytest.param(layer, tensor, id=f"{name}-{tensor}")
    for name, layer in EVERY.items()
    for tensor in (*layer.inputs, *layer.parameters)
]
LAYER = pytest.mark.parametrize("layer", list(EVERY.values()), ids=list(EVERY))


def at(tensor: Tensor, layer: Layer) -> Entry:
    definition = tensor.definition
    return Entry(tensor, definition.indices) if definition else entry(layer, tensor)


@LAYER
def test_every_adjoint_is_the_derivative_of_the_loss(layer: Layer) -> None:
    found = adjoints(layer)
    assert set(found) == {*layer.steps, *layer.parameters, *layer.inputs}
    for tensor, adjoint in found.items():
        here = adjoint.definition.indices if adjoint.definition else at(adjoint, layer).indices
        prove(Eq(Derivative(layer.loss, Entry(tensor, here)), Entry(adjoint, here))).recheck()


@LAYER
def test_every_adjoint_in_closed_form_is_the_adjoint(layer: Layer) -> None:
    for form in adjoint_forms(layer).values():
        assert not any(isinstance(part, Derivative) for part in walk(form.rhs))
        prove(form).recheck()


@pytest.mark.parametrize(("layer", "moved"), MOVED)
def test_every_tangent_is_the_derivative_along_the_direction(layer: Layer, moved: Tensor) -> None:
    found = tangents(layer, moved)
    assert found.pop(moved) == tangent(moved)
    assert layer.output in found
    for step, moving in found.items():
        row = at(moving, layer)
        by = entry(layer, moved, taken=row.indices)
        along = Derivative(Entry(step, row.indices), by) * Entry(tangent(moved), by.indices)
        prove(Eq(row, Sum(along, *reversed(by.indices)))).recheck()


@pytest.mark.parametrize(("layer", "moved"), MOVED)
def test_a_step_that_does_not_move_has_no_tangent(layer: Layer, moved: Tensor) -> None:
    found = tangents(layer, moved)
    for step in layer.steps:
        row = at(step, layer)
        by = entry(layer, moved, taken=row.indices)
        if step not in found:
            prove(Eq(Derivative(row, by), 0))
