"""By what a document differentiates a loss, and which names are short for gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.notes.meaning.fractions import differentiated_in, variables_of
from derive.notes.meaning.symbols import Symbols, is_differential


def adjoint_keys(nodes: Iterable[tree.Node], symbols: Symbols, is_loss: Callable[[str], bool]) -> frozenset[str]:
    """The names by which a loss is differentiated, in fractions and below nablas."""
    fractions = (node for node in nodes if isinstance(node, tree.Nabla | tree.Quotient | tree.Product))
    found = (symbols.symbol(by) for node in fractions for by in _variables(node, symbols, is_loss))
    return frozenset(symbol.key for symbol in found if symbol is not None)


def _variables(node: tree.Node, symbols: Symbols, is_loss: Callable[[str], bool]) -> Iterator[tree.Node]:
    if isinstance(node, tree.Nabla) and node.by is not None:
        yield node.by
    for over, under in _fractions(node):
        body = differentiated_in(over)
        symbol = symbols.symbol(body) if body is not None else None
        if symbol is not None and is_loss(symbol.key):
            yield from variables_of(under) or ()


def _fractions(node: tree.Node) -> Iterator[tuple[tree.Node, tree.Node]]:
    """What stands above and below a line, or before and behind a slash."""
    if isinstance(node, tree.Quotient):
        yield node.over, node.under
    elif isinstance(node, tree.Product):
        for sign, (over, under) in zip(node.signs[1:], pairwise(node.factors), strict=True):
            if sign == "/":
                yield over, under


def short_keys(chains: Iterable[tree.Node], symbols: Symbols) -> frozenset[str]:
    """The names that are defined by something with differentials or gradients in it: wdy = w dy."""
    found: set[str] = set()
    for chain in chains:
        symbol = symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
        if symbol is not None and isinstance(chain, tree.Chain):
            found.update(symbol.key for side in chain.sides[1:] if any(map(_is_moved, side.walk())))
    return frozenset(found)


def plain_bars(
    chains: Iterable[tree.Node], symbols: Symbols, is_gradient: Callable[[tree.Node], bool]
) -> frozenset[str]:
    """The names with a bar that are computed from those without it, and are no gradients: y.bar = y / sigma."""
    found: set[str] = set()
    for chain in chains:
        symbol = symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
        if symbol is None or not isinstance(chain, tree.Chain) or not symbol.key.endswith(".bar"):
            continue
        parts = [part for side in chain.sides[1:] for part in side.walk()]
        names = {each.key for each in map(symbols.symbol, parts) if each is not None}
        others = any(key.endswith(".bar") and key != symbol.key for key in names)
        if symbol.key.removesuffix(".bar") in names and not others and not any(map(is_gradient, chain.sides[1:])):
            found.add(symbol.key)
    return frozenset(found)


def _is_moved(node: tree.Node) -> bool:
    return isinstance(node, tree.Partial | tree.Nabla) or is_differential(node)
