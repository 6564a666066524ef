"""The edits, a file for each kind of mistake: what may have been meant by what was written."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit
from derive.notes.repair.kinds import epsilon, factors, gamma, hats, names, powers, signs, sums, transposes
from derive.notes.repair.wrong import Wrong

KINDS = (signs, names, hats, powers, sums, factors, epsilon, gamma, transposes)
"""The cheap ones first: several edits of one formula are tried in this order."""


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    """Every single edit of a side."""
    for kind in KINDS:
        yield from kind.edits(wrong, side)
