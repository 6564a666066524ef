"""The inputs of a run as the leaves of a layer's program, in float64, and what a program gives there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import torch

from derive.language import Tensor, Term
from derive.layers import Layer
from verify import forms
from verify.arrangement import Arrangement
from verify.assertions.case import Case
from verify.diagnosis.program import Lines, Values, leaf, lines_of, plain, run, value_of
from verify.program import same, sizes_of

Change = Callable[[torch.Tensor], torch.Tensor]
SECOND = re.compile(r"second derivative by (.+), along (.+)")
JVP = re.compile(r"JVP along (.+)")


@dataclass(frozen=True)
class Point:
    """Values of the inputs, of the parameters, of epsilon, of `g` and of the tangent, each with one axis in front."""

    arrangement: Arrangement
    given: Mapping[Tensor, torch.Tensor]

    @property
    def layer(self) -> Layer:
        return self.arrangement.layer

    @property
    def x(self) -> torch.Tensor:
        return self.given[self.layer.inputs[0]]

    @property
    def upstream(self) -> Tensor:
        return tensors_of(self.layer)[forms.upstream(self.layer).name]

    @cached_property
    def right(self) -> Values:
        """The right program at these values."""
        return run(lines_of(self.layer), dict(self.given), self.sizes)

    @cached_property
    def sizes(self) -> dict[Term, int]:
        return sizes_of({tensor: tuple(value.shape) for tensor, value in self.given.items()})

    def put(self, values: Mapping[Tensor, torch.Tensor]) -> Point:
        return replace(self, given={**self.given, **values})


@cache
def tensors_of(layer: Layer) -> dict[str, Tensor]:
    """The leaves of the forms of a layer, by name."""
    x = layer.inputs[0]
    tangent = Tensor(f"{x.name}dot", x.sizes)
    every = (x, *layer.parameters, *layer.constants, forms.upstream(layer), tangent)
    return {tensor.name: same(tensor) for tensor in every}


def point_of(case: Case) -> Point:
    known = tensors_of(case.arrangement.layer)
    inner = {name: value for name, value in case.inner().items() if name in known}
    return Point(case.arrangement, {known[name]: value[None].detach() for name, value in inner.items()})


def probe(point: Point) -> Point:
    """A point of the same shapes with values that have nothing special."""
    generator = torch.Generator().manual_seed(20)

    def drawn(tensor: Tensor, value: torch.Tensor) -> torch.Tensor:
        if tensor.name == "epsilon":
            return torch.full_like(value, 0.3)
        values = torch.randn(value.shape, generator=generator, dtype=torch.float64) * 1.3 + 0.7
        return values.to(value.device)

    return replace(point, given={tensor: drawn(tensor, value) for tensor, value in point.given.items()})


@cache
def forms_of(layer: Layer) -> dict[str, forms.Form]:
    """The proved forms that a diagnosis speaks about, by their names."""
    roles = ("input", "weight", "bias")[: 1 + len(layer.parameters)]
    every = [forms.output(layer), *(forms.vjp(layer, role) for role in roles), forms.tangent_form(layer)]
    return {form.name: form for form in every}


@cache
def term_of(layer: Layer, name: str) -> Term:
    """A closed form in the names of the steps."""
    return plain(forms_of(layer)[name].term, layer)


@dataclass(frozen=True)
class Variation:
    """One faulty program: other lines, other closed forms, other leaves, or values that are moved afterwards.

    Gradients are those of the lines by `autograd`, or else the closed forms at the values of the lines, as in a
    backward that is written by hand; `terms` are used in place of the latter. `leaves` are values for further names,
    `after` what happens to a quantity at the end.
    """

    lines: Lines | None = None
    autograd: bool = False
    terms: Mapping[str, Term] = field(default_factory=dict)
    leaves: Mapping[Tensor, Callable[[Point], torch.Tensor]] = field(default_factory=dict)
    after: Mapping[str, Change] = field(default_factory=dict)
    inputs: Callable[[Point], Point] | None = None


class Run:
    """The quantities of a program at a point, each computed when it is asked for."""

    def __init__(self, point: Point, variation: Variation, wanted: Iterable[str]) -> None:
        self.wanted = tuple(wanted)
        self.second = any(SECOND.fullmatch(name) or JVP.fullmatch(name) for name in self.wanted)
        self.variation = variation
        point = variation.inputs(point) if variation.inputs else point
        self.point = self._differentiable(point) if self.second or variation.autograd else point
        self.layer, self.sizes = point.layer, point.sizes
        leaves = {tensor: make(self.point) for tensor, make in variation.leaves.items()}
        if variation.lines is None:
            self.values: Values = {**self.point.right, **leaves}
        else:
            self.values = run(variation.lines, {**self.point.given, **leaves}, self.sizes)
        self._first: dict[str, torch.Tensor] = {}

    @staticmethod
    def _differentiable(point: Point) -> Point:
        return replace(point, given={tensor: value.clone().requires_grad_() for tensor, value in point.given.items()})

    def __call__(self, name: str) -> torch.Tensor:
        """A quantity in the shape of the program, without the axis in front."""
        found = self._quantity(name)
        after = self.variation.after.get(name)
        return (after(found) if after else found)[0].detach()

    def _quantity(self, name: str) -> torch.Tensor:
        if name == "output":
            return self.values[leaf(self.layer.output)]
        if name in self.variation.terms:
            return value_of(self.variation.terms[name], forms_of(self.layer)[name].axes, self.values, self.sizes)
        if found := SECOND.fullmatch(name):
            return self._derivative(self._paired(found[2]), self._leaf(found[1]))
        if found := JVP.fullmatch(name):
            return self._derivative(self._paired(found[1]), self.point.given[self.point.upstream])
        return self._gradient(name.removesuffix(" gradient"))

    def _leaf(self, role: str) -> torch.Tensor:
        return self.point.given[self.layer.named(role)]

    def _gradient(self, role: str) -> torch.Tensor:
        """The gradient by input, weight or bias."""
        if role not in self._first:
            name = f"{role} gradient"
            form = forms_of(self.layer)[name]
            term = self.variation.terms.get(name)
            if term is None and self.variation.autograd:
                paired = (self.point.given[self.point.upstream] * self._quantity("output")).sum()
                self._first[role] = self._derivative(paired, self._leaf(role))
            else:
                term = term_of(self.layer, name) if term is None else term
                self._first[role] = value_of(term, form.axes, self.values, self.sizes)
        return self._first[role]

    def _paired(self, role: str) -> torch.Tensor:
        """<xdot, dL/dx>."""
        moving = next(v for t, v in self.point.given.items() if t.name == f"{self.layer.named(role).name}dot")
        return (moving * self._gradient(role)).sum()

    def _derivative(self, of: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        if not of.requires_grad:
            return torch.zeros_like(by)
        (found,) = torch.autograd.grad(of, by, create_graph=self.second, retain_graph=True, allow_unused=True)
        return torch.zeros_like(by) if found is None else found
