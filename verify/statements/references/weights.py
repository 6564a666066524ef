"""Reparametrized weights: weight normalization by torch's function, weight standardization by its batch_norm."""

from __future__ import annotations

import torch

from verify.statements.references.batchnorm import eps_of
from verify.statements.references.reference import Reference, Values, each_instance

_torch_weight_norm = torch._weight_norm  # pyright: ignore[reportPrivateImportUsage]


def _weight_norm(values: Values) -> dict[str, torch.Tensor]:
    """`torch.nn.utils.parametrizations.weight_norm` calls this function, over the first axis."""
    v, gain = values["v"], values["gain"]
    ones = torch.ones_like(gain)[:, None]
    return {
        "r": torch.linalg.vector_norm(v, dim=1),
        "vhat": _torch_weight_norm(v, ones, 0),
        "w": _torch_weight_norm(v, gain[:, None], 0),
    }


def _weight_norm_twice(values: Values) -> dict[str, torch.Tensor]:
    """The composite that torch falls back to; `torch._weight_norm` itself has a wrong second derivative in torch 2.13.

    Its differentiable backward takes the lengths that the forward saved for constants (see the tests).
    """
    v, gain = values["v"], values["gain"]
    lengths = torch.norm_except_dim(v, 2, 0)
    return {"r": lengths[:, 0], "vhat": v / lengths, "w": v * (gain[:, None] / lengths)}


def _weight_standardization(values: Values) -> dict[str, torch.Tensor]:
    """The weights of one output as the samples of one channel, as timm's ScaledStdConv2d has it."""
    v, gain, eps = values["v"], values["gain"], eps_of(values)
    var, mean = torch.var_mean(v, 1, correction=0)
    return {
        "mu": mean,
        "var": var,
        "s": (var + eps).sqrt(),
        "vhat": torch.batch_norm(v[None], None, None, None, None, True, 0.0, eps, False)[0],
        "w": torch.batch_norm(v[None], gain, None, None, None, True, 0.0, eps, False)[0],
    }


WEIGHTS = {
    "weightnorm": Reference(
        "torch._weight_norm",
        each_instance(_weight_norm),
        over=(1,),
        small=False,
        twice=each_instance(_weight_norm_twice),
    ),
    "weight-standardization": Reference(
        "torch.batch_norm of the weights", each_instance(_weight_standardization), over=(1,), far=True
    ),
}
