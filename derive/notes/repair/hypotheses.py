"""What a formula needs that is not stated: a sign, epsilon zero, or a factor no larger than what it is divided by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from operator import sub

from derive.language import Claim, Eq, Number
from derive.language.binding import free_indices, walk
from derive.language.substitution import reached
from derive.language.terms import Entry, Function, Sqrt, Tensor, Term
from derive.latex import latex as written
from derive.notes.repair.bounds import is_below
from derive.notes.values import Values, Vector, close, values_of
from derive.refute.evaluate import Evaluation, NoValue
from derive.refute.floats import CLOSE, Floats
from derive.verdicts import Refuted, Verdict

MISSING = "hypothesis-missing"

TRIES = 8

Hypothesis = tuple[Claim, str]


def hypotheses(decision: Verdict) -> Iterator[Hypothesis]:
    """Hypotheses under which a claim holds at the points that are tried, each with its LaTeX.

    Where numbers are known at which it fails, these do not satisfy them; where none are known, only bounds are tried.
    """
    claim, scalars = decision.claim, _scalars(decision.claim)
    found: Iterator[Hypothesis] = iter(())
    if isinstance(decision, Refuted):
        found = _signs(scalars)
    if claim.relation != "=":
        found = chain(_bounded(claim, [tensor for tensor in scalars if -1 in tensor.signs]), found)
    failing = _Failing(decision)
    for hypothesis, text in islice(found, TRIES):
        if not failing.satisfies(hypothesis) and _holds(claim.given(hypothesis)):
            yield _widest(claim, hypothesis, text)


class _Failing:
    """The numbers at which a claim fails: its counterexample, and the points that are tried."""

    def __init__(self, decision: Verdict) -> None:
        self.at = [] if not isinstance(decision, Refuted) else [Evaluation(decision.counterexample.point, Floats)]
        self.values = values_of(decision.claim)
        self.points = self._points(decision.claim) if self.at else frozenset()

    def _points(self, claim: Claim) -> frozenset[int]:
        """The numbers of the points that are tried at which the claim fails."""
        left, right = self.values(claim.lhs), self.values(claim.rhs)
        if left is None or right is None:
            return frozenset()
        first = len(self.values.vectors.places(self.values.slots)[0])
        excess = {"=": lambda a, b: abs(a - b), "<=": sub, "<": sub}.get(claim.relation, lambda a, b: b - a)
        rounding = CLOSE * max(*map(abs, left), *map(abs, right))
        fails = [excess(a, b) > rounding for a, b in zip(left, right, strict=True)]
        return frozenset(int(place >= first) for place, each in zip(self.values.places, fails, strict=True) if each)

    def satisfies(self, hypothesis: Claim) -> bool:
        """Whether some of them satisfy a hypothesis: then this can't be what is missing."""
        return any(_compared(*sides, hypothesis.relation) for sides in self._sides(hypothesis))

    def _sides(self, hypothesis: Claim) -> Iterator[tuple[float, float]]:
        """What the sides of a hypothesis are there, where they have a value."""
        for at in self.at:
            with suppress(NoValue, ArithmeticError, KeyError):
                yield at(hypothesis.lhs), at(hypothesis.rhs)
        with suppress(NoValue, ArithmeticError, KeyError, ValueError):
            left, right = (self.values.vectors(side)[1] for side in (hypothesis.lhs, hypothesis.rhs))
            yield from ((left[number], right[number]) for number in self.points)


def _compared(left: float, right: float, relation: str) -> bool:
    return {"=": left == right, ">=": left >= right, ">": left > right, "<=": left <= right}[relation]


def _signs(scalars: list[Tensor]) -> Iterator[Hypothesis]:
    for tensor in scalars:
        name = tensor.latex or tensor.name
        if -1 in tensor.signs:
            yield Claim(Entry(tensor), ">", Number(0)), f"{name} > 0"
        elif 0 in tensor.signs:
            yield Eq(Entry(tensor), 0), f"{name} = 0"


def _widest(claim: Claim, hypothesis: Claim, text: str) -> Hypothesis:
    """The same hypothesis, for a name that may be 0, too, with that."""
    if hypothesis.relation != ">" or _values(claim.given(Eq(hypothesis.lhs, 0))) is None:
        return hypothesis, text
    wider = Claim(hypothesis.lhs, ">=", hypothesis.rhs)
    return (wider, text.replace(">", r"\ge")) if _holds(claim.given(wider)) else (hypothesis, text)


def _bounded(claim: Claim, scalars: list[Tensor]) -> Iterator[Hypothesis]:
    """A factor such as gamma, no larger than a root that is divided by."""
    for root in _roots(claim):
        for tensor in scalars:
            name, other = tensor.latex or tensor.name, _root_text(root)
            yield Claim(Function("abs", Entry(tensor)), "<=", root), rf"|{name}| \le {other}"


def _roots(claim: Claim) -> list[Sqrt]:
    """The roots without an index in a claim, and in the definitions that it rests on."""
    tensors = (tensor for tensor in reached(claim.terms) if tensor.definition is not None)
    bodies = [tensor.definition.body for tensor in tensors if tensor.definition is not None]
    found: dict[str, Sqrt] = {}
    for term in (*claim.terms, *bodies):
        for part in walk(term):
            if isinstance(part, Sqrt) and not free_indices(part) and _is_plain(part.arg):
                found.setdefault(str(part), part)
    return [found[key] for key in sorted(found)]


def _is_plain(term: Term) -> bool:
    """Whether there are only numbers with names in a term: no sum, and no gradient."""
    return all(isinstance(part, Entry) or not part.args or type(part).__name__ in ("Add", "Mul") for part in walk(term))


_SQUARE = re.compile(r"(.*\S)\s*\^\s*(?:2|\{2\})")


def _root_text(root: Sqrt) -> str:
    """The root of sigma^2 is sigma."""
    square = _SQUARE.fullmatch(written(root.arg)) if isinstance(root.arg, Entry) else None
    return square[1] if square else written(root)


def _scalars(claim: Claim) -> list[Tensor]:
    """The numbers in a claim that may be negative or zero."""
    return [tensor for tensor in values_of(claim).plan.tensors if not tensor.sizes and tensor.partial is None]


def _values(claim: Claim) -> tuple[Vector, Vector] | None:
    try:
        values = Values(claim)
    except NoValue:
        return None
    left, right = values(claim.lhs), values(claim.rhs)
    return None if left is None or right is None else (left, right)


def _holds(claim: Claim) -> bool:
    found = _values(claim)
    if found is None:
        return False
    left, right = found
    if claim.relation == "=":
        return close(left, right)
    return is_below(left, right) if claim.relation in ("<=", "<") else is_below(right, left)
