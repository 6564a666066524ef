"""Orders of magnitude: O(n log n), o(1), \\mathcal{O}(\\sqrt{L})."""

from __future__ import annotations

from derive.latex.reader import syntax as tree

LETTERS = frozenset(("O", "o"))


def is_order(node: tree.Node) -> bool:
    """Whether this is an O with something in brackets behind it."""
    if not isinstance(node, tree.Product):
        return False
    return any(
        _is_letter(node.factors[place - 1]) and not node.signs[place] and _is_bracket(node.factors[place])
        for place in range(1, len(node.factors))
    )


def _is_letter(node: tree.Node) -> bool:
    base = node.base if isinstance(node, tree.Scripted) and node.sup is None else node
    return isinstance(base, tree.Name) and base.text in LETTERS and set(base.accents) <= {"tilde"}


def _is_bracket(node: tree.Node) -> bool:
    return isinstance(node, tree.Group) and node.opening in ("(", "[")
