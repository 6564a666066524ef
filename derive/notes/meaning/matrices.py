"""Traces of matrices, and which norm of a matrix a subscript means."""

from __future__ import annotations

from derive.language import Abs, Sum, Term, sqrt
from derive.language.binding import rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.subscripts import label_of
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value, constant

TRACES = frozenset("tr Tr trace Trace Sp Spur".split())


def trace(inside: Value, node: tree.Node) -> Term:
    """The sum over the diagonal of a square matrix. Raises Unclear for what is none."""
    if len(inside.axes) != 2 or inside.any_size or inside.axes[0].size != inside.axes[1].size:
        raise Unclear("the trace of something that is not known to be a square matrix", node.start, node.end)
    row, column = inside.axes
    return Sum(rename(inside.term, {column: row}), row)


NORMS = {
    "infty": "the maximum norm, the largest entry, is not computed",
    "0": "how many entries are not 0 is not computed",
    "p": "the norm with an open p is not computed",
    "op": "the operator norm is not computed",
    "sigma": "the spectral norm is not computed",
    "2": "the spectral norm of a matrix is not computed; \\|W\\|_F is",
    "1": "the norm with a 1 of a matrix is not computed; write the sum that it is",
    "*": "the nuclear norm is not computed",
}
"""What is said of a norm by what stands below it; a 2 and a 1 are meant below that of a matrix."""


def norm_of(inside: Value, sub: tree.Node | None, node: tree.Group, shape: str = "") -> Term:
    """The Euclidean norm of a vector, the Frobenius norm of a matrix, or how large a number is; with a 1 a sum.

    Raises Unclear for the other norms: of a matrix that with a 2 below is one. `shape` is the declaration of a shape.
    """
    below = "" if sub is None else str(number) if (number := constant(sub)) is not None else label_of(sub)
    rank = len(inside.axes)
    if (below not in ("", "1", "2", "F")) or (below in ("1", "2") and rank > 1):
        reason = NORMS.get(below, "a norm with this below it is not computed")
        raise Unclear(reason, node.start, node.end)
    if node.opening == "|" and rank > 1:
        raise Unclear("single bars around a matrix, which may be its determinant", node.start, node.end)
    if rank == 0 and below in ("1", "F"):
        what = "a matrix" if below == "F" else "a vector"
        raise Unclear(f"a norm of {what}, of which the shape is not known", node.start, node.end, shape)
    if rank == 0:
        return Abs(inside.term)
    return Sum(Abs(inside.term), *inside.axes) if below == "1" else sqrt(Sum(inside.term**2, *inside.axes))
