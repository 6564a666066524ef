"""Second derivatives: their own faults, and those that follow from a wrong gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.verify.diagnosis.runs import case_of, due
from tests.verify.planted.faults import FAULTS, SECOND_ORDER, Fault, fresh
from tests.verify.planted.implementation import Call
from tests.verify.planted.inputs import usual
from tests.verify.planted.kernel import Kernel
from tests.verify.planted.oracle import Inputs
from tests.verify.planted.recipe import Mistake
from verify.assertions.case import Observed
from verify.diagnosis import Diagnosis, diagnose

HVP, JVP = "second derivative by input, along input", "JVP along input"
SILENT: list[Fault] = [fault for fault in FAULTS if fault.in_what == SECOND_ORDER]


def twice(call: Call, inputs: Inputs, tangent: Tensor) -> Observed:
    """The input gradient, and the gradients of <tangent, dL/dx> by x and by the upstream gradient."""
    x, g = inputs.x.clone().requires_grad_(), inputs.upstream.clone().requires_grad_()
    weight = inputs.weight.clone().requires_grad_()
    out = call(x, weight, inputs.bias, inputs.eps, **inputs.options)
    (by_x,) = torch.autograd.grad(out, x, g, create_graph=True)
    second = torch.autograd.grad((tangent * by_x).sum(), (x, g), allow_unused=True)
    hvp, jvp = (torch.zeros_like(x) if value is None else value for value in second)
    return Observed({"output": out.detach(), "input gradient": by_x.detach(), HVP: hvp, JVP: jvp})


def diagnosed(call: Call, family: str) -> Diagnosis | None:
    inputs = usual(family, torch.float64)
    tangent = torch.randn(inputs.x.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    seen, case = twice(call, inputs, tangent), case_of(inputs, tangent)
    return diagnose(case, seen, due(case, seen.values))


def test_saved_statistics_taken_for_constants() -> None:
    for fault in SILENT:
        found = diagnosed(fresh(fault).call, fault.family)
        assert found is not None and found.code == "saved-constants", fault
        assert found.says.startswith("the double backward takes the saved statistics")
        assert found.explains == (HVP,)


def test_a_second_derivative_of_a_wrong_gradient_is_explained_by_it() -> None:
    found = diagnosed(Kernel("layernorm", mistake=Mistake(mean_terms=0)), "layernorm")
    assert found is not None
    assert found.says == "the input gradient lacks the mean term -<1, g*gamma>/D"
    assert set(found.explains) == {"input gradient", HVP, JVP}


def test_a_right_double_backward_needs_no_diagnosis() -> None:
    assert diagnosed(Kernel("rmsnorm"), "rmsnorm") is None
