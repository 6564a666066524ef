"""The hyperbolic tangent as a quotient of exponentials, for identities that its own rules do not reach."""

from __future__ import annotations

from derive.language import Claim, exp
from derive.language.terms import Function, Term


def in_exponentials(claim: Claim) -> Claim | None:
    """The same claim with tanh u as 1 - 2/(exp(2u) + 1); None where there is no tanh in its sides."""
    lhs, rhs = _rewritten(claim.lhs), _rewritten(claim.rhs)
    same = lhs is claim.lhs and rhs is claim.rhs
    return None if same else Claim(lhs, claim.relation, rhs, claim.hypotheses)


def _rewritten(term: Term) -> Term:
    args = tuple(map(_rewritten, term.args))
    if isinstance(term, Function) and term.name == "tanh":
        return 1 - 2 / (exp(2 * args[0]) + 1)
    same = all(new is old for new, old in zip(args, term.args, strict=True))
    return term if same else term.rebuild(args)
