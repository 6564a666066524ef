"""Shapes: the lengths of the axes of a layer or of a claim, as torch has them or in the program's own order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import cycle, islice
from textwrap import shorten

from derive.language import Claim, Number, Term
from derive.layers import Layer
from verify.compile import order_of_term, program_of
from verify.errors import VerifyError
from verify.program import Program, Step, length, same
from verify.statements.evaluate import derivatives_in, programs_of
from verify.statements.inputs import LARGEST_INPUT, fault_of_shape, samples

ENTRIES_BY_DEFAULT = 2**13
"""The default shapes are those for which one value of one instance has no more entries than this."""

LARGEST_INSTANCE = 2**24
"""More entries than this in one value of one instance are refused: m x m for m above 4096."""

BATCHES = (
    ((64, 32), (2, 5), (3, 4), (16, 8, 20), (8, 6, 7, 7)),
    ((32, 16), (2, 5), (3, 4), (4, 8, 20), (4, 6, 4, 4)),
    ((7, 6), (2, 5), (3, 4), (2, 4, 5), (3, 4, 2, 2)),
)
"""Shapes for batch normalization; later ones for theorems about larger arrays."""

LENGTHS = ((2, 3), (3, 2), (3, 5), (5, 4), (7, 5, 3), (64, 17), (5, 33))
"""Lengths of the axes, taken in turn; smaller ones first."""

FURTHER = (3, 4, 2, 5)
"""Lengths of axes that a statement has beside those of its layer."""


@lru_cache(maxsize=4096)
def axes_of(layer: Layer | None, claim: Claim) -> tuple[Term, ...]:
    """The sizes that a shape gives the lengths of, in order: those of the layer, or all in the claim without one."""
    if layer is None:
        return sizes_in(claim)
    tensors = (*layer.inputs, *layer.parameters, *layer.constants)
    return _symbols(size for tensor in tensors for size in tensor.sizes)


@lru_cache(maxsize=4096)
def sizes_in(claim: Claim) -> tuple[Term, ...]:
    """Every size in a claim, in the order in which it comes up."""
    programs = [*programs_of(claim), *(program_of(side) for each in claim.hypotheses for side in (each.lhs, each.rhs))]
    return _symbols(size for program in programs for step in program.steps for size in _of_step(step))


def _of_step(step: Step) -> list[Term]:
    sizes = [index.size for index in step.axes]
    return [*sizes, step.what] if step.op == "size" else sizes


def _symbols(sizes: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(same(size) for size in sizes if not isinstance(size, Number)))


def is_torch_shape(layer: Layer | None) -> bool:
    """Whether shapes are those of torch's input, (N, C, ...), and not the axes of the program."""
    return layer is not None and layer.name == "batchnorm"


def sizes_for(layer: Layer | None, claim: Claim, shape: tuple[int, ...]) -> dict[Term, int]:
    """What every size in a claim is, for a shape; raises VerifyError if the shape has another number of axes."""
    if is_torch_shape(layer):
        sizes = {axes_of(layer, claim)[0]: samples(shape)}
    else:
        sizes = dict(zip(axes_of(layer, claim), shape, strict=True))
    further = [size for size in sizes_in(claim) if size not in sizes]
    return {**sizes, **dict(zip(further, cycle(FURTHER)))}


def fault_of(layer: Layer | None, claim: Claim, shape: tuple[int, ...]) -> str:
    """Why a shape is none for this claim, or ""."""
    if is_torch_shape(layer):
        return fault_of_shape(shape)
    axes = axes_of(layer, claim)
    listed = "(" + ", ".join(map(str, shape)) + ")"
    if len(shape) != len(axes):
        what = f"{layer.name} has" if layer else f"'{shorten(str(claim), 80)}' has"
        names = ", ".join(map(str, axes))
        return f"the shape {listed} has {len(shape)} axes, and {what} the axes ({names}); give one size for each"
    if min(shape, default=1) < 1:
        return f"the shape {listed} has an axis without entries; make every size at least 1"
    if math.prod(shape) > LARGEST_INPUT:
        return f"the shape {listed} has {math.prod(shape)} entries; stay below {LARGEST_INPUT}"
    return ""


def refuse_shapes(shapes: Iterable[tuple[int, ...]]) -> None:
    """Raises VerifyError for a shape on which batch normalization can't be trained."""
    for shape in shapes:
        if fault := fault_of_shape(shape):
            raise VerifyError(fault)


def entries_of(claim: Claim, sizes: Mapping[Term, int]) -> int:
    """How many numbers one value of one instance has, at most."""
    return max(_entries(program, sizes) for program in programs_of(claim))


def _entries(program: Program, sizes: Mapping[Term, int]) -> int:
    known = dict(sizes)
    return max(math.prod(length(index.size, known) for index in step.axes) for step in program.steps)


def refuse_large(layer: Layer | None, claim: Claim, shape: tuple[int, ...]) -> None:
    """Raises VerifyError for a shape that takes too much memory."""
    entries = entries_of(claim, sizes_for(layer, claim, shape))
    if entries > LARGEST_INSTANCE:
        each = "feature" if is_torch_shape(layer) else "draw"
        found = f"'{shorten(str(claim), 80)}' takes {entries} numbers for each {each} of shape {shape}"
        raise VerifyError(f"{found}; choose a --shape with at most {LARGEST_INSTANCE}")


def shapes_for(layer: Layer | None, claim: Claim) -> tuple[tuple[int, ...], ...]:
    """The default shapes for a claim."""

    def fits(shape: tuple[int, ...]) -> bool:
        return entries_of(claim, sizes_for(layer, claim, shape)) <= ENTRIES_BY_DEFAULT

    if is_torch_shape(layer):
        return next((shapes for shapes in BATCHES if all(map(fits, shapes))), BATCHES[-1])
    count = len(axes_of(layer, claim))
    shapes = dict.fromkeys(tuple(islice(cycle(lengths), count)) for lengths in LENGTHS)
    fitting = [shape for shape in shapes if fits(shape)]
    return tuple(dict.fromkeys((*fitting[:2], *fitting[-1:]))) or tuple(shapes)[:1]


@lru_cache(maxsize=4096)
def order_of(claim: Claim) -> int:
    """The order of the highest derivative in a claim."""
    leaves = [leaf for side in (claim.lhs, claim.rhs) for leaf in derivatives_in(program_of(side))]
    return max((1 + order_of_term(leaf.body) for leaf in leaves), default=0)
