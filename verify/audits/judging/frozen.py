"""Batch normalization in inference mode: what it should give with the statistics that it was given."""

from __future__ import annotations

import torch

from derive.layers import LAYERS
from verify.assertions.case import Case
from verify.assertions.expected import FORMS, Expected, Honesty
from verify.audits.observation.capture import INFERENCE
from verify.bounds.forward import forward_error
from verify.compile import program_of
from verify.program import aligner


def expected_frozen(case: Case, running: tuple[torch.Tensor, torch.Tensor], name: str, honesty: Honesty) -> Expected:
    """The value of a quantity by the proved form, one instance for each channel, and its bound."""
    layer = LAYERS[INFERENCE]()
    form = FORMS[name](layer)
    inner = case.inner()
    channels = case.x.shape[1]
    mu, var = (value.double() for value in running)
    values = {"y": _rows(inner["x"]), "g": _rows(inner["g"]), "mu": mu, "var": var}
    values |= {"gamma": inner["gamma"], "beta": inner["beta"], "epsilon": inner["epsilon"].expand(channels)}
    program = program_of(form.term)
    found = forward_error(
        program, {leaf: values[str(leaf)] for leaf in program.leaves}, honesty.model(case.x.dtype, second=False)
    )
    align = aligner(program.axes, form.axes)
    value, bound = align(found.value), align(found.tolerance)
    if not form.like.sizes:
        return Expected(value.reshape(channels), bound.reshape(channels))
    return Expected(_images(value, case), _images(bound, case))


def _rows(value: torch.Tensor) -> torch.Tensor:
    return value.movedim(1, 0).flatten(1)


def _images(value: torch.Tensor, case: Case) -> torch.Tensor:
    count, channels, *places = case.x.shape
    return value.expand(channels, value.shape[-1]).reshape(channels, count, *places).movedim(0, 1).contiguous()
