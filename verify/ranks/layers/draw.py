"""The batches that a layer is tried on: drawn once for all ranks, so that every rank knows the whole of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from verify.arrangement import arrange
from verify.assertions.case import Case
from verify.assertions.recipes import farthest
from verify.ranks.shards import Shards, even, unequal, with_nothing

DOUBLE = torch.float64
APART = 3.0
"""How many deviations the means of the shards are moved, where they are to differ."""


@dataclass(frozen=True)
class Recipe:
    """One batch: how it is split, its mean in deviations, how far apart the shards are, and its deviation.

    The deviation is 1, or the root of `variance` times epsilon.
    """

    purpose: str
    shards: Shards
    ratio: float = 0.5
    apart: float = 0.5
    variance: float | None = None

    @property
    def hard(self) -> bool:
        """Whether the numbers themselves are difficult."""
        return self.ratio > 1 or self.variance is not None


@dataclass(frozen=True)
class RankCase:
    """A batch and how it is split; `old` are the running mean and variance before it, one for each channel."""

    recipe: Recipe
    case: Case
    old: tuple[torch.Tensor, torch.Tensor]

    @property
    def shards(self) -> Shards:
        return self.recipe.shards

    def local(self, rank: int, device: torch.device) -> Case:
        """What one rank has of the batch."""
        part, case = self.shards.part(rank), self.case
        arrangement = arrange("batchnorm", (self.shards.sizes[rank], *case.x.shape[1:]))
        tensors = {"x": case.x[part], "grad_output": case.grad_output[part], "weight": case.weight, "bias": case.bias}
        moved = {name: None if value is None else value.to(device).clone() for name, value in tensors.items()}
        return replace(case, arrangement=arrangement, **moved)


def recipes(ranks: int, dtype: torch.dtype, given: Shards | None, places: int) -> Iterator[Recipe]:
    """The batches for this number of ranks, the easy ones first; only the `given` shards where a person chose them."""
    own = given or unequal(ranks)
    if given is None:
        yield Recipe("equal shards", even(ranks, 6))
    yield Recipe("unequal shards" if not own.equal else "plain numbers", own)
    if given is None:
        yield Recipe("equal shards with means far apart", even(ranks, 4), apart=APART)
    yield Recipe("means of the shards far apart", own, apart=APART)
    if given is None:
        if ranks * places > 2:
            yield Recipe("one sample on every rank", even(ranks, 1))
        yield Recipe("many samples", unequal(ranks, 8), apart=1.0)
    for ratio in farthest(dtype):
        yield Recipe(f"mean of {ratio:g} deviations", own, ratio=ratio, apart=1.0)
    yield Recipe("variance of epsilon", own, variance=1.0)
    if given is None:
        yield Recipe("no sample on rank 1", with_nothing(ranks))


def draw(recipe: Recipe, shape: Sequence[int], dtype: torch.dtype, parameters: Parameters, eps: float) -> RankCase:
    """The batch of a recipe, for samples of the shape (C, ...)."""
    generator = torch.Generator().manual_seed(parameters.seed)
    channels = shape[0]
    whole = (recipe.shards.total, *shape)
    x = _input(recipe, whole, eps, generator).to(dtype)
    upstream = _upstream(recipe, x, eps, generator).to(dtype)
    weight, bias = (_parameter(channels, generator).to(parameters.dtype or dtype) for _ in range(2))
    old = tuple(_old(channels, generator, positive).to(parameters.dtype or dtype) for positive in (False, True))
    case = Case(
        arrange("batchnorm", whole),
        recipe.purpose,
        x,
        weight if parameters.weighted else None,
        bias if parameters.biased else None,
        upstream,
        None,
        eps,
    )
    return RankCase(recipe, case, (old[0], old[1]))


@dataclass(frozen=True)
class Parameters:
    """Which parameters the layer has, and their dtype where it is not that of the input."""

    weighted: bool
    biased: bool
    dtype: torch.dtype | None
    seed: int


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=DOUBLE)


def _axes(x: torch.Tensor) -> list[int]:
    return [axis for axis in range(x.dim()) if axis != 1]


def _standard(x: torch.Tensor, eps: float = 0.0) -> torch.Tensor:
    centred = x - x.mean(_axes(x), keepdim=True)
    return centred / (centred.square().mean(_axes(x), keepdim=True) + eps).sqrt()


def _by_rank(shards: Shards, values: torch.Tensor, dim: int) -> torch.Tensor:
    """One row for each sample, of values with one row for each rank."""
    spread = values.repeat_interleave(torch.tensor(shards.sizes), dim=0)
    return spread.reshape(*spread.shape, *[1] * (dim - spread.dim()))


def _input(recipe: Recipe, shape: tuple[int, ...], eps: float, generator: torch.Generator) -> torch.Tensor:
    """Channels that differ in scale and sign of their mean; the shards are moved apart by different amounts."""
    ranks, channels = recipe.shards.count, shape[1]
    turn = torch.arange(channels)
    noise = _standard(_normal(shape, generator)) if math.prod(shape) > 2 * channels else _normal(shape, generator)
    moves = torch.linspace(-1, 1, ranks, dtype=DOUBLE)[:, None] * (1 - 2.0 * (turn % 2))
    spread = 1 + 0.6 * torch.rand(ranks, channels, generator=generator, dtype=DOUBLE)
    noise = noise * _by_rank(recipe.shards, spread, len(shape))
    noise = noise + recipe.apart * _by_rank(recipe.shards, moves * (1 + 0.2 * spread), len(shape))
    offset = recipe.ratio * (1.0 - 0.1 * (turn % 3)) * (1 - 2.0 * (turn % 2))
    scale = 1.0 if recipe.variance is None else math.sqrt(recipe.variance * eps)
    wide = scale * (1 + 0.5 * (turn % 3))
    at = (1, channels, *[1] * (len(shape) - 2))
    return wide.reshape(at) * (noise + offset.reshape(at))


def _upstream(recipe: Recipe, x: torch.Tensor, eps: float, generator: torch.Generator) -> torch.Tensor:
    """Large along 1 and along xhat, differently on every rank: the sums of one shard are not those of the batch."""
    shape, ranks = tuple(x.shape), recipe.shards.count
    along, across = (torch.rand(ranks, shape[1], generator=generator, dtype=DOUBLE) for _ in range(2))
    sign = 1 - 2.0 * (torch.arange(shape[1]) % 2)
    first, second = (_by_rank(recipe.shards, part, x.dim()) for part in ((0.3 + 2 * along) * sign, 0.5 + 2 * across))
    return first + second * _standard(x.double(), eps) + 0.8 * _normal(shape, generator)


def _parameter(channels: int, generator: torch.Generator) -> torch.Tensor:
    sign = 1.0 - 2 * (torch.arange(channels) % 2)
    return sign * (0.4 + torch.rand(channels, generator=generator, dtype=DOUBLE))


def _old(channels: int, generator: torch.Generator, positive: bool) -> torch.Tensor:
    drawn = 0.5 + torch.rand(channels, generator=generator, dtype=DOUBLE)
    return drawn if positive else drawn - 1.0
