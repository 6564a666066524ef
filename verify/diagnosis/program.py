"""A layer's program as lines that can be edited one by one, and run in float64 with autograd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import torch

from derive.language import Derivative, Entry, Index, Tensor, Term
from derive.language.binding import rename
from derive.layers import Layer
from verify.compile import Torch, compile_term
from verify.program import Program, aligner, execute, length, same

After = Callable[[torch.Tensor], torch.Tensor]
Values = dict[Tensor, torch.Tensor]
Sizes = dict[Term, int]


@dataclass(frozen=True)
class Line:
    """`name[indices] = body`; `after` is what a faulty program does to the value before it is used.

    With `over` the line is the sum of its body over these indices, taken by `total` along the last axis.
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    body: Term
    after: After | None = None
    over: tuple[Index, ...] = ()
    total: After | None = None

    def at(self, body: Term) -> Line:
        """The same line with another right side."""
        return replace(self, body=body)


Lines = tuple[Line, ...]


@cache
def lines_of(layer: Layer) -> Lines:
    """The steps of a layer, each in terms of the names before it."""
    return tuple(
        Line(leaf(step), step.definition.indices, plain(step.definition.body, layer))
        for step in layer.steps
        if step.definition
    )


@lru_cache(maxsize=1024)
def leaf(tensor: Tensor) -> Tensor:
    """A defined name as a name whose value is given."""
    return same(Tensor(tensor.name, tensor.sizes)) if tensor.definition else tensor


def plain(term: Term, layer: Layer) -> Term:
    """A term in the names of the steps as given values; other definitions are unfolded."""
    if isinstance(term, Entry):
        definition = term.tensor.definition
        if definition is None:
            return term
        if term.tensor in layer.steps:
            return Entry(leaf(term.tensor), term.indices)
        return plain(rename(definition.body, dict(zip(definition.indices, term.indices, strict=True))), layer)
    return term.rebuild(tuple(plain(arg, layer) for arg in term.args)) if term.args else term


def rewritten(term: Term, rule: Callable[[Term], Term | None]) -> Term:
    """The term with every topmost part replaced for which the rule has something else."""
    found = rule(term)
    if found is not None:
        return found
    return term.rebuild(tuple(rewritten(arg, rule) for arg in term.args)) if term.args else term


class Plain(Torch):
    """Arithmetic in float64, with sums in torch's own order."""

    def sum(self, value: torch.Tensor, axis: int) -> torch.Tensor:
        return value.sum(axis)


@lru_cache(maxsize=16384)
def _compiled(term: Term) -> Program:
    return compile_term(term).program


@lru_cache(maxsize=1024)
def _aligner(axes: tuple[Index, ...], indices: tuple[Index, ...]) -> Callable[[torch.Tensor], torch.Tensor]:
    return aligner(axes, indices)


def value_of(term: Term, indices: tuple[Index, ...], values: Values, sizes: Sizes) -> torch.Tensor:
    """A term at given values, with one axis for each of `indices`."""
    program = _compiled(term)
    leaves: dict[Tensor | Derivative, torch.Tensor] = {
        tensor: values[tensor] for tensor in program.leaves if isinstance(tensor, Tensor)
    }
    device = next(iter(values.values())).device
    found = execute(program, Plain(torch.float64, device), leaves, sizes)
    shape = tuple(length(index.size, sizes) for index in indices)
    return _aligner(program.axes, indices)(found).expand(found.shape[0], *shape)


def run(lines: Lines, given: Values, sizes: Sizes) -> Values:
    """The value of every line, and what was given."""
    values = dict(given)
    for line in lines:
        value = value_of(line.body, (*line.indices, *line.over), values, sizes)
        if line.total:
            value = line.total(value.flatten(1 + len(line.indices)))
        values[line.tensor] = line.after(value) if line.after else value
    return values
