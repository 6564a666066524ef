"""Names for what is computed from several things, in the middle of a chain: y_i = f(x_i, B) = gamma xhat_i + beta."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbol, Symbols


def listed_calls(chains: Iterable[tree.Node], symbols: Symbols) -> frozenset[str]:
    """The functions of lists that stand only in the middle of chains: they say only what is computed of what."""
    middle: set[str] = set()
    elsewhere: set[str] = set()
    for chain in chains:
        inside = [] if not isinstance(chain, tree.Chain) else [*range(1, len(chain.sides) - 1)]
        named = {id(chain.sides[place]) for place in inside} if isinstance(chain, tree.Chain) else set()
        for part in chain.walk():
            if (symbol := _of_list(part, symbols)) is not None:
                (middle if id(part) in named else elsewhere).add(symbol.key)
    return frozenset(middle - elsewhere)


def without_calls(chain: tree.Node, keys: frozenset[str], symbols: Symbols) -> tree.Node:
    """A chain without the sides that are no more than a call of one of these."""
    if not isinstance(chain, tree.Chain):
        return chain
    sides, signs = [chain.sides[0]], []
    for place, (sign, side) in enumerate(zip(chain.signs, chain.sides[1:], strict=True), 1):
        symbol = _of_list(side, symbols) if place < len(chain.signs) else None
        if symbol is not None and symbol.key in keys and {sign.text, chain.signs[place].text} == {"="}:
            continue
        sides.append(side)
        signs.append(sign)
    return replace(chain, sides=tuple(sides), signs=tuple(signs)) if len(sides) < len(chain.sides) else chain


def named_last(chain: tree.Node) -> tree.Node:
    """A chain that ends in a name for what stands before it, a = b =: c, read from its end: c := b = a.

    So is a + b := c, since it is a name that gets a meaning.
    """
    if not isinstance(chain, tree.Chain) or not (chain.signs[-1].text in TURNED or _names_its_end(chain)):
        return chain
    if any(sign.text != "=" for sign in chain.signs[:-1]):
        return chain
    signs = (replace(chain.signs[-1], text=":="), *reversed(chain.signs[:-1]))
    return replace(chain, sides=chain.sides[::-1], signs=signs)


def _names_its_end(chain: tree.Chain) -> bool:
    """Whether a formula stands before a sign that introduces a name, and a name behind it."""
    formula, name = chain.sides[-2:]
    base = name.base if isinstance(name, tree.Scripted) and name.sup is None else name
    if chain.signs[-1].text not in NAMING or not isinstance(base, tree.Name):
        return False
    if isinstance(formula, tree.Product):
        return any(formula.signs)
    return isinstance(formula, tree.Terms | tree.Quotient | tree.Big)


TURNED = ("=:", "\\eqqcolon")
NAMING = (":=", "\\coloneqq", "\\triangleq")


def _of_list(node: tree.Node, symbols: Symbols) -> Symbol | None:
    symbol = symbols.symbol(node) if isinstance(node, tree.Product) else None
    return symbol if symbol is not None and isinstance(symbol.argument, tree.Items) else None
