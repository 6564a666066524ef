"""Whether a formula that is offered instead of a wrong one is proved, within the work that such an offer is worth."""

from __future__ import annotations

from derive.certificates import DEPTH, inequality
from derive.kernel import KernelError, Theorem
from derive.language import Claim, LanguageError, Number
from derive.notes.failing import fails
from derive.verdicts import attempt, is_short

INEQUALITIES = 1
"""So many inequalities are looked at for one relation: to look for a proof in vain takes long."""


SHORT = 8
"""Of these the sides differ by at most so many terms."""


class Proofs:
    """Proves offers for one relation; inequalities only where their sides differ by few terms, and only a few."""

    def __init__(self, inequalities: int = INEQUALITIES, terms: int = SHORT, depth: int = DEPTH - 1) -> None:
        """`depth` counts how often both sides of a bound have been squared already, so that few squares are left."""
        self.inequalities, self.terms, self.depth = inequalities, terms, depth

    @property
    def are_spent(self) -> bool:
        """Whether no more inequalities are looked at."""
        return self.inequalities <= 0

    def proves(self, claim: Claim, equal: bool = False) -> bool:
        """Whether a claim is proved; `equal` says of a bound that its sides seem to be equal: then this is proved."""
        if equal and claim.relation in ("<=", ">="):
            return isinstance(attempt(claim, Number(0)), Theorem)
        if claim.relation == "=":
            return isinstance(attempt(claim), Theorem)
        self.inequalities -= 1
        if self.inequalities < 0 or fails(claim) or not is_short(claim, self.terms):
            return False
        try:
            return isinstance(inequality(claim, self.depth, anywhere=True), Theorem)
        except (KernelError, LanguageError, RecursionError):
            return False
