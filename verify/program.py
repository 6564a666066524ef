"""Straight-line programs: a term as a list of operations on arrays, each computed once.

Every value has one leading axis for independent instances (the features of a batch normalization, several draws
elsewhere) and one axis for each index that is free in it. The same program is
executed by torch in any dtype (`verify.compile`) and by the error analysis (`verify.bounds`), so that a bound is a
bound for exactly the operations that ran.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from derive.language import Derivative, Index, Number, Tensor, Term
from derive.language.binding import appearing
from verify.errors import VerifyError

_SEEN: dict[Any, Any] = {}


def same(node: Any) -> Any:
    """The first seen of all equal nodes: to compare it with itself is fast."""
    return _SEEN.setdefault(node, node)


def same_index(index: Index) -> Index:
    """The first seen of all equal indices, over the first seen of all equal sizes."""
    return _SEEN.get(index) or same(Index(index.name, same(index.size)))


@dataclass(frozen=True)
class Step:
    """One operation: `op` on earlier steps `args`; the result has one axis for each of `axes`.

    `what` is the leaf of an input, the value of a number, the length of a size, the index of a sum and the tensor of
    a name. The step of a name changes nothing: it is where a defined name stands, so that one can differentiate by it.
    """

    op: str
    args: tuple[int, ...] = ()
    axes: tuple[Index, ...] = ()
    what: Any = None


@dataclass(frozen=True)
class Program:
    """Operations in order; the last one is the result."""

    steps: tuple[Step, ...]

    @property
    def axes(self) -> tuple[Index, ...]:
        """The axes of the result, behind the axis of the instances."""
        return self.steps[-1].axes

    @property
    def leaves(self) -> tuple[Tensor | Derivative, ...]:
        """What has to be given: tensors, and derivatives that autograd evaluates."""
        return tuple(step.what for step in self.steps if step.op == "input")

    @property
    def rank(self) -> int:
        """The largest number of index axes that any value of the program has."""
        return max(len(step.axes) for step in self.steps)


class Arithmetic(Protocol):
    """How values are made and combined; one method for each operation, arrays already aligned."""

    def number(self, value: Fraction) -> Any: ...
    def delta(self, size: int) -> Any: ...
    def reshape(self, value: Any, change: Callable) -> Any: ...
    def add(self, left: Any, right: Any) -> Any: ...
    def neg(self, value: Any) -> Any: ...
    def mul(self, left: Any, right: Any) -> Any: ...
    def div(self, left: Any, right: Any) -> Any: ...
    def sqrt(self, value: Any) -> Any: ...
    def function(self, name: str, value: Any) -> Any: ...
    def sum(self, value: Any, axis: int) -> Any: ...


def execute(program: Program, arithmetic: Arithmetic, leaves: dict, sizes: dict[Term, int]) -> Any:
    """The value of the last step; each value is dropped after its last use."""
    last = {arg: place for place, step in enumerate(program.steps) for arg in step.args}
    values: dict[int, Any] = {}
    for place, step in enumerate(program.steps):
        values[place] = _perform(step, [program.steps[arg] for arg in step.args], arithmetic, values, leaves, sizes)
        for arg in set(step.args):
            if last[arg] == place:
                del values[arg]
    return values[len(program.steps) - 1]


def _perform(step: Step, sources: list[Step], arithmetic: Arithmetic, values: dict, leaves: dict, sizes: dict) -> Any:
    args = [values[arg] for arg in step.args]
    match step.op:
        case "input":
            return leaves[step.what]
        case "number":
            return arithmetic.number(step.what)
        case "size":
            return arithmetic.number(Fraction(length(step.what, sizes)))
        case "delta":
            return arithmetic.delta(length(step.axes[0].size, sizes))
        case "view":
            return arithmetic.reshape(args[0], viewer(step.what, step.axes))
        case "sum":
            return arithmetic.sum(args[0], 1 + sources[0].axes.index(step.what))
        case "function":
            return arithmetic.function(step.what, args[0])
        case "name":
            if sources[0].axes == step.axes:
                return args[0]
            return arithmetic.reshape(args[0], spreader(sources[0].axes, step.axes, sizes))
    aligned = [
        arg if source.axes == step.axes else arithmetic.reshape(arg, aligner(source.axes, step.axes))
        for arg, source in zip(args, sources, strict=True)
    ]
    return getattr(arithmetic, step.op)(*aligned)


def length(size: Term, sizes: dict[Term, int]) -> int:
    """The number that a size stands for."""
    if isinstance(size, Number):
        return int(size.value)
    if size not in sizes:
        raise VerifyError(f"nothing that was given has an axis of size {size}, so its length is not known")
    return sizes[size]


def aligner(axes: tuple[Index, ...], target: tuple[Index, ...]) -> Callable:
    """A function that permutes an array with `axes` and adds axes of length 1, so that it broadcasts over `target`."""
    if axes == target:
        return _same
    order = [0, *(1 + axes.index(index) for index in target if index in axes)]
    missing = [1 + place for place, index in enumerate(target) if index not in axes]

    def align(array: Any) -> Any:
        array = array.permute(order)
        for place in missing:
            array = array.unsqueeze(place)
        return array

    return align


def _same(array: Any) -> Any:
    return array


def spreader(axes: tuple[Index, ...], target: tuple[Index, ...], sizes: dict[Term, int]) -> Callable:
    """A function that aligns an array and repeats it along the axes of `target` that it lacks."""
    align = aligner(axes, target)
    shape = tuple(length(index.size, sizes) if index not in axes else -1 for index in target)

    def spread(array: Any) -> Any:
        array = align(array)
        return array.expand(-1, *shape) if set(target) - set(axes) else array

    return spread


def viewer(labels: tuple[Index, ...], axes: tuple[Index, ...]) -> Callable:
    """A function that reads an array whose axes are called `labels` as one with `axes`: a repeat takes the diagonal."""

    def view(array: Any) -> Any:
        names = list(labels)
        for index in axes:
            while names.count(index) > 1:
                first = names.index(index)
                second = names.index(index, first + 1)
                array = array.diagonal(0, 1 + first, 1 + second)
                names = [*names[:first], *names[first + 1 : second], *names[second + 1 :], index]
        return array.permute([0, *(1 + names.index(index) for index in axes)])

    return view


def sizes_of(leaves: dict[Tensor | Derivative, tuple[int, ...]]) -> dict[Term, int]:
    """What every size is, read off the shapes (instances first) of the leaves."""
    sizes: dict[Term, int] = {}
    for leaf, shape in leaves.items():
        expected = leaf_sizes(leaf)
        if len(shape) != 1 + len(expected):
            wanted = ", ".join(["features", *map(str, expected)])
            raise VerifyError(f"{leaf} has the shape {tuple(shape)}; give it the shape ({wanted})")
        for size, found in zip(expected, shape[1:], strict=True):
            known = int(size.value) if isinstance(size, Number) else sizes.setdefault(same(size), found)
            if known != found:
                raise VerifyError(f"{leaf} has {found} entries on an axis of {size} = {known}; give it {known}")
    return sizes


def leaf_axes(leaf: Derivative) -> tuple[Index, ...]:
    """The axes of a derivative: those of what is differentiated, then those of what it is differentiated by."""
    return tuple(map(same_index, (*appearing(leaf.body), *leaf.by.indices)))


def leaf_sizes(leaf: Tensor | Derivative) -> tuple[Term, ...]:
    """The size of every axis of a leaf."""
    return leaf.sizes if isinstance(leaf, Tensor) else tuple(index.size for index in leaf_axes(leaf))
