"""Products of matrices: a transpose that is missing or too much, and factors in the other order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import is_differential
from derive.notes.repair.edit import Edit, edited
from derive.notes.repair.wrong import Wrong


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    if not any(_is_matrix(wrong, each.node) for each in wrong.operands(side)):
        return
    for each in wrong.operands(side):
        if isinstance(each.above, tree.Product) and _is_matrix(wrong, each.node):
            yield from _turned(wrong, each.node)
        if isinstance(each.node, tree.Product):
            yield from _swapped(wrong, each.node)


def _is_matrix(wrong: Wrong, node: tree.Node) -> bool:
    """Whether this is a name for a matrix without indices, or for the gradient by one."""
    if is_differential(node) and isinstance(node, tree.Product):
        node = node.factors[1]
    elif isinstance(node, tree.Quotient) and isinstance(node.under, tree.Partial):
        node = node.under.body
    symbol = wrong.symbol(node) if isinstance(node, tree.Name | tree.Scripted) else None
    if symbol is None or symbol.indices or symbol.power is not None or symbol.argument is not None:
        return False
    return wrong.style.survey.sizes.axes.get(symbol.key, 0) == 2


def _turned(wrong: Wrong, node: tree.Node) -> Iterator[Edit]:
    """A matrix with a transpose, or without the one that it has."""
    if isinstance(node, tree.Scripted) and node.sup is not None:
        yield from wrong.change(node, wrong.text(node.base), None, 1.1) if node.sub is None else ()
        return
    mark = next((mark for mark in (r"^\top", r"^{\top}", r"^\intercal") if mark in wrong.latex), "^T")
    text = wrong.text(node)
    text = rf"\left({text}\right)" if isinstance(node, tree.Quotient) else text
    yield from wrong.change(node, text + mark, None, 1.1)


def _swapped(wrong: Wrong, node: tree.Product) -> Iterator[Edit]:
    """Two neighbours in the other order."""
    start, end = wrong.span(node)
    for first, second in pairwise(node.factors):
        if _is_matrix(wrong, first) and _is_matrix(wrong, second):
            one, other = wrong.span(first), wrong.span(second)
            between = wrong.latex[one[1] : other[0]] or " "
            text = f"{wrong.text(second)}{between}{wrong.text(first)}"
            whole = edited(wrong.latex, [(one[0], other[1], text)], start, end)
            for edit in wrong.change(node, whole, None, 1.2):
                yield Edit(edit.code, edit.cost, edit.nodes, ((one[0], other[1], text),))
