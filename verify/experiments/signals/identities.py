"""Proved identities on the numbers of a network: how far they are off, by how far rounding may put them off."""

from __future__ import annotations

import torch

from derive.language import Term, mean
from derive.theorems.training import residual_stream as proved
from verify.bounds import Allowed, Bounded, Model, forward_error
from verify.compile import program_of

FLOAT64 = Model(torch.float64)


def residual_variance(start: torch.Tensor, inputs: torch.Tensor, end: torch.Tensor, gamma: float, eps: float) -> float:
    """The largest error by bound of `residual-variance`, on a stream as the network computed it, in float64.

    `start` and `end` are (rows, m), the stream before and after the branches; `inputs` (rows, D, m) is what each
    branch's normalization was given. Above 1 the identity does not hold; infinite where rounding may explain anything.
    """
    leaves = _leaves(start, inputs, gamma, eps)
    formula = _at(proved.residual_variance.theorem.claim.rhs, leaves)
    branches = _at(proved.f[proved.l, proved.b], leaves)
    after = _variance(end, branches.tolerance.sum(1) + _additions(start, branches.value))
    return _ratio(after.value - formula.value, after.tolerance + formula.tolerance)


def branch_variance(
    inputs: torch.Tensor,
    outputs: torch.Tensor,
    gamma: float | torch.Tensor,
    eps: float,
    beta: float | torch.Tensor = 0.0,
    model: Model = FLOAT64,
) -> float:
    """The largest error by bound of `branch-variance`: the variance of a normalization's outputs (rows, m).

    `gamma` and `beta` may be (rows,). `model` is the arithmetic that the outputs were computed in.
    """
    inputs, outputs = inputs.double(), outputs.double()
    leaves = _leaves(torch.zeros_like(inputs), inputs[:, None], gamma, eps, beta)
    formula = _at(proved.branch_variance.theorem.claim.rhs, leaves)
    branch = _at(proved.f[proved.l, proved.b], leaves, model)
    after = _variance(outputs, branch.tolerance[:, 0])
    return _ratio(after.value - formula.value[:, 0], after.tolerance + formula.tolerance[:, 0])


def _leaves(
    x: torch.Tensor, h: torch.Tensor, gamma: float | torch.Tensor, eps: float, beta: float | torch.Tensor = 0.0
) -> dict[str, torch.Tensor]:
    full = torch.ones(h.shape[:2], dtype=torch.float64)
    wide = {"gamma": gamma, "beta": beta}
    spread = {
        name: (each[:, None].double() if isinstance(each, torch.Tensor) else each) * full for name, each in wide.items()
    }
    return {"x": x, "h": h, **spread, "epsilon": eps * full[:, 0]}


def _at(formula: Term, leaves: dict[str, torch.Tensor], model: Model = FLOAT64) -> Allowed:
    program = program_of(formula)
    return forward_error(program, {leaf: leaves[str(leaf)] for leaf in program.leaves}, model)


def _variance(x: torch.Tensor, error: torch.Tensor) -> Allowed:
    program = program_of(mean((proved.x[proved.b] - mean(proved.x[proved.a], proved.a)) ** 2, proved.b))
    return forward_error(program, {leaf: Bounded(x, error, error) for leaf in program.leaves}, FLOAT64)


def _additions(start: torch.Tensor, branches: torch.Tensor) -> torch.Tensor:
    """What D additions in a row may lose: D u/(1 - D u) of the sum of all sizes. Source: Higham 2002, Section 4.2."""
    lost = branches.shape[1] * torch.finfo(torch.float64).eps / 2
    return lost / (1 - lost) * (start.abs() + branches.abs().sum(1))


def _ratio(error: torch.Tensor, bound: torch.Tensor) -> float:
    if not bound.isfinite().all():
        return float("inf")
    return float((error.abs() / bound).nan_to_num(nan=float("inf")).max())
