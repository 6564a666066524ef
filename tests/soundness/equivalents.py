"""Equivalents of a claim: the same statement after a few rewrites, chosen by a seeded die."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from derive.language import Claim, Number, Term
from derive.language.binding import walk
from derive.language.terms import Add, Mul, Neg
from tests.soundness.package_statements import PACKAGE
from tests.soundness.rewrites import ALGEBRA, MEANING
from tests.soundness.sites import Words, free_of, sites
from tests.soundness.statements import STATEMENTS

WRITTEN_ANEW, OF_THE_PACKAGE = 8, 2
"""How many equivalents of each statement."""

PLAIN = {"numbers", "unity", "zero", "delta", "mean"}
"""Rewrites that fit nearly everywhere, and would crowd out the others."""

LARGEST = 160
"""A side with more nodes than this is rewritten no further."""


@dataclass(frozen=True)
class Equivalent:
    """A true claim, and how it was written differently."""

    claim: Claim
    steps: tuple[str, ...]


@cache
def equivalents(name: str) -> tuple[Equivalent, ...]:
    """Different ways to write the statement of that name; the same ones every time."""
    rng, claim = Random(name), STATEMENTS[name]
    count = OF_THE_PACKAGE if name in PACKAGE else WRITTEN_ANEW
    found: dict[Claim, Equivalent | None] = {claim: None}
    while len(found) <= count:
        new = rewritten(claim, rng, rng.randrange(1, 5))
        found.setdefault(new.claim, new)
    return tuple(new for new in found.values() if new)


def rewritten(claim: Claim, rng: Random, length: int) -> Equivalent:
    """The claim after that many rewrites, each of one side or of the whole."""
    steps: list[str] = []
    while len(steps) < length:
        rows = list(WHOLE) if rng.random() < 0.15 else ["rhs", "lhs", "rhs"]
        row = rng.choice(rows)
        if row in WHOLE:
            claim = WHOLE[row](claim)
        else:
            step, new = rewrite(getattr(claim, row), claim, rng)
            claim, row = replace(claim, **{row: new}), step
        steps.append(row)
    return Equivalent(claim, tuple(steps))


def rewrite(whole: Term, claim: Claim, rng: Random) -> tuple[str, Term]:
    """One rewrite somewhere in a term."""
    kinds: dict[str, list[Term]] = {}
    for name, new in rewrites(whole, claim):
        kinds.setdefault(name, []).append(new)
    fitting = {name: [t for t in terms if sum(1 for _ in walk(t)) <= LARGEST] for name, terms in kinds.items()}
    names = [name for name, terms in fitting.items() if terms]
    if not names:
        return "unchanged", whole
    name = rng.choices(names, [1 if name in PLAIN else 4 for name in names])[0]
    return name, rng.choice(fitting[name])


def rewrites(whole: Term, claim: Claim) -> Iterator[tuple[str, Term]]:
    words = Words(claim)
    for site in sites(whole, free_of(claim)):
        for name, row in (ALGEBRA if site.varied else ALGEBRA | MEANING).items():
            for new in row(site.term, site.scope, words):
                yield name, site.put(new)


OPPOSITE = {"=": "=", "<=": ">=", ">=": "<=", "<": ">", ">": "<"}


def swapped(claim: Claim) -> Claim:
    return replace(claim, lhs=claim.rhs, relation=OPPOSITE[claim.relation], rhs=claim.lhs)


def difference(claim: Claim) -> Claim:
    return replace(claim, lhs=Add((claim.lhs, Neg(claim.rhs))), rhs=Number(0))


def times_size(claim: Claim) -> Claim:
    sizes = Words(claim).sizes
    factor = sizes[0] if sizes else Number(2)
    return replace(claim, lhs=Mul((factor, claim.lhs)), rhs=Mul((factor, claim.rhs)))


def negated(claim: Claim) -> Claim:
    return replace(claim, lhs=Neg(claim.lhs), relation=OPPOSITE[claim.relation], rhs=Neg(claim.rhs))


WHOLE = {"swapped": swapped, "difference": difference, "times a size": times_size, "negated": negated}
"""Rewrites of a whole claim."""
