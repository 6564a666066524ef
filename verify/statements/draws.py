"""Values for every tensor of a claim, drawn so that a wrong formula shows.

Groups that are normalized together differ in scale and offset: in turn one has its mean far from 0, one a variance of 4
epsilon. Weights differ from entry to entry and have both signs. The gradient of a sum of the outputs is zero whatever
the formula, so the upstream gradient has large components along 1 and along the normalized values, and a random rest.
Pairs of vectors without a layer are random, nearly parallel, nearly opposite, nearly orthogonal, and of very different
lengths, instance by instance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import torch

from derive.language import Entry, Tensor, Term
from derive.layers import Layer
from verify.compile import compile_term
from verify.program import length
from verify.statements.inputs import DTYPES, rounded_eps
from verify.statements.point import Point
from verify.statements.references import REFERENCES, Reference

SCALES = (1.0, 0.0, 2.5, 0.4)
"""In units of 1; 0 stands for twice the root of epsilon where there is one."""


class Drawing:
    """Random numbers for one point: the same for the same seed, whatever is asked for."""

    def __init__(self, instances: int, sizes: Mapping[Term, int], dtype: str, eps: float, seed: int) -> None:
        self.instances, self.sizes, self.eps = instances, dict(sizes), eps
        self.wide = dtype in ("float64", "float32")
        self.generator = torch.Generator().manual_seed(seed)

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        return (self.instances, *(length(size, self.sizes) for size in tensor.sizes))

    def normal(self, *shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator, dtype=torch.float64)

    def uniform(self, *shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=self.generator, dtype=torch.float64)

    def any(self, tensor: Tensor) -> torch.Tensor:
        """A tensor about which nothing is known but its signs."""
        shape = self.shape(tensor)
        if 1 in tensor.signs and -1 not in tensor.signs:
            return 0.5 + self.uniform(*shape)
        return _alternating(shape) * (0.4 + 1.2 * self.uniform(*shape))

    def vector(self, tensor: Tensor) -> torch.Tensor:
        """A vector or an array without a layer: normal numbers, off their mean, with lengths that differ."""
        if 1 in tensor.signs and -1 not in tensor.signs:
            return self.any(tensor)
        shape = self.shape(tensor)
        lengths = torch.tensor([1.0, 0.25, 2.0, 1.0, 0.5], dtype=torch.float64)
        turns = torch.arange(shape[0]) % len(lengths)
        short = min(1.0, math.sqrt(8 / math.prod(shape[1:])))  # so that squares stay in the range of float16
        return short * (self.normal(*shape) + 0.3) * lengths[turns].reshape(-1, *[1] * (len(shape) - 1))

    def groups(self, tensor: Tensor, reference: Reference) -> torch.Tensor:
        """An input of which the axes `over` are normalized together."""
        shape = self.shape(tensor)
        axes = [1 + axis for axis in reference.over]
        noise = standard(self.normal(*shape), axes)
        rows = [1 if axis in axes else size for axis, size in enumerate(shape)]
        turn = torch.arange(math.prod(rows)).reshape(rows)
        far = (100.0 if self.wide else 2.0) if reference.far else 1.0
        small = 2 * math.sqrt(self.eps) if reference.small else 0.7
        scale = torch.tensor([value or small for value in SCALES], dtype=torch.float64)[turn % len(SCALES)]
        offset = torch.tensor([far, 0.3, -1.0, 0.0], dtype=torch.float64)[turn % len(SCALES)]
        return scale * (noise + offset)

    def upstream(self, like: torch.Tensor | None, tensor: Tensor) -> torch.Tensor:
        """A gradient by the output: along 1, along the normalized values `like`, and a rest."""
        shape = self.shape(tensor)
        ones = [1] * (len(shape) - 1)
        along = 0.5 + self.uniform(2, shape[0], *ones)
        found = _alternating((shape[0],)).reshape(-1, *ones) * along[0] + 0.8 * self.normal(*shape)
        if like is not None:
            found = found + 1.5 * along[1] * like
        return found / math.sqrt(math.prod(shape[1:]))

    def second(self, tensor: Tensor) -> torch.Tensor:
        """A second derivative: symmetric under exchange of its two halves."""
        shape = self.shape(tensor)
        side = math.isqrt(math.prod(shape[1:]))
        matrix = self.normal(shape[0], side, side)
        return ((matrix + matrix.mT) / (2 * side)).reshape(shape)

    def symmetric(self, tensor: Tensor) -> torch.Tensor:
        matrix = self.vector(tensor)
        return (matrix + matrix.mT) / 2


def standard(values: torch.Tensor, axes: list[int]) -> torch.Tensor:
    """Values with mean 0 and mean square 1 over some axes."""
    centred = values - values.mean(axes, keepdim=True)
    return centred / centred.square().mean(axes, keepdim=True).sqrt()


def _alternating(shape: tuple[int, ...]) -> torch.Tensor:
    """1, -1, 1, ... over all entries, so that neighbours differ."""
    turn = sum(torch.arange(size).reshape(-1, *[1] * (len(shape) - 1 - axis)) for axis, size in enumerate(shape))
    return (1 - 2 * (torch.as_tensor(turn) % 2)).double().expand(shape)


def draw_point(
    layer: Layer | None,
    wanted: Iterable[Tensor],
    sizes: Mapping[Term, int],
    instances: int,
    dtype: str,
    device: str = "cpu",
    eps: float = 1e-5,
    seed: int = 0,
) -> Point:
    """A point with a value for every tensor of the layer and every one in `wanted`."""
    exactly = rounded_eps(eps, dtype)
    start = Point(layer, instances, DTYPES[dtype], {}, dict(sizes), torch.device(device))
    drawing = Drawing(instances, sizes, dtype, exactly, seed)
    if layer is not None:
        start = _completed(_placed(start, _of_layer(layer, drawing, exactly)))
        start = _placed(start, {layer.gradient: _upstream(layer, start, drawing)})
    return with_rest(start, wanted, dtype, exactly, seed)


def with_rest(point: Point, wanted: Iterable[Tensor], dtype: str, eps: float, seed: int) -> Point:
    """The point with values for the tensors that have none yet."""
    drawing = Drawing(point.instances, point.sizes, dtype, eps, seed + 2)
    missing = [tensor for tensor in dict.fromkeys(wanted) if tensor not in point.values]
    found = {tensor: _free(tensor, drawing, eps) for tensor in missing}
    return _placed(point, _adversarial(found, drawing) if point.layer is None else found)


def _of_layer(layer: Layer, drawing: Drawing, eps: float) -> dict[Tensor, torch.Tensor]:
    reference = REFERENCES.get(layer.name, Reference("", lambda values, layout: {}))
    found = {tensor: drawing.groups(tensor, reference) for tensor in layer.inputs}
    for tensor in (*layer.parameters, *layer.constants):
        found[tensor] = _free(tensor, drawing, eps)
    return found


def _completed(point: Point) -> Point:
    """The point with the constants that depend on its input."""
    reference = REFERENCES.get(point.layer.name) if point.layer else None
    if reference is None or reference.completed is None:
        return point
    names = {tensor.name: tensor for tensor in point.values}
    found = reference.completed({name: point.values[tensor] for name, tensor in names.items()})
    return point.put({names[name]: value for name, value in found.items()})


def _upstream(layer: Layer, point: Point, drawing: Drawing) -> torch.Tensor:
    """Along the normalized values: the step before the output, where it has the same shape."""
    like = layer.steps[-2] if len(layer.steps) > 1 and layer.steps[-2].sizes == layer.output.sizes else None
    if like is None or like.definition is None:
        return drawing.upstream(None, layer.gradient)
    values: dict = {tensor: value.double().cpu() for tensor, value in point.values.items()}
    compiled = compile_term(Entry(like, like.definition.indices))
    order = [0, *(1 + compiled.axes.index(index) for index in like.definition.indices)]
    return drawing.upstream(compiled(values).permute(order), layer.gradient)


def _free(tensor: Tensor, drawing: Drawing, eps: float) -> torch.Tensor:
    if tensor.name == "epsilon" and not tensor.sizes:
        return torch.tensor([eps], dtype=torch.float64)
    if tensor.partial is not None and tensor.partial.order == 2:
        return drawing.second(tensor)
    if tensor.partial is not None:
        return drawing.upstream(None, tensor)
    if tensor.symmetric:
        return drawing.symmetric(tensor)
    return drawing.vector(tensor) if len(tensor.sizes) == 1 and len(set(tensor.signs)) == 3 else drawing.any(tensor)


def _adversarial(found: dict[Tensor, torch.Tensor], drawing: Drawing) -> dict[Tensor, torch.Tensor]:
    """Vectors over one size, the second and later ones turned towards the first, or away from it."""
    first: dict[tuple[Term, ...], torch.Tensor] = {}
    for tensor, value in found.items():
        if len(tensor.sizes) != 1 or -1 not in tensor.signs:
            continue
        if tensor.sizes not in first:
            first[tensor.sizes] = value
            continue
        found[tensor] = _turned(value, first[tensor.sizes], 1e-2 if drawing.wide else 0.25)
    return found


def _turned(value: torch.Tensor, towards: torch.Tensor, nearly: float) -> torch.Tensor:
    """In turn as it was, nearly parallel, nearly opposite, nearly orthogonal, much shorter and much longer."""
    along = (value * towards).sum(1, keepdim=True) / towards.square().sum(1, keepdim=True)
    ways = (
        value,
        towards + nearly * value,
        -0.7 * towards + nearly * value,
        value - (1 - nearly) * along * towards,
        nearly * value,
        value / math.sqrt(nearly),
    )
    turns = torch.arange(value.shape[0])
    return torch.stack(ways)[turns % len(ways), turns]


def _placed(point: Point, values: Mapping[Tensor, torch.Tensor]) -> Point:
    kind = {tensor: value.to(device=point.device, dtype=point.dtype) for tensor, value in values.items()}
    return replace(point, values={**point.values, **kind})
