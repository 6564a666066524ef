"""Which edits of a formula make both sides equal, as far as their values show: the nearest first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice

from derive.latex.reader import syntax as tree
from derive.notes.repair.bounds import bounds, is_below
from derive.notes.repair.computed import computed, is_constant, is_number
from derive.notes.repair.edit import Edit
from derive.notes.repair.kinds import edits, rarer
from derive.notes.repair.kinds.hats import several
from derive.notes.repair.kinds.names import DELTA
from derive.notes.repair.kinds.signs import every
from derive.notes.repair.nested import nested
from derive.notes.repair.parts import Parts, Whole
from derive.notes.repair.pool import Pool, Valued
from derive.notes.repair.scales import FACTOR, Scales
from derive.notes.repair.summands import TERM, Summands
from derive.notes.repair.wrong import Wrong
from derive.notes.values import Values, Vector, close, values_of
from derive.refute.floats import CLOSE

TRIES = 220
"""So many single edits are looked at."""

SLIPS = ("sign", "missing-hat", "missing-square", "extra-square")
"""Edits of the left side that are looked at first where the right side is a number."""

NEAR = 1.6
"""Edits that cost more are looked at after a bound in place of the equation."""

LEAST = 1.1
"""What is missing costs at least as much."""

DEAR = 1.5
"""Of the single edits those that cost more are not looked at in pairs."""


@dataclass(frozen=True)
class _Tried:
    """The single edits that were tried, of the right side and of the left one."""

    summands: Summands
    scales: Scales
    rights: list[Valued]
    lefts: list[Valued]


class Search:
    """The edits of one relation, with the values that they give it."""

    def __init__(self, wrong: Wrong) -> None:
        self.wrong = wrong
        self.values = values_of(wrong.claim)
        self.left, self.right = self.values(wrong.claim.lhs), self.values(wrong.claim.rhs)
        if (self.left is None or self.right is None) and not wrong.claim.hypotheses:
            self.values = Values(wrong.claim, positive=True)
            self.left, self.right = self.values(wrong.claim.lhs), self.values(wrong.claim.rhs)
        self.tried: _Tried | None = None

    @property
    def agrees(self) -> bool:
        """Whether the sides agree as they are."""
        return self.left is not None and self.right is not None and close(self.left, self.right)

    def of_the_left(self) -> Iterator[Edit]:
        """Edits of the left side alone by which the sides agree."""
        if self.left is None or self.right is None:
            return
        yield from self._lefts(self.left).matching(self.right)

    def found(self, left_too: bool) -> Iterator[Edit]:
        """Edits by which the sides agree at the points that are tried; `left_too` allows edits of the left side."""
        if self.left is None or self.right is None:
            return
        left, right = self.left, self.right
        numbers = not self.values.plan.tensors and not self.values.plan.sizes
        if numbers or (self.wrong.relation == "=" and is_number(self.wrong.right)):
            yield from self._number(left, right, numbers, left_too)
            return
        if self.wrong.relation != "=":
            yield from self._bounds(left, right, left_too)
            return
        summands = Summands(self.wrong, self.wrong.right, self._of_right)
        signs = list(summands.signs(right))
        yield from (edit for edit, vector in signs if close(vector, left))
        others = self._rights(right)
        yield from others.matching(left, cost=LEAST)
        scales = self._scales()
        single = list(summands.missing(left, right, scales))
        if any(edit.code == FACTOR and "^2" in text for edit in single for *_, text in edit.texts):
            single += self._rarer(left)  # a fraction upside down is a square too few
        single.sort(key=lambda edit: edit.cost)
        near = [*others.matching(left, LEAST, NEAR), *(edit for edit in single if edit.cost <= NEAR)]
        yield from sorted(near, key=lambda edit: edit.cost)
        lefts = self._lefts(left) if left_too else Pool((), self._of_left, left)
        yield from (edit for edit in lefts.matching(right) if edit.code in SLIPS)
        yield from bounds(self.wrong, left, right)
        far = [*others.matching(left, NEAR), *(edit for edit in single if edit.cost > NEAR)]
        yield from sorted(far, key=lambda edit: edit.cost)
        yield from (edit for edit in lefts.matching(right) if edit.code not in SLIPS)
        yield from self._rarer(left)
        self.tried = _Tried(summands, scales, [*signs, *others.within()], list(lefts.within()))

    def all(self, left_too: bool) -> Iterator[Edit]:
        """Single edits, then several at once."""
        yield from self.found(left_too)
        yield from self.joined()

    def joined(self) -> Iterator[Edit]:
        """Several edits at once, where `found` was asked before, and no single one mends the formula."""
        if self.tried is None or self.left is None or self.right is None:
            return
        left, right = self.left, self.right
        summands, scales, tried, lefts = self.tried.summands, self.tried.scales, self.tried.rights, self.tried.lefts
        cheap = [(edit, vector) for edit, vector in tried if edit.cost <= DEAR]
        within = [(edit, vector) for edit in nested(self.wrong, cheap) if (vector := self._of_right(edit)) is not None]
        pairs = [edit for edit, vector in within if close(vector, left)]
        pairs += [*self._pairs(cheap, left, right), *summands.beside(cheap, left, right, scales)]
        yield from sorted(pairs, key=lambda edit: edit.cost)[:6]
        for edit, vector in lefts:
            for other, values in tried:
                if close(values, vector) and (both := edit.with_(other)) is not None:
                    yield both
        yield from self._hats(left)
        yield from islice(self._pairs(within, left, right, cheap), 4)

    def _rarer(self, left: Vector) -> Iterator[Edit]:
        """Edits of the right side that are looked at where no other one mends it."""
        for edit in sorted(islice(rarer.edits(self.wrong, self.wrong.right), TRIES // 4), key=lambda each: each.cost):
            vector = self._of_right(edit)
            if vector is not None and close(vector, left):
                yield edit

    def _number(self, left: Vector, right: Vector, numbers: bool, left_too: bool) -> Iterator[Edit]:
        """Another number on the right side, or an edit of the left side by which it has this value."""
        if numbers and self.wrong.relation != "=":
            yield from bounds(self.wrong, left, right)
            return
        if not numbers and left_too:
            yield from (edit for edit in self._lefts(left).matching(right) if edit.code in SLIPS)
        if not numbers and not is_constant(left):
            summands = Summands(self.wrong, self.wrong.right, self._of_right)
            found = summands.missing(left, right, self._scales())
            yield from (edit for edit in found if edit.code in (TERM, DELTA) and edit.cost <= NEAR + 0.1)
        yield from computed(self.wrong, left, numbers, None if numbers else self._scales())

    def _bounds(self, left: Vector, right: Vector, left_too: bool) -> Iterator[Edit]:
        """Another relation, else an edit by which both sides are equal, else one by which the bound holds."""
        yield from bounds(self.wrong, left, right)
        rights = self._rights(right)
        lefts = self._lefts(left) if left_too else Pool((), self._of_left, left)
        equal = chain(rights.matching(left, cost=NEAR), (e for e in lefts.matching(right) if e.code in SLIPS))
        yield from (replace(edit, equal=True) for edit in chain(equal, self._hats(left)))
        tried = [(edit, left, vector) for edit, vector in rights.within(NEAR)]
        tried += [(edit, vector, right) for edit, vector in lefts.within() if edit.code in SLIPS]
        below = self.wrong.relation in ("<=", "<")
        for edit, one, other in tried:
            low, high = (one, other) if below else (other, one)
            if is_below(low, high) and not close(one, other):
                yield edit

    def _hats(self, left: Vector) -> Iterator[Edit]:
        """Several hats on the right side."""
        for edit in several(self.wrong, self.wrong.right):
            vector = self._of_right(edit)
            if vector is not None and close(vector, left):
                yield edit

    def _of_right(self, edit: Edit) -> Vector | None:
        right = self.wrong.right
        is_sum = isinstance(right, tree.Big) or any(
            isinstance(new, tree.Big) for old, new in edit.nodes if old is right
        )
        if self.rights is not None and not (is_sum and self.wrong.is_for_samples(edit.of(right))):
            with suppress(Whole):
                return self.rights(edit.nodes)
        term = self.wrong.with_right(edit.of(right))
        return None if term is None else self.values(term)

    def _of_left(self, edit: Edit) -> Vector | None:
        if self.lefts is not None:
            with suppress(Whole):
                return self.lefts(edit.nodes)
        term = self.wrong.with_left(edit.of(self.wrong.left))
        return None if term is None else self.values(term)

    def _scales(self) -> Scales:
        return Scales(self.wrong, self._of_text, len(self.values.places))

    def _of_text(self, text: str) -> Vector | None:
        """What a text is worth on the right side."""
        node = self.wrong.style.piece(text)
        if node is None:
            return None
        if self.rights is not None:
            with suppress(Whole):
                return self.rights.instead(node)
        term = self.wrong.with_right(node)
        term = self.wrong.number(node) if term is None else term
        return None if term is None else self.values(term)

    @cached_property
    def rights(self) -> Parts | None:
        """The right side by its parts, where its values follow from theirs."""
        return self._parts(self.wrong.right, self.right)

    @cached_property
    def lefts(self) -> Parts | None:
        """The left side by its parts."""
        return self._parts(self.wrong.left, self.left)

    def _parts(self, side: tree.Node, vector: Vector | None) -> Parts | None:
        with suppress(Whole):
            return None if vector is None else Parts(side, self.wrong.translation, self.values, vector)
        return None

    def _rights(self, right: Vector) -> Pool:
        return Pool(islice(edits(self.wrong, self.wrong.right), TRIES), self._of_right, right)

    def _lefts(self, left: Vector) -> Pool:
        found = islice(chain(every(self.wrong, self.wrong.left), edits(self.wrong, self.wrong.left)), TRIES // 4)
        dearer = (Edit(edit.code, edit.cost + 0.5, edit.nodes, edit.texts) for edit in found)
        return Pool(dearer, self._of_left, left)

    def _pairs(
        self, tried: list[Valued], left: Vector, right: Vector, others: list[Valued] | None = None
    ) -> Iterator[Edit]:
        """Two edits that are apart: what they change adds up, or multiplies; the second is one of `others`."""
        scale = max(*map(abs, left), *map(abs, right), 1e-300)
        wanted = [tuple(a - v + b for a, v, b in zip(left, vector, right, strict=True)) for _, vector in tried]
        yield from _matched(tried, wanted, scale, others)
        if all(abs(value) > 1e-9 * scale for value in right):
            wanted = [
                tuple(a * b / v if v else float("inf") for a, v, b in zip(left, vector, right, strict=True))
                for _, vector in tried
            ]
            yield from _matched(tried, wanted, scale, others)


def _matched(tried: list[Valued], wanted: list[Vector], scale: float, others: list[Valued] | None) -> Iterator[Edit]:
    """Pairs in which the second has the values that the first one leaves to be wished for, the cheapest first."""
    seconds = tried if others is None else others
    table: dict[int, list[int]] = {}
    for number, (_, vector) in enumerate(seconds):
        table.setdefault(_key(vector[0], scale), []).append(number)
    pairs: list[Edit] = []
    for number, ((edit, _), sought) in enumerate(zip(tried, wanted, strict=True)):
        if not all(abs(value) < 1e12 * scale for value in sought):
            continue
        key = _key(sought[0], scale)
        for near in (key - 1, key, key + 1):
            for other in table.get(near, ()):
                if (others is not None or other > number) and close(seconds[other][1], sought):
                    both = edit.with_(seconds[other][0])
                    pairs += [both] if both is not None else []
    yield from sorted(pairs, key=lambda edit: edit.cost)


def _key(value: float, scale: float) -> int:
    return round(value / (10 * CLOSE * scale))
