"""What can be asked of a layer: its output, VJP, JVP, HVP and double backward, each as one vector form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from derive.gradients.modes import tangent
from derive.language import Number, Tensor, Term
from derive.language.terms import Add, Definition, Entry
from derive.layers import Layer
from verify import forms
from verify.functional.lowering import lower
from verify.functional.quantities import Quantities
from verify.functional.vector_form import VectorForm

ROLES = ("input", "weight", "bias")


def variables(layer: Layer) -> tuple[Tensor, ...]:
    """What one can differentiate by: the input and the parameters."""
    return (*layer.inputs, *layer.parameters)


@cache
def output(layer: Layer) -> VectorForm:
    """The output."""
    form = forms.output(layer)
    return lower(layer, {"output": (form.like, form.term)})


@cache
def quantities(layer: Layer) -> Quantities:
    """What the formulas of a layer are computed from."""
    return Quantities(layer)


@cache
def statistics(layer: Layer) -> dict[str, Tensor]:
    """The means and the reciprocals that a layer computes on its way, by name."""
    work = quantities(layer)
    return {tensor.name: tensor for tensor in (*work.means, *work.reciprocals.values())}


@cache
def statistics_form(layer: Layer) -> VectorForm:
    """The statistics themselves."""
    return VectorForm(layer, statistics(layer), {}, {})


@cache
def output_with_statistics(layer: Layer) -> VectorForm:
    """The output and the statistics that it was computed from."""
    form = output(layer)
    return VectorForm(layer, {**form.results, **statistics(layer)}, form.says, {})


@cache
def vjp(layer: Layer, given: tuple[str, ...] = ()) -> VectorForm:
    """The gradients by the input and by every parameter; the statistics named in `given` are handed in."""
    asked = {f"grad_{each.name}": _asked(forms.vjp(layer, each.name)) for each in variables(layer)}
    return lower(layer, asked, given=given)


@cache
def jvp(layer: Layer, along: tuple[str, ...]) -> VectorForm:
    """How the output moves as the input and parameters named in `along` move."""
    return lower(layer, {f"{layer.output.name}dot": (layer.output, _jvp(layer, along))})


@cache
def hvp(layer: Layer, moving_upstream: bool = False) -> VectorForm:
    """The derivative of the input gradient along a tangent of the input; with that of the upstream gradient, or not."""
    x = layer.inputs[0]
    term = forms.second(layer).term
    if moving_upstream:
        term = _plus(term, _with_upstream(forms.vjp(layer).term, upstream_tangent(layer)))
    return lower(layer, {f"hvp_{x.name}": (x, term)}, centred=_centred(layer))


@cache
def double_backward(layer: Layer, along: tuple[str, ...]) -> VectorForm:
    """The gradients of <v, dL/dx> + <vw, dL/dweight> + ... by g, the input and the parameters.

    `along` are those of the input and the parameters whose gradients have a cotangent.
    """
    asked: dict[str, tuple[Tensor, Term]] = {"grad_g": (layer.output, _jvp(layer, along))}
    for of in variables(layer):
        parts = [_apart(forms.second(layer, each, of.name).term, each) for each in along]
        asked[f"grad_{of.name}"] = (of, _plus(*parts))
    return lower(layer, asked, centred=_centred(layer))


def upstream_tangent(layer: Layer) -> Tensor:
    """How the upstream gradient moves."""
    return Tensor(f"{layer.gradient.name}dot", layer.gradient.sizes)


def _centred(layer: Layer) -> tuple[str, ...]:
    return (layer.gradient.name, tangent(layer.inputs[0]).name)


def _jvp(layer: Layer, along: Iterable[str]) -> Term:
    return _plus(*(_apart(forms.tangent_form(layer, each).term, each) for each in along))


def _asked(form: forms.Form) -> tuple[Tensor, Term]:
    return form.like, form.term


def _apart(value: Term, along: str) -> Term:
    """A term in which the tangents of the steps say along what: those along x and along W differ."""
    if isinstance(value, Entry):
        return Entry(_tangent_apart(value.tensor, along), value.indices)
    return value.rebuild(tuple(_apart(arg, along) for arg in value.args)) if value.args else value


@cache
def _tangent_apart(tensor: Tensor, along: str) -> Tensor:
    definition = tensor.definition
    if definition is None or not tensor.name.endswith("dot"):
        return tensor
    body = Definition(definition.indices, _apart(definition.body, along))
    return replace(tensor, name=f"{along}_{tensor.name}", definition=body)


def _plus(*terms: Term) -> Term:
    kept = tuple(term for term in terms if term != Number(0))
    return Add(kept) if len(kept) > 1 else kept[0] if kept else Number(0)


def _with_upstream(value: Term, upstream: Tensor) -> Term:
    if isinstance(value, Entry):
        return Entry(upstream, value.indices) if value.tensor.name == "g" else value
    return value.rebuild(tuple(_with_upstream(arg, upstream) for arg in value.args)) if value.args else value
