"""Derivatives by torch's autograd in float64, through torch's own operation for the layer where there is one.

Second derivatives are taken by double backward. An unknown loss with the gradient g and the second derivative H at the
point z0 is evaluated as <g, z> + (z - z0)'H(z - z0)/2, which has them. A derivative by a defined name takes that name
as a variable, and goes through the definitions of what comes after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import product

import torch

from derive.language import Derivative, Index, Tensor, Term
from derive.language.binding import appearing
from verify.compile import Torch, definitions_in, order_of_term, program_of, whole
from verify.errors import VerifyError
from verify.program import aligner, execute, length
from verify.statements.point import Point
from verify.statements.references import REFERENCES
from verify.statements.references.reference import Forward

Cuts = Mapping[Tensor, torch.Tensor]
"""Defined names that are taken as variables, with their values."""


class Autograd:
    """The values of terms and derivatives at one point; every value has all instances and is in float64."""

    def __init__(self, values: Mapping[Tensor, torch.Tensor], point: Point) -> None:
        self.point, self.sizes = point, dict(point.sizes)
        self.arithmetic = Torch(torch.float64, point.device)
        self.reference = REFERENCES.get(point.layer.name) if point.layer else None
        self.frozen = set(point.layer.constants) if point.layer else set()
        self.leaves = {tensor: self._leaf(value) for tensor, value in values.items()}
        self._known: dict[Derivative, torch.Tensor] = {}

    def _leaf(self, value: torch.Tensor) -> torch.Tensor:
        return value.double().expand(self.point.instances, *value.shape[1:]).clone().requires_grad_()

    @cached_property
    def native(self) -> dict[Tensor, torch.Tensor]:
        """The steps of the layer as torch's own operation computes them."""
        return self._by_torch(self.reference.forward) if self.reference else {}

    @cached_property
    def native_twice(self) -> dict[Tensor, torch.Tensor]:
        """The same, by an operation that autograd can differentiate twice."""
        if self.reference is None or self.reference.twice is None:
            return self.native
        return self._by_torch(self.reference.twice)

    def _by_torch(self, forward: Forward) -> dict[Tensor, torch.Tensor]:
        layer = self.point.layer
        if layer is None:
            return {}
        tensors = (*layer.inputs, *layer.parameters, *layer.constants)
        if any(tensor not in self.leaves for tensor in tensors):
            return {}
        by_name = {tensor.name: self.leaves[tensor] for tensor in tensors}
        found = forward(by_name, self.point.layout)
        return {layer.names[name]: value for name, value in found.items()}

    def derivative(self, leaf: Derivative) -> torch.Tensor:
        """A derivative as an array (instances, axes of what is differentiated, axes of what by)."""
        if leaf not in self._known:
            self._known[leaf] = self._derivative(leaf, {}, keep=False).detach()
        return self._known[leaf]

    def step(self, tensor: Tensor) -> torch.Tensor:
        """What torch's operation computes for a step."""
        return self.native[tensor].detach()

    def _derivative(self, leaf: Derivative, cuts: Cuts, keep: bool) -> torch.Tensor:
        by = leaf.by.tensor
        if by.definition is not None:
            if order_of_term(leaf.body):
                raise VerifyError(f"{leaf} is by a defined name, of a derivative: autograd can't take it")
            variable = self._variable(by, cuts)
            cuts = {**cuts, by: variable}
        elif by in self.leaves:
            variable = self.leaves[by]
            if by in self.frozen:  # torch's operation takes it as a number
                cuts = {**cuts, by: variable}
        else:
            raise VerifyError(f"there is no value for {by}")
        own = tuple(appearing(leaf.body))
        output = self._term(leaf.body, own, cuts, twice=keep)
        return _jacobian(output, variable, keep)

    def _variable(self, tensor: Tensor, cuts: Cuts) -> torch.Tensor:
        """A defined name as a variable of its own, that still depends on what it is made of."""
        value = self._term(whole(tensor), whole(tensor).indices, cuts).clone()
        return value if value.requires_grad else value.requires_grad_()

    def _term(self, term: Term, axes: tuple[Index, ...], cuts: Cuts, twice: bool = False) -> torch.Tensor:
        """The value of a term, expanded to (instances, axes)."""
        by_torch = {} if cuts else self.native_twice if twice else self.native
        native = {each: by_torch[each] for each in definitions_in(term) if each in by_torch}
        native = {tensor: value for tensor, value in native.items() if value.requires_grad}
        program = program_of(term, frozenset((*cuts, *native)))
        values = {leaf: self._value(leaf, {**native, **cuts}, cuts, twice) for leaf in program.leaves}
        found = execute(program, self.arithmetic, values, self.sizes)
        shape = (self.point.instances, *(length(index.size, self.sizes) for index in axes))
        return aligner(program.axes, axes)(found).expand(shape)

    def _value(
        self, leaf: Tensor | Derivative, given: Mapping[Tensor, torch.Tensor], cuts: Cuts, twice: bool
    ) -> torch.Tensor:
        if isinstance(leaf, Derivative):
            return self._derivative(leaf, cuts, keep=True)
        if leaf in given:
            return given[leaf]
        if leaf.dependence is not None and leaf.dependence.derivative is not None:
            return self._unknown(leaf, cuts, twice)
        if leaf not in self.leaves:
            raise VerifyError(f"there is no value for {leaf}")
        return self.leaves[leaf]

    def _unknown(self, function: Tensor, cuts: Cuts, twice: bool) -> torch.Tensor:
        """A loss, or the gradient of one, as a function of the argument that it was declared with."""
        dependence = function.dependence
        if dependence is None or dependence.derivative is None:
            raise VerifyError(f"no name is declared for the derivative of {function}")
        slope, on = dependence.derivative, dependence.on
        z = self._term(whole(on), whole(on).indices, cuts, twice)
        moved = (z - z.detach()).reshape(self.point.instances, -1)
        if function in self.leaves:
            return self._gradient(function, slope, moved)
        gradient = self.leaves.get(slope)
        if gradient is None:
            raise VerifyError(f"there is no value for {slope}")
        second = slope.dependence.derivative if slope.dependence else None
        curved = self._gradient(slope, second, moved).reshape(moved.shape)
        flat = gradient.reshape(moved.shape)
        return (flat * z.reshape(moved.shape)).sum(1) + ((curved - flat) * moved).sum(1) / 2

    def _gradient(self, gradient: Tensor, second: Tensor | None, moved: torch.Tensor) -> torch.Tensor:
        """The gradient at a point that is `moved` from where it has its value."""
        value = self.leaves[gradient]
        if second is None or second not in self.leaves:
            return value
        matrix = self.leaves[second].reshape(self.point.instances, moved.shape[1], moved.shape[1])
        return value + (matrix @ moved[:, :, None]).reshape(value.shape)


def _jacobian(output: torch.Tensor, variable: torch.Tensor, keep: bool) -> torch.Tensor:
    """One backward pass for each entry, all instances at once: they do not depend on each other."""
    instances, *shape = output.shape
    lines = []
    for entry in product(*map(range, shape)):
        lines.append(_gradient((output[(slice(None), *entry)]).sum(), variable, keep))
    return torch.stack(lines, 1).reshape(instances, *shape, *variable.shape[1:])


def _gradient(output: torch.Tensor, variable: torch.Tensor, keep: bool) -> torch.Tensor:
    if not output.requires_grad:
        return torch.zeros_like(variable)
    found = torch.autograd.grad(output, variable, retain_graph=True, create_graph=keep, allow_unused=True)[0]
    return torch.zeros_like(variable) if found is None else found
