"""Products of numbers, vectors and matrices: by rows and columns, entry by entry, and the quotients of these."""

from __future__ import annotations

from dataclasses import replace

from derive.language import Index, Sum, Term
from derive.language.binding import rename
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.meaning.names import Names
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import Unclear, declare
from derive.notes.meaning.value import Value, fitted, onto, together

ENTRYWISE = ("\\odot", "\\circ")
"""Signs that multiply arrays of one shape entry by entry."""


class Products(Names):
    """How values are multiplied. A vector is a column unless the document has rows; what is transposed is the other."""

    def times(self, left: Value, right: Value, sign: str, node: tree.Node) -> Value:
        """The product by a sign, or the quotient by `/`. Raises Unclear for shapes that don't fit."""
        if sign in ("", "\\cdot", "@") and self._is_outer(left, right) and left.any_size != right.any_size:
            return replace(self._outer(left, right, node), loose=frozenset((0 if left.any_size else 1,)))
        left, right = fitted(left, right)
        if sign == "@" and not (left.axes and right.axes):
            raise Unclear("a product of matrices of which the shapes are not known", node.start, node.end)
        if left.transposed and not right.axes and sign in ("", "\\cdot") and _may_be_vector(right.term):
            raise Unclear("a row times something that may be a vector, of which nothing is said", node.start, node.end)
        if not left.axes or not right.axes:
            one, other = left.term, right.term
            term = one / other if sign == "/" else one * other
            kept = left if left.axes else right
            return kept.with_term(term)
        if sign == "/" or sign in ENTRYWISE or (sign == "*" and len(left.axes) == len(right.axes) == 1):
            return self._entrywise(left, right, sign, node)
        if sign == "\\otimes":
            return self._outer(left, right, node) if self.takes("inner") else self._entrywise(left, right, sign, node)
        return self._by_rows(left, right, node)

    def _entrywise(self, left: Value, right: Value, sign: str, node: tree.Node) -> Value:
        one, other, axes = together(left, right, node)
        return Value(one / other if sign == "/" else one * other, axes, left.transposed)

    def _by_rows(self, left: Value, right: Value, node: tree.Node) -> Value:
        self.check_matrices()
        ranks = len(left.axes), len(right.axes)
        if ranks == (1, 1):
            return self._of_vectors(left, right, node)
        if ranks == (2, 1) and (not right.transposed or self.rows):
            return Value(*self._contracted(left, right, node))
        if ranks == (1, 2):
            return Value(*self._contracted(left, right, node), transposed=left.transposed)
        if ranks == (2, 2):
            return Value(*self._contracted(left, right, node))
        raise Unclear("a product of arrays that don't fit", node.start, node.end)

    def _of_vectors(self, left: Value, right: Value, node: tree.Node) -> Value:
        rows = [value.transposed != self.rows for value in (left, right)]
        if rows == [False, True]:
            return self._outer(left, right, node)
        if rows == [True, False]:
            return self.inner_product(left, right, node)
        if left.transposed:
            raise Unclear("a product of two vectors of which both are transposed", node.start, node.end)
        return self.inner_product(left, right, node) if self.takes("inner") else self._entrywise(left, right, "", node)

    def _is_outer(self, left: Value, right: Value) -> bool:
        """Whether these are a column and a row."""
        ranks = len(left.axes) == len(right.axes) == 1
        return ranks and [value.transposed != self.rows for value in (left, right)] == [False, True]

    def _outer(self, left: Value, right: Value, node: tree.Node) -> Value:
        if len(left.axes) != 1 or len(right.axes) != 1:
            raise Unclear("an outer product of what is no vector", node.start, node.end)
        row, column = Index("e0", left.axes[0].size), Index("e1", right.axes[0].size)
        return Value(onto(left, (row,)) * onto(right, (column,)), (row, column))

    def _contracted(self, left: Value, right: Value, node: tree.Node) -> tuple[Term, tuple[Index, ...]]:
        """The last axis of one array against the first of another."""
        if left.loose or right.loose:
            raise Unclear("a product of matrices, one of which fits any size", node.start, node.end)
        if left.axes[-1].size != right.axes[0].size:
            raise Unclear("a product of arrays that don't fit", node.start, node.end)
        kept = [axis.size for axis in (*left.axes[:-1], *right.axes[1:])]
        axes = tuple(Index(f"e{place}", size) for place, size in enumerate(kept))
        inside = Index(f"e{len(axes)}", left.axes[-1].size)
        first, second = axes[: len(left.axes) - 1], axes[len(left.axes) - 1 :]
        return Sum(onto(left, (*first, inside)) * onto(right, (inside, *second)), inside), axes

    def inner_product(self, left: Value, right: Value, node: tree.Node) -> Value:
        """The sum of the products of the entries of two vectors."""
        left, right = fitted(left, right)
        if len(left.axes) != 1 or len(right.axes) != 1:
            raise Unclear("an inner product of what is no vector", node.start, node.end, self.as_vectors(node))
        if left.axes[0].size != right.axes[0].size:
            raise Unclear("an inner product of vectors of different lengths", node.start, node.end)
        return Value(Sum(left.term * onto(right, left.axes), *left.axes))

    def sliced(self, value: Value, places: tuple[tree.Node, ...], node: tree.Node) -> Value:
        """A row or a column of a matrix as code has it, J[i, :] and J[:, i]."""
        if len(places) != len(value.axes):
            raise Unclear(f"{len(places)} places in an array with {len(value.axes)} axes", node.start, node.end)
        kept, chosen = [], {}
        for axis, place in zip(value.axes, places, strict=True):
            letters = self.symbols.indices(place)
            if isinstance(place, tree.Slice):
                kept.append(axis)
            elif letters is not None and len(letters) == 1:
                chosen[axis] = self.scope.get(letters[0]) or Index(letters[0], axis.size)
            else:
                raise Unclear("a place in an array that is no index", place.start, place.end)
        is_column = len(kept) == 1 and len(places) == 2 and isinstance(places[0], tree.Slice)
        turned = len(kept) == 1 and len(places) == 2 and is_column == self.rows
        return Value(rename(value.term, chosen), tuple(kept), turned)

    def as_matrices(self, node: tree.Node) -> str:
        """The declaration that they are matrices."""
        vectors = self.as_vectors(node)
        return vectors and rf"{vectors.rpartition(' ')[0]} \mathbb{{R}}^{{m \times n}}"

    def as_vectors(self, node: tree.Node) -> str:
        """The declaration that the names in a formula that have no axes are vectors."""
        inside = node.body if isinstance(node, tree.Group) else node
        items = inside.items if isinstance(inside, tree.Items) else (inside,)
        terms = [term for item in items for term in (item.terms if isinstance(item, tree.Terms) else (item,))]
        last = [term.factors[-1] if isinstance(term, tree.Product) else term for term in terms]
        found = [symbol.key for each in last if (symbol := self.symbols.symbol(each)) and not symbol.indices]
        names = [key for key in dict.fromkeys(found) if not self.vocabulary.is_size(key)]
        flat = [latex_of(key) for key in names if not self.vocabulary.sizes.axes.get(key)]
        space = rf"\in \mathbb{{R}}^{{{self.vocabulary.default_size}}}"
        return declare("shapes", f"{', '.join(flat)} {space}") if flat else ""


def slices_in(node: tree.Node) -> tuple[tree.Node, ...] | None:
    """What stands between brackets that hold whole ranges: `:` and i of [:, i]; None for other nodes."""
    if not isinstance(node, tree.Group) or node.opening != "[":
        return None
    places = node.body.items if isinstance(node.body, tree.Items) else (node.body,)
    ranges = [place for place in places if isinstance(place, tree.Slice)]
    return places if ranges and all(each.lower is None and each.upper is None for each in ranges) else None


def transposed(value: Value) -> Value:
    """A matrix with its axes swapped; a row for a column."""
    if len(value.axes) == 2:
        return replace(value, axes=value.axes[::-1])
    if len(value.axes) > 2:
        raise Unclear("the transpose of an array with more than two axes")
    return replace(value, transposed=not value.transposed)


def ordered(value: Value) -> Value:
    """The same array over axes with the names that those of a tensor have."""
    axes = tuple(Index(f"e{place}", axis.size) for place, axis in enumerate(value.axes))
    return replace(value, term=rename(value.term, dict(zip(value.axes, axes, strict=True))), axes=axes)


def _may_be_vector(term: Term) -> bool:
    """Whether a formula is a name of which nothing is said: behind a row it is rather a column than a number."""
    return isinstance(term, Entry) and not term.indices and not term.tensor.integer and term.tensor.definition is None
