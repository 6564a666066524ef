"""What a proof about a formula of a note leaves out."""

from __future__ import annotations

from derive.certificates import beyond, inequality
from derive.kernel import Theorem
from derive.language import Claim
from derive.latex import claim_latex
from derive.verdicts import Proved


def left_out(proved: Proved) -> str:
    """The conditions of an inequality's proof that its two sides don't need, as LaTeX; empty where there are none."""
    if proved.claim.relation == "=":
        return ""
    return ", ".join(claim_latex(each) for each in beyond(proved.theorem) if not _is_true(each))


def _is_true(condition: Claim) -> bool:
    return condition.relation != "!=" and isinstance(inequality(condition), Theorem)
