"""Where a theorem about a formula of a note leaves out places at which the formula has a value all the same."""

from __future__ import annotations

from derive.certificates import inequality
from derive.kernel import Theorem
from derive.language import Claim
from derive.language.terms import Sqrt
from derive.latex import claim_latex
from derive.normal_form import Reducer
from derive.verdicts import Proved


def left_out(proved: Proved) -> str:
    """The conditions of an inequality's proof that its two sides don't need, as LaTeX; empty where there are none.

    A certificate may divide by what can be 0, such as the variance of a constant batch, beside which epsilon stands.
    """
    if proved.claim.relation == "=":
        return ""
    own = Reducer(proved.claim.hypotheses)
    for side in (proved.claim.lhs, proved.claim.rhs):
        own(side)
    known = own.conditions
    nonzero = [own(each.lhs) for each in known if each.relation == "!="]
    nonzero += [own(each.lhs.arg) for each in known if isinstance(each.lhs, Sqrt)]
    beyond = [
        each
        for each in proved.theorem.conditions
        if each not in known and not (own(each.lhs) in nonzero if each.relation == "!=" else _is_true(each))
    ]
    return ", ".join(map(claim_latex, beyond))


def _is_true(condition: Claim) -> bool:
    return isinstance(inequality(condition), Theorem)
