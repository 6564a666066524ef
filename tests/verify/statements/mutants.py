"""Formulas with one thing wrong: a term dropped, a sign turned, a power too low."""

from __future__ import annotations

from collections.abc import Iterator

from derive.language import Claim, Term
from derive.language.terms import Add, Neg, Pow


def mutants(claim: Claim) -> Iterator[Claim]:
    """The claim with every single change of its right side."""
    for changed in _changed(claim.rhs):
        yield Claim(claim.lhs, claim.relation, changed, claim.hypotheses)


def _changed(term: Term) -> Iterator[Term]:
    if isinstance(term, Add):
        for place, summand in enumerate(term.summands):
            before, after = term.summands[:place], term.summands[place + 1 :]
            rest = before + after
            yield Add(rest) if len(rest) > 1 else rest[0]
            yield Add((*before, summand.arg if isinstance(summand, Neg) else Neg(summand), *after))
    if isinstance(term, Pow) and term.exponent > 1:
        yield Pow(term.base, term.exponent - 1)
    for place, arg in enumerate(term.args):
        for other in _changed(arg):
            yield term.rebuild((*term.args[:place], other, *term.args[place + 1 :]))
