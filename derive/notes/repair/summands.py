"""What is missing, found by its values: the factor at a summand, or the summand itself, that makes both sides equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from derive.language.claims import claim_indices
from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit
from derive.notes.repair.kinds.names import DELTA
from derive.notes.repair.kinds.signs import flipped
from derive.notes.repair.scaled import delta_in, scaled
from derive.notes.repair.scales import Scale, Scales
from derive.notes.repair.wrong import Wrong
from derive.notes.values import Vector, close

TERM = "missing-term"

_ZERO, _ONE = Fraction(0), Fraction(1)


class Summands:
    """The summands in which a side is linear, each with the values that the side has without it."""

    def __init__(self, wrong: Wrong, side: tree.Node, value: Callable[[Edit], Vector | None]) -> None:
        """`value` says what values the side has with an edit."""
        self.wrong, self.side, self.value = wrong, side, value
        found = [each.node for each in wrong.operands(side) if each.linear]
        self.terms = [node for node in found if isinstance(node, tree.Terms)]
        self.others = [node for node in found if node is side or isinstance(node, tree.Big | tree.Group)]
        self.rests = list(self._rests())

    def _rests(self) -> Iterator[tuple[tree.Terms, int, Vector]]:
        for node in self.terms:
            for place, term in enumerate(node.terms):
                nothing = tree.Number(term.start, term.end, _ZERO)
                rest = self.value(Edit(None, 0.0, ((term, nothing),), ()))
                if rest is not None:
                    yield node, place, rest

    def signs(self, right: Vector) -> Iterator[tuple[Edit, Vector]]:
        """Each with the other sign."""
        for node, place, rest in self.rests:
            for edit in flipped(self.wrong, node, place):
                yield edit, tuple(2 * a - b for a, b in zip(rest, right, strict=True))

    def missing(self, left: Vector, right: Vector, scales: Scales) -> Iterator[Edit]:
        """A factor at one summand, or at the whole side, or a summand, by which both sides become equal."""
        if not isinstance(self.side, tree.Terms) or len(self.side.terms) > 1:
            for scale in _some(scales, _quotient(left, right)):
                yield from scaled(self.wrong, self.side, None, 0, scale)
        for node, place, rest in self.rests:
            for scale in _some(scales, _quotient(_minus(left, rest), _minus(right, rest))):
                yield from scaled(self.wrong, self.side, node, place, scale)
        for node in (*self.terms, *self.others):
            yield from self._added(node, left, right, scales)

    def beside(self, tried: list[tuple[Edit, Vector]], left: Vector, right: Vector, scales: Scales) -> Iterator[Edit]:
        """An edit, and a factor at a summand or at the side; or an edit, and the sign of the summand that it is in."""
        for edit, vector in tried:
            for node, place, rest in self.rests:
                if _is_in(edit, node.terms[place]):
                    other = tuple(2 * a - b for a, b in zip(rest, vector, strict=True))
                    found = flipped(self.wrong, node, place) if close(other, left) else ()
                else:
                    ratio = _quotient(_minus(left, vector), _minus(right, rest))
                    wanted = tuple(1 + value for value in ratio) if ratio is not None else None
                    found = self._scaled(node, place, wanted, scales)
                yield from (both for each in found if (both := edit.with_(each)) is not None)
            whole = None if isinstance(self.side, tree.Terms) else _quotient(left, vector)
            for each in self._scaled(None, 0, whole, scales):
                if (both := edit.with_(each)) is not None:
                    yield both

    def _scaled(self, node: tree.Terms | None, place: int, wanted: Vector | None, scales: Scales) -> Iterator[Edit]:
        for scale in list(scales.lookup(wanted))[:1] if wanted is not None and all(wanted) else ():
            yield from scaled(self.wrong, self.side, node, place, scale)

    def _added(self, node: tree.Node, left: Vector, right: Vector, scales: Scales) -> Iterator[Edit]:
        """A summand more."""
        one = tree.Number(node.end, node.end, _ONE)
        if isinstance(node, tree.Terms):
            new: tree.Node = replace(node, terms=(*node.terms, one), signs=(*node.signs, "+"))
        else:
            new = tree.Terms(node.start, node.end, (node, one), ("+", "+"))
        more = self.value(Edit(None, 0.0, ((node, new),), ()))
        if more is None or (wanted := _quotient(_minus(left, right), _minus(more, right))) is None:
            return
        for scale in (*list(scales.lookup(wanted))[:1], *list(scales.block(wanted))[:1]):
            yield self._with(node, scale)

    def _with(self, node: tree.Node, scale: Scale) -> Edit:
        start, end = self.wrong.span(node)
        if not delta_in(self.wrong, scale) or scale.minus:
            return Edit(TERM, 1.5 + scale.cost, (), ((end, end, f" {'-' if scale.minus else '+'} {scale.text}"),))
        between = " " if isinstance(node, tree.Terms) and node.signs[0] == "-" else " + "
        return Edit(DELTA, 1.3 + scale.cost, (), ((start, start, f"{scale.text}{between}"),))


def _is_in(edit: Edit, node: tree.Node) -> bool:
    return all(node.start <= start and end <= node.end for start, end, _ in edit.texts)


def _some(scales: Scales, wanted: Vector | None) -> Iterator[Scale]:
    """The first few factors with these values, that are more than a sign."""
    if wanted is None:
        return
    plain = [scale for scale in scales.lookup(wanted) if scale.over or scale.under]
    if not plain and not claim_indices(scales.wrong.claim):
        return
    yield from plain[:2] or list(scales.block(wanted))[:1]


def _quotient(over: Vector, under: Vector) -> Vector | None:
    if any(abs(value) < 1e-12 for value in under):
        return None
    return tuple(a / b for a, b in zip(over, under, strict=True))


def _minus(left: Vector, right: Vector) -> Vector:
    return tuple(a - b for a, b in zip(left, right, strict=True))
