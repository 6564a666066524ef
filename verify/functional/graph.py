"""A vector form as a torch.fx graph: one node for each operation, called by the names of the formula.

Every value has all axes of the frame, those that it does not depend on of length 1, so that torch's broadcasting does
what the indices say. Nothing is rearranged: the strides of the inputs pass through.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import torch
from torch.fx import Graph, GraphModule, Node

from derive.language import Entry, Index, Number, Tensor, Term, free_indices
from derive.language.binding import walk
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum
from verify.errors import VerifyError
from verify.functional import blocks
from verify.functional.joint_sums import JointSums, joint_sums
from verify.functional.polynomial import opened
from verify.functional.vector_form import VectorForm, is_size

FUNCTIONS = {"exp": torch.exp, "log": torch.log, "abs": torch.abs, "sign": torch.sign, "tanh": torch.tanh}


def graph_module(form: VectorForm, arguments: Iterable[Tensor], kernel: bool = False) -> GraphModule:
    """The vector form as a module that takes the values of `arguments`, and gives a tuple of results.

    For a `kernel`, sums are cut into blocks, and the coefficients and statistics of rows are results, too: then a
    compiler computes each of them once instead of in every pass that needs it.
    """
    writer = GraphWriter(form, tuple(arguments), blocked=kernel)
    results = [writer.result(name) for name in form.results]
    kept = [writer.values[step] for step in form.steps if writer.is_row(step)] if kernel else []
    writer.graph.output((*results, *kept))
    writer.graph.lint()
    return GraphModule(torch.nn.Module(), writer.graph, class_name=form.layer.output.name)


class GraphWriter:
    """Writes the nodes of a vector form into a graph."""

    def __init__(self, form: VectorForm, arguments: tuple[Tensor, ...], blocked: bool = False) -> None:
        self.form = form
        self.blocked = blocked
        self._moments = joint_sums(form) if blocked else {}
        self.graph = Graph()
        self.arguments = arguments
        self.frame = _frame(form, arguments)
        self.values: dict[Tensor, Any] = {}
        self._sizes: dict[Term, Any] = {}
        self._written: dict[Term, Any] = {}
        self._names: set[str] = set()
        self._powers: dict[tuple[Any, int], Any] = {}
        self._given = {tensor: self.graph.placeholder(tensor.name) for tensor in arguments}
        for tensor in arguments:
            if tensor in form.leaves:
                self.values[tensor] = self._framed(tensor)
        for step in form.steps:
            self.value(step)

    def value(self, tensor: Tensor) -> Any:
        """The node of a leaf or of a step, written when it is first needed."""
        if tensor not in self.values:
            body = tensor.definition.body if tensor.definition else Number(0)
            self.values[tensor] = self._named(self._write(body), tensor.name)
        return self.values[tensor]

    # Leaves

    def _framed(self, tensor: Tensor) -> Node:
        """The value of a leaf with all axes of the frame."""
        node: Node = self._given[tensor]
        axes = [self._axis(size) for size in tensor.sizes]
        if sorted(axes) != axes:
            order = sorted(range(len(axes)), key=axes.__getitem__)
            node = self.graph.call_method("permute", (node, order))
        for place in range(len(self.frame)) if axes else ():
            if place not in axes:
                node = self.graph.call_method("unsqueeze", (node, place))
        return node

    def _axis(self, size: Term) -> int:
        return self.frame.index(size)

    def size(self, size: Term) -> Any:
        """The length of an axis, read off one of the arguments."""
        if isinstance(size, Number):
            return int(size.value)
        if size not in self._sizes:
            for tensor in self.arguments:
                if size in tensor.sizes:
                    node = self.graph.call_method("size", (self._given[tensor], tensor.sizes.index(size)))
                    self._sizes[size] = self._called(node, str(size))
                    break
            else:
                raise VerifyError(f"nothing that is given has an axis of size {size}")
        return self._sizes[size]

    # Formulas

    def _call(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(arg, Node | list) for arg in args):
            return function(*args, **kwargs)
        return self.graph.call_function(function, args, kwargs)

    def _write(self, value: Term) -> Any:
        if value not in self._written:
            self._written[value] = self._operation(value)
        return self._written[value]

    def _operation(self, value: Term) -> Any:
        match value:
            case Number():
                return float(value.value) if value.value != int(value.value) else int(value.value)
            case Entry() if is_size(value.tensor):
                return self.size(value)
            case Entry():
                return self.value(value.tensor)
            case Add():
                return self._added(value.summands)
            case Neg():
                return self._call(operator.neg, self._write(value.arg))
            case Mul():
                return reduce(self._times, map(self._write, value.factors))
            case Div(numerator=Number(value=1), denominator=below) if not _is_number(below):
                return self._call(torch.reciprocal, self._write(below))
            case Div():
                return self._call(operator.truediv, self._write(value.numerator), self._write(value.denominator))
            case Pow():
                return self._power(self._write(value.base), value.exponent)
            case Sqrt():
                return self._call(torch.sqrt, self._write(value.arg))
            case Function():
                return self._call(FUNCTIONS[value.name], self._write(value.arg))
            case Sum():
                return self._sum(value)
        raise VerifyError(f"{value} has no operation in torch")

    def _times(self, left: Any, right: Any) -> Any:
        return self._call(operator.mul, left, right)

    def _added(self, summands: tuple[Term, ...]) -> Any:
        result = self._write(summands[0])
        for each in summands[1:]:
            if isinstance(each, Neg):
                result = self._call(operator.sub, result, self._write(each.arg))
            else:
                result = self._call(operator.add, result, self._write(each))
        return result

    def _power(self, base: Any, exponent: int) -> Any:
        result = base
        for power in range(2, abs(exponent) + 1):
            known = self._powers.get((base, power))
            result = self._powers[base, power] = known if known is not None else self._call(operator.mul, result, base)
        return result if exponent > 0 else self._call(torch.reciprocal, result)

    def _sum(self, value: Sum) -> Any:
        body, over = opened(value)
        factors = body.factors if isinstance(body, Mul) else (body,)
        everything = free_indices(body)
        if len(factors) > 1 and all(free_indices(factor) != everything for factor in factors):
            return self._contracted(factors, over)
        axes = sorted(self._axis(index.size) for index in over)
        if value in self._moments:
            return self._joint(self._moments[value], axes)[value]
        if self.blocked:
            return self._call(blocks.total, self._write(body), axes)
        return self._call(torch.sum, self._write(body), dim=axes, keepdim=True)

    def _joint(self, group: JointSums, axes: list[int]) -> dict[Term, Any]:
        """All sums of a group from one pass."""
        if not any(each in self._written for each in group.places):
            arrays = [self.value(tensor) for tensor in group.arrays]
            node = self._call(blocks.moments, arrays, group.pairs, axes)
            for each, place in group.places.items():
                self._written[each] = self._call(operator.getitem, node, place)
        return self._written

    def _contracted(self, factors: tuple[Term, ...], over: frozenset[Index]) -> Any:
        """A sum of products none of which has all axes: by einsum, so that no larger array is made."""
        letters = "abcdefghij"
        names, operands = [], []
        scalars = [self._write(factor) for factor in factors if not free_indices(factor)]
        left = frozenset[Index]().union(*map(free_indices, factors)) - over
        for factor in factors:
            if free_indices(factor):
                axes = {self._axis(index.size) for index in free_indices(factor)}
                names.append("".join(letters[axis] for axis in sorted(axes)))
                operands.append(self._squeezed(self._write(factor), axes))
        kept = {self._axis(index.size) for index in left}
        equation = ",".join(names) + "->" + "".join(letters[axis] for axis in sorted(kept))
        result = self._call(torch.einsum, equation, *operands)
        for place in range(len(self.frame)):
            if place not in kept:
                result = self.graph.call_method("unsqueeze", (result, place))
        return reduce(lambda left, right: self._call(operator.mul, right, left), scalars, result)

    def _squeezed(self, node: Node, axes: set[int]) -> Node:
        missing = tuple(place for place in range(len(self.frame)) if place not in axes)
        return self.graph.call_method("squeeze", (node, missing)) if missing else node

    # Results

    def result(self, name: str) -> Any:
        """A result with its own axes, in their order."""
        tensor = self.form.results[name]
        axes = [self._axis(size) for size in tensor.sizes]
        value = self.values[tensor]
        has = self._axes_of(tensor)
        if not isinstance(value, Node) or has != set(axes):
            value = self._spread(value, tensor, name)
        if not axes:
            return self.graph.call_method("reshape", (value, ()))
        value = self._squeezed(value, set(axes))
        if sorted(axes) != axes:
            value = self.graph.call_method("permute", (value, [sorted(axes).index(axis) for axis in axes]))
        return value

    def _axes_of(self, tensor: Tensor) -> set[int]:
        """The axes along which a value really varies."""
        body = tensor.definition.body if tensor.definition else None
        own = free_indices(body) if body is not None else frozenset[Index]()
        return {self._axis(index.size) for index in own}

    def _spread(self, value: Any, tensor: Tensor, name: str) -> Any:
        """A value repeated along the axes of a result that it does not depend on."""
        sample = next(self._given[each] for each in self.arguments if each.sizes)
        shape = [self.size(size) if size in tensor.sizes else 1 for size in self.frame]
        if not tensor.sizes:
            shape = []
        zeros = self.graph.call_method("new_zeros", (sample, shape))
        return self._call(operator.add, zeros, value)

    def is_row(self, step: Tensor) -> bool:
        """Whether a step has fewer axes than the largest ones."""
        most = max(len(each.sizes) for each in self.form.steps)
        body = step.definition.body if step.definition else Number(0)
        return isinstance(self.values[step], Node) and len(step.sizes) < most and not _is_number(body)

    def _named(self, value: Any, name: str) -> Any:
        return self._called(value, name) if isinstance(value, Node) and value.op != "placeholder" else value

    def _called(self, node: Node, name: str) -> Node:
        if node.name not in self._names:
            node._rename(name)
            self._names.add(node.name)
        return node


def _is_number(value: Term) -> bool:
    """Whether a term is made of numbers and sizes alone."""
    return all(is_size(part.tensor) for part in walk(value) if isinstance(part, Entry))


def _frame(form: VectorForm, arguments: tuple[Tensor, ...]) -> tuple[Term, ...]:
    """The sizes of all axes, in the order of the inputs and the parameters."""
    layer = form.layer
    tensors = (*layer.inputs, layer.output, *layer.parameters, *arguments)
    return tuple(dict.fromkeys(size for tensor in tensors for size in tensor.sizes))
