"""The two sides of a relation over the same indices."""

from __future__ import annotations

from derive.language import Delta, Index, Term
from derive.language.binding import free_indices, rename
from derive.language.terms import Entry
from derive.notes.meaning.value import Value, fitted
from derive.notes.meaning.vocabulary import Unclear


def one_sided(left: Value, right: Value) -> frozenset[str]:
    """The letters that are free on one of two sides, where both are numbers."""
    if left.axes or right.axes:
        return frozenset()
    return frozenset(index.name for index in left.free ^ right.free)


def matched(left: Value, right: Value) -> tuple[Term, Term]:
    """Both sides entry by entry. Raises Unclear where they are arrays of different shapes.

    An array on one side and an entry on the other are about the entry's index. A square matrix that is said to be a
    number or a vector is diagonal: so is the derivative of what a function does entry by entry.
    """
    left, right = fitted(left, right)
    if _is_same(left, right):
        raise Unclear("it says of a name that it is its own transpose, or one of its entries")
    if len(left.axes) == 2 and len(right.axes) < 2:
        return left.term, _diagonal(right, left.axes)
    if len(right.axes) == 2 and len(left.axes) < 2:
        return _diagonal(left, right.axes), right.term
    if not left.axes and not right.axes:
        return left.term, right.term
    if not left.axes:
        return left.term, _at(right, left.term)
    if not right.axes:
        return _at(left, right.term), right.term
    if [axis.size for axis in left.axes] != [axis.size for axis in right.axes]:
        raise Unclear("the sides are arrays of different shapes")
    return left.term, rename(right.term, dict(zip(right.axes, left.axes, strict=True)))


def _is_same(left: Value, right: Value) -> bool:
    """Whether both sides are one name, as a row and a column, or as an array and an entry: x^T = x, x_i = x."""
    if not (isinstance(left.term, Entry) and isinstance(right.term, Entry) and left.term.tensor == right.term.tensor):
        return False
    one, other = len(left.axes), len(right.axes)
    return one != other or (one == 1 and left.transposed != right.transposed)


def _diagonal(value: Value, axes: tuple[Index, ...]) -> Term:
    """A number or a vector on the diagonal of a matrix."""
    row, column = axes
    if row.size != column.size or (value.axes and value.axes[0].size != row.size):
        raise Unclear("the sides are arrays of different shapes")
    inside = rename(value.term, {value.axes[0]: row}) if value.axes else value.term
    return inside * Delta(row, column)


def _at(array: Value, entry: Term) -> Term:
    """A vector at the index of an entry on the other side, where it has one; else at every place."""
    free = free_indices(entry) - free_indices(array.term)
    if not free:
        return array.term
    own = [index for index in free if index.size == array.axes[0].size]
    if len(array.axes) != 1 or len(own) != 1 or len(free) != 1:
        raise Unclear("an array on one side, and an entry of one on the other")
    return rename(array.term, {array.axes[0]: own[0]})
