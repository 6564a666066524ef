"""Inputs that satisfy the hypotheses of a theorem, checked numerically: a theorem says nothing about others."""

from __future__ import annotations

from dataclasses import replace

import torch

from derive.language import Claim, Entry, Number
from derive.layers import Layer
from verify.evaluate import bounded_sides
from verify.inputs import Batch

HALVINGS = 40


def hold(hypothesis: Claim, layer: Layer, batch: Batch) -> torch.Tensor:
    """For each feature, whether the hypothesis certainly holds for the exact numbers of the batch."""
    left, right = bounded_sides(hypothesis, layer, batch)
    gap = right.value - left.value
    slack = (left.drift + right.drift) * (1 + 2.0**-50)
    slack = torch.where(slack > 0, slack + gap.abs() * 2.0**-50, slack)  # the gap itself is rounded
    verdict = {
        "=": (gap == 0) & (slack == 0),
        "!=": gap.abs() > slack,
        "<=": gap >= slack,
        "<": gap > slack,
        ">=": -gap >= slack,
        ">": -gap > slack,
    }[hypothesis.relation]
    return verdict.reshape(verdict.shape[0], -1).all(1).expand(batch.x.shape[1])


def meet(claim: Claim, layer: Layer, batch: Batch) -> tuple[Batch, str]:
    """A batch that satisfies the hypotheses, with "", or the batch as it was with the reason why there is none.

    The activations and the upstream gradient stay as they are. `epsilon = number` is set; where a hypothesis does not
    hold for a feature, that feature's weight is halved until it does.
    """
    chosen = _with_epsilon(claim, batch)
    for _ in range(HALVINGS):
        holds = torch.ones(chosen.x.shape[1], dtype=torch.bool, device=chosen.x.device)
        for hypothesis in claim.hypotheses:
            holds = holds & hold(hypothesis, layer, chosen)
        if holds.all():
            return chosen, ""
        chosen = replace(chosen, weight=torch.where(holds, chosen.weight, chosen.weight / 2))
    return batch, _reason(claim, layer, chosen)


def _reason(claim: Claim, layer: Layer, batch: Batch) -> str:
    failing = [str(each) for each in claim.hypotheses if not hold(each, layer, batch).all()]
    return f"it assumes {' and '.join(failing)}, which these inputs don't satisfy"


def _with_epsilon(claim: Claim, batch: Batch) -> Batch:
    chosen = [value for each in claim.hypotheses if (value := epsilon_of(each)) is not None]
    return replace(batch, eps=chosen[0]) if chosen else batch


def epsilon_of(hypothesis: Claim) -> float | None:
    """The number that it says epsilon is, if it says that."""
    match hypothesis:
        case Claim(lhs=Entry(tensor=tensor), relation="=", rhs=Number(value=value)) if tensor.name == "epsilon":
            return float(value)
    return None
