"""Claims about sums up to an index and names beside each other: proved for any order, refuted in the true one.

`derive.notes.meaning.order` says what the arrays of such claims stand for. To the prover they are free, so a proof
holds for the true order; a point refutes only where these arrays have the values that the order gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

from derive.kernel import Theorem
from derive.language import Claim, Index, LanguageError, Number, Tensor, Term
from derive.language.binding import definitions_of, free_indices, rename, walk
from derive.language.claims import Eq
from derive.language.terms import Add, Definition, Derivative, Entry, Neg
from derive.notes.meaning.order import LAST, Place, is_of_order, mask, most_of, moved_from, offset_of, shifted
from derive.notes.meaning.unclear import Unclear
from derive.refute.evaluate import REFUTES, Intervals, Irrational, NoValue, Point, Rationals, TooLarge
from derive.refute.points import Plan, Unsatisfied
from derive.refute.search import Counterexample
from derive.verdicts import Proved, Refuted, Undecided, Verdict, attempt

POINTS = 6
"""So many points are tried at each size."""


class InOrder(Counterexample):
    """A point in the true order; what stands for the order is not shown."""

    @property
    def values(self) -> dict[str, str]:
        visible = Plan(self.claim).visible
        kept = [tensor for tensor in visible if not is_of_order(tensor) or most_of(tensor.name) is not None]
        return {tensor.name.partition("(")[0]: self._entries(tensor) for tensor in kept}

    @property
    def derived(self) -> dict[str, str]:  # type: ignore[reportIncompatibleVariableOverride]
        return {}

    def recheck(self) -> bool:
        """Whether the claim fails anew at this place."""
        return _failure(Plan(self.claim), self.point, [self.where], Rationals if self.exact else Intervals) is not None


class RefutedInOrder(Refuted):
    """A claim that fails in the true order; no other point counts, and no other formula is looked for."""

    @property
    def held(self) -> tuple[dict[str, int], ...]:  # type: ignore[reportIncompatibleVariableOverride]
        return ()

    @property
    def repair(self) -> Theorem | None:  # type: ignore[reportIncompatibleVariableOverride]
        return None


def is_ordered(claim: Claim) -> bool:
    """Whether a claim rests on an order, or on names at places beside those of their index."""
    return any(is_of_order(tensor) for tensor in _tensors(claim))


def decide_in_order(claim: Claim) -> Verdict:
    """The verdict on such a claim: proved for any values of what stands for the order, or refuted in the true one."""
    moved = based(claim)
    for side in dict.fromkeys((moved, turned(moved))):
        for each in (side, side.given(*_facts(side))):
            made = attempt(each)
            if isinstance(made, Theorem):
                return Proved(each, made)
    try:
        found = _search(claim)
    except (LanguageError, NoValue, TooLarge, RecursionError) as reason:
        return Undecided(claim, str(reason))
    if found is not None:
        return RefutedInOrder(claim, found)
    return Undecided(claim, "sums up to an index: neither a proof nor numbers at which it fails are found")


def based(claim: Claim) -> Claim:
    """A claim about i and i+1 as one about i-1 and i: nothing in it is behind its index."""
    for index in sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=lambda each: each.name):
        most = max((by for by in _offsets(claim, index)), default=0)
        if most > 0:
            try:
                sides = [shifted(side, index, -most) for side in (claim.lhs, claim.rhs)]
            except Unclear:
                continue
            claim = replace(claim, lhs=sides[0], rhs=sides[1])
    return claim


def turned(claim: Claim) -> Claim:
    """The claim with 'not at most i' as 'behind i', which is the same in an order."""
    return replace(claim, lhs=_turned(claim.lhs), rhs=_turned(claim.rhs))


def _turned(term: Term) -> Term:
    match term:
        case Derivative(by=Entry(tensor=Tensor(definition=Definition()))):
            return term  # what is opened no longer rests on the name
        case Add(summands=(Number(value=1), Neg(arg=Entry() as entry))) if offset_of(entry.tensor) is not None:
            row, column = entry.indices
            return mask(column, row, -(offset_of(entry.tensor) or 0) - 1)
        case Entry(tensor=Tensor(definition=Definition() as own)):
            body = rename(own.body, dict(zip(own.indices, term.indices, strict=True)))
            opened = _turned(body)
            return opened if opened != body else term
    return term.rebuild(tuple(map(_turned, term.args))) if term.args else term


def _facts(claim: Claim) -> Iterator[Claim]:
    """What holds of every mask that is free in a claim: it is its own square, and nothing is before itself."""
    for tensor in _tensors(claim):
        offset = offset_of(tensor)
        if offset is not None and tensor.definition is None:
            row, column = Index("b", tensor.sizes[0]), Index("k", tensor.sizes[0])
            yield Eq(mask(row, column, offset) ** 2, mask(row, column, offset))
            yield Eq(mask(row, row, offset), Number(1 if offset >= 0 else 0))


def _tensors(claim: Claim) -> list[Tensor]:
    """Every array that a claim rests on."""
    terms = [*claim.terms, *(own.definition.body for own in definitions_of(*claim.terms) if own.definition)]
    found: dict[Tensor, None] = {}
    for term in terms:
        for part in walk(term):
            if isinstance(part, Entry):
                found[part.tensor] = None
            elif isinstance(part, Derivative):
                found[part.by.tensor] = None
    return list(found)


def _offsets(claim: Claim, index: Index) -> Iterator[int]:
    """How far from an index a claim takes what is at it, where it says so itself."""
    for term in (claim.lhs, claim.rhs):
        for part in walk(term):
            if not isinstance(part, Entry) or index not in part.indices:
                continue
            if (offset := offset_of(part.tensor)) is not None:
                if part.indices[0] == index != part.indices[1]:
                    yield offset
            elif (found := moved_from(part.tensor)) is not None:
                open_ = [place for place in found[1] if isinstance(place, int)]
                pairs = zip(open_, part.indices, strict=True)
                yield from (place for place, own in pairs if own == index)


def _search(claim: Claim) -> Counterexample | None:
    plan = Plan(claim)
    for sizes in product((3, 2, 4), repeat=len(plan.sizes)):
        rng = Random(repr(sizes))
        for attempt_ in range(POINTS):
            try:
                point = _true(plan.complete(plan.draw(sizes, attempt_ // 2, rng)), plan.tensors)
                for hypothesis in claim.hypotheses:
                    plan._check(point, hypothesis)
            except (NoValue, Unsatisfied, Irrational, KeyError):
                continue
            for kind in (Rationals, Intervals):
                if (found := _failure(plan, point, _places(claim, point), kind)) is not None:
                    return found
    return None


def _places(claim: Claim, point: Point) -> list[dict[Index, int]]:
    """The places of the free indices, those left out from which something would be out of range."""
    free = Plan(claim).free
    offsets = [[0, *_offsets(claim, index)] for index in free]
    sizes = [len(point.range(index)) for index in free]
    ranges = [range(-min(by), size - max(by)) for by, size in zip(offsets, sizes, strict=True)]
    return [dict(zip(free, place, strict=True)) for place in product(*ranges)]


def _failure(
    plan: Plan, point: Point, places: Iterable[dict[Index, int]], kind: type[Rationals] | type[Intervals]
) -> Counterexample | None:
    """The first place at which both sides have a value and the claim fails; a KeyError is a place out of range."""
    claim = plan.claim
    evaluation = plan.evaluation(point, kind)
    for where in places:
        try:
            left, right = evaluation(claim.lhs, where), evaluation(claim.rhs, where)
            if REFUTES[claim.relation](evaluation.numbers, left, right):
                return InOrder(claim, point, where, left, right, kind is Rationals)
        except (KeyError, NoValue, Irrational):
            continue
    return None


def _true(point: Point, tensors: Iterable[Tensor]) -> Point:
    """The point with the values that the order gives to masks and to moved names; what is out of range has none."""
    known = {tensor.name: own for tensor, own in point.values.items() if not is_of_order(tensor)}
    order = sorted(tensors, key=lambda tensor: moved_from(tensor) is not None)
    for tensor in order:
        if (of := most_of(tensor.name)) is not None:
            point.values[tensor] = known[tensor.name] = _largest_so_far(point.values[tensor], known.get(of, {}))
        elif (offset := offset_of(tensor)) is not None:
            places = point.places(tensor)
            point.values[tensor] = {(i, j): Fraction(int(j <= i + offset)) for i, j in places}
        elif (found := moved_from(tensor)) is not None:
            base = known.setdefault(found[0], {})
            point.values[tensor] = dict(_moved(point, tensor, found[1], base))
    return point


Entries = dict[tuple[int, ...], Fraction]


def _largest_so_far(own: Entries, of: Entries) -> Entries:
    """The running maximum, where the point has what it is of."""
    return {place: max(of[(at,)] for at in range(place[0] + 1)) for place in own if len(of) == len(own)}


def _moved(
    point: Point, tensor: Tensor, by: Sequence[Place], base: Entries
) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """The entries of a moved name: those of the name itself, which are made up where the claim has it nowhere."""
    for place, drawn in point.values[tensor].items():
        own, at = list(place), []
        sizes = [*tensor.sizes]
        for each in by:
            size = _size(point, each) if isinstance(each, str) else len(point.range(Index("", sizes.pop(0))))
            at.append(size - 1 if isinstance(each, str) else own.pop(0) + each)
            if not 0 <= at[-1] < size:
                break
        else:
            whole = tuple(at)
            swapped = tuple(sorted(whole))
            yield place, base[swapped] if whole not in base and swapped in base else base.setdefault(whole, drawn)


def _size(point: Point, last: str) -> int:
    """The size of an axis of which the last entry is taken."""
    name = last.removeprefix(LAST)
    return int(name) if name.isdigit() else next(value for size, value in point.sizes.items() if size.name == name)
