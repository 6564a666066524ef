"""Which normalization gives an output from an input, by numbers: the axes, the weight, the bias and epsilon."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

SETS = 6
"""So many sets of statistics are looked at."""
COMMON_EPS = (0.0, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12)
"""What people write; other values are read off the numbers."""
EXACT = 1e-5
"""A fit that leaves less on numbers at random is the one; others need not be tried."""
CENTRED = ("layernorm", "batchnorm", "groupnorm", "instancenorm")


Held = Mapping[str, torch.Tensor]
"""The parameters and buffers of a module, by name."""


@dataclass(frozen=True)
class Form:
    """What is normalized: a layer, the axes of the input in torch's order, and the groups or normalized axes.

    `order` permutes the input to the layout that torch has for the layer: (0, 2, 3, 1) for a layer normalization over
    the channels of images. `normalized` counts the last axes that rows are made of.
    """

    like: str
    order: tuple[int, ...]
    num_groups: int | None = None
    normalized: int = 1

    @property
    def plain(self) -> bool:
        """Whether the input is in torch's layout as it is."""
        return self.order == tuple(range(len(self.order)))

    def inward(self, value: torch.Tensor) -> torch.Tensor:
        """A tensor of the module's layout in that of torch, as a view."""
        return value if self.plain else value.permute(self.order)

    def outward(self, value: torch.Tensor) -> torch.Tensor:
        """The inverse of `inward`."""
        return value if self.plain else value.permute([self.order.index(axis) for axis in range(len(self.order))])

    def features(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of the weight, for an input of torch's layout."""
        return tuple(shape[-self.normalized :]) if self.by_row else (shape[1],)

    @property
    def by_row(self) -> bool:
        return self.like in ("layernorm", "rmsnorm")

    def __str__(self) -> str:
        if self.like == "groupnorm":
            return f"groupnorm in {self.num_groups} group{'s' if self.num_groups != 1 else ''}"
        if self.by_row:
            if not self.plain:
                return f"{self.like} over the channels of axis 1"
            return f"{self.like} over the last {'axis' if self.normalized == 1 else f'{self.normalized} axes'}"
        return self.like if self.plain else f"{self.like} over all axes but the last"


def forms(shape: Sequence[int], num_groups: int | None = None) -> Iterator[Form]:
    """Every normalization that an input of this shape can have, the usual ones first."""
    axes = len(shape)
    plain = tuple(range(axes))
    first = (0, *range(2, axes), 1)
    yield from (Form(like, plain) for like in ("rmsnorm", "layernorm"))
    if axes >= 2:
        yield Form("batchnorm", plain)
    if axes >= 3:
        yield from (Form(like, first) for like in ("layernorm", "rmsnorm"))
        yield Form("batchnorm", (0, axes - 1, *range(1, axes - 1)))
        yield Form("instancenorm", plain)
        own = [num_groups] if num_groups else []
        divisors = [count for count in range(1, shape[1]) if shape[1] % count == 0]
        counts = dict.fromkeys((*own, *(divisors if len(divisors) <= 32 else ())))
        yield from (Form("groupnorm", plain, count) for count in counts if count in divisors)
    for count in range(2, axes):
        yield from (Form(like, plain, normalized=count) for like in ("layernorm", "rmsnorm"))


@dataclass(frozen=True)
class Affine:
    """How the weight and the bias come from what the module holds: factor (shift + weight), by names; None for none."""

    weight: str | None = None
    bias: str | None = None
    shift: float = 0.0
    by_root: bool = False

    def applied(self, held: Held, features: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
        """The weight and the bias that are really applied, in float64."""
        count = math.prod(features)
        device = next((tensor.device for tensor in held.values()), None)
        weight = torch.ones(count, dtype=torch.float64, device=device)
        bias = torch.zeros(count, dtype=torch.float64, device=device)
        if self.weight is not None:
            weight = (held[self.weight].detach().double().flatten() + self.shift).expand(count)
        if self.bias is not None:
            bias = held[self.bias].detach().double().flatten().expand(count)
        return weight / math.sqrt(count) if self.by_root else weight, bias


@dataclass(frozen=True)
class Fit:
    """A form with its weight and epsilon, and what it leaves of the output, in root mean square beside the output's."""

    form: Form
    affine: Affine
    eps: float
    left: float


def sets_of(form: Form, value: torch.Tensor, most: int = SETS) -> torch.Tensor:
    """A few sets of statistics, as (sets, elements)."""
    inner = form.inward(value)
    if form.by_row:
        inner = inner[None] if inner.dim() == form.normalized else inner
        lead = inner.shape[: inner.dim() - form.normalized]
        at = torch.unravel_index(_spread(math.prod(lead), most), tuple(lead))
        return inner[tuple(place.to(inner.device) for place in at)].flatten(1)
    if form.like == "batchnorm":
        return inner[:, _spread(inner.shape[1], most).to(inner.device)].movedim(1, 0).flatten(1)
    groups = inner.shape[1] if form.like == "instancenorm" else form.num_groups or 1
    own = inner.unflatten(1, (groups, -1))
    at = torch.unravel_index(_spread(len(own) * groups, most), (len(own), groups))
    return own[at[0].to(inner.device), at[1].to(inner.device)].flatten(1)


def _spread(count: int, most: int) -> torch.Tensor:
    """A few places among `count`, the first and the last among them."""
    return torch.linspace(0, count - 1, min(count, most)).round().long().unique()


def _feature_numbers(form: Form, value: torch.Tensor) -> torch.Tensor:
    """The number of the feature of every entry, as (sets, elements)."""
    inner = form.inward(value)
    features = form.features(inner.shape)
    numbers = torch.arange(math.prod(features), device=value.device).reshape(features)
    if not form.by_row:
        numbers = numbers.reshape(1, -1, *[1] * (inner.dim() - 2))
    return sets_of(form, form.outward(numbers.expand(inner.shape)))


class Numbers:
    """The sets of one form: the input centred as the form wants it, its variance, and the output."""

    def __init__(self, form: Form, x: torch.Tensor, y: torch.Tensor) -> None:
        self.form = form
        values, self.y = sets_of(form, x).double(), sets_of(form, y).double()
        self.centred = values - values.mean(1, keepdim=True) if form.like in CENTRED else values
        self.variance = self.centred.square().mean(1, keepdim=True)
        self.at = _feature_numbers(form, x)
        self.features = form.features(form.inward(x).shape)
        self.size = self.y.square().mean(1)

    @property
    def alone(self) -> bool:
        """Whether a set has too few entries to tell anything."""
        return self.centred.shape[1] < 2

    def applied(self, affine: Affine, held: Held) -> tuple[torch.Tensor, torch.Tensor]:
        weight, bias = affine.applied(held, self.features)
        return weight.to(self.at.device)[self.at], bias.to(self.at.device)[self.at]

    def left(self, weight: torch.Tensor, bias: torch.Tensor, eps: Sequence[float]) -> list[float]:
        """What each epsilon leaves of the output, in root mean square over the sets, each beside its own size."""
        every = torch.tensor(eps, dtype=torch.float64, device=self.at.device).reshape(-1, 1, 1)
        due = weight * self.centred / (self.variance + every).sqrt() + bias
        rest = (self.y - due).square().mean(-1)
        share = torch.where(rest == 0, 0.0, rest / self.size)
        return share.nan_to_num(nan=math.inf, posinf=math.inf).mean(-1).sqrt().tolist()

    def eps(self, weight: torch.Tensor, bias: torch.Tensor) -> float:
        """Epsilon as the set with the smallest variance shows it, to three digits."""
        along = weight * self.centred
        slope = ((self.y - bias) * along).sum(1) / along.square().sum(1)
        shown = (1 / slope.square() - self.variance[:, 0])[self.variance[:, 0].argmin()]
        return max(0.0, float(f"{float(shown):.3g}")) if bool(shown.isfinite()) else 0.0


def fit(form: Form, x: torch.Tensor, y: torch.Tensor, held: Held, eps: Sequence[float]) -> Fit:
    """The best weight, bias and epsilon for one form. `eps` are the values that the module says."""
    numbers = Numbers(form, x, y)
    best = Fit(form, Affine(), 0.0, math.inf)
    if numbers.alone:
        return best
    every = list(dict.fromkeys((*eps, *COMMON_EPS)))
    for affine in affines(form, held, numbers.features):
        left = numbers.left(*numbers.applied(affine, held), every)
        most = 2 * min(left) if min(left) < EXACT else min(left)  # of those that fit alike, what the module says
        place = next((at for at, each in enumerate(left) if each <= most), 0)
        if left[place] < best.left:
            best = Fit(form, affine, every[place], left[place])
        if best.left < EXACT:
            break
    return _with_own_eps(best, numbers, held)


def _with_own_eps(best: Fit, numbers: Numbers, held: Held) -> Fit:
    """The fit with the epsilon that the numbers show, where that is much better."""
    if not EXACT < best.left < math.inf:
        return best
    applied = numbers.applied(best.affine, held)
    shown = numbers.eps(*applied)
    (left,) = numbers.left(*applied, [shown])
    return replace(best, eps=shown, left=left) if left < best.left / 2 else best


def affines(form: Form, held: Held, features: tuple[int, ...]) -> Iterator[Affine]:
    """Every way in which the tensors of a module can be the weight and the bias, which an RMS normalization has not."""
    count = math.prod(features)
    fitting = [name for name, tensor in held.items() if tensor.numel() in (1, count)]
    for weight in (*fitting, None):
        biases = () if form.like == "rmsnorm" else tuple(name for name in fitting if name != weight)
        for bias in (*biases, None):
            for shift in (0.0, 1.0) if weight is not None else (0.0,):
                yield from (Affine(weight, bias, shift, root) for root in ((False, True) if form.by_row else (False,)))


def best_fit(
    x: torch.Tensor, y: torch.Tensor, held: Held, eps: Sequence[float] = (), groups: int | None = None
) -> Fit | None:
    """The form that leaves least of the output; None where the input has no axes to normalize over.

    >>> x = torch.randn(8, 5, dtype=torch.float64) + 3
    >>> str(best_fit(x, x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt(), {}).form)
    'rmsnorm over the last axis'
    """
    best: Fit | None = None
    for form in forms(x.shape, groups):
        found = fit(form, x, y, held, eps)
        best = found if best is None or found.left < best.left else best
        if best.left < EXACT:
            break
    return best
