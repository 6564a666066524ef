"""The gamma of each feature, pulled out of the sums over the features."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit, Text, edited
from derive.notes.repair.wrong import Wrong, is_derivative

OUTSIDE = "gamma-outside-sums"


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    for key in sorted(wrong.style.keys):
        if key.partition("_")[0] in ("gamma", "g", "w", "weight") and wrong.style.survey.sizes.axes.get(key, 0) == 1:
            yield from _moved(wrong, side, key)


def _moved(wrong: Wrong, side: tree.Node, key: str) -> Iterator[Edit]:
    """Without the factor before the brackets, and with one at each gradient in them."""
    out = [each for each in wrong.operands(side) if _is(wrong, each.node, key)]
    into = list(_gradients(wrong, side))
    if not into:
        return
    texts: list[Text] = [(start, start, f"{wrong.style.name(key, letters)} ") for start, letters in into]
    for each in out[:1]:
        texts += _taken(wrong, side, each.node)
    start, end = wrong.span(side)
    for edit in wrong.change(side, edited(wrong.latex, texts, start, end), OUTSIDE if out else "missing-factor", 1.0):
        yield Edit(edit.code, 1.0 if out else 1.4, edit.nodes, tuple(texts))


def _is(wrong: Wrong, node: tree.Node, key: str) -> bool:
    symbol = wrong.symbol(node) if isinstance(node, tree.Name | tree.Scripted) else None
    return symbol is not None and symbol.key == key


def _taken(wrong: Wrong, side: tree.Node, node: tree.Node) -> list[Text]:
    """The change that takes a factor out of what it stands in."""
    start, end = wrong.span(node)
    for part in side.walk():
        if isinstance(part, tree.Quotient) and part.over is node:
            return [(start, end, "1")]
        if isinstance(part, tree.Product) and any(factor is node for factor in part.factors):
            place = next(number for number, factor in enumerate(part.factors) if factor is node)
            if place:
                return [(wrong.span(part.factors[place - 1])[1], end, " ")]
            return [(start, part.factors[1].start, "")]
    return []


def _gradients(wrong: Wrong, side: tree.Node) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where gradients by the output begin, with their indices."""
    for each in wrong.operands(side):
        node = each.node
        if is_derivative(node) and isinstance(node, tree.Quotient) and isinstance(node.under, tree.Partial):
            symbol = wrong.symbol(node.under.body)
            if symbol is not None:
                yield node.start, symbol.indices
        elif isinstance(node, tree.Name | tree.Scripted):
            symbol = wrong.symbol(node)
            if symbol is not None and symbol.key in ("dy", "dout", "g", "y.bar"):
                yield node.start, symbol.indices
