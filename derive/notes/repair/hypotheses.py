"""What a formula needs that is not stated: a number that is not negative, or epsilon zero."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from derive.language import Claim, Eq, Number
from derive.language.terms import Entry, Tensor
from derive.notes.repair.bounds import is_below
from derive.notes.values import Values, close
from derive.refute.evaluate import NoValue

MISSING = "hypothesis-missing"

TRIES = 4


def hypotheses(claim: Claim) -> Iterator[tuple[Claim, str]]:
    """Hypotheses under which a claim holds at the points that are tried, each with its LaTeX."""
    for hypothesis, text in islice(_possible(claim), TRIES):
        if _holds(claim.given(hypothesis)):
            yield hypothesis, text


def _possible(claim: Claim) -> Iterator[tuple[Claim, str]]:
    for tensor in _scalars(claim):
        name = tensor.latex or tensor.name
        if -1 in tensor.signs:
            yield Claim(Entry(tensor), ">=", Number(0)), rf"{name} \ge 0"
        elif 0 in tensor.signs:
            yield Eq(Entry(tensor), 0), f"{name} = 0"


def _scalars(claim: Claim) -> list[Tensor]:
    """The numbers in a claim that may be negative or zero."""
    return [tensor for tensor in Values(claim).plan.tensors if not tensor.sizes and tensor.partial is None]


def _holds(claim: Claim) -> bool:
    try:
        values = Values(claim)
    except NoValue:
        return False
    left, right = values(claim.lhs), values(claim.rhs)
    if left is None or right is None:
        return False
    if claim.relation == "=":
        return close(left, right)
    return is_below(left, right) if claim.relation in ("<=", "<") else is_below(right, left)
