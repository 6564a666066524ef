"""A claim refuted by numbers that are known to refute another one: those of one reading are tried in the next."""

from __future__ import annotations

from dataclasses import replace

from derive.language import Claim, LanguageError
from derive.refute.evaluate import REFUTES, Intervals, Irrational, NoValue, Rationals, TooLarge
from derive.refute.points import Plan, spots
from derive.verdicts import Refuted


def refuted_by(known: Refuted, claim: Claim) -> Refuted | None:
    """The claim refuted by the same numbers; None where it does not fail at them, or is about other names."""
    shown, plan = known.counterexample, Plan(claim)
    point = shown.point
    if not (set(claim.hypotheses) <= set(known.claim.hypotheses) and set(plan.tensors) <= point.values.keys()):
        return None
    if not set(plan.sizes) <= point.sizes.keys():
        return None
    try:
        evaluation = plan.evaluation(point, Rationals if shown.exact else Intervals)
        sides = [(at, evaluation(claim.lhs, at), evaluation(claim.rhs, at)) for at in spots(point, plan.free)]
    except (NoValue, Irrational, TooLarge, LanguageError):
        return None
    for at, left, right in sides:
        if REFUTES[claim.relation](evaluation.numbers, left, right):
            return Refuted(claim, replace(shown, claim=claim, where=at, left=left, right=right))
    return None
