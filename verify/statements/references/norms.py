"""Layer, RMS, group and instance normalization by torch's functions; the Lp norms by torch.linalg.vector_norm."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from verify.statements.references.batchnorm import eps_of
from verify.statements.references.reference import Reference, Values, each_instance


def _statistics(groups: torch.Tensor, eps: float) -> dict[str, torch.Tensor]:
    """Mean, variance and deviation over the last axis."""
    var, mean = torch.var_mean(groups, -1, correction=0)
    return {"mu": mean, "var": var, "s": (var + eps).sqrt()}


def _layer_norm(values: Values) -> dict[str, torch.Tensor]:
    x, eps = values["x"], eps_of(values)
    size = [x.shape[-1]]
    return {
        **_statistics(x, eps),
        "xhat": functional.layer_norm(x, size, eps=eps),
        "z": functional.layer_norm(x, size, values["gamma"], values["beta"], eps),
    }


def _rms_norm(values: Values) -> dict[str, torch.Tensor]:
    x, eps = values["x"], eps_of(values)
    size = [x.shape[-1]]
    return {
        "s": (torch.linalg.vector_norm(x, dim=-1).square() / size[0] + eps).sqrt(),
        "xhat": functional.rms_norm(x, size, eps=eps),
        "z": functional.rms_norm(x, size, values["gamma"], eps),
    }


def _group_norm(values: Values) -> dict[str, torch.Tensor]:
    """torch has the channels of all groups on one axis."""
    x, eps = values["x"], eps_of(values)
    flat, groups = x.flatten(1, 2), x.shape[1]
    weight, bias = values["gamma"].flatten(), values["beta"].flatten()
    return {
        **_statistics(x.flatten(2), eps),
        "xhat": torch.group_norm(flat, groups, None, None, eps, False).reshape(x.shape),
        "z": torch.group_norm(flat, groups, weight, bias, eps, False).reshape(x.shape),
    }


def _instance_norm(values: Values) -> dict[str, torch.Tensor]:
    x, eps = values["x"], eps_of(values)
    return {
        **_statistics(x, eps),
        "xhat": torch.instance_norm(x, None, None, None, None, True, 0.0, eps, False),
        "z": torch.instance_norm(x, values["gamma"], values["beta"], None, None, True, 0.0, eps, False),
    }


def _divided(values: Values, order: float, count: int) -> dict[str, torch.Tensor]:
    """Centred, and divided by the norm of an order over the root of that order of `count`."""
    y = values["y"]
    centred = y - y.mean()
    r = torch.linalg.vector_norm(centred, order) / count ** (1 / order)
    return {"r": r, "yhat": centred / r, "z": torch.addcmul(values["beta"], values["gamma"], centred / r)}


def _l1(values: Values) -> dict[str, torch.Tensor]:
    return _divided(values, 1, values["y"].numel())


def _lp(values: Values) -> dict[str, torch.Tensor]:
    return _divided(values, float(values["p"].detach()), values["y"].numel())


def _linf(values: Values) -> dict[str, torch.Tensor]:
    return _divided(values, math.inf, 1)


def _with_top(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """`top` is the sign of the activation farthest from the mean, and 0 at the others."""
    y = values["y"].double()
    centred = y - y.mean(1, keepdim=True)
    farthest = torch.nn.functional.one_hot(centred.abs().argmax(1), y.shape[1])
    return {**values, "top": (farthest * centred.sign()).to(values["y"].dtype)}


def _apart(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """No activation is so near the mean that rounding loses the sign of its distance; one in four is above."""
    y = values["y"].double()
    mean = y.mean(1, keepdim=True)
    distance = (y - mean).abs() + 0.5 * (y - mean).square().mean(1, keepdim=True).sqrt()
    above = torch.arange(y.shape[1], device=y.device) % 4 == 0
    balance = distance[:, ~above].sum(1, keepdim=True) / distance[:, above].sum(1, keepdim=True)
    return {**values, "y": (mean + torch.where(above, balance * distance, -distance)).to(values["y"].dtype)}


NORMS = {
    "layernorm": Reference("torch.nn.functional.layer_norm", each_instance(_layer_norm), over=(1,), far=True),
    "rmsnorm": Reference("torch.nn.functional.rms_norm", each_instance(_rms_norm), over=(1,)),
    "groupnorm": Reference("torch.group_norm", each_instance(_group_norm), over=(2, 3), far=True),
    "instancenorm": Reference("torch.instance_norm", each_instance(_instance_norm), over=(2,), far=True),
    "l1-batchnorm": Reference("torch.linalg.vector_norm", each_instance(_l1), over=(0,), small=False, completed=_apart),
    "lp-batchnorm": Reference("torch.linalg.vector_norm", each_instance(_lp), over=(0,), small=False, completed=_apart),
    "linf-batchnorm": Reference(
        "torch.linalg.vector_norm", each_instance(_linf), over=(0,), small=False, completed=_with_top
    ),
}
