"""A fault in one of several normalizations by hand: that module is named, with what is wrong."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tests.verify.audits.towers import WIDTH, Tower, batch, own, shaken
from tests.verify.audits.written import (
    OldLayerNorm,
    RMSNorm,
    ZeroCentredRMSNorm,
)
from verify.audits.audit import audit
from verify.audits.record import PASS, UNDECIDED


class Planted(torch.autograd.Function):
    """An RMS normalization whose backward has a fault."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, eps: float, fault: str) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.eps, ctx.fault = eps, fault
        return x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * weight

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        (g,), (x, weight) = grads, ctx.saved_tensors
        fault, eps = ctx.fault, 0.0 if ctx.fault == "epsilon" else ctx.eps
        s = (x.square().mean(-1, keepdim=True) + eps).sqrt()
        xhat, a = x / s, g * weight
        projected = xhat * (a * xhat).mean(-1, keepdim=True)
        dx = (a - {"projection": 0, "sign": -1, "factor": 1}.get(fault, 1) * projected) / s
        dw = (g * xhat).flatten(0, -2).sum(0)
        return dx * (2 if fault == "factor" else 1), dw.roll(1) if fault == "weight" else dw, None, None


def planted(fault: str) -> Callable[[Any, torch.Tensor], torch.Tensor]:
    return lambda self, x: Planted.apply(x, self.weight, self.variance_epsilon, fault)


def detached(self: Any, x: torch.Tensor) -> torch.Tensor:
    return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon).detach()


BACKWARD = {
    "projection": (planted("projection"), "the input gradient lacks the projection term"),
    "sign": (planted("sign"), "input gradient"),
    "factor": (planted("factor"), "input gradient"),
    "epsilon": (planted("epsilon"), "epsilon"),
    "weight": (planted("weight"), "weight gradient"),
    "detached": (detached, "the input gradient lacks the projection term"),
}


@pytest.mark.parametrize("fault", BACKWARD)
def test_a_fault_in_the_backward_of_one_is_named(fault: str) -> None:
    forward, says = BACKWARD[fault]
    model: Any = shaken(Tower(lambda: RMSNorm(WIDTH, eps=0.1)))
    model.norm[1].forward = types.MethodType(forward, model.norm[1])
    report = audit(model, batch())
    assert [layer.name for layer in report.faults] == ["norm.1"]
    assert says in report.faults[0].says
    assert [own(report)[name].verdict for name in ("norm.0", "norm.2")] == [PASS, PASS]


def unbiased(self: Any, x: torch.Tensor) -> torch.Tensor:
    xhat = (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + self.variance_epsilon).sqrt()
    return self.gamma * xhat + self.beta


def squares(self: Any, x: torch.Tensor) -> torch.Tensor:
    s = (x.square().mean(-1, keepdim=True) + self.variance_epsilon).sqrt()
    return self.gamma * (x - x.mean(-1, keepdim=True)) / s + self.beta


def other_axis(self: Any, x: torch.Tensor) -> torch.Tensor:
    centred = x - x.mean(1, keepdim=True)
    s = (centred.square().mean(1, keepdim=True) + self.variance_epsilon).sqrt()
    return self.gamma * centred / s + self.beta


def without_mean(self: Any, x: torch.Tensor) -> torch.Tensor:
    s = (x.square().mean(-1, keepdim=True) + self.variance_epsilon).sqrt()
    return self.gamma * x / s + self.beta


FORWARD = {
    "unbiased": (unbiased, "the variance is divided by m-1 where m is due"),
    "squares": (squares, "the mean is not subtracted in the variance"),
    "axis": (other_axis, "computes something else than its 2 siblings"),
    "mean": (without_mean, "computes something else than its 2 siblings"),
}


@pytest.mark.parametrize("fault, place", [("unbiased", 0), ("squares", 1), ("axis", 2), ("mean", 0)])
def test_one_that_computes_something_else_than_its_siblings(fault: str, place: int) -> None:
    forward, says = FORWARD[fault]
    model: Any = shaken(Tower(lambda: OldLayerNorm(WIDTH)))
    model.norm[place].forward = types.MethodType(forward, model.norm[place])
    report = audit(model, batch())
    assert [layer.name for layer in report.faults] == [f"norm.{place}"]
    assert "computes something else than its 2 siblings of the same class" in report.faults[0].says
    assert says in report.faults[0].says
    assert sum(layer.verdict == PASS for layer in own(report).values()) == 2


def without_one(self: Any, x: torch.Tensor) -> torch.Tensor:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def without_epsilon(self: Any, x: torch.Tensor) -> torch.Tensor:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True)) * (1 + self.weight)


@pytest.mark.parametrize(
    "forward, says",
    [
        (without_one, "its 2 siblings of the same class rmsnorm over the last axis (the weight is 1 + weight)"),
        (without_epsilon, "computes with an epsilon of 0; it says 1e-06, with which its 2 siblings of the same class"),
    ],
)
def test_another_layer_than_that_of_the_siblings(forward: Any, says: str) -> None:
    model: Any = shaken(Tower(lambda: ZeroCentredRMSNorm(WIDTH)))
    model.norm[2].forward = types.MethodType(forward, model.norm[2])
    report = audit(model, batch())
    assert [layer.name for layer in report.faults] == ["norm.2"]
    assert says in report.faults[0].says


def test_a_class_of_its_own_that_was_derived_is_a_sibling() -> None:
    class Faulty(OldLayerNorm):
        forward = unbiased

    model: Any = shaken(Tower(lambda: OldLayerNorm(WIDTH)))
    model.norm[1] = Faulty(WIDTH)
    (fault,) = audit(model, batch()).faults
    assert (fault.name, fault.kind) == ("norm.1", "Faulty")
    assert "m-1" in fault.says


def test_a_switch_makes_two_layers_of_one_class() -> None:
    class Norm(nn.Module):
        def __init__(self, centre: bool) -> None:
            super().__init__()
            self.weight, self.centre, self.eps = nn.Parameter(torch.ones(WIDTH)), centre, 1e-5

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x - x.mean(-1, keepdim=True) if self.centre else x
            return self.weight * x * (x.square().mean(-1, keepdim=True) + self.eps).rsqrt()

    model: Any = shaken(Tower(lambda: Norm(True)))
    model.norm[1] = Norm(False)
    found = own(audit(model, batch()))
    assert [found[f"norm.{place}"].like for place in range(3)] == ["layernorm", "rmsnorm", "layernorm"]
    assert {layer.verdict for layer in found.values()} == {PASS}


class Grouped(nn.Module):
    """Normalizes groups of the last axis, as many as it says; in eval mode by statistics that it keeps."""

    def __init__(self, groups: int = 1) -> None:
        super().__init__()
        self.weight, self.groups, self.eps = nn.Parameter(torch.ones(WIDTH)), groups, 1e-5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return self.weight * x / (1 + self.eps) ** 0.5
        rows = x.unflatten(-1, (self.groups, -1))
        return self.weight * (rows * (rows.square().mean(-1, keepdim=True) + self.eps).rsqrt()).flatten(-2)


@pytest.mark.parametrize("how", ["number", "mode"])
def test_modules_that_are_meant_to_differ_are_no_faults(how: str) -> None:
    model: Any = shaken(Tower(Grouped))
    model.norm[1] = Grouped(3) if how == "number" else Grouped().eval()
    report = audit(model, batch())
    assert not report.faults
    assert [layer.verdict for layer in report if layer.name != "norm.1"] == [PASS, PASS]
    assert [layer.verdict for layer in report if layer.name == "norm.1"] in ([], [UNDECIDED])


def test_modules_of_one_class_on_inputs_of_other_ranks_are_siblings() -> None:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear, self.outer, self.inner = nn.Linear(WIDTH, WIDTH), RMSNorm(WIDTH), RMSNorm(4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(self.outer(self.linear(x)).unflatten(-1, (3, 4)))

    found = own(audit(shaken(Heads()), batch()))
    assert {name: layer.verdict for name, layer in found.items()} == {"outer": PASS, "inner": PASS}


def test_the_siblings_may_have_run_as_operations() -> None:
    def unbiased(self: Any, x: torch.Tensor) -> torch.Tensor:
        s = (x.var(-1, keepdim=True) + self.eps).sqrt()
        return self.weight * (x - x.mean(-1, keepdim=True)) / s + self.bias

    model: Any = shaken(Tower(lambda: nn.LayerNorm(WIDTH)))
    model.norm[1].forward = types.MethodType(unbiased, model.norm[1])
    (fault,) = audit(model, batch()).faults
    assert fault.name == "norm.1"
    assert fault.says.startswith("computes something else than its 2 siblings of the same class: ")
    assert fault.says.endswith("the variance is divided by m-1 where m is due")


def test_a_forward_that_was_replaced_is_compared_with_the_class() -> None:
    model: Any = nn.Sequential(nn.Linear(WIDTH, WIDTH), OldLayerNorm(WIDTH))
    model[1].forward = types.MethodType(unbiased, model[1])
    (fault,) = audit(model, batch()).faults
    assert fault.says.startswith("computes something else than its class OldLayerNorm: ")
