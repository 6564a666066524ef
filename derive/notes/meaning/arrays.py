"""Products, sums and norms of numbers, vectors and matrices."""

from __future__ import annotations

from dataclasses import replace

from derive.language import Abs, Delta, Index, Sum, Term, sqrt
from derive.language.binding import rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.names import Names
from derive.notes.meaning.value import Value, onto, together
from derive.notes.meaning.vocabulary import Unclear


class Arrays(Names):
    """How values are put together."""

    def _group(self, node: tree.Group) -> Value:
        if node.opening in ("", "(", "[", "\\{"):
            if isinstance(node.body, tree.Chain) and node.opening:
                return self.iverson(node.body)
            return self.value(node.body)
        if node.opening == "|":
            inside = self.value(node.body)
            return Value(self._norm(inside)) if inside.axes else Value(Abs(inside.term))
        if node.opening == "\\|":
            return Value(self._norm(self.value(node.body)))
        if node.opening == "\\langle" and isinstance(node.body, tree.Items) and len(node.body.items) == 2:
            left, right = map(self.value, node.body.items)
            return self.inner_product(left, right, node)
        raise Unclear(f"{node.opening} ... {node.closing} has no meaning here", node.start, node.end)

    def iverson(self, node: tree.Chain) -> Value:
        """[i = j]: 1 where it holds and 0 elsewhere."""
        sides = [self.symbols.indices(side) for side in node.sides]
        if (
            len(sides) != 2
            or node.signs[0].text not in ("=", "==")
            or not all(side and len(side) == 1 for side in sides)
        ):
            raise Unclear("a relation inside of brackets", node.start, node.end)
        left, right = (self.index(side[0]) for side in sides if side)
        return Value(Delta(left, right))

    def _norm(self, value: Value) -> Term:
        if not value.axes:
            return Abs(value.term)
        return sqrt(Sum(value.term**2, *value.axes))

    def inner_product(self, left: Value, right: Value, node: tree.Node) -> Value:
        if len(left.axes) != 1 or len(right.axes) != 1:
            raise Unclear("an inner product of what is no vector", node.start, node.end)
        if left.axes[0].size != right.axes[0].size:
            raise Unclear("an inner product of vectors of different lengths", node.start, node.end)
        return Value(Sum(left.term * onto(right, left.axes), *left.axes))

    def _terms(self, node: tree.Terms) -> Value:
        total: Value | None = None
        for sign, each in zip(node.signs, node.terms, strict=True):
            if sign not in "+-":
                raise Unclear(f"{sign} says two things", node.start, node.end)
            value = self.value(each)
            if total is None:
                total = replace(value, term=-value.term) if sign == "-" else value
            else:
                left, right, axes = together(total, value, node)
                transposed = total.transposed or value.transposed
                total = Value(left - right if sign == "-" else left + right, axes, transposed)
        if total is None:
            raise Unclear("nothing", node.start, node.end)
        return total

    def times(self, left: Value, right: Value, sign: str, node: tree.Node) -> Value:
        if sign == "/":
            if right.axes and left.axes:
                over, under, axes = together(left, right, node)
                return Value(over / under, axes, left.transposed)
            return Value(left.term / right.term, left.axes or right.axes, left.transposed)
        if sign in ("\\otimes", "\\circ", "@"):
            raise Unclear(f"the product {sign}", node.start, node.end)
        if sign == "\\odot" and not (left.axes and right.axes):
            sign = ""
        if left.axes and right.axes and sign != "\\odot":
            found = self._matrix_product(left, right, node)
            if found is not None:
                return found
        one, other, axes = together(left, right, node)
        return Value(one * other, axes, left.transposed or right.transposed)

    def _matrix_product(self, left: Value, right: Value, node: tree.Node) -> Value | None:
        """A product of rows, columns and matrices; None for two columns that are multiplied entry by entry."""
        ranks = len(left.axes), len(right.axes)
        if ranks == (1, 1) and not left.transposed and right.transposed:
            own = Index("e1", right.axes[0].size)
            return Value(left.term * rename(right.term, {right.axes[0]: own}), (left.axes[0], own))
        if ranks == (1, 1) and left.transposed and not right.transposed:
            return self.inner_product(left, right, node)
        if ranks == (1, 1):
            if left.transposed:
                raise Unclear("a product of two rows", node.start, node.end)
            self.open = True
            return self.inner_product(left, right, node) if self.reading.inner else None
        if ranks == (2, 1) and not right.transposed:
            return self._applied(left, left.axes[1], right, right.axes[0], left.axes[:1], False, node)
        if ranks == (1, 2) and left.transposed:
            return self._applied(right, right.axes[0], left, left.axes[0], right.axes[1:], True, node)
        raise Unclear("a product of matrices", node.start, node.end)

    def _applied(
        self, matrix: Value, over: Index, vector: Value, at: Index, left: tuple[Index, ...], row: bool, node: tree.Node
    ) -> Value:
        """The matrix times the vector, summed over one of its axes."""
        if over.size != at.size:
            raise Unclear("a product of arrays that don't fit", node.start, node.end)
        inside = Index("e2", over.size)
        own = Index("e0", left[0].size)
        body = rename(matrix.term, {over: inside, left[0]: own}) * rename(vector.term, {at: inside})
        return Value(Sum(body, inside), (own,), row)
