"""Sums and means by rows and columns, and vectors that are the same in every row or column, as code has them."""

from __future__ import annotations

from derive.language import Index, Sum
from derive.language.binding import rename
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value

ROWS = frozenset("rowsum row_sum rowSum RowSum rowmean row_mean rowMean RowMean".split())
COLUMNS = frozenset("colsum col_sum colSum ColSum columnsum column_sum colmean col_mean colMean ColMean".split())
BROADCASTS = frozenset("broadcast Broadcast".split())
FUNCTIONS = ROWS | COLUMNS | BROADCASTS


def by_rows(key: str, inside: Value, first: bool) -> Value:
    """A function of a matrix by its rows or columns; `first` takes a broadcast vector for one entry a row.

    Raises Unclear for what is no matrix.
    """
    if key in BROADCASTS:
        if len(inside.axes) != 1:
            raise Unclear("broadcast of something that is not known to be a vector")
        return _spread(inside, first)
    if len(inside.axes) != 2:
        raise Unclear(f"{key} of something that is no matrix")
    row, column = inside.axes
    kept, over = (row, column) if key in ROWS else (column, row)
    total = Sum(inside.term, over)
    return Value(total / over.size if "mean" in key.lower() else total, (kept,), along=0 if key in ROWS else 1)


def _spread(value: Value, first: bool) -> Value:
    """A matrix of any width with the same entry in all of a row, or of any height with the same in all of a column."""
    (own,) = value.axes
    axes = Index("e0", own.size), Index("e1", own.size)
    return Value(rename(value.term, {own: axes[0 if first else 1]}), axes, loose=frozenset((1 if first else 0,)))
