"""Certificates of inequalities, looked for.

Not trusted: a certificate is a term that the kernel checks to be the difference of the two sides and to be visibly
not negative. What is found here is a proposal; the kernel proves it or it is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.certificates.beyond import beyond
from derive.certificates.covering import Found, distinct, search
from derive.certificates.hypotheses import with_squares
from derive.certificates.problem import NONNEGATIVE, Problem, difference, visible
from derive.kernel import KernelError, Theorem, by_certificate, by_lemmas, by_square
from derive.language.binding import definitions_of, is_size, walk
from derive.language.claims import Claim
from derive.language.terms import Add, Derivative, Div, Entry, Function, Mul, Neg, Number, Pow, Sqrt, Sum, Term
from derive.normal_form import OutsideFragment, Undefined
from derive.normal_form.signs import facts_of, signs

NONE = "no certificate was found"
DEPTH = 2
"""At most so many times both sides are squared."""

EQUAL = (Number(0),)
"""The certificate of two sides that are equal: it divides by nothing that they do not divide by."""


def inequality(claim: Claim, depth: int = 0, anywhere: bool = False) -> Theorem | str:
    """The theorem of an inequality, or the reason why none was found.

    It is one that holds wherever both sides have a value, if there is such a one; with `anywhere` the first will do.
    """
    if depth >= DEPTH:
        return by_certificates(claim, anywhere)
    squared = by_squares(claim, depth, anywhere) if is_compared_by_squares(claim, depth) else None
    if isinstance(squared, Theorem):
        return squared
    found = by_certificates(claim, anywhere)
    if found != NONE:
        return found
    found = by_squares(claim, depth, anywhere) if squared is None else squared
    return found if isinstance(found, Theorem) else by_squared_hypotheses(claim, depth, anywhere)


def by_certificates(claim: Claim, anywhere: bool = False) -> Theorem | str:
    """What a certificate shows of the two sides as they are."""
    reason, partial = NONE, None
    for found in certificates(claim):
        try:
            theorem = _proved(claim, found)
        except KernelError as error:
            reason = str(error) if error.__cause__ else reason  # the formula itself was not understood
            continue
        if anywhere or found.parts == EQUAL or not beyond(theorem):
            return theorem
        partial = partial or theorem  # it leaves out places such as constant batches; another may not
    return partial or reason


def by_squared_hypotheses(claim: Claim, depth: int = 0, anywhere: bool = False) -> Theorem | str:
    """A claim under a <= b, from a^2 <= b^2, where a and b are not negative and one of them is a root."""
    squared, lemmas = with_squares(claim)
    theorem = inequality(squared, depth + 1, anywhere) if lemmas else NONE
    return by_lemmas(theorem, *lemmas) if isinstance(theorem, Theorem) else theorem


def certificates(claim: Claim) -> Iterator[Found]:
    """What may show an inequality, the most readable first: that the two sides are equal, to begin with."""
    problem = None
    for view in _views(claim):
        try:
            problem = Problem(claim, view)
            if view == "program" and problem.is_equation():
                yield Found(EQUAL)
            if claim.relation == "!=":
                yield Found((problem.written(problem.p),))
            else:
                yield from search(problem)
        except (OutsideFragment, Undefined):
            continue
        if not problem.steps:
            break
    yield from _by_size(claim)
    if problem is None or problem.is_visible():
        yield Found((difference(claim),))
    if problem is not None and claim.relation in ("<=", ">=") and problem.coordinates.reducer.conditions:
        yield Found(EQUAL)  # of signs that follow from the conditions nothing is known before


def _by_size(claim: Claim) -> Iterator[Found]:
    """The same with both sides divided by a size that stands in it: a mean has other coordinates than a sum."""
    parts = (part for term in (claim.lhs, claim.rhs) for part in walk(term))
    for size in dict.fromkeys(part for part in parts if isinstance(part, Entry) and is_size(part.tensor)):
        scaled = Claim(claim.lhs / size, claim.relation, claim.rhs / size, claim.hypotheses)
        try:
            for found in search(Problem(scaled)):
                yield Found((Mul((size, Add((*found.parts, Number(0))))),), found.lemmas)
        except (OutsideFragment, Undefined):
            continue


def _views(claim: Claim) -> Iterator[str]:
    """The coordinates that are worth a look: unfolded derivatives are long, and names without a root say nothing."""
    yield "program"
    steps = definitions_of(*claim.terms)
    if any(isinstance(step.definition.body, Sqrt) for step in steps if step.definition) or [*visible(steps)]:
        yield "names"
    if not any(isinstance(part, Derivative) for term in claim.terms for part in walk(term)):
        yield "input"


def _proved(claim: Claim, found: Found) -> Theorem:
    certificate: Term = Add(found.parts) if len(found.parts) > 1 else (found.parts or (Number(0),))[0]
    lemmas = distinct(found.lemmas)
    stated = [Claim(lemma.claim.lhs, lemma.claim.relation, lemma.claim.rhs) for lemma in lemmas]
    theorem = by_certificate(claim.given(*stated), certificate) if lemmas else by_certificate(claim, certificate)
    return by_lemmas(theorem, *lemmas) if lemmas else theorem


def by_squares(claim: Claim, depth: int = 0, anywhere: bool = False) -> Theorem | str:
    """a <= b from a^2 <= b^2, where b is visibly not negative."""
    if claim.relation in (">=", ">"):
        turned = Claim(claim.rhs, "<=" if claim.relation == ">=" else "<", claim.lhs, claim.hypotheses)
        lemma = by_squares(turned, depth, anywhere)
        if isinstance(lemma, str):
            return lemma
        stated = Claim(turned.lhs, turned.relation, turned.rhs)
        return by_lemmas(by_certificate(claim.given(stated), claim.lhs - claim.rhs), lemma)
    if claim.relation not in ("<=", "<") or not _has_roots(claim):
        return NONE
    own = signs(claim.rhs, facts_of(claim.hypotheses))
    if not own or not own <= NONNEGATIVE:
        return NONE
    squares = Claim(Pow(claim.lhs, 2), claim.relation, Pow(claim.rhs, 2), claim.hypotheses)
    theorem = inequality(squares, depth + 1, anywhere)
    try:
        return by_square(theorem) if isinstance(theorem, Theorem) else theorem
    except KernelError:
        return NONE


def is_compared_by_squares(claim: Claim, depth: int = 0) -> bool:
    """Whether a proof is likely one of the squares: roots stand outside of squares, and are gone in these.

    The square of a sum of roots has roots again; where one root is below such a sum, one square is still worth a look.
    """
    small, large = (claim.lhs, claim.rhs)[:: 1 if claim.relation in ("<=", "<") else -1]
    if _sum_of_roots(small) or not (_root_outside_square(small) or _root_outside_square(large)):
        return False
    return not _sum_of_roots(large) or (depth == 0 and _root_outside_square(small))


def _sum_of_roots(term: Term) -> bool:
    """Whether a root stands in a sum that is no part of another root."""
    if isinstance(term, Add | Sum):
        return _root_outside_square(term)
    return not _is_root(term) and any(map(_sum_of_roots, term.args))


def _has_roots(claim: Claim) -> bool:
    """Whether squaring may help: a root or an absolute value stands outside a square, or a hypothesis has a square."""
    return any(map(_root_outside_square, (claim.lhs, claim.rhs))) or any(
        isinstance(part, Pow) for term in claim.terms[2:] for part in walk(term)
    )


def _root_outside_square(term: Term, squared: bool = False) -> bool:
    """Whether a root stands in a term in another than an even power."""
    if _is_root(term):
        return not squared or any(map(_root_outside_square, term.args))
    product = isinstance(term, Mul | Div | Neg | Pow)
    squared = (product and squared) or (isinstance(term, Pow) and term.exponent % 2 == 0)
    return any(_root_outside_square(arg, squared) for arg in term.args)


def _is_root(term: Term) -> bool:
    if isinstance(term, Entry):
        return term.tensor.definition is not None and isinstance(term.tensor.definition.body, Sqrt)
    return isinstance(term, Sqrt | Function)


__all__ = ["beyond", "certificates", "inequality"]
