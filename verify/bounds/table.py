"""What to expect of an implementation in figures: the bound of a quantity beside the quantity's own size."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import torch

from derive.language import Term
from derive.layers import LAYERS, Layer
from verify.bounds.forward import forward_error
from verify.bounds.model import Model
from verify.compile import program_of
from verify.errors import VerifyError
from verify.forms import Form, output, second, tangent_form, vjp
from verify.program import length, same

QUANTITIES: dict[str, Callable[[Layer], Form]] = {
    "output": output,
    "input gradient": lambda layer: vjp(layer, "input"),
    "weight gradient": lambda layer: vjp(layer, "weight"),
    "bias gradient": lambda layer: vjp(layer, "bias"),
    "JVP": tangent_form,
    "second derivative": second,
}
"""Quantities by name; the second derivative is that by the input, along the input, for a fixed upstream gradient."""


@dataclass(frozen=True)
class Summary:
    """The bound of one quantity relative to its largest entry: with probability, and in the worst case.

    `ratio` is that of the mean to the standard deviation; `unit` the unit roundoff of the dtype, to compare with.
    """

    layer: str
    quantity: str
    dtype: str
    shape: tuple[int, ...]
    order: str
    ratio: float
    unit: float
    probable: float
    worst: float

    def __str__(self) -> str:
        return (
            f"{self.layer} {self.quantity}, {self.dtype}, {self.shape}, mean/std {self.ratio:g}, {self.order} order: "
            f"{self.probable:.1e} probable, {self.worst:.1e} worst case, unit roundoff {self.unit:.1e}"
        )


def summary(
    layer: str | Layer,
    quantity: str,
    dtype: torch.dtype,
    shape: tuple[int, ...],
    ratio: float = 0.0,
    model: Model | None = None,
) -> Summary:
    """The bound for data with a standard deviation of 1 and this mean, normally distributed.

    `shape` is that of the first input in the axes of the layer's program, (N, D) for layernorm. A `model` says what
    else is known of the implementation; its dtype is `dtype`.
    """
    program = LAYERS[layer]() if isinstance(layer, str) and layer in LAYERS else layer
    if isinstance(program, str):
        raise VerifyError(f"no layer is called {program}; there are {', '.join(LAYERS)}")
    if quantity not in QUANTITIES:
        raise VerifyError(f"no quantity is called {quantity}; there are {', '.join(QUANTITIES)}")
    model = replace(model or Model(dtype), dtype=dtype)
    form = QUANTITIES[quantity](program)
    sizes = _sizes(program, shape)
    leaves = {leaf: _drawn(leaf, sizes, ratio, program).to(dtype) for leaf in program_of(form.term).leaves}
    likely = forward_error(form.term, leaves, replace(model, worst_case=False), sizes)
    worst = forward_error(form.term, leaves, replace(model, worst_case=True, probability=None), sizes)
    scale = likely.value.abs().amax()
    relative = [float(found.tolerance.amax() / scale) for found in (likely, worst)]
    name = likely.model.format.name
    return Summary(
        program.name, quantity, name, shape, model.order, ratio, likely.model.format.unit, relative[0], relative[1]
    )


def first_order(layer: str) -> tuple[str, ...]:
    """The output and the gradients of a layer, by name; a layer that there is not has them all."""
    parameters = LAYERS[layer]().parameters if layer in LAYERS else ("weight", "bias")
    return ("output", "input gradient", *("weight gradient", "bias gradient")[: len(parameters)])


def table(rows: Iterable[Summary]) -> str:
    """Summaries as a table in Markdown."""
    lines = [
        "| layer | quantity | dtype | shape | order | mean/std | probable | worst case |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        shape = " x ".join(map(str, row.shape))
        cells = (row.layer, row.quantity, row.dtype, shape, row.order, f"{row.ratio:g}")
        lines.append(f"| {' | '.join(cells)} | {row.probable:.1e} | {row.worst:.1e} |")
    return "\n".join(lines)


def _sizes(layer: Layer, shape: tuple[int, ...]) -> dict[Term, int]:
    axes = layer.inputs[0].sizes
    if len(axes) != len(shape):
        wanted = ", ".join(map(str, axes))
        raise VerifyError(f"the input of {layer.name} has the axes ({wanted}); {shape} has {len(shape)} of them")
    return {same(size): count for size, count in zip(axes, shape, strict=True)}


def _drawn(leaf: object, sizes: dict[Term, int], ratio: float, layer: Layer) -> torch.Tensor:
    """Normal data with a seed of their own for each name, so that no two are alike."""
    name, axes = str(leaf), getattr(leaf, "sizes", ())
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    if name == "epsilon":
        return torch.tensor([1e-5], dtype=torch.float64)
    shape = (1, *(length(same(size), sizes) for size in axes))
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
    if name == "gamma":
        return 1 + 0.1 * drawn
    return drawn + (ratio if name == layer.inputs[0].name else 0.0)
