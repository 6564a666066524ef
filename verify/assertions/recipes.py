"""What inputs a layer is tried on: each recipe exposes some kind of fault."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from verify.arrangement import BATCHES
from verify.assertions.families import BY_ROW, SOFTMAXES, has_epsilon

DRAWN = 2**17
"""The most numbers of a case that is about long sums; others have half of it."""
WIDEST = 3200.0
"""The largest deviation that is drawn: all entries stay in the range of float16."""
THOUSAND, SUMS = "a thousand rows", "sums beyond 65504"


@dataclass(frozen=True)
class Recipe:
    """How one case is drawn: its shape, how far the mean lies from zero, how large the deviation is, the layouts.

    `ratio` is the mean in standard deviations. The deviation is `scale`, or the root of `variance` times epsilon.
    `noise` is normal, two-valued (the smallest step of the dtype apart) or constant; for logits also equal, or
    dominating: one entry far above the others, and `shift` is what is added to a row, or subtracted from it. With
    `peaks` some rows of the upstream gradient are so large that the others are lost beside them in 16 bits. `order` is
    that of the highest derivative that is looked at.
    """

    purpose: str
    shape: tuple[int, ...]
    ratio: float = 0.5
    scale: float = 1.0
    variance: float | None = None
    layout: str = "contiguous"
    grad_layout: str = "contiguous"
    weight_layout: str = "contiguous"
    noise: str = "normal"
    shift: float = 0.0
    peaks: bool = False
    order: int = 2

    @property
    def hard(self) -> bool:
        """Whether the numbers themselves are difficult: far from zero, or with hardly any variance."""
        far = self.ratio > 1 or abs(self.shift) > 1
        return far or self.variance is not None or self.noise != "normal" or self.scale != 1

    @property
    def long(self) -> bool:
        """Whether it is about long sums."""
        return self.purpose == THOUSAND or self.purpose.startswith(SUMS)

    @property
    def strided(self) -> bool:
        return (self.layout, self.grad_layout, self.weight_layout) != ("contiguous",) * 3


@dataclass(frozen=True)
class Sizes:
    """What of a shape the layer itself fixes: the normalized axes, or the number of channels and of groups."""

    normalized: tuple[int, ...] | None = None
    channels: int | None = None
    num_groups: int | None = None


RANKS = {
    "batchnorm": (4, 2, 3, 5),
    "batchnorm2d": (4,),
    "batchnorm3d": (5,),
    "groupnorm": (4, 3, 2, 5),
    "instancenorm": (4, 3, 5),
    **dict.fromkeys(BY_ROW, (2, 3)),
}
"""How many axes an input may have; the first that a layer takes gets all recipes, the others a few."""


def recipes(like: str, sizes: Sizes, dtype: torch.dtype, stress: bool, ranks: tuple[int, ...]) -> list[Recipe]:
    """The recipes for a layer of this kind that takes inputs of these ranks, the easy ones first."""
    if like in SOFTMAXES:
        own = list(_for_logits(dtype))
    elif like in BY_ROW:
        own = [each for each in _for_rows(sizes, dtype) if each.variance is None or has_epsilon(like)]
    else:
        own = [each for rank in ranks for each in _for_channels(like, sizes, dtype, rank, rank == ranks[0])]
    stressed = _stress(own, like, dtype) if stress else ()
    fixed = 1 if like not in BY_ROW else -len(sizes.normalized or (0,))
    return sorted((_fitted(each, fixed) for each in (*own, *stressed)), key=lambda each: (each.hard, each.strided))


def _fitted(recipe: Recipe, fixed: int) -> Recipe:
    """The recipe with fewer rows, or places, where a wide layer makes it large; `fixed` is the axis that stays.

    Negative, it is the first of the last axes that stay. The sums that the recipe is there for stay as large.
    """
    limit = DRAWN if recipe.long else DRAWN // 2
    shape = list(recipe.shape)
    first = fixed if fixed > 0 else len(shape) + fixed
    free = [axis for axis in range(len(shape)) if axis != first and (fixed > 0 or axis < first)]
    while math.prod(shape) > limit and any(shape[axis] > 2 for axis in free):
        longest = max(free, key=lambda axis: shape[axis])
        shape[longest] = shape[longest] // 2 | shape[longest] % 2  # odd sizes stay odd
    less = math.prod(recipe.shape) / max(1, math.prod(shape))
    if less == 1:
        return recipe
    if recipe.purpose == THOUSAND:
        return replace(recipe, purpose="many rows, some with far larger gradients", shape=tuple(shape), peaks=True)
    scale = min(recipe.scale * less, WIDEST) if recipe.scale > 1 and recipe.noise == "normal" else recipe.scale
    return replace(recipe, shape=tuple(shape), scale=scale)


def farthest(dtype: torch.dtype) -> tuple[float, ...]:
    """Means, in standard deviations, that leave something of the noise when they are rounded to the dtype."""
    known = {torch.float64: (10.0, 1e5), torch.float16: (10.0, 100.0), torch.bfloat16: (10.0, 30.0)}
    return known.get(dtype, (10.0, 1000.0))


def _for_rows(sizes: Sizes, dtype: torch.dtype) -> Iterator[Recipe]:
    def shape(*rows: int, width: int) -> tuple[int, ...]:
        return (*rows, *(sizes.normalized or (width,)))

    yield Recipe("plain numbers", shape(5, width=37))
    yield Recipe("a batch of 2", shape(2, width=64))
    yield Recipe("three axes", shape(2, 3, width=33))
    yield Recipe("a long row", shape(3, width=1031))
    yield Recipe("many rows", shape(67, width=19))
    usual = shape(6, width=35)
    yield from _hard(usual, dtype)
    yield Recipe("transposed input", usual, layout="transposed")
    yield Recipe("every other number of a larger input", usual, layout="strided", order=1)
    yield Recipe("transposed upstream gradient", usual, grad_layout="transposed", order=1)
    yield Recipe("expanded upstream gradient", usual, grad_layout="expanded", order=1)
    if dtype.itemsize == 2:
        yield Recipe(SUMS, shape(2, width=4099), scale=32.0, order=1)
        yield Recipe("two neighbouring numbers", shape(6, width=131), noise="two-valued", order=1)
        yield Recipe(THOUSAND, shape(1024, width=8), order=1)


def _for_logits(dtype: torch.dtype) -> Iterator[Recipe]:
    """Logits whose exponentials overflow or vanish, unless the maximum of the row is subtracted first."""
    narrow = dtype.itemsize == 2
    wide = 1 if narrow else 2  # composed of 16-bit operations, second derivatives of large logits are noise
    usual, far = (6, 35), {torch.float16: 1000.0, torch.bfloat16: 128.0}.get(dtype, 1e4)
    yield Recipe("plain numbers", (5, 37))
    yield Recipe("a batch of 2", (2, 64))
    yield Recipe("three axes", (2, 3, 33))
    yield Recipe("a long row", (3, 1031), order=wide)
    yield Recipe("many rows", (67, 19))
    yield Recipe("a wide row", (6, 35), scale=5.0)
    yield Recipe("equal entries", (4, 1031), noise="equal", order=wide)
    yield Recipe("one dominating entry", usual, noise="dominating")
    yield Recipe("a large common shift", usual, shift=far, scale=3.0, order=wide)
    yield Recipe("large logits", usual, scale=1e3, order=wide)
    yield Recipe("very large logits", (3, 1031), scale=1e3 if narrow else 1e4, shift=100.0, order=wide)
    yield Recipe("transposed input", usual, layout="transposed")
    yield Recipe("every other number of a larger input", usual, layout="strided", order=1)
    yield Recipe("transposed upstream gradient", usual, grad_layout="transposed", order=1)
    yield Recipe("expanded upstream gradient", usual, grad_layout="expanded", order=1)


def _hard(shape: tuple[int, ...], dtype: torch.dtype, layout: str = "contiguous") -> Iterator[Recipe]:
    """Far means and small variances."""
    order = 1 if dtype == torch.float16 else 2  # 1 / s^3 is out of its range
    where = "" if layout == "contiguous" else f", {named(layout)}"
    for ratio in farthest(dtype):
        yield Recipe(f"mean of {ratio:g} deviations{where}", shape, ratio=ratio, layout=layout)
    for variance, said in ((1.0, "epsilon"), (1 / 16, "epsilon / 16")):
        yield Recipe(f"variance of {said}{where}", shape, variance=variance, order=order, layout=layout)


def named(layout: str) -> str:
    return layout.replace("_", " ")


def _for_channels(like: str, sizes: Sizes, dtype: torch.dtype, rank: int, whole: bool) -> Iterator[Recipe]:
    """The recipes for inputs (N, C, ...) of `rank` axes: all of them, or a few if another rank gets all."""
    groups = sizes.num_groups or 3
    channels = sizes.channels or (2 * groups if like == "groupnorm" else 6)
    over_batch = like in BATCHES

    def shape(count: int, *places: int) -> tuple[int, ...]:
        return (count, channels, *places[: rank - 2])

    usual = {2: shape(9), 3: shape(4, 11), 4: shape(2, 5, 7), 5: shape(2, 2, 3, 3)}[rank]
    last = "channels_last" if rank > 3 else "transposed"
    yield Recipe("plain numbers", usual)
    if rank > 2 or over_batch:
        yield Recipe("a batch of 2", shape(2, 3, 1, 1))
    if not whole:
        yield Recipe(f"a large mean, {named(last)}", usual, ratio=farthest(dtype)[-1], order=1, layout=last)
        return
    long = {2: shape(67), 3: shape(1, 521), 4: shape(1, 17, 31), 5: shape(1, 9, 7, 8)}[rank]
    yield Recipe("long statistics", long)
    yield Recipe("many samples", shape(33, 2, 2, 1), order=1)
    yield from _hard(usual, dtype)
    yield Recipe(f"{named(last)} input", usual, order=1, layout=last)
    yield Recipe(f"{named(last)} upstream gradient", usual, order=1, grad_layout=last)
    yield Recipe(f"{named(last)} input and upstream gradient", usual, layout=last, grad_layout=last)
    yield from _hard(usual, dtype, last)
    yield Recipe("every other number of a larger input", usual, layout="strided", order=1)
    yield Recipe("expanded upstream gradient", usual, grad_layout="expanded", order=1)
    if dtype.itemsize == 2:
        large = {2: shape(1024), 3: shape(4, 256), 4: shape(4, 16, 16), 5: shape(4, 4, 8, 8)}[rank]
        yield from _narrow(large, usual, last)


def _narrow(large: tuple[int, ...], usual: tuple[int, ...], last: str) -> Iterator[Recipe]:
    """What 16-bit layers get wrong: sums that leave their range, and numbers that are neighbours."""
    yield Recipe(SUMS, large, scale=100.0, order=1)
    yield Recipe(f"{SUMS}, {named(last)} input", large, scale=100.0, order=1, layout=last)
    yield Recipe(f"{SUMS}, {named(last)} upstream gradient", large, scale=100.0, order=1, grad_layout=last)
    yield Recipe("two neighbouring numbers", usual, noise="two-valued", order=1)
    yield Recipe(f"two neighbouring numbers, {named(last)}", usual, noise="two-valued", order=1, layout=last)


def _stress(own: list[Recipe], like: str, dtype: torch.dtype) -> Iterator[Recipe]:
    """Constant features, means so large that float32 has three digits left, and weights with gaps between them."""
    shapes = list(dict.fromkeys(each.shape for each in own if each.purpose == "plain numbers"))
    if like in SOFTMAXES:
        shapes = []
    for shape in shapes:
        if dtype.itemsize > 2:
            yield Recipe("mean of 1e5 deviations", shape, ratio=1e5)
            yield Recipe("constant 1e6", shape, scale=1e6, noise="constant")
        for layout in ("contiguous",) if like in BY_ROW else ("contiguous", "channels_last"):
            yield Recipe(f"strided weight, {layout} input", shape, layout=layout, weight_layout="strided")
