"""Channels of very many numbers, judged at some of their entries.

The form of a channel's output and input gradient needs the channel's four sums, for all of its m numbers, and then one
entry at a time. The sums are taken in float64, and what an honest layer may lose in them is bounded from all of their
terms. With R(t) the bound for the additions of the terms t (`verify.bounds.summation`), U the unit roundoff of the
sums, u that of storage in 16 bits, x' = x - mu, sigma^2 = var, s^2 = var + eps and t = g x'/s:

    mu              R(x)/m + 4 U |mu|
    var             5 R(x'^2)/m + 8 U var + 2 sigma e_mu + e_mu^2             two passes, a mean within one s (see
                                                                              `features`), or a running mean
    s               e_var / (2 s (1 - e_var/s^2)) + 4 U s
    sum g           R(g) + 2 U |sum g|
    sum g xhat      R(t) + 2 R(g) |mu|/s + 6 U sum |g| (|x'| + 2 |mu|)/s      multiplied out or not
                    + (|sum g| + growth sum |g|) e_mu/s                       a mean that is off
                    + |sum g xhat| e_s/(s - e_s)                              an s that is off

In 16 bits terms are rounded to storage, too: x'^2 and t twice, which adds up as independent errors do. The rest of the
form is evaluated by `forward_error` with these as its data: at the entries that are farthest from their value, which is
known at all entries, and at others spread over the channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import torch

from derive.language import Entry, Scalar, Tensor, Term
from derive.language.terms import Sum
from derive.layers import batchnorm
from verify.assertions.case import Case
from verify.assertions.expected import FORMS, Expected, Honesty
from verify.audits.observation.capture import GRADIENT, OF_BIAS, OF_WEIGHT, OUTPUT
from verify.bounds.forward import Leaf, forward_error
from verify.bounds.model import Model
from verify.bounds.running import Bounded
from verify.compile import program_of
from verify.program import aligner

LONG = 512
"""From how many numbers of a channel on."""
WORST, SPREAD = 96, 160
"""How many entries of a channel are judged: those farthest from their value, and others."""
DOUBLE = torch.float64
LIKE = ("batchnorm", "instancenorm")


@dataclass(frozen=True)
class Channels:
    """The numbers of a few channels, one row for each, in float64."""

    y: torch.Tensor
    g: torch.Tensor
    gamma: torch.Tensor
    beta: torch.Tensor
    eps: float

    @property
    def count(self) -> int:
        return self.y.shape[1]


@dataclass(frozen=True)
class Totals:
    """The four sums of every channel: exact values, and how far those of a layer may be."""

    mu: Bounded
    s: Bounded
    bias: Bounded
    weight: Bounded

    def split(self, counts: Sequence[int]) -> Iterator[Totals]:
        """Those of the first channels, of the next, and so on."""
        parts = [[part.split(counts) for part in (each.value, each.drift, each.error)] for each in self._each]
        for place in range(len(counts)):
            yield Totals(*(Bounded(*(part[place] for part in own)) for own in parts))

    @property
    def _each(self) -> tuple[Bounded, ...]:
        return self.mu, self.s, self.bias, self.weight


def is_long(like: str, count: int) -> bool:
    """Whether statistics of this kind over so many numbers are judged at some of their entries."""
    return like in LIKE and count > LONG


def channels_of(case: Case) -> Channels:
    """The rows of a sample of channels."""
    gamma, beta = (
        torch.full(case.x.shape[1:2], default, dtype=DOUBLE, device=case.x.device) if value is None else value.double()
        for value, default in ((case.weight, 1.0), (case.bias, 0.0))
    )
    return Channels(rows_of(case.x), rows_of(case.grad_output), gamma, beta, case.eps)


def joined_channels(parts: Sequence[Channels]) -> Channels:
    """Channels of the same number of entries and the same epsilon, below each other."""
    y, g = torch.cat([part.y for part in parts]), torch.cat([part.g for part in parts])
    gamma, beta = torch.cat([part.gamma for part in parts]), torch.cat([part.beta for part in parts])
    return Channels(y, g, gamma, beta, parts[0].eps)


def rows_of(value: torch.Tensor) -> torch.Tensor:
    """(N, C, ...) as (C, m), in float64."""
    return value.movedim(1, 0).flatten(1).double()


def totals_of(own: Channels, model: Model) -> Totals:
    """The sums of the channels, under the model of an honest layer."""
    middle = own.y - own.y.mean(1, keepdim=True)
    mu, var = own.y.mean(1), middle.square().mean(1)
    s = (var + own.eps).sqrt()
    terms = own.g * middle / s[:, None]
    values = (mu, s, own.g.sum(1), terms.sum(1))
    narrow = _off(own, middle, terms, values, model)
    wide = narrow if model.dtype is DOUBLE else _off(own, middle, terms, values, Model(DOUBLE, worst_case=True))
    return Totals(*(Bounded(value, drift, off) for value, off, drift in zip(values, narrow, wide, strict=True)))


def _off(
    own: Channels, middle: torch.Tensor, terms: torch.Tensor, values: tuple[torch.Tensor, ...], model: Model
) -> tuple[torch.Tensor, ...]:
    """How far each of the sums may be: the formulas at the top."""
    mu, s, total, projection = values
    sums, unit, m = model.sums(6 * len(mu)), model.format.sum_unit, own.count
    stored = model.format.unit if model.format.rounds_sums else 0.0

    def lost(of: torch.Tensor) -> torch.Tensor:
        if not bool(of.any()):  # as the upstream gradient where the output alone is judged
            return torch.zeros_like(of[:, 0])
        made = sums.rounding(of)
        return made.bound + made.one_sided

    def kept(of: torch.Tensor) -> torch.Tensor | float:
        if not stored:
            return 0.0
        size = 2 * stored * of.abs()
        return sums.independent(size, size, of, stored)[0]

    e_mu = lost(own.y) / m + 4 * unit * mu.abs()
    squares = middle.square()
    var = squares.mean(1)
    e_var = (5 * lost(squares) + kept(squares)) / m + 8 * unit * var + 2 * var.sqrt() * e_mu + e_mu.square()
    room = 1 - e_var / s.square()
    e_s = torch.where(room > 0, e_var / (2 * s * room) + 4 * unit * s, torch.inf)
    of_g, size = lost(own.g), own.g.abs()
    e_total = of_g + 2 * unit * total.abs()
    apart = (size * middle.abs()).sum(1) + 2 * mu.abs() * size.sum(1)
    growth = sums.growth(sums.order.additions(m))
    e_projection = lost(terms) + kept(terms) + 2 * of_g * mu.abs() / s + 6 * unit * apart / s
    e_projection = e_projection + (total.abs() + growth * size.sum(1)) * e_mu / s
    e_projection = e_projection + torch.where(e_s < s, projection.abs() * e_s / (s - e_s), torch.inf)
    return e_mu, e_s, e_total, e_projection


@cache
def _with_totals() -> tuple[Term, Tensor, Tensor]:
    """The proved input gradient with its sums over the channel as given numbers: sum g, and sum g yhat."""
    of_bias, of_weight = Scalar("sum_g"), Scalar("sum_g_yhat")
    layer = batchnorm()
    named = {FORMS[OF_BIAS](layer).term: of_bias, FORMS[OF_WEIGHT](layer).term: of_weight}

    def given(term: Term) -> Term:
        if term in named:
            return Entry(named[term].tensor, ())
        return term.rebuild(tuple(given(arg) for arg in term.args)) if term.args else term

    found = given(FORMS[GRADIENT](layer).term)
    if _has_sum(found):
        raise RuntimeError("the input gradient of batch normalization has a sum that its other gradients lack")
    return found, of_bias.tensor, of_weight.tensor


def _has_sum(term: Term) -> bool:
    return isinstance(term, Sum) or any(_has_sum(arg) for arg in term.args)


@dataclass(frozen=True)
class Spots:
    """Some entries of channels: their places in a row, the inputs there, and what the layer gave."""

    places: torch.Tensor
    y: torch.Tensor
    g: torch.Tensor
    found: torch.Tensor


def spots_of(own: Channels, known: Totals, name: str, found: torch.Tensor) -> Spots:
    """The entries of a quantity that are farthest from its value, and a spread of others."""
    hat = (own.y - known.mu.value[:, None]) / known.s.value[:, None]
    if name == OUTPUT:
        due = own.gamma[:, None] * hat + own.beta[:, None]
    else:
        inside = own.g - (known.bias.value[:, None] + hat * known.weight.value[:, None]) / own.count
        due = (own.gamma / known.s.value)[:, None] * inside
    far = (found - due).abs().nan_to_num(nan=torch.inf, posinf=torch.inf)
    worst = far.topk(WORST, 1).indices
    spread = torch.linspace(0, own.count - 1, SPREAD, device=far.device).round().long().expand(len(far), -1)
    places = torch.cat([worst, spread], 1)
    return Spots(places, own.y.gather(1, places), own.g.gather(1, places), found.gather(1, places))


def expected_at(
    samples: Sequence[tuple[Channels, Totals, Spots]], name: str, dtype: torch.dtype, honesty: Honesty
) -> list[Expected]:
    """What is due at the entries, and the bounds; samples of channels with the same number of entries together."""
    layer = batchnorm()
    mu, s = layer.names["mu"], layer.names["s"]
    term, axes = FORMS[name](layer).term, FORMS[name](layer).axes
    given: dict[Leaf, torch.Tensor | Bounded] = {
        mu: _joined([known.mu for _, known, _ in samples]),
        s: _joined([known.s for _, known, _ in samples]),
    }
    if name == GRADIENT:
        term, of_bias, of_weight = _with_totals()
        given[of_bias] = _joined([known.bias for _, known, _ in samples])
        given[of_weight] = _joined([known.weight for _, known, _ in samples])
    named = {
        "y": torch.cat([spots.y for _, _, spots in samples]),
        "g": torch.cat([spots.g for _, _, spots in samples]),
        "gamma": torch.cat([own.gamma for own, _, _ in samples]),
        "beta": torch.cat([own.beta for own, _, _ in samples]),
    }
    program = program_of(term, frozenset(leaf for leaf in given if isinstance(leaf, Tensor)))
    leaves = {leaf: given[leaf] if leaf in given else named[str(leaf)] for leaf in program.leaves}
    size = layer.inputs[0].sizes[0]
    found = forward_error(program, leaves, honesty.model(dtype, second=False), {size: samples[0][0].count})
    align = aligner(program.axes, axes)
    counts = [len(own.y) for own, _, _ in samples]
    parts = (align(found.value).split(counts), align(found.tolerance).split(counts))
    return [Expected(value, bound) for value, bound in zip(*parts, strict=True)]


def _joined(parts: Sequence[Bounded]) -> Bounded:
    return Bounded(*(torch.cat([getattr(part, name) for part in parts]) for name in ("value", "drift", "error")))


def expected_total(known: Totals, name: str, dtype: torch.dtype, honesty: Honesty) -> Expected:
    """The gradient by the weight or the bias of each channel, which is one of its sums, rounded to storage."""
    total = known.weight if name == OF_WEIGHT else known.bias
    form = honesty.model(dtype, second=False).format
    bound = total.error + total.drift
    return Expected(total.value, bound + form.unit * (total.value.abs() + bound) + form.smallest)
