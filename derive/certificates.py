"""Certificates of inequalities, looked for.

Not trusted: a certificate is a term that the kernel checks to be the difference of the two sides and to be visibly
not negative. Here the easy shapes are found: a difference that is a sum of nonnegative terms in the coordinates of
the program, where a negative term may be covered by a hypothesis a <= b. The rest is given by a script.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.closed_forms import Coordinates, to_term
from derive.language.binding import definitions_of, free_indices
from derive.language.claims import Claim
from derive.language.terms import Add, Mul, Number, Term
from derive.normal_form import OutsideFragment, Undefined
from derive.normal_form.field import Field
from derive.normal_form.ring import Poly
from derive.normal_form.signs import signs

NONNEGATIVE = frozenset({0, 1})


def certificates(claim: Claim) -> Iterator[Term]:
    """Terms that may show an inequality, the most readable first."""
    difference = claim.lhs - claim.rhs if claim.relation in (">=", ">", "!=") else claim.rhs - claim.lhs
    try:
        found = _in_coordinates(claim, difference)
    except (OutsideFragment, Undefined):
        found = None
    if found is not None:
        yield found
    yield difference


def _in_coordinates(claim: Claim, difference: Term) -> Term | None:
    coordinates = Coordinates(definitions_of(*claim.terms), claim.hypotheses)
    p = coordinates(difference)
    if claim.relation == "!=" or not p:
        return to_term(p, free_indices(difference), coordinates.spelling)
    covered = list(_covered(coordinates, claim, p))
    if any(not _signs(coordinates.reducer.field, p, monomial) <= NONNEGATIVE for monomial in p):
        return None
    rest = [to_term({monomial: c}, free_indices(difference), coordinates.spelling) for monomial, c in p.items()]
    parts = (*covered, *rest)
    return Add(parts) if len(parts) > 1 else (parts or (Number(0),))[0]


def _signs(field: Field, p: Poly, monomial: frozenset) -> frozenset[int]:
    own = field.product_signs(monomial)
    return own if p[monomial] > 0 else frozenset(-sign for sign in own)


def _covered(coordinates: Coordinates, claim: Claim, p: Poly) -> Iterator[Term]:
    """Takes negative terms out of p together with positive ones that cover them by a hypothesis."""
    field = coordinates.reducer.field
    for small, large, gap in _gaps(coordinates, claim):
        for monomial in [m for m in p if _signs(field, p, m) <= frozenset({-1, 0})]:
            cofactor = field.multiply({monomial: -p[monomial]}, field.inverse(small))
            partner = field.multiply(cofactor, large)
            if len(partner) != 1 or len(cofactor) != 1:
                continue
            ((other, needed),) = partner.items()
            if Fraction(p.get(other, 0)) < needed:
                continue
            left = Fraction(p[other]) - needed
            del p[monomial]
            if left:
                p[other] = left
            else:
                del p[other]
            yield Mul((to_term(cofactor, free_indices(gap), coordinates.spelling), gap))


def _gaps(coordinates: Coordinates, claim: Claim) -> Iterator[tuple[Poly, Poly, Term]]:
    """For each hypothesis a <= b: a, b and b - a; and their squares, if both are known not to be negative."""
    reducer = coordinates.reducer
    for hypothesis in claim.hypotheses:
        if hypothesis.relation in ("<=", "<"):
            a, b = hypothesis.lhs, hypothesis.rhs
        elif hypothesis.relation in (">=", ">"):
            a, b = hypothesis.rhs, hypothesis.lhs
        else:
            continue
        small, large = reducer(a), reducer(b)
        if len(small) == len(large) == 1:
            yield small, large, b - a
            if signs(a, reducer.facts) <= NONNEGATIVE and signs(b, reducer.facts) <= NONNEGATIVE:
                field = reducer.field
                yield field.power(small, 2), field.power(large, 2), Mul((b - a, b + a))
