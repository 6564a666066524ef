"""The nearest true formula: small edits of what was written, each decided; else the true right-hand side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from random import Random

from derive.language.binding import free_indices, walk
from derive.language.claims import Claim, Eq
from derive.language.node import LanguageError
from derive.language.terms import (
    Add,
    Delta,
    Div,
    Entry,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
)
from derive.refute.evaluate import REFUTES, Evaluation, Irrational, NoValue, Rationals, TooLarge
from derive.refute.points import Plan, Unsatisfied, spots

CANDIDATES = 1500
"""At most so many edits are tried."""


class Words:
    """What an edit may bring in: the scalars, tensors and indices that the claim speaks of."""

    def __init__(self, claim: Claim, plan: Plan) -> None:
        mentioned = [claim.lhs, claim.rhs]
        seen = {part.tensor for side in mentioned for part in walk(side) if isinstance(part, Entry)}
        defined = {t for tensor in seen for t in _below(tensor)}
        known = sorted(seen | defined, key=lambda tensor: tensor.name)
        self.tensors = [tensor for tensor in known if tensor.dependence is None or tensor.sizes]
        self.scales = [Entry(t) for t in self.tensors if not t.sizes and t not in plan.sizes]
        self.sizes = [Entry(t) for t in plan.sizes]
        self.indices = sorted(
            {i for side in mentioned for part in walk(side) for i in _own_indices(part)}, key=lambda i: i.name
        )


def _below(tensor: Tensor) -> set[Tensor]:
    body = tensor.definition.body if tensor.definition else None
    own = {part.tensor for part in walk(body) if isinstance(part, Entry)} if body is not None else set()
    return own | {t for other in own for t in _below(other)}


def _own_indices(term: Term) -> Iterable[Index]:
    if isinstance(term, Sum):
        return (term.index,)
    if isinstance(term, Entry):
        return term.indices
    return (term.left, term.right) if isinstance(term, Delta) else ()


# The edits: from a node to what may have been meant


def flip_sign(node: Term, _: Words) -> Iterator[Term]:
    yield node.arg if isinstance(node, Neg) else Neg(node)


def drop_or_double(node: Term, _: Words) -> Iterator[Term]:
    if isinstance(node, Add | Mul):
        for place in range(len(node.args)):
            kept = node.args[:place] + node.args[place + 1 :]
            yield from (kept if len(kept) == 1 else (node.rebuild(kept),))


def scale(node: Term, words: Words) -> Iterator[Term]:
    if isinstance(node, Neg):
        yield from (Neg(scaled) for scaled in scale(node.arg, words))
        return
    for factor in (*words.sizes, *words.scales, Number(2)):
        yield Div(node, factor)
        yield Mul((factor, node))
        yield Div(node, Pow(factor, 2))
        yield Mul((Pow(factor, 2), node))
    for size in words.sizes:
        yield Div(node, size - 1)
        yield Mul((size - 1, node))


def change_power(node: Term, _: Words) -> Iterator[Term]:
    if isinstance(node, Pow):
        yield from (Pow(node.base, node.exponent + step) for step in (-1, 1, 2, -2) if node.exponent + step > 1)
        yield node.base
    elif not isinstance(node, Number | Delta):
        yield Pow(node, 2)
    if isinstance(node, Sqrt):
        yield node.arg


def change_entry(node: Term, words: Words) -> Iterator[Term]:
    if isinstance(node, Entry):
        for tensor in words.tensors:
            if tensor != node.tensor and tensor.sizes == node.tensor.sizes:
                yield Entry(tensor, node.indices)


def take_size(node: Term, _: Words) -> Iterator[Term]:
    if isinstance(node, Entry) and -1 in node.tensor.signs:
        yield Function("abs", node)


def change_index(node: Term, words: Words) -> Iterator[Term]:
    if isinstance(node, Entry):
        for place, index in enumerate(node.indices):
            for other in words.indices:
                if other != index and other.size == index.size:
                    yield Entry(node.tensor, (*node.indices[:place], other, *node.indices[place + 1 :]))


def change_number(node: Term, _: Words) -> Iterator[Term]:
    if isinstance(node, Number):
        yield from (Number(node.value + step) for step in (1, -1) if node.value + step != 0)


def change_sum(node: Term, _: Words) -> Iterator[Term]:
    if isinstance(node, Sum):
        yield node.body
        yield from (Mul((Sum(factor, node.index), *_others(node.body, factor))) for factor in _factors(node.body))
    else:
        for index in sorted(free_indices(node), key=lambda i: i.name):
            yield Sum(node, index)


def _factors(term: Term) -> tuple[Term, ...]:
    return term.factors if isinstance(term, Mul) else ()


def _others(term: Term, factor: Term) -> tuple[Term, ...]:
    return tuple(other for other in _factors(term) if other is not factor)


LEAF_EDITS = (flip_sign, change_power, change_number, change_entry, take_size, change_index, change_sum)
"""Edits of one node, wherever it stands."""

SUMMAND_EDITS = (drop_or_double, scale)
"""Edits that make a difference only for a whole formula, a summand or the body of a sum."""


def repair(claim: Claim, prove: Callable[[Claim], object | None]) -> Claim | None:
    """The first edited claim that holds at several points and that `prove` accepts."""
    if isinstance(claim.rhs, Number):
        return None
    plan = Plan(claim)
    try:
        points = _points(plan)
        words = Words(claim, plan)
        left = [[evaluation(claim.lhs, where) for where in places] for evaluation, places in points]
        for candidate in islice(_candidates(claim, words), CANDIDATES if points else 0):
            if _holds(candidate, points, left) and not _says_nothing(candidate, prove) and prove(candidate):
                return candidate
    except TooLarge:
        return None
    return _under_a_hypothesis(claim, plan, prove)


def _says_nothing(candidate: Claim, prove: Callable[[Claim], object | None]) -> bool:
    """Whether an inequality was mended by making its two sides the same."""
    same = Claim(candidate.lhs, "=", candidate.rhs, candidate.hypotheses)
    return candidate.relation != "=" and prove(same) is not None


def _candidates(claim: Claim, words: Words) -> Iterator[Claim]:
    seen = {claim.rhs, claim.lhs}
    allowed = free_indices(claim.lhs) | free_indices(claim.rhs)
    for rhs in (*_everywhere(claim.rhs), *_edited(claim.rhs, words, whole=True)):
        if rhs not in seen and free_indices(rhs) <= allowed:
            seen.add(rhs)
            yield Claim(claim.lhs, claim.relation, rhs, claim.hypotheses)


def _everywhere(term: Term) -> Iterator[Term]:
    """The same slip made throughout: a root too much."""
    for part in set(walk(term)):
        if isinstance(part, Sqrt):
            yield _replaced(term, part, part.arg)


def _replaced(term: Term, old: Term, new: Term) -> Term:
    if term == old:
        return new
    return term.rebuild(tuple(_replaced(arg, old, new) for arg in term.args)) if term.args else term


def _edited(term: Term, words: Words, whole: bool) -> Iterator[Term]:
    """Every single edit at or below a node, the small ones first."""
    for edit in LEAF_EDITS:
        yield from _tried(edit, term, words)
    if whole:
        for edit in SUMMAND_EDITS:
            yield from _tried(edit, term, words)
    for place, arg in enumerate(term.args):
        inner = isinstance(term, Add | Sum | Neg) or isinstance(arg, Add)
        for edited in _edited(arg, words, inner):
            yield term.rebuild((*term.args[:place], edited, *term.args[place + 1 :]))


def _tried(edit: Callable[[Term, Words], Iterator[Term]], term: Term, words: Words) -> list[Term]:
    try:
        return list(edit(term, words))
    except LanguageError:
        return []


def _points(plan: Plan) -> list[tuple[Evaluation, list[dict[Index, int]]]]:
    """A few exact points at which the claim's left side has a value."""
    found = []
    for sizes in (3, 4, 4, 5, 2):
        rng = Random(sizes + len(found))
        for attempt in range(30):
            try:
                point = plan.complete(plan.draw((sizes,) * len(plan.sizes), 1 + attempt // 6, rng))
                evaluation = plan.evaluation(point, Rationals)
                places = list(spots(point, plan.free))
                for where in places:
                    evaluation(plan.claim.lhs, where)
            except (NoValue, Unsatisfied, Irrational):
                continue
            found.append((evaluation, places))
            break
        if len(found) == 3:
            break
    return found


def _holds(candidate: Claim, points: list, left: list) -> bool:
    for (evaluation, places), values in zip(points, left, strict=True):
        for where, value in zip(places, values, strict=True):
            try:
                other = evaluation(candidate.rhs, where)
            except (NoValue, Irrational, KeyError):
                return False
            if REFUTES[candidate.relation](evaluation.numbers, value, other):
                return False
    return True


def _under_a_hypothesis(claim: Claim, plan: Plan, prove: Callable[[Claim], object | None]) -> Claim | None:
    """The claim as written where a scalar that may vanish does, or with sizes for numbers in its hypotheses."""
    scalars = [Entry(tensor) for tensor in plan.tensors if not tensor.sizes]
    for scalar in scalars:
        if scalar.tensor.signs == frozenset({0, 1}) and prove(claim.given(Eq(scalar, 0))):
            return claim.given(Eq(scalar, 0))
    for scalar in scalars:
        size = Function("abs", scalar)
        hypotheses = tuple(
            Claim(_replaced(h.lhs, scalar, size), h.relation, _replaced(h.rhs, scalar, size)) for h in claim.hypotheses
        )
        candidate = Claim(claim.lhs, claim.relation, claim.rhs, hypotheses)
        if hypotheses != claim.hypotheses and prove(candidate):
            return candidate
    return None
