"""Closed forms, found: the normal form of a derivative in the coordinates that make it short.

Not trusted: what is found here is a proposal, and the kernel proves it or it is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from derive.closed_forms.coordinates import Coordinates
from derive.closed_forms.terms import to_term
from derive.language.binding import definitions_of
from derive.language.claims import Claim
from derive.language.terms import Tensor, Term


def closed_form(term: Term, hypotheses: Iterable[Claim] = (), steps: Iterable[Tensor] = ()) -> Term:
    """A formula without derivatives that is proposed to be equal to `term`; it may use the names of `steps`, too."""
    known = dict.fromkeys((*definitions_of(term), *steps))
    return Coordinates(known, hypotheses).closed(term)


__all__ = ["Coordinates", "closed_form", "to_term"]
