"""Derivatives by autograd in float64 of a program that runs on all ranks, each with its own rows of the batch.

The sums over the ranks can be differentiated (`split.all_reduced`), so that the gradient by a rank's rows
is that of what all ranks compute from them. A value that every rank has is differentiated on one of them, and the
derivatives by such a value are summed over the ranks. Batch normalization itself is written by hand here, as a
synchronized layer is: it shares nothing with the formulas that it is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import product

import torch

from derive.language import Derivative, Index, Tensor, Term
from derive.language.binding import appearing
from verify.compile import definitions_in, order_of_term, program_of, whole
from verify.errors import VerifyError
from verify.program import spreader
from verify.ranks.statements.split import Leaf, Part, Split, Splitter, all_reduced
from verify.statements.point import Point

Cuts = Mapping[Tensor, Split]
"""Defined names that are taken as variables, with their values."""


class Distributed:
    """The values of terms and derivatives at one point; every rank gets them whole, and computes them on its rows."""

    def __init__(self, values: Mapping[Tensor, torch.Tensor], point: Point, part: Part) -> None:
        self.point, self.part = point, part
        self.splitter = Splitter(torch.float64, point.device, point.sizes, part)
        self.frozen = set(point.layer.constants) if point.layer else set()
        self.leaves = {tensor: self._leaf(tensor, value) for tensor, value in values.items()}
        self._known: dict[Derivative, torch.Tensor] = {}

    def _leaf(self, tensor: Tensor, value: torch.Tensor) -> Split:
        wide = value.double().expand(self.point.instances, *value.shape[1:])
        own = self.splitter.own(wide, tensor.sizes)
        return own.with_value(own.value.clone().requires_grad_())

    @cached_property
    def native(self) -> dict[Tensor, Split]:
        """The steps of batch normalization, by hand."""
        layer = self.point.layer
        if layer is None or layer.name != "batchnorm":
            return {}
        tensors = (*layer.inputs, *layer.parameters, *layer.constants)
        if any(tensor not in self.leaves for tensor in tensors):
            return {}
        found = batchnorm({tensor.name: self.leaves[tensor].value for tensor in tensors}, self.part.shards.total)
        return {layer.names[name]: Split(value, 0 if value.dim() > 1 else None) for name, value in found.items()}

    def derivative(self, leaf: Derivative) -> torch.Tensor:
        """A derivative as an array (instances, axes of what is differentiated, axes of what by)."""
        if leaf not in self._known:
            found = self._derivative(leaf, {}, keep=False)
            self._known[leaf] = self.splitter.whole(found.with_value(found.value.detach()))
        return self._known[leaf]

    def step(self, tensor: Tensor) -> torch.Tensor:
        """A step of the layer by hand."""
        found = self.native[tensor]
        return self.splitter.whole(found.with_value(found.value.detach()))

    def _derivative(self, leaf: Derivative, cuts: Cuts, keep: bool) -> Split:
        by = leaf.by.tensor
        if by.definition is not None:
            if order_of_term(leaf.body):
                raise VerifyError(f"{leaf} is by a defined name, of a derivative: autograd can't take it")
            variable = self._variable(by, cuts)
            cuts = {**cuts, by: variable}
        elif by in self.leaves:
            variable = self.leaves[by]
            if by in self.frozen:
                cuts = {**cuts, by: variable}
        else:
            raise VerifyError(f"there is no value for {by}")
        own = tuple(appearing(leaf.body))
        return self._jacobian(self._term(leaf.body, own, cuts), len(own), variable, keep)

    def _jacobian(self, output: Split, axes: int, variable: Split, keep: bool) -> Split:
        """One backward pass for each entry, all instances at once; its owner is the rank that seeds it."""
        counts = [
            self.part.shards.total if place == output.place else output.value.shape[1 + place] for place in range(axes)
        ]
        lines = [self._line(output, entry, variable, keep) for entry in product(*map(range, counts))]
        shape = (output.value.shape[0], *counts, *variable.value.shape[1:])
        return Split(torch.stack(lines, 1).reshape(shape), None if variable.place is None else axes + variable.place)

    def _line(self, output: Split, entry: tuple[int, ...], variable: Split, keep: bool) -> torch.Tensor:
        if not output.value.requires_grad:
            return torch.zeros_like(variable.value)
        seed, rows, owner = torch.zeros_like(output.value), self.part.rows, self.part.rank == 0
        at = list(entry)
        if output.place is not None:
            owner = rows.start <= entry[output.place] < rows.stop
            at[output.place] = entry[output.place] - rows.start
        if owner:
            seed[(slice(None), *at)] = 1
        (found,) = torch.autograd.grad(
            output.value, variable.value, seed, retain_graph=True, create_graph=keep, allow_unused=True
        )
        found = torch.zeros_like(variable.value) if found is None else found
        return found if variable.place is not None else all_reduced(found)

    def _variable(self, tensor: Tensor, cuts: Cuts) -> Split:
        """A defined name as a variable of its own, that still depends on what it is made of."""
        found = self._term(whole(tensor), whole(tensor).indices, cuts)
        value = found.value.clone()
        return found.with_value(value if value.requires_grad else value.requires_grad_())

    def _term(self, term: Term, axes: tuple[Index, ...], cuts: Cuts) -> Split:
        """The value of a term, expanded to (instances, axes)."""
        by_hand = {} if cuts else self.native
        native = {each: by_hand[each] for each in definitions_in(term) if each in by_hand}
        program = program_of(term, frozenset((*cuts, *native)))
        values = {leaf: self._value(leaf, {**native, **cuts}, cuts) for leaf in program.leaves}
        found = self.splitter.run(program, values)
        spread = spreader(program.axes, axes, self.splitter.sizes)(found.value)
        value = spread.expand(self.point.instances, *spread.shape[1:])
        return Split(value, None if found.place is None else axes.index(program.axes[found.place]))

    def _value(self, leaf: Leaf, given: Mapping[Tensor, Split], cuts: Cuts) -> Split:
        if isinstance(leaf, Derivative):
            return self._derivative(leaf, cuts, keep=True)
        if leaf in given:
            return given[leaf]
        if leaf.dependence is not None and leaf.dependence.derivative is not None:
            return self._unknown(leaf, cuts)
        if leaf not in self.leaves:
            raise VerifyError(f"there is no value for {leaf}")
        return self.leaves[leaf]

    def _unknown(self, function: Tensor, cuts: Cuts) -> Split:
        """A loss, or the gradient of one, as a function of the vector that it was declared with."""
        dependence = function.dependence
        if dependence is None or dependence.derivative is None:
            raise VerifyError(f"no name is declared for the derivative of {function}")
        slope, on = dependence.derivative, dependence.on
        if len(on.sizes if on.definition is None else on.definition.indices) != 1:
            raise VerifyError(f"{function} is a function of {on}, which is no vector over the batch")
        z = self._term(whole(on), whole(on).indices, cuts)
        moved = z.with_value(z.value - z.value.detach())
        if function in self.leaves:
            return self._gradient(function, slope, moved)
        if slope not in self.leaves:
            raise VerifyError(f"there is no value for {slope}")
        second = slope.dependence.derivative if slope.dependence else None
        flat, curved = self.leaves[slope].value, self._gradient(slope, second, moved).value
        terms = flat * z.value + (curved - flat) * moved.value / 2
        return self.splitter.sum(z.with_value(terms), 0)

    def _gradient(self, gradient: Tensor, second: Tensor | None, moved: Split) -> Split:
        """The gradient at a point that is `moved` from where it has its value."""
        value = self.leaves[gradient]
        if second is None or second not in self.leaves:
            return value
        column = self.splitter.whole(moved)[:, :, None]
        return value.with_value(value.value + (self.leaves[second].value @ column)[:, :, 0])


def batchnorm(values: Mapping[str, torch.Tensor], total: int) -> dict[str, torch.Tensor]:
    """Synchronized batch normalization: two sums over the ranks, the second one about the mean of the batch."""
    y, gamma, beta = values["y"], values["gamma"], values["beta"]
    mean = all_reduced(y.sum(1)) / total
    centred = y - mean[:, None]
    var = all_reduced(centred.square().sum(1)) / total
    s = (var + values["epsilon"]).sqrt()
    yhat = centred / s[:, None]
    return {"mu": mean, "var": var, "s": s, "yhat": yhat, "z": gamma[:, None] * yhat + beta[:, None]}
