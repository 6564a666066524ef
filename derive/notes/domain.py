"""What a proof about a formula of a note leaves out."""

from __future__ import annotations

from derive.certificates import beyond, inequality
from derive.kernel import Theorem
from derive.language import Claim
from derive.language.binding import walk
from derive.language.terms import Entry, Function
from derive.latex import claim_latex
from derive.notes.meaning.symbols import latex_of
from derive.verdicts import Proved


def left_out(proved: Proved) -> str:
    """The conditions of an inequality's proof that its two sides don't need, as LaTeX; empty where there are none."""
    if proved.claim.relation == "=":
        return ", ".join(f"{latex_of(name)} > 0" for name in _logarithms_of_one_side(proved.claim))
    return ", ".join(claim_latex(each) for each in beyond(proved.theorem) if not _is_true(each))


def _is_true(condition: Claim) -> bool:
    return condition.relation != "!=" and isinstance(inequality(condition), Theorem)


def _logarithms_of_one_side(claim: Claim) -> list[str]:
    """The free names of which one side takes the logarithm, and the other does not: log x^2 = 2 log x."""
    one, other = (
        {
            part.arg.tensor
            for part in walk(side)
            if isinstance(part, Function) and part.name == "log" and isinstance(part.arg, Entry)
        }
        for side in (claim.lhs, claim.rhs)
    )
    free = (each for each in one ^ other if each.definition is None and each.signs != frozenset({1}))
    return sorted(each.name for each in free if not each.integer)
