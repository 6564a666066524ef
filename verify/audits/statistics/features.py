"""The gradients by a few weights and biases, where each is a sum over many statistics.

They are judged with the statistics of all rows, which are not judged there themselves: their exact values, and how far
those of an honest layer may be, from the moments alone. With U the unit roundoff of the sums, gamma_k the bound of k
roundings (`verify.bounds.summation`), m numbers, sigma^2 = var and s^2 = var + eps:

    mu    off by e = gamma_{m+2} sqrt(mu^2 + var)         mean |x| is at most that, by Cauchy-Schwarz
    var   off by 5 gamma_{m+6} s^2 + 2 sigma e + e^2      two passes, a mean within one s, or a running mean
    s     off by half of that by s, and 4 U s             and what is left of second order

In five: with squares about a number c within s of mu, mean (x-c)^2 is at most 2 s^2, and its correction (c - mu)^2 is
at most s^2, whose two factors are each off by gamma times mean |x - c|, at most sqrt(2) s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from derive.language import Tensor
from derive.layers import Layer
from verify.assertions.expected import FORMS, Expected, Honesty
from verify.audits.observation.capture import Capture
from verify.audits.statistics.frame import Frame
from verify.bounds.forward import Leaf, forward_error
from verify.bounds.model import Model
from verify.bounds.running import Bounded
from verify.bounds.summation import gamma, gamma_tilde, quantile
from verify.compile import program_of
from verify.program import aligner

DOUBLE = torch.float64


@dataclass(frozen=True)
class Columns:
    """All numbers of a few features: one instance for each, in the program's shape with one feature.

    `mu` and `var` are those of the statistics that the numbers belong to, in float64.
    """

    layer: Layer
    x: torch.Tensor
    g: torch.Tensor
    mu: torch.Tensor
    var: torch.Tensor
    count: int
    eps: float
    centred: bool
    chosen: tuple[int, ...]


def columns(capture: Capture, frame: Frame, g: torch.Tensor, chosen: list[int]) -> Columns:
    """The numbers of the features at these places, cut out of the whole tensors."""
    x, mu, var = frame.inward(capture.x), *_exact(capture, frame)
    parts: list[list[torch.Tensor]] = [[], [], [], []]
    for place in chosen:
        at = torch.unravel_index(torch.tensor(place), frame.features)
        where = tuple(slice(None) if axis in frame.along else slice(int(i), int(i) + 1) for axis, i in enumerate(at))
        of_statistic = tuple(slice(None) if frame.statistics[axis] == 1 else each for axis, each in enumerate(where))
        for part, value, spot in zip(
            parts, (x, frame.inward(g), mu, var), (where, where, of_statistic, of_statistic), strict=True
        ):
            part.append(value[spot].to(DOUBLE))
    cut_x, cut_g, cut_mu, cut_var = (torch.stack(part) for part in parts)
    layer = frame.arrangement.layer
    own = (frame.count, capture.eps, frame.centred, tuple(chosen))
    return Columns(layer, cut_x, cut_g, cut_mu, cut_var, *own)


def _exact(capture: Capture, frame: Frame) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance of every statistic in float64, piece by piece."""
    found: list[tuple[torch.Tensor, torch.Tensor]] = []
    for _, (part,) in frame.pieces(frame.inward(capture.x), wide=DOUBLE):
        if frame.centred:
            var, mu = torch.var_mean(part, dim=frame.axes, correction=0, keepdim=True)
        else:
            var = part.square().mean(frame.axes, keepdim=True)
            mu = torch.zeros_like(var)
        found.append((mu, var))
    return torch.cat([mu for mu, _ in found]), torch.cat([var for _, var in found])


def expected_of_features(own: Columns, name: str, dtype: torch.dtype, honesty: Honesty) -> Expected:
    """The gradient by each of the features, and its bound."""
    form, model = FORMS[name](own.layer), honesty.model(dtype, second=False)
    known = _statistics(own, model)
    program = program_of(form.term, frozenset(known))
    named = {own.layer.inputs[0].name: own.x, "g": own.g}
    leaves: dict[Leaf, torch.Tensor | Bounded] = {
        leaf: known[leaf] if isinstance(leaf, Tensor) and leaf in known else named[str(leaf)] for leaf in program.leaves
    }
    found = forward_error(program, leaves, model)
    align = aligner(program.axes, form.axes)
    return Expected(align(found.value).reshape(-1), align(found.tolerance).reshape(-1))


def _statistics(own: Columns, model: Model) -> dict[Tensor, Bounded]:
    """mu and s as they may come out of an honest layer, without the axes that they don't have."""
    events = 2 * own.mu.numel()
    narrow, wide = (_off(own, each, events) for each in (model, Model(DOUBLE, worst_case=True)))
    layer = own.layer
    found = {layer.names["s"]: _bounded(layer.names["s"], (own.var + own.eps).sqrt(), narrow[1], wide[1])}
    if own.centred:
        found[layer.names["mu"]] = _bounded(layer.names["mu"], own.mu, narrow[0], wide[0])
    return found


def _bounded(step: Tensor, value: torch.Tensor, error: torch.Tensor, drift: torch.Tensor) -> Bounded:
    axes = 1 + len(step.definition.indices if step.definition else ())
    value, error, drift = (each.reshape(*_front(each, axes)) for each in (value, error, drift))
    return Bounded(value, drift, error)


def _front(value: torch.Tensor, axes: int) -> tuple[int, ...]:
    """The shape without its last axes, which have one entry each."""
    return tuple(value.shape[:axes])


def _off(own: Columns, model: Model, events: int) -> tuple[torch.Tensor, torch.Tensor]:
    """How far mu and s may be: the formulas at the top."""
    unit = model.format.sum_unit
    factor = math.inf if model.worst_case else quantile(model.failure, events, model.format.unit)
    few, more = (_rounded(own.count + extra, unit, factor) for extra in (2, 6))
    square = own.var + own.eps
    mean = few * (own.mu.square() + own.var).sqrt() if own.centred else torch.zeros_like(own.var)
    var = 5 * more * square + 2 * own.var.sqrt() * mean + mean.square()
    root = square.sqrt()
    room = 1 - var / square
    return mean, torch.where(room > 0, var / (2 * root * room) + 4 * unit * root, math.inf)


def _rounded(count: int, unit: float, factor: float) -> float:
    worst = gamma(count, unit)
    return worst if math.isinf(factor) else min(worst, gamma_tilde(count, unit, factor))
