"""How a claim of a document is decided: as any claim, but what is false is found by numbers before a proof is tried."""

from __future__ import annotations

from derive.language import Claim
from derive.notes.failing import fails
from derive.notes.ordered import decide_in_order, is_ordered
from derive.notes.values import differ, exceeds
from derive.verdicts import Verdict, refute
from derive.verdicts import decide as decided


def decide(claim: Claim) -> Verdict:
    """The verdict on a claim; to look for a proof of what is false in vain takes long, a point does not.

    Nor are the numbers exact before they have to be: what holds in floating point is given to the prover at once.
    """
    if is_ordered(claim):
        return decide_in_order(claim)
    refuted = refute(claim) if (differ(claim) if claim.relation == "=" else fails(claim)) else None
    return decided(claim) if refuted is None else refuted


def is_false(claim: Claim) -> bool:
    """Whether numbers show that a claim fails, which takes no search for a point that a person can check."""
    return not is_ordered(claim) and (differ(claim) if claim.relation == "=" else exceeds(claim))
