"""The label of a class as an index: p_y and 1[k = y], where y is the number of the true class."""

from __future__ import annotations

from collections.abc import Iterable

from derive.latex.reader import syntax as tree
from derive.notes.meaning.losses import is_loss_by_name
from derive.notes.meaning.symbols import Symbols

LETTER = "y"
"""Other letters for a class are indices anyway."""


def label_letters(chains: Iterable[tree.Node], symbols: Symbols) -> frozenset[str]:
    """The letter of a class that is compared with an index, 1[k = y], and has no index itself."""
    compared = False
    for chain in chains:
        for part in chain.walk():
            if isinstance(part, tree.Scripted) and isinstance(part.base, tree.Name) and part.base.text == LETTER:
                return frozenset()
            compared = compared or _is_log_of_class(part, symbols)
            if isinstance(part, tree.Group | tree.Scripted):
                inside = part.body if isinstance(part, tree.Group) else part.sub
                compared = compared or _compares(inside, symbols)
    return frozenset((LETTER,)) if compared else frozenset()


def _is_log_of_class(node: tree.Node, symbols: Symbols) -> bool:
    """Whether this is the logarithm of a name with the letter below it: log p_y."""
    if not isinstance(node, tree.Call) or node.function.text not in ("log", "ln"):
        return False
    inside = node.argument.body if isinstance(node.argument, tree.Group) else node.argument
    sub = inside.sub if isinstance(inside, tree.Scripted) and isinstance(inside.base, tree.Name) else None
    return isinstance(sub, tree.Name) and sub.text == LETTER and not sub.accents


def _compares(node: tree.Node | None, symbols: Symbols) -> bool:
    """Whether this is an index and the letter of a class, with = between or side by side."""
    if isinstance(node, tree.Chain) and len(node.sides) == 2 and node.signs[0].text in ("=", "=="):
        pair: tuple[tree.Node, ...] = node.sides
    elif isinstance(node, tree.Product) and len(node.factors) == 2 and not any(node.signs):
        pair = node.factors
    else:
        return False
    is_class = [isinstance(each, tree.Name) and each.text == LETTER for each in pair]
    return any(is_class) and any(symbols.indices(each) for each in pair)


def losses_of_classes(
    chains: Iterable[tree.Node], symbols: Symbols, letters: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """The losses in whose definition such a letter stands: they depend on the class, and are written without it."""
    found: dict[str, tuple[str, ...]] = {}
    for chain in chains if letters else ():
        left = symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
        if left is None or left.indices or not is_loss_by_name(left.key) or not isinstance(chain, tree.Chain):
            continue
        inside = (symbols.symbol(part) for side in chain.sides[1:] for part in side.walk())
        if any(symbol is not None and letters & {*symbol.indices} for symbol in inside):
            found[left.key] = tuple(sorted(letters))
    return found
