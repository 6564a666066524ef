"""Where the proof of an inequality leaves out places at which its two sides have a value all the same."""

from __future__ import annotations

from derive.kernel import Theorem
from derive.language.claims import Claim
from derive.language.terms import Sqrt
from derive.normal_form import Reducer


def beyond(theorem: Theorem) -> list[Claim]:
    """The conditions of a theorem that its two sides don't need.

    A certificate may divide by what can be 0, such as the variance of a constant batch, beside which epsilon stands.
    """
    if not theorem.conditions:
        return []
    own = Reducer(theorem.claim.hypotheses)
    for side in (theorem.claim.lhs, theorem.claim.rhs):
        own(side)
    needed = own.conditions
    apart = [_nonzero(own, each) for each in needed if each.relation == "!=" or isinstance(each.lhs, Sqrt)]
    return [
        each
        for each in theorem.conditions
        if each not in needed and not (each.relation == "!=" and _nonzero(own, each) in apart)
    ]


def _nonzero(own: Reducer, condition: Claim) -> object:
    """What must not be zero: two conditions that differ by a factor such as m, or by a root, ask for the same."""
    term = condition.lhs.arg if isinstance(condition.lhs, Sqrt) else condition.lhs
    _, units, primitive = own.field.split(own(term))
    return frozenset(factor for factor in units if 0 in own.field.factor_signs(factor)), frozenset(primitive.items())
