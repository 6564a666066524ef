"""Runs of planted faults, and of hypotheses, as what the diagnosis is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from tests.verify.planted.faults import Fault, fresh
from tests.verify.planted.inputs import inputs_for
from tests.verify.planted.oracle import QUANTITIES, Inputs, run
from verify.arrangement import arrange
from verify.assertions.case import Case, Observed
from verify.assertions.expected import Expected, expected
from verify.diagnosis.point import Run, Variation, point_of

FIRST = tuple(QUANTITIES)
Given = tuple[Case, Observed, dict[str, Expected]]


def case_of(inputs: Inputs, tangent: torch.Tensor | None = None) -> Case:
    groups = inputs.options.get("num_groups")
    place = arrange(inputs.family, tuple(inputs.x.shape), groups)
    given = (inputs.x, inputs.weight, inputs.bias, inputs.upstream, tangent)
    return Case(place, "planted", *given, inputs.eps, groups)


def observed(call: Any, inputs: Inputs) -> Observed:
    found = run(call, inputs)
    return Observed({name: value for name, value in zip(QUANTITIES, found, strict=True) if value is not None})


def due(case: Case, names: Mapping[str, object] | tuple[str, ...] = FIRST) -> dict[str, Expected]:
    known = ("bias gradient",) if len(case.arrangement.layer.parameters) < 2 else ()
    return {name: expected(case, name) for name in names if name not in known}


def planted(fault: Fault, dtype: torch.dtype) -> Given:
    """A planted fault on inputs that show it; one that remembers a call has had one before, with other values."""
    inputs, call = inputs_for(fault, dtype), fresh(fault).call
    if "last call" in fault.variant:
        run(call, replace(inputs, x=inputs.x * 0.75 + 0.5))
    found, case = observed(call, inputs), case_of(inputs)
    return case, found, due(case, found.values)


def predicted(case: Case, variation: Variation, names: tuple[str, ...]) -> Observed:
    """What a layer with the fault of a hypothesis gives."""
    found = Run(point_of(case), variation, names)
    lay = case.arrangement
    values = {}
    for name in names:
        value = found(name)
        of_weights = value.shape == torch.Size(lay.inner_weights) and name.startswith(("weight", "bias"))
        values[name] = value.reshape(lay.weights if of_weights else lay.shape).to(case.x.dtype)
    return Observed(values)
