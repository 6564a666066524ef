"""Sums with limits, without, and with an index left out."""

from __future__ import annotations

from fractions import Fraction

from derive.language import Index, Sum, Term
from derive.language.binding import free_indices, rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.arrays import Arrays
from derive.notes.meaning.order import mask, summed
from derive.notes.meaning.positions import limits, place_of
from derive.notes.meaning.sizes import binders, is_one_less
from derive.notes.meaning.unclear import operator_without_value
from derive.notes.meaning.value import Value
from derive.notes.meaning.vocabulary import Unclear

BATCHES = frozenset("B batch".split())
"""Names of the set of all samples."""

WHOLE = frozenset(
    (
        "batch minibatch mini-batch all samples examples data features channels pixels spatial tokens dim dims axis "
        "rows columns elements entries classes positions"
    ).split()
)
"""Words below a sum that say that it is one over everything."""


class Sums(Arrays):
    """What sums run over."""

    def big(self, node: tree.Big) -> Value:
        if node.operator != "sum":
            raise Unclear(operator_without_value(node.operator), node.start, node.end)
        self._ask_range(node.lower, node)
        self._ask_set(node)
        letters = binders(node, self.symbols) or self._implied(node)
        if not letters:
            inside = self.value(node.body)
            if not inside.axes:
                raise Unclear("a sum that doesn't say over what", node.start, node.end)
            return Value(Sum(inside.term, *inside.axes))
        kept = dict(self.scope)
        own = []
        for letter in letters:
            size = self.vocabulary.sizes.size_of(("bound", self.formula, node.start, letter))
            self._ask_whole(node, size)
            own.append(Index(letter, self.vocabulary.size(size)))
        masks = self._masks(node, own)
        self.scope |= {index.name: index for index in own}
        inside = self.value(node.body)
        self.scope = kept
        if masks:
            return Value(summed(inside.term, own[0], masks), inside.axes)
        total = Sum(inside.term, *reversed(own))
        if (other := self._excluded(node, own)) is not None:
            total = total - rename(inside.term, {own[0]: other})
            if other.name in self.spread - kept.keys() and other in free_indices(inside.term):
                total = Sum(total, other)  # no other side has this letter: the sum is one over all pairs
        return Value(total, inside.axes)

    def _ask_range(self, lower: tree.Node | None, node: tree.Big) -> None:
        """Raises Unclear where more stands below a sum than its indices, a chain, or a word for all that there is."""
        match lower:
            case None | tree.Chain():
                return
            case tree.Group(body=body):
                return self._ask_range(body, node)
            case tree.Name(text=text) if text.lower() in WHOLE or text in BATCHES:
                return
            case tree.Items(items=parts) | tree.Product(factors=parts) if all(map(self._is_axis, parts)):
                return
            case tree.Name() | tree.Scripted() if self._is_axis(lower):
                return
            case tree.Words(text=text) if WHOLE.issuperset(text.lower().split()):
                return
        raise Unclear("a range below a sum that is not understood", node.start, node.end)

    def _is_axis(self, node: tree.Node) -> bool:
        """Whether this is an index, or the letter of a size: the N of a sum over all N samples."""
        return bool(self.symbols.indices(node)) or (
            isinstance(node, tree.Name) and not node.accents and node.text in self.vocabulary.sizes.size_letters()
        )

    def _ask_whole(self, node: tree.Big, size: str | None) -> None:
        """Raises Unclear where a sum begins or ends elsewhere than its index does, at no place that is known."""
        lower = node.lower.sides[-1] if isinstance(node.lower, tree.Chain) else None
        first = lower.value if isinstance(lower, tree.Number) else None
        if isinstance(lower, tree.Name) and lower.text.isdigit():  # in bold
            first = Fraction(lower.text)
        limit = self.symbols.symbol(node.upper) if node.upper is not None else None
        below = place_of(node.upper)
        ends = node.upper is None or (limit is not None and limit.key == size and limit.power is None)
        if below is not None and below[0] in self.symbols.positions.letters:
            ends = first in (None, 1)
        elif first == 0 and node.upper is not None:
            ends = _is_one_less(node.upper, size)
        begins = first in (0, 1) if first is not None else not self._begins_elsewhere(node)
        if first in (0, 1) and size is not None and self.firsts.setdefault(size, first) != first:
            raise Unclear("one sum begins at 0 and another at 1", node.start, node.end)
        if not ends or not begins:
            raise Unclear("a sum over another range than that of its index", node.start, node.end)

    def _begins_elsewhere(self, node: tree.Big) -> bool:
        """Whether a sum has a first value that is no number and no place that is known."""
        lower = node.lower
        if not isinstance(lower, tree.Chain) or lower.signs[-1].text != "=":
            return False
        place = place_of(lower.sides[-1])
        return place is None or place[0] not in self.symbols.positions.letters

    def _masks(self, node: tree.Big, own: list[Index]) -> tuple[Term, ...]:
        """What is 1 inside the limits of a sum that are places of other indices, and 0 outside."""
        found = []
        for sign, (letter, by) in limits(node):
            if letter not in self.symbols.positions.letters:
                continue
            if len(own) > 1 or letter == own[0].name:
                raise Unclear("a sum up to a place that is no place of another index", node.start, node.end)
            self._ask_single(node, letter)
            at = self.index(letter)
            if sign in ("<=", "<"):
                found.append(mask(at, own[0], by - (sign == "<")))
            else:
                found.append(1 - mask(at, own[0], by - (sign == ">=")))
        return tuple(found)

    def _ask_single(self, node: tree.Big, letter: str) -> None:
        """Raises Unclear where a sum below which j < i stands may be one over both letters."""
        if node.upper is not None or letter in self.scope or letter in self.given:
            return
        if any(letter in symbol.indices for part in node.body.walk() if (symbol := self.symbols.symbol(part))):
            raise Unclear("a sum over one of two letters, or over both", node.start, node.end)

    def _ask_set(self, node: tree.Big) -> None:
        """Raises Unclear for a sum over a set of which nothing says that it is the whole range."""
        lower = node.lower
        if not isinstance(lower, tree.Chain) or lower.signs[0].text != "\\in":
            return
        named = self.symbols.symbol(lower.sides[1])
        if named is None or named.key.partition(".")[0] not in BATCHES or named.indices:
            raise Unclear("a sum over a set, which may be a part of the range", node.start, node.end)

    def _implied(self, node: tree.Big) -> tuple[str, ...]:
        """The letters of a sum without limits: those below it that are not bound outside."""
        found: dict[str, None] = {}
        for part in node.body.walk():
            symbol = self.symbols.symbol(part)
            if symbol is not None:
                found.update(dict.fromkeys(letter for letter in symbol.indices if letter not in self.scope))
        free = [letter for letter in found if letter not in self.given]
        return tuple(free)

    def _excluded(self, node: tree.Big, own: list[Index]) -> Index | None:
        """The index that a sum leaves out: j != i."""
        lower = node.lower
        if not isinstance(lower, tree.Chain) or lower.signs[0].text in ("=", "\\in"):
            return None
        other = self.symbols.indices(lower.sides[1])
        if lower.signs[0].text not in ("\\neq", "\\ne") or len(own) != 1 or other is None or len(other) != 1:
            raise Unclear("a sum over a part of a range", node.start, node.end)
        return Index(other[0], own[0].size) if other[0] not in self.scope else self.scope[other[0]]


def _is_one_less(node: tree.Node, size: str | None) -> bool:
    """Whether a limit is the size less one, for indices that begin at 0."""
    if isinstance(node, tree.Group) and not node.opening:
        return _is_one_less(node.body, size)
    if not isinstance(node, tree.Terms) or not is_one_less(node):
        return False
    first = node.terms[0]
    return isinstance(first, tree.Name) and first.text == size
