"""Terms compiled to torch: what the formula says, in the order in which it says it.

Definitions are computed once, contractions become sums, and nothing is rearranged but two things that keep a matrix
from being stored where the formula has none: a factor that does not depend on a summed index leaves the sum, and a sum
over a Kronecker delta picks its one term.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import torch

from derive.language import Delta, Derivative, Entry, Index, Number, Tensor, Term, free_indices
from derive.language.binding import appearing, definitions_of, fresh, rename, walk
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum
from verify.errors import VerifyError
from verify.program import Program, Step, execute, leaf_axes, same, same_index, sizes_of


class Builder:
    """Writes steps; an operation that was written before is not written again.

    The defined names in `given` are leaves: their values are given, instead of what they are made of.
    """

    def __init__(self, given: Iterable[Tensor] = ()) -> None:
        self.given = frozenset(given)
        self.steps: list[Step] = []
        self._places: dict[Step, int] = {}
        self._terms: dict[Term, int] = {}
        self._tensors: dict[str, Tensor] = {}

    def axes(self, place: int) -> tuple[Index, ...]:
        return self.steps[place].axes

    def emit(self, op: str, *args: int, axes: tuple[Index, ...] = (), what: object = None) -> int:
        """The place of the step; without `axes` it has those of its arguments, in order of appearance."""
        axes = axes or tuple(dict.fromkeys(index for arg in args for index in self.axes(arg)))
        return self._written(Step(op, args, tuple(map(same_index, axes)), what))

    def _written(self, step: Step) -> int:
        if step not in self._places:
            self._places[step] = len(self.steps)
            self.steps.append(step)
        return self._places[step]

    def sum(self, place: int, index: Index) -> int:
        """The sum over one index; of what does not depend on it, the number of values times that."""
        if index not in self.axes(place):
            return self.emit("mul", self.size(index.size), place)
        axes = tuple(other for other in self.axes(place) if other != index)
        return self._written(Step("sum", (place,), axes, index))

    def size(self, size: Term) -> int:
        return self.term(size) if isinstance(size, Number) else self.emit("size", what=same(size))

    def view(self, place: int, mapping: Mapping[Index, Index]) -> int:
        """The same value with its axes called by other names; two of one name are the diagonal."""
        labels = tuple(same_index(mapping.get(index, index)) for index in self.axes(place))
        return place if labels == self.axes(place) else self.emit("view", place, axes=_unique(labels), what=labels)

    def finish(self, place: int) -> Program:
        """The program whose result is `place`, without the steps that it does not need."""
        needed = {place}
        for number in range(place, -1, -1):
            if number in needed:
                needed.update(self.steps[number].args)
        order = sorted(needed)
        moved = {old: new for new, old in enumerate(order)}
        kept = (self.steps[old] for old in order)
        return Program(tuple(Step(s.op, tuple(moved[arg] for arg in s.args), s.axes, s.what) for s in kept))

    def term(self, value: Term) -> int:
        """The place at which the term is computed."""
        if value not in self._terms:
            self._terms[value] = self._write(value)
        return self._terms[value]

    def _write(self, value: Term) -> int:
        for kind, rule in RULES:
            if isinstance(value, kind):
                return rule(self, value)
        raise VerifyError(f"{value} can't be compiled: there is no torch operation for {type(value).__name__}")

    def derivative(self, value: Derivative) -> int:
        """The place of a derivative: it has to be given."""
        own = tuple(appearing(value.body))
        columns: list[Index] = []
        for index in value.by.indices:
            columns.append(fresh(index, (*own, *columns)) if index in (*own, *columns) else index)
        leaf = Derivative(value.body, Entry(value.by.tensor, tuple(columns)))
        place = self.emit("input", axes=leaf_axes(leaf), what=leaf)
        return self.view(place, dict(zip(columns, value.by.indices, strict=True)))

    def defined(self, tensor: Tensor) -> int:
        """The place of a defined name, with the axes of its left side."""
        definition = tensor.definition
        if definition is None:
            raise VerifyError(f"{tensor} has no definition")
        place = self.term(definition.body)
        return self.emit("name", place, axes=definition.indices, what=tensor)

    def leaf(self, tensor: Tensor) -> int:
        """The place of a tensor that has to be given."""
        if self._tensors.setdefault(tensor.name, tensor) != tensor:
            raise VerifyError(f"two different tensors are called {tensor.name}; give one of them another name")
        axes = tuple(Index(f"axis {place}", size) for place, size in enumerate(tensor.sizes))
        return self.emit("input", axes=axes, what=same(tensor))


def _unique(labels: tuple[Index, ...]) -> tuple[Index, ...]:
    return tuple(dict.fromkeys(labels))


def _number(build: Builder, value: Number) -> int:
    return build.emit("number", what=Fraction(value.value))


def _entry(build: Builder, value: Entry) -> int:
    tensor = value.tensor
    if tensor.definition is not None and tensor not in build.given:
        place = build.defined(tensor)
        return build.view(place, dict(zip(tensor.definition.indices, value.indices, strict=True)))
    if tensor.integer and not tensor.sizes:
        return build.emit("size", what=same(value))
    place = build.leaf(tensor)
    return build.view(place, dict(zip(build.axes(place), value.indices, strict=True)))


def _delta(build: Builder, value: Delta) -> int:
    if value.left == value.right:
        return build.term(Number(1))
    return build.emit("delta", axes=(value.left, value.right))


def _derivative(build: Builder, value: Derivative) -> int:
    return build.derivative(value)


def _fold(op: str) -> Callable[[Builder, Term], int]:
    def rule(build: Builder, value: Term) -> int:
        first, *rest = (build.term(arg) for arg in value.args)
        for place in rest:
            first = build.emit(op, first, place)
        return first

    return rule


def _unary(op: str) -> Callable[[Builder, Term], int]:
    return lambda build, value: build.emit(op, build.term(value.args[0]))


def _pow(build: Builder, value: Pow) -> int:
    if value.exponent == 0:
        return build.term(Number(1))
    base = result = build.term(value.base)
    for _ in range(abs(value.exponent) - 1):
        result = build.emit("mul", result, base)
    return result if value.exponent > 0 else build.emit("div", build.term(Number(1)), result)


def _function(build: Builder, value: Function) -> int:
    return build.emit("function", build.term(value.arg), what=value.name)


def _sum(build: Builder, value: Sum) -> int:
    index, body = value.index, value.body
    match body:
        case Neg():
            return build.term(Neg(Sum(body.arg, index)))
        case Div() if index not in free_indices(body.denominator):
            return build.term(Div(Sum(body.numerator, index), body.denominator))
        case Mul():
            return _sum_of_product(build, body.factors, index)
        case Delta():
            return _sum_of_product(build, (body,), index)
    return build.sum(build.term(body), index)


def _sum_of_product(build: Builder, factors: tuple[Term, ...], index: Index) -> int:
    for factor in factors:
        if isinstance(factor, Delta) and index in (factor.left, factor.right) and factor.left != factor.right:
            other = factor.left if factor.right == index else factor.right
            rest = [rename(each, {index: other}) for each in factors if each is not factor]
            return build.term(_product(rest))
    outside = [factor for factor in factors if index not in free_indices(factor)]
    inside = [factor for factor in factors if index in free_indices(factor)]
    if outside and inside:
        return build.term(Mul((*outside, Sum(_product(inside), index))))
    return build.sum(build.term(_product(list(factors))), index)


def _product(factors: list[Term]) -> Term:
    return factors[0] if len(factors) == 1 else Mul(tuple(factors)) if factors else Number(1)


RULES: tuple[tuple[type, Callable], ...] = (
    (Number, _number),
    (Entry, _entry),
    (Delta, _delta),
    (Add, _fold("add")),
    (Neg, _unary("neg")),
    (Mul, _fold("mul")),
    (Div, _fold("div")),
    (Pow, _pow),
    (Sqrt, _unary("sqrt")),
    (Function, _function),
    (Sum, _sum),
    (Derivative, _derivative),
)
"""One row for each kind of term: how it is computed."""


class Torch:
    """Arithmetic by torch in one dtype; sums of 16-bit numbers accumulate in float32 and are rounded once.

    Long sums are sums of the sums of blocks, so that a term passes through few additions whatever order torch takes
    inside (Higham 2002, section 4.2): see `additions`.
    """

    def __init__(self, dtype: torch.dtype, device: torch.device | str = "cpu") -> None:
        self.dtype, self.device = dtype, device

    def number(self, value: Fraction) -> torch.Tensor:
        return torch.tensor([float(value)], dtype=torch.float64, device=self.device).to(self.dtype)

    def delta(self, size: int) -> torch.Tensor:
        return torch.eye(size, dtype=self.dtype, device=self.device)[None]

    def reshape(self, value: torch.Tensor, change: Callable) -> torch.Tensor:
        return change(value)

    def add(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left + right

    def neg(self, value: torch.Tensor) -> torch.Tensor:
        return -value

    def mul(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left * right

    def div(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left / right

    def sqrt(self, value: torch.Tensor) -> torch.Tensor:
        return value.sqrt()

    def function(self, name: str, value: torch.Tensor) -> torch.Tensor:
        return getattr(torch, name)(value)

    def sum(self, value: torch.Tensor, axis: int) -> torch.Tensor:
        wide = accumulator(self.dtype)
        block, whole = blocks(value.shape[axis])
        parts = value.narrow(axis, 0, whole).unflatten(axis, (-1, block)).sum(axis + 1, dtype=wide)
        rest = value.narrow(axis, whole, value.shape[axis] - whole).to(wide)
        return torch.cat([parts, rest], axis).sum(axis).to(self.dtype)


def accumulator(dtype: torch.dtype) -> torch.dtype:
    """The dtype in which sums are accumulated."""
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


def blocks(count: int) -> tuple[int, int]:
    """How a sum is cut: the length of a block, and how many terms the whole blocks hold."""
    block = math.isqrt(count)
    return block, count // block * block


def additions(count: int) -> int:
    """The most additions that a term of a sum passes through: in its block, then among blocks and the rest."""
    block, whole = blocks(count)
    return (block - 1) + (whole // block + (count - whole) - 1)


@dataclass(frozen=True)
class Compiled:
    """A term as a function of tensors: call it with a mapping from tensors, names or derivatives to values.

    Values have the shape (instances, one axis for each index) and one dtype and device; the result has its axes in the
    order of `axes`. A parameter with one value for all instances has the shape (1,).
    """

    term: Term
    program: Program

    @property
    def axes(self) -> tuple[Index, ...]:
        return self.program.axes

    def __call__(self, values: Mapping[Tensor | Derivative | str, torch.Tensor]) -> torch.Tensor:
        leaves = self.bind(values)
        sample = next(iter([*leaves.values(), *values.values()]), torch.zeros(1))
        return execute(self.program, Torch(sample.dtype, sample.device), leaves, self.sizes(values))

    def bind(self, values: Mapping) -> dict[Tensor | Derivative, torch.Tensor]:
        """The value of every leaf of the program."""
        leaves = {leaf: _find(leaf, values) for leaf in self.program.leaves}
        if len(kinds := {(value.dtype, value.device) for value in leaves.values()}) > 1:
            listed = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
            raise VerifyError(f"the values have different dtypes or devices ({listed}); convert them to one")
        return leaves

    def sizes(self, values: Mapping) -> dict[Term, int]:
        """What every size is, from the shapes of the values, those that the term does not use included."""
        known = {key: tuple(value.shape) for key, value in values.items() if not isinstance(key, str)}
        return sizes_of({**known, **{leaf: tuple(_find(leaf, values).shape) for leaf in self.program.leaves}})


def _find(leaf: Tensor | Derivative, values: Mapping) -> torch.Tensor:
    for key in (leaf, str(leaf)):
        if key in values:
            return values[key]
    given = ", ".join(map(str, values)) or "nothing"
    raise VerifyError(f"the formula needs {leaf}, and there is no value for it (given: {given})")


@lru_cache(maxsize=4096)
def definitions_in(term: Term) -> tuple[Tensor, ...]:
    """The defined names that a term rests on."""
    return tuple(definitions_of(term))


@lru_cache(maxsize=4096)
def order_of_term(term: Term) -> int:
    """The order of the highest derivative in a term, through definitions."""
    bodies = [term, *(tensor.definition.body for tensor in definitions_in(term) if tensor.definition)]
    inner = (part.body for body in bodies for part in walk(body) if isinstance(part, Derivative))
    return max((1 + order_of_term(body) for body in inner), default=0)


@lru_cache(maxsize=4096)
def whole(tensor: Tensor) -> Entry:
    """A tensor at indices of its own: those of its definition, if it has one."""
    if tensor.definition is not None:
        return Entry(tensor, tensor.definition.indices)
    return Entry(tensor, tuple(Index(f"at {place}", size) for place, size in enumerate(tensor.sizes)))


def compile_term(value: Term, given: Iterable[Tensor] = ()) -> Compiled:
    """The term as a torch function; the values of the defined names in `given` are given to it."""
    build = Builder(given)
    return Compiled(value, build.finish(build.term(value)))


@lru_cache(maxsize=4096)
def program_of(term: Term, given: frozenset[Tensor] = frozenset()) -> Program:
    """The program of a term; the defined names in `given` are leaves."""
    return compile_term(term, given).program
