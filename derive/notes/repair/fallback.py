"""What is true instead of a formula that no change of its text mends: the gradient itself, where it is short."""

from __future__ import annotations

from derive.language import Derivative
from derive.latex import claim_latex
from derive.verdicts import Refuted


def closed_form(refuted: Refuted) -> str | None:
    """The left side of a refuted equation in closed form, if it is a derivative, as LaTeX no longer than the formula.

    A reader learns nothing from one that is longer, and it takes long to find.
    """
    claim = refuted.claim
    if claim.relation != "=" or not isinstance(claim.lhs, Derivative) or refuted.repair is None:
        return None
    written = claim_latex(refuted.repair.claim)
    return written if len(written) <= len(claim_latex(claim)) else None
