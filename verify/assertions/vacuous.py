"""Inputs that can't tell a right layer from a wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from verify.assertions.case import Case
from verify.assertions.expected import aligned
from verify.assertions.families import SOFTMAXES, centred
from verify.assertions.inputs import axes_of_statistics
from verify.assertions.trial import Trial

OUTPUT, GRADIENT = "output", "input gradient"


def blind_spots(trial: Trial) -> Iterator[tuple[str, str]]:
    """For each quantity the faults that the inputs of a trial would not show, in words.

    A fault is one that would leave every entry within its bound: a term of the gradient that is dropped, a weight
    that is not applied, a bias that is not added.
    """
    case = trial.case
    if case.weight is not None and OUTPUT in trial.observed.values:
        for name in (OUTPUT, GRADIENT):
            if name in trial.observed.values and _same(trial, name, replace(case, weight=torch.ones_like(case.weight))):
                yield name, f"a layer without a weight would give the same: {_weights(case.weight)}"
    plain = None if case.bias is None else replace(case, bias=torch.zeros_like(case.bias))
    if plain is not None and OUTPUT in trial.observed.values and _same(trial, OUTPUT, plain):
        yield OUTPUT, "a layer without a bias would give the same: the bias is 0 everywhere"
    if GRADIENT in trial.observed.values:
        yield from ((GRADIENT, says) for says in _gradient(trial))


def _weights(weight: torch.Tensor) -> str:
    return "the weight is 1 everywhere" if bool((weight == 1).all()) else "the weight makes no difference here"


def _same(trial: Trial, name: str, other: Case) -> bool:
    """Whether the quantity is the same within its bound on another case."""
    due = trial.due(name)
    moved = replace(trial, case=other).due(name).value
    return bool(((moved - due.value).abs() <= due.bound).all())


def _gradient(trial: Trial) -> Iterator[str]:
    """The summands of the gradient that are zero here, up to rounding."""
    case, due = trial.case, trial.due(GRADIENT)
    if bool((due.value.abs() <= due.bound).all()):
        constant = bool((case.grad_output == case.grad_output.reshape(-1)[0]).all())
        why = "the upstream gradient is constant, as that of a .sum() loss" if constant else "of these inputs"
        yield f"the gradient is zero up to rounding, whatever the layer does with it: {why}"
        return
    for what, term in _terms(case):
        shape = case.arrangement.outward("x", term.expand(case.arrangement.inner).contiguous())
        if bool((shape.abs() <= due.bound).all()):
            yield f"a gradient without {what} would be the same: that term is zero here"


def _terms(case: Case) -> Iterator[tuple[str, torch.Tensor]]:
    """What the mean and the projection on xhat contribute to the input gradient."""
    inner, lay = case.inner(), case.arrangement
    axes = axes_of_statistics(lay)
    x = inner[lay.layer.inputs[0].name]
    if lay.layer.name in SOFTMAXES:
        shares, of_logs = x.softmax(-1), lay.layer.name == "log-softmax"
        yield "its sum over the row", shares * (inner["g"] if of_logs else inner["g"] * shares).sum(-1, keepdim=True)
        return
    subtracts = centred(lay.layer)
    middle = x - x.mean(axes, keepdim=True) if subtracts else x
    if "r" in lay.layer.names:
        gain, r = aligned(inner["gain"], case), x.norm(dim=-1, keepdim=True)
        yield "the projection on vhat", gain * (inner["g"] * x).sum(-1, keepdim=True) * x / r**3
        return
    s = (middle.square().mean(axes, keepdim=True) + case.eps).sqrt()
    slope = inner["g"] * aligned(inner[lay.layer.parameters[0].name], case)
    if subtracts:
        yield "the mean term", slope.mean(axes, keepdim=True) / s
    yield "the projection on xhat", (slope * middle / s).mean(axes, keepdim=True) * middle / s**2
