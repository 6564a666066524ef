"""Mutants of a claim: one mistake anywhere in it, or two; as many as asked for, of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from derive.language import Claim, LanguageError
from tests.soundness.mutations import OPERATORS
from tests.soundness.package_statements import PACKAGE
from tests.soundness.sites import Words, free_of, sites
from tests.soundness.statements import STATEMENTS

WRITTEN_ANEW, OF_THE_PACKAGE, LONG = (20, 7), (9, 3), (3, 2)
"""How many mutants of each statement have one mistake, and how many two."""

LONG_TO_EVALUATE = {
    "theorem_4_2: theorem-4.2-rayleigh": "gamma = s, so Hessians of irrational numbers; and certificates",
    "theorem_4_2: theorem-4.2-at-sigma": "gamma = s, so Hessians of irrational numbers",
    "theorem_4_4: theorem-4.4": "a bound of an operator norm",
    "weight_standardization: weight-standardization-curvature": "second derivatives by entries of a matrix",
}
"""Statements of which few mutants are judged where there is little time, each with the reason."""


@dataclass(frozen=True)
class Mutant:
    """A claim that may be false, and what was done to make it so."""

    claim: Claim
    mistakes: tuple[str, ...]


def singles(claim: Claim) -> Iterator[Mutant]:
    """Every mutant with one mistake: on the right, on the left, in the relation, in the hypotheses."""
    words, indices = Words(claim), free_of(claim)
    for side in ("rhs", "lhs"):
        for site in sites(getattr(claim, side), indices):
            for name, operator in OPERATORS.items():
                for new in _possible(operator(site.term, site.scope, words)):
                    yield Mutant(replace(claim, **{side: site.put(new)}), (f"{name} {side}",))
    yield from other_relations(claim)


def _possible(terms: Iterator) -> Iterator:
    """The terms that can be built: one that means nothing is no mutant."""
    while True:
        try:
            yield next(terms)
        except (StopIteration, LanguageError):
            return


def other_relations(claim: Claim) -> Iterator[Mutant]:
    if claim.relation != "=":
        for relation in ("<=", ">=", "<", "="):
            if relation != claim.relation:
                yield Mutant(replace(claim, relation=relation), ("relation",))
    for place in range(len(claim.hypotheses)):
        rest = claim.hypotheses[:place] + claim.hypotheses[place + 1 :]
        yield Mutant(replace(claim, hypotheses=rest), ("hypothesis",))


@cache
def mutants(name: str, times: int = 1) -> tuple[Mutant, ...]:
    """Different mutants of the statement of that name, `times` as many as usual; the same ones every time."""
    rng, claim = Random(name), STATEMENTS[name]
    few = LONG if name in LONG_TO_EVALUATE else OF_THE_PACKAGE if name in PACKAGE else WRITTEN_ANEW
    single, double = (times * count for count in few)
    found = {claim: None}
    _fill(found, _by_turns(list(singles(claim)), rng), single)
    chosen = [mutant for mutant in found.values() if mutant]
    _fill(found, _doubles(chosen, rng), double)
    return tuple(mutant for mutant in found.values() if mutant)


def _fill(found: dict, candidates: Iterator[Mutant], count: int) -> None:
    goal = len(found) + count
    for mutant in candidates:
        found.setdefault(mutant.claim, mutant)
        if len(found) == goal:
            return


def _by_turns(every: list[Mutant], rng: Random) -> Iterator[Mutant]:
    """One of each kind of mistake, then another of each, so that frequent kinds don't crowd out rare ones."""
    kinds: dict[tuple[str, ...], list[Mutant]] = {}
    for mutant in every:
        kinds.setdefault(mutant.mistakes, []).append(mutant)
    for kind in kinds.values():
        rng.shuffle(kind)
    while any(kinds.values()):
        order = [kind for kind in kinds.values() if kind]
        rng.shuffle(order)
        yield from (kind.pop() for kind in order)


def _doubles(chosen: list[Mutant], rng: Random) -> Iterator[Mutant]:
    """One more mistake in each of these, and so on for a while."""
    for first in chosen * 40:
        second = rng.choice(list(singles(first.claim)))
        yield Mutant(second.claim, (*first.mistakes, *second.mistakes))
