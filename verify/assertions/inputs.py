"""Cases drawn from recipes: numbers on which a fault shows, in the dtype, layout and device of the layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from derive.language import Index, Tensor
from verify.arrangement import Arrangement
from verify.assertions.case import Case
from verify.assertions.families import SOFTMAXES, arranged, centred, statistic
from verify.assertions.recipes import Recipe
from verify.errors import VerifyError

DOUBLE = torch.float64


@dataclass(frozen=True)
class Place:
    """Where cases live, and what they are for."""

    like: str
    dtype: torch.dtype
    device: torch.device
    eps: float
    parameter_dtype: torch.dtype
    weighted: bool
    biased: bool
    num_groups: int | None = None
    normalized_shape: tuple[int, ...] | None = None
    seed: int = 0


def draw_case(recipe: Recipe, place: Place, given: dict[str, torch.Tensor | None] | None = None) -> Case:
    """The case of a recipe; the same for the same seed. What is `given` by name is not drawn."""
    given = given or {}
    lay = arranged(place.like, recipe.shape, place.num_groups, place.normalized_shape)
    _refuse_shapes(lay, given)
    generator = torch.Generator().manual_seed(place.seed)
    x = given.get("x")
    if x is None:
        values = lay.outward("x", _input(recipe, place, lay, generator)).to(place.dtype)
        x = laid_out(values.to(place.device), recipe.layout)
    weight, bias = (_parameter(name, recipe, place, lay, generator, given) for name in ("weight", "bias"))
    direction = normalized(lay, x.double().cpu(), place.eps)
    grad = given.get("grad_output")
    if grad is None:
        values = _upstream(direction, lay, generator)
        if recipe.peaks:
            values[::8] /= torch.finfo(place.dtype).eps  # what is added to such a row is lost, or half of it
        values = lay.outward("g", values).to(place.dtype)
        grad = laid_out(values.to(place.device), recipe.grad_layout)
    deviation = x.double().std() if x.numel() > 1 else torch.tensor(1.0)
    size = float(torch.sqrt(deviation.square() + place.eps).clamp(1e-3, 1e3)) if x.isfinite().all() else 1.0
    tangent = lay.outward("x", size * (_normal(lay.inner, generator) + 0.5 * direction)).to(place.dtype)
    tangent, groups = tangent.to(place.device), place.num_groups if place.like == "groupnorm" else None
    return Case(lay, recipe.purpose, x, weight, bias, grad, tangent, place.eps, groups, recipe.layout)


def _refuse_shapes(lay: Arrangement, given: dict[str, torch.Tensor | None]) -> None:
    """Raises VerifyError for a value that was given in another shape than it has."""
    due = {"x": lay.shape, "grad_output": lay.shape, "weight": lay.weights, "bias": lay.weights}
    for name, value in given.items():
        if value is not None and tuple(value.shape) != due[name]:
            raise VerifyError(f"{name} has the shape {tuple(value.shape)}, and {due[name]} is due here")


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=DOUBLE)


def axes_of_statistics(lay: Arrangement) -> list[int]:
    """The axes of the program's shape over which one mean is taken."""
    kept = indices_of(statistic(lay.layer))
    return [axis for axis, index in enumerate(indices_of(lay.layer.output)) if index not in kept]


def indices_of(tensor: Tensor) -> tuple[Index, ...]:
    """The indices on the left side of a step."""
    return tensor.definition.indices if tensor.definition else ()


def normalized(lay: Arrangement, x: torch.Tensor, eps: float) -> torch.Tensor:
    """xhat in the program's shape, in float64; logits are centred, too."""
    inner, axes = lay.inward("x", x), axes_of_statistics(lay)
    subtracts = centred(lay.layer) or lay.layer.name in SOFTMAXES
    mean = inner.mean(axes, keepdim=True) if subtracts else torch.zeros(())
    return (inner - mean) / ((inner - mean).square().mean(axes, keepdim=True) + eps).sqrt()


def _input(recipe: Recipe, place: Place, lay: Arrangement, generator: torch.Generator) -> torch.Tensor:
    """Rows that differ in scale and sign of their mean, as the recipe wants them."""
    axes = axes_of_statistics(lay)
    rows = [1 if axis in axes else size for axis, size in enumerate(lay.inner)]
    turn = torch.arange(math.prod(rows)).reshape(rows)
    if place.like in SOFTMAXES:
        return _logits(recipe, lay.inner, turn, generator)
    if recipe.noise == "constant":
        return torch.full(lay.inner, recipe.scale, dtype=DOUBLE)
    if recipe.noise == "two-valued":
        return _two_valued(place.dtype, lay.inner, turn, generator)
    noise = _normal(lay.inner, generator)
    if math.prod(lay.inner[axis] for axis in axes) > 1:
        noise = noise - noise.mean(axes, keepdim=True)
        noise = noise / noise.square().mean(axes, keepdim=True).sqrt()
    offset = recipe.ratio * (1 - 2 * (turn % 2)) if recipe.ratio <= 1 else recipe.ratio * (1.0 - 0.1 * (turn % 3))
    scale = recipe.scale if recipe.variance is None else math.sqrt(recipe.variance * place.eps)
    return scale * (1 + 0.5 * (turn % 3)) * (noise + offset)


def _logits(recipe: Recipe, shape: tuple[int, ...], turn: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Rows about plus and minus the shift of the recipe; equal, or with one entry far above the others, if wanted."""
    noise = _normal(shape, generator) * (0.0 if recipe.noise == "equal" else recipe.scale)
    if recipe.noise == "dominating":
        noise[:, 1 :: shape[1]] += 20.0
    return noise + (recipe.shift or recipe.ratio) * (1 - 2 * (turn % 2))


def _two_valued(
    dtype: torch.dtype, shape: tuple[int, ...], turn: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """A power of two, and now and then its upper neighbour: the largest mean, in deviations, that the dtype holds."""
    step = torch.finfo(dtype).eps
    power = 2.0 ** round(-math.log2(step))
    likely = torch.tensor([0.5, 0.1, 0.02], dtype=DOUBLE)[turn % 3]
    up = torch.rand(shape, generator=generator, dtype=DOUBLE) < likely
    up[..., -1] = True  # so that no row is constant
    return power * (1 + step * up)


def _upstream(direction: torch.Tensor, lay: Arrangement, generator: torch.Generator) -> torch.Tensor:
    """Large along 1 and along xhat, the directions that normalization removes, and something beside them."""
    axes = axes_of_statistics(lay)
    rows = [1 if axis in axes else size for axis, size in enumerate(lay.inner)]
    sign = 1 - 2 * (torch.arange(math.prod(rows)).reshape(rows) % 2)
    along, across = (0.5 + torch.rand(rows, generator=generator, dtype=DOUBLE) for _ in range(2))
    return sign * along + 1.5 * across * direction + 0.8 * _normal(lay.inner, generator)


def _parameter(
    name: str, recipe: Recipe, place: Place, lay: Arrangement, generator: torch.Generator, given: dict
) -> torch.Tensor | None:
    """A weight or a bias of both signs, different for every feature."""
    if not (place.weighted if name == "weight" else place.biased):
        return None
    if (value := given.get(name)) is not None:
        return value.detach()
    size = math.prod(lay.weights)
    sign = 1.0 - 2 * (torch.arange(size) % 2)
    drawn = (sign * (0.4 + torch.rand(size, generator=generator, dtype=DOUBLE))).reshape(lay.weights)
    drawn = drawn.to(place.device, place.parameter_dtype)
    return laid_out(drawn, recipe.weight_layout)


def laid_out(values: torch.Tensor, layout: str) -> torch.Tensor:
    """The same numbers in another layout of memory."""
    axes = values.dim()
    if layout == "channels_last" and axes in (4, 5):
        return values.contiguous(memory_format=torch.channels_last if axes == 4 else torch.channels_last_3d)
    if layout == "transposed" and axes > 1:
        return values.transpose(-1, -2).contiguous().transpose(-1, -2)
    if layout == "strided" and axes:
        wide = values.new_full((*values.shape[:-1], 2 * values.shape[-1]), 7.0)
        wide[..., ::2] = values
        return wide[..., ::2]
    if layout == "expanded":
        return values[:1].expand_as(values)
    return values.contiguous()


def twin(values: torch.Tensor, dtype: torch.dtype | None = None) -> torch.Tensor:
    """A copy with the same strides, whatever they are; what happens to it leaves the original alone."""
    if not values.numel():
        return values.detach().to(dtype or values.dtype, copy=True)
    reach = 1 + sum((size - 1) * stride for size, stride in zip(values.shape, values.stride(), strict=True))
    flat = values.detach().as_strided((reach,), (1,)).to(dtype or values.dtype, copy=True)
    return flat.as_strided(values.shape, values.stride())


def farther(case: Case, ratio: float) -> Case:
    """The case with every mean moved to `ratio` standard deviations."""
    lay = case.arrangement
    inner, axes = lay.inward("x", case.x.double()), axes_of_statistics(lay)
    mean = inner.mean(axes, keepdim=True)
    deviation = (inner - mean).square().mean(axes, keepdim=True).sqrt()
    moved = lay.outward("x", inner - mean + ratio * deviation).to(case.x.dtype)
    return replace(case, x=torch.empty_like(case.x).copy_(moved) if _dense(case.x) else laid_out(moved, case.layout))


def smaller(case: Case, size: float) -> Case:
    """The case with all inputs shrunk, so that the largest is `size`."""
    moved = (case.x.double() * (size / case.x.double().abs().max())).to(case.x.dtype)
    return replace(case, x=torch.empty_like(case.x).copy_(moved) if _dense(case.x) else laid_out(moved, case.layout))


def _dense(x: torch.Tensor) -> bool:
    """Whether `empty_like` gives the same strides."""
    return torch.empty_like(x).stride() == x.stride()


def narrower(case: Case, variance: float) -> Case:
    """The case with every variance made `variance` times epsilon, and the mean shrunk with it."""
    lay = case.arrangement
    inner, axes = lay.inward("x", case.x.double()), axes_of_statistics(lay)
    mean = inner.mean(axes, keepdim=True)
    deviation = (inner - mean).square().mean(axes, keepdim=True).sqrt()
    moved = lay.outward("x", inner * math.sqrt(variance * case.eps) / deviation).to(case.x.dtype)
    return replace(case, x=torch.empty_like(case.x).copy_(moved) if _dense(case.x) else laid_out(moved, case.layout))
