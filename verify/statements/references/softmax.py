"""Softmax, log-softmax and cross-entropy by torch's functions."""

from __future__ import annotations

import torch
from torch.nn import functional

from verify.statements.references.reference import Reference, Values, each_instance


def _softmax(values: Values) -> dict[str, torch.Tensor]:
    return {"p": torch.softmax(values["x"], 1)}


def _log_softmax(values: Values) -> dict[str, torch.Tensor]:
    return {**_softmax(values), "z": torch.log_softmax(values["x"], 1)}


def _cross_entropy(values: Values) -> dict[str, torch.Tensor]:
    return {**_softmax(values), "z": functional.cross_entropy(values["x"], values["target"])}


SOFTMAXES = {
    "softmax": Reference("torch.softmax", each_instance(_softmax), over=(1,), small=False),
    "log-softmax": Reference("torch.log_softmax", each_instance(_log_softmax), over=(1,), small=False),
    "cross-entropy": Reference(
        "torch.nn.functional.cross_entropy with probabilities", each_instance(_cross_entropy), over=(1,), small=False
    ),
}
