"""Formulas that say how an entry of a name follows from the one before, and running maxima among them."""

from __future__ import annotations

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbol, Symbols


def is_recurrence(left: tree.Node, right: tree.Node, symbols: Symbols) -> bool:
    """Whether a formula says how a name at one place follows from the same name at another: h_t = a h_{t-1} + x_t."""
    symbol = symbols.symbol(left)
    moved = filter(None, map(symbols.moved, right.walk()))
    return symbol is not None and any(_is_named(symbol.key, each.plain, symbols) for each in moved)


def running_maximum(symbol: Symbol, right: tree.Node, symbols: Symbols) -> str | None:
    """The name of which another is the largest entry so far: x for m_i = max(m_{i-1}, x_i)."""
    call = symbols.symbol(right)
    inside = call.argument if call is not None and call.key == "max" and call.power is None else None
    while isinstance(inside, tree.Group) and not inside.opening:
        inside = inside.body
    if not isinstance(inside, tree.Items) or len(inside.items) != 2:
        return None
    moved = [symbols.moved(item) for item in inside.items]
    others = [item for item, each in zip(inside.items, moved, strict=True) if each is None]
    back = [each for each in moved if each is not None and [by for _, by in each.by] == [-1]]
    other = symbols.symbol(others[0]) if len(others) == 1 == len(back) else None
    if other is None or other.indices != symbol.indices or other.power is not None or other.argument is not None:
        return None
    return other.key if len(other.indices) == 1 and _is_named(symbol.key, back[0].plain, symbols) else None


def _is_named(key: str, node: tree.Node, symbols: Symbols) -> bool:
    found = symbols.symbol(node)
    return found is not None and found.key == key
