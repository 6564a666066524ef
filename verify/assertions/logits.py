"""Softmax as an honest implementation computes it: on logits less their row maximum.

The formula itself overflows for logits of 1000. Softmax does not feel a number that is subtracted from a row, so the
formula is evaluated at x' = x - max x, and what x' and the sum of its exponentials may be off is this, with U the unit
roundoff of the accumulation format and u that of the storage format:

    each exponent    3 U |x'|                 the subtraction, a factor log2(e) and its rounding (exp2)
                     U |x|                    x log2(e) - max log2(e), multiplied out (4 of `verify.bounds.model`)
                     U |z|, z = log softmax   p is often exp(z), as in the backward of log_softmax
                     u |x'| + u |z|           either may be stored
    the sum          what all exponents of a row have in common: the mean of the above, weighted by p
                     U |max| + U log(sum)     p as exp(x - logsumexp x)
                     4 U                      a sum that is rescaled whenever the maximum rises

Without `affine` nothing may be multiplied out, and U |x| and U |max| are not allowed.

Autograd goes through the maximum, too, where nobody detaches it: the derivatives of that are zero, added up from
numbers that are not, and what is left of them by rounding arrives mostly at the largest entries (`through_maximum`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from derive.language import Entry, Tensor
from derive.layers import Layer
from verify.assertions.families import SOFTMAXES, statistic
from verify.bounds.forward import forward_error
from verify.bounds.model import Model
from verify.bounds.running import Bounded
from verify.compile import program_of

OUTPUT, GRADIENT, JVP = "output", "input gradient", "JVP along input"
DOUBLE = torch.finfo(torch.float64).eps / 2


def stable(layer: Layer, values: Mapping[str, torch.Tensor], model: Model) -> dict[Tensor, Bounded]:
    """The exponents and their sum for softmax and log-softmax; nothing for other layers."""
    if layer.name not in SOFTMAXES:
        return {}
    form, x = model.format, values[layer.inputs[0].name]
    top = x.amax(-1, keepdim=True)
    shifted = x - top
    rest = (shifted - shifted.exp().sum(-1, keepdim=True).log()).abs()
    error = form.sum_unit * (3 * shifted.abs() + rest + (x.abs() if model.affine else 0.0))
    if form.rounds_sums:
        error = error + form.unit * (shifted.abs() + rest)
    exponents = Bounded(shifted, DOUBLE * shifted.abs(), error)
    return {layer.inputs[0]: exponents, statistic(layer): _total(layer, exponents, top, model)}


def through_maximum(layer: Layer, name: str, values: Mapping[str, torch.Tensor], model: Model) -> torch.Tensor | float:
    """What rounding may leave of the derivatives through the maximum, which are zero."""
    if layer.name not in SOFTMAXES or name == OUTPUT:
        return 0.0
    unit, x, g = model.format.sum_unit, values[layer.inputs[0].name], values["g"].abs()
    share, largest, of_logs = x.softmax(-1), x == x.amax(-1, keepdim=True), layer.name == "log-softmax"
    pulled = g.sum(-1, keepdim=True) if of_logs else g + (share * g).sum(-1, keepdim=True)
    if name == GRADIENT:
        return torch.where(largest, _left(share * pulled + (g if of_logs else 0.0), unit), 0.0)
    moving = values[f"{layer.inputs[0].name}dot"].abs()
    top = torch.where(largest, moving, 0.0).amax(-1, keepdim=True)
    if name == JVP:
        return 4 * unit * top * (1.0 if of_logs else share)
    terms = share * pulled * (moving + (share * moving).sum(-1, keepdim=True) + top)
    return 8 * unit * terms + torch.where(largest, _left(terms, unit), 0.0)


def _left(terms: torch.Tensor, unit: float) -> torch.Tensor:
    """What rounding leaves of a sum that is zero."""
    return unit * (8 + math.sqrt(terms.shape[-1])) * terms.sum(-1, keepdim=True)


def _total(layer: Layer, exponents: Bounded, top: torch.Tensor, model: Model) -> Bounded:
    total = statistic(layer)
    indices = total.definition.indices if total.definition else ()
    found = forward_error(program_of(Entry(total, indices)), {layer.inputs[0]: exponents}, model)
    shares = exponents.value.exp() / found.value[..., None]
    common = (shares * exponents.error).sum(-1)
    size = 4 + found.value.log() + (top.squeeze(-1).abs() if model.affine else 0.0)
    error = found.error + found.value * (common + model.format.sum_unit * size)
    return Bounded(found.value, found.drift, error)
