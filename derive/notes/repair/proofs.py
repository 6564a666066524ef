"""Whether a formula that is offered instead of a wrong one is proved, within the work that such an offer is worth."""

from __future__ import annotations

from derive.kernel import Theorem
from derive.language import Claim
from derive.verdicts import attempt, is_short, refute

INEQUALITIES = 1
"""So many inequalities are looked at for one relation: to look for a proof in vain takes long."""


SHORT = 8
"""Of these the sides differ by at most so many terms."""


class Proofs:
    """Proves offers for one relation; inequalities only where their sides differ by few terms, and only a few."""

    def __init__(self) -> None:
        self.inequalities = INEQUALITIES

    def proves(self, claim: Claim) -> bool:
        if claim.relation != "=":
            self.inequalities -= 1
            if self.inequalities < 0 or not is_short(claim, SHORT) or refute(claim) is not None:
                return False
        return isinstance(attempt(claim), Theorem)
