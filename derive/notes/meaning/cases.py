"""The cases of a formula where two indices are the same, and where they are not."""

from __future__ import annotations

from collections.abc import Callable

from derive.language import Delta, Index, Term
from derive.latex.reader import syntax as tree
from derive.latex.reader.words import OTHERWISE
from derive.notes.meaning.restrict import EQUAL, UNEQUAL, Condition
from derive.notes.meaning.symbols import Symbols
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value

KINDS = ("cases", "dcases", "rcases")


def in_cases(
    node: tree.Table, symbols: Symbols, index: Callable[[str], Index], value: Callable[[tree.Node], Value]
) -> Value:
    """One number for two rows, the first under a condition on indices, the second under its opposite.

    Raises Unclear for any other table.
    """
    rows = [_parted(row) for row in node.rows]
    if len(rows) != 2 or any(condition is None for _, condition in rows):
        raise Unclear("cases under conditions that are no i = j", node.start, node.end)
    first, second = (_condition(condition, symbols) for _, condition in rows if condition is not None)
    if isinstance(second, Condition) and first is None and _is_rest(rows[0][1]):
        first = _opposite(second)
    if first is None or not (_is_rest(rows[1][1]) or second in (_opposite(first), _swapped(_opposite(first)))):
        raise Unclear("cases under conditions that are no i = j", node.start, node.end)
    one, other = (value(body) for body, _ in rows)
    if one.axes or other.axes:
        raise Unclear("cases of arrays", node.start, node.end)
    same: Term = Delta(index(first.left), index(first.right))
    held = same if first.same else 1 - same
    return Value(held * one.term + (1 - held) * other.term)


def _parted(row: tuple[tree.Node, ...]) -> tuple[tree.Node, tree.Node | None]:
    """The formula of a row and its condition, in cells of their own or behind a comma."""
    cells = [cell for cell in row if not isinstance(cell, tree.Nothing)]
    if len(cells) == 1 and isinstance(cells[0], tree.Items) and len(cells[0].items) == 2:
        return cells[0].items
    return (cells[0], cells[1]) if len(cells) == 2 else (row[0], None)


def _condition(node: tree.Node, symbols: Symbols) -> Condition | None:
    for part in node.walk():
        if isinstance(part, tree.Chain) and len(part.sides) == 2 and part.signs[0].text in EQUAL + UNEQUAL:
            sides = [symbols.indices(_last(side)) for side in part.sides]
            letters = [side[0] for side in sides if side is not None and len(side) == 1]
            if len(letters) == 2:
                return Condition(letters[0], letters[1], part.signs[0].text in EQUAL)
    return None


def _last(node: tree.Node) -> tree.Node:
    """What stands beside texts: i in `if i`, and in `i 이면`."""
    if isinstance(node, tree.Product):
        others = [factor for factor in node.factors if not _is_text(factor)]
        return others[0] if len(others) == 1 else node
    return node


def _is_text(node: tree.Node) -> bool:
    return isinstance(node, tree.Words) or (isinstance(node, tree.Name) and node.font == "text" and len(node.text) > 1)


def _is_rest(node: tree.Node | None) -> bool:
    texts = [part.text for part in node.walk() if isinstance(part, tree.Words | tree.Name)] if node is not None else []
    return any(OTHERWISE.search(text) for text in texts)


def _opposite(condition: Condition) -> Condition:
    return Condition(condition.left, condition.right, not condition.same)


def _swapped(condition: Condition) -> Condition:
    return Condition(condition.right, condition.left, condition.same)
