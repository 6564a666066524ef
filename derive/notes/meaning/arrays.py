"""Brackets, norms and sums of numbers, vectors and matrices."""

from __future__ import annotations

from dataclasses import replace

from derive.language import Delta, Number
from derive.language.binding import free_indices
from derive.latex.reader import syntax as tree
from derive.notes.meaning.matrices import norm_of
from derive.notes.meaning.products import Products
from derive.notes.meaning.value import Value, together
from derive.notes.meaning.vocabulary import Unclear


class Arrays(Products):
    """How values are put together."""

    def _group(self, node: tree.Group) -> Value:
        if node.opening in ("", "(", "[", "\\{"):
            if isinstance(node.body, tree.Chain) and node.opening:
                return self.iverson(node.body)
            return self.value(node.body)
        if node.opening in ("|", "\\|"):
            return self.norm(node, None)
        if node.opening == "\\langle" and isinstance(node.body, tree.Items) and len(node.body.items) == 2:
            left, right = (self._vector(self.value(item)) for item in node.body.items)
            return self.inner_product(left, right, node)
        raise Unclear(f"{node.opening} ... {node.closing} has no meaning here", node.start, node.end)

    def _spread(self, value: Value, body: tree.Node) -> Value:
        """A formula for an entry as the vector, where sums beside its index show that this runs over entries."""
        has_sums = isinstance(body, tree.Terms) and any(isinstance(part, tree.Big) for part in body.walk())
        if value.axes or not has_sums:
            return value
        own = [index for index in free_indices(value.term) if index.name in self.spread - self.scope.keys()]
        return replace(value, axes=tuple(own)) if len(own) == 1 else value

    def _vector(self, value: Value) -> Value:
        """The number 1 in an inner product is a vector of ones."""
        return self.ones() if value.term == Number(1) and not value.axes else value

    def iverson(self, node: tree.Chain) -> Value:
        """[i = j], and with a stroke: 1 where it holds and 0 elsewhere."""
        sides = [self.symbols.indices(side) for side in node.sides]
        if (
            len(sides) != 2
            or node.signs[0].text not in ("=", "==", "\\neq", "\\ne")
            or not all(side and len(side) == 1 for side in sides)
        ):
            raise Unclear("a relation inside of brackets", node.start, node.end)
        left, right = (self.index(side[0]) for side in sides if side)
        return Value(Delta(left, right) if node.signs[0].text in ("=", "==") else 1 - Delta(left, right))

    def norm(self, node: tree.Group, sub: tree.Node | None) -> Value:
        """What stands between bars, with what stands below them."""
        inside = self.value(node.body)
        if node.opening == "\\|":
            inside = self._spread(inside, node.body)
        if inside.axes:
            return Value(norm_of(inside, sub, node))
        matrix = isinstance(sub, tree.Name) and sub.text == "F"
        return Value(norm_of(inside, sub, node, self.as_matrices(node) if matrix else self.as_vectors(node)))

    def _terms(self, node: tree.Terms) -> Value:
        total: Value | None = None
        for sign, each in zip(node.signs, node.terms, strict=True):
            if sign not in "+-":
                raise Unclear(f"{sign} says two things", node.start, node.end)
            value = self.value(each)
            if total is None:
                total = value.with_term(-value.term) if sign == "-" else value
            else:
                left, right, axes = together(total, value, node)
                transposed = total.transposed or value.transposed
                total = Value(left - right if sign == "-" else left + right, axes, transposed)
        if total is None:
            raise Unclear("nothing", node.start, node.end)
        return total
