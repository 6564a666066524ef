"""Traces of matrices, and which norm of a matrix a subscript means."""

from __future__ import annotations

from derive.language import Abs, Sum, Term, sqrt
from derive.language.binding import rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value, constant

TRACES = frozenset("tr Tr trace Trace Sp Spur".split())


def trace(inside: Value, node: tree.Node) -> Term:
    """The sum over the diagonal of a square matrix. Raises Unclear for what is none."""
    if len(inside.axes) != 2 or inside.any_size or inside.axes[0].size != inside.axes[1].size:
        raise Unclear("the trace of something that is not known to be a square matrix", node.start, node.end)
    row, column = inside.axes
    return Sum(rename(inside.term, {column: row}), row)


def norm_of(inside: Value, sub: tree.Node | None, node: tree.Group) -> Term:
    """The Euclidean norm of a vector, the Frobenius norm of a matrix, or how large a number is.

    Raises Unclear for the other norms: of a matrix that with a 2 below is one.
    """
    is_frobenius = isinstance(sub, tree.Name) and sub.text == "F"
    if sub is not None and not is_frobenius and not (constant(sub) == 2 and len(inside.axes) < 2):
        raise Unclear("a norm other than the Euclidean one", node.start, node.end)
    if node.opening == "|" and len(inside.axes) > 1:
        raise Unclear("single bars around a matrix, which may be its determinant", node.start, node.end)
    if not inside.axes:
        if is_frobenius:
            raise Unclear("a norm of a matrix, of which the shape is not known", node.start, node.end)
        return Abs(inside.term)
    return sqrt(Sum(inside.term**2, *inside.axes))
