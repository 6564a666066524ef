"""Sums with limits, without, and with an index left out."""

from __future__ import annotations

from derive.language import Index, Sum
from derive.language.binding import rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.arrays import Arrays
from derive.notes.meaning.sizes import binders
from derive.notes.meaning.value import Value
from derive.notes.meaning.vocabulary import Unclear

BATCHES = frozenset("B batch".split())
"""Names of the set of all samples."""


class Sums(Arrays):
    """What sums run over."""

    def big(self, node: tree.Big) -> Value:
        if node.operator != "sum":
            raise Unclear(f"the operator {node.operator}", node.start, node.end)
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
            limit = self.symbols.symbol(node.upper) if node.upper is not None else None
            if node.upper is not None and (limit is None or limit.key != size or limit.power is not None):
                raise Unclear("a sum over another range than that of its index", node.start, node.end)
            own.append(Index(letter, self.vocabulary.size(size)))
            self.scope[letter] = own[-1]
        inside = self.value(node.body)
        self.scope = kept
        total = Sum(inside.term, *reversed(own))
        if (other := self._excluded(node, own)) is not None:
            total = total - rename(inside.term, {own[0]: other})
        return Value(total, inside.axes)

    def _ask_set(self, node: tree.Big) -> None:
        """Raises Unclear for a sum over a set of which nothing says that it is the whole range."""
        lower = node.lower
        if not isinstance(lower, tree.Chain) or lower.signs[0].text != "\\in":
            return
        named = self.symbols.symbol(lower.sides[1])
        whole = any(isinstance(part, tree.Dots) for part in lower.sides[1].walk())
        if not whole and (named is None or named.key.partition(".")[0] not in BATCHES or named.indices):
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
