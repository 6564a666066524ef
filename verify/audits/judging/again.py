"""Runs a normalization of a model again, on other numbers."""

from __future__ import annotations

import torch

from verify.assertions.case import Case, Observed
from verify.assertions.inputs import twin
from verify.assertions.observe import LayerFault
from verify.assertions.trial import Runner
from verify.audits.observation.capture import GRADIENT, INFERENCE, OF_BIAS, OF_WEIGHT, OUTPUT, Capture
from verify.errors import raised


def runner_of(capture: Capture) -> Runner:
    """Runs the operation, or the module, again on other numbers."""

    def run(case: Case) -> Observed:
        if capture.run is None or capture.like == INFERENCE:
            raise LayerFault("it can't be run again")
        given = {"x": twin(case.x), "weight": _twin(case.weight), "bias": _twin(case.bias)}
        groups = () if case.num_groups is None else (case.num_groups,)
        try:
            with torch.enable_grad(), torch.autocast(case.x.device.type, enabled=False):
                leaves = {name: value.requires_grad_() for name, value in given.items() if value is not None}
                output = capture.run(given["x"], given["weight"], given["bias"], *groups)
                found = torch.autograd.grad(
                    output, [*leaves.values()], case.grad_output.to(output.dtype), allow_unused=True
                )
        except Exception as error:
            raise LayerFault(raised(error)) from error
        if output.shape != case.x.shape:
            raise LayerFault(f"it gives the shape {tuple(output.shape)}")
        names = {"x": GRADIENT, "weight": OF_WEIGHT, "bias": OF_BIAS}
        values = {names[name]: value for name, value in zip(leaves, found, strict=True) if value is not None}
        return Observed({OUTPUT: output.detach(), **values})

    return run


def _twin(value: torch.Tensor | None) -> torch.Tensor | None:
    return None if value is None else twin(value)
