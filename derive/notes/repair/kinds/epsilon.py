"""Epsilon left out, or put in: sigma for the root of sigma^2 + epsilon."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.meaning.value import constant
from derive.notes.repair.edit import Edit
from derive.notes.repair.wrong import Wrong

DROPPED, ADDED = "epsilon-dropped", "epsilon-added"


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    if wrong.style.epsilon is None:
        return
    yield from _together(list(_dropped(wrong, side)), DROPPED)
    yield from _together(list(_added(wrong, side)), ADDED)


def _together(found: list[Edit], code: str) -> Iterator[Edit]:
    """All of them at once, since what is left out is left out everywhere; then each by itself."""
    if len(found) > 1:
        nodes = tuple(pair for edit in found for pair in edit.nodes)
        yield Edit(code, 1.0, nodes, tuple(text for edit in found for text in edit.texts))
    yield from found


def _dropped(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    root, epsilon = wrong.style.root, wrong.style.epsilon
    for each in wrong.operands(side):
        node = each.node
        if isinstance(node, tree.Root) and not wrong.style.has_epsilon(node):
            inside = wrong.text(node.body)
            yield from wrong.change(node, rf"\sqrt{{{inside} + {epsilon}}}", DROPPED, 1.1)
        if _is_sigma(wrong, node) and root is not None and not _is_shifted(wrong, each.above):
            yield from _written_out(wrong, node, root, str(epsilon))


def _is_shifted(wrong: Wrong, above: tree.Node | None) -> bool:
    return isinstance(above, tree.Root) or (isinstance(above, tree.Terms) and wrong.style.has_epsilon(above))


def _is_sigma(wrong: Wrong, node: tree.Node) -> bool:
    symbol = wrong.symbol(node) if isinstance(node, tree.Name | tree.Scripted) else None
    return symbol is not None and symbol.key.partition("_")[0] == "sigma" and not symbol.transposed


def _written_out(wrong: Wrong, node: tree.Node, root: str, epsilon: str) -> Iterator[Edit]:
    symbol = wrong.symbol(node)
    power = 1 if symbol is None or symbol.power is None else constant(symbol.power)
    inside = root[root.find("{") + 1 : root.rfind("}")]
    if power == 1:
        yield from wrong.change(node, root, DROPPED, 1.1)
    elif power == 2:
        yield from wrong.change(node, f"({inside})", DROPPED, 1.1)
    elif power is not None:
        yield from wrong.change(node, f"({inside})^{{{power}/2}}", DROPPED, 1.1)


def _added(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    for each in wrong.operands(side):
        node = each.node
        if isinstance(node, tree.Terms) and len(node.terms) == 2 and wrong.style.has_epsilon(node.terms[1]):
            around = each.above
            whole = around if isinstance(around, tree.Group) and around.opening == "(" else node
            yield from wrong.change(whole, wrong.text(node.terms[0]), ADDED, 1.3)
