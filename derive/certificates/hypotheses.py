"""What follows from hypotheses on roots: a <= b gives a^2 <= b^2, where neither is negative."""

from __future__ import annotations

from derive.certificates.problem import NONNEGATIVE
from derive.kernel import KernelError, Theorem, by_certificate
from derive.language.claims import Claim
from derive.language.terms import Function, Pow, Sqrt, Term
from derive.normal_form.signs import signs


def with_squares(claim: Claim) -> tuple[Claim, tuple[Theorem, ...]]:
    """A claim with a^2 <= b^2 for each hypothesis a <= b on a root or an absolute value, and why that follows."""
    lemmas = {each: lemma for each in claim.hypotheses if (lemma := _squared(each)) is not None}
    stated = [Claim(lemma.claim.lhs, "<=", lemma.claim.rhs) for lemma in lemmas.values()]
    others = [each for each in claim.hypotheses if each not in lemmas]
    return Claim(claim.lhs, claim.relation, claim.rhs, (*others, *stated)), tuple(lemmas.values())


def _squared(hypothesis: Claim) -> Theorem | None:
    """That a^2 <= b^2 under the hypothesis that a <= b."""
    if hypothesis.relation not in ("<=", "<", ">=", ">"):
        return None
    low, high = (hypothesis.lhs, hypothesis.rhs)[:: 1 if hypothesis.relation in ("<=", "<") else -1]
    if not (_is_root(low) or _is_root(high)) or not (_is_not_negative(low) and _is_not_negative(high)):
        return None
    try:
        return by_certificate(Claim(Pow(low, 2), "<=", Pow(high, 2), (hypothesis,)), (high - low) * (high + low))
    except KernelError:
        return None


def _is_root(term: Term) -> bool:
    return isinstance(term, Sqrt | Function)


def _is_not_negative(term: Term) -> bool:
    own = signs(term, {})
    return bool(own) and own <= NONNEGATIVE
