"""The numbers that a document says are above 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbol, Symbols

ABOVE, OTHERWISE = (">", "\\gt"), ("<", "\\lt", "\\le", "\\leq", "\\leqslant", "=", "==")


def said_positive(statements: Iterable[tree.Statement], symbols: Symbols) -> frozenset[str]:
    """The names of which it is said that they are above 0, by themselves or behind a formula.

    A condition in a formula, as in the rows of `cases`, says nothing of the document; nor does x > 0 where there is
    x < 0 or x = 0, too, since these tell cases apart. x^2 > 0 says nothing of the sign of x.
    """
    above: set[str] = set()
    otherwise: set[str] = set()
    for statement in statements:
        said = [*_chains((statement.chain, *statement.remarks))]
        above |= {symbol.key for chain in said if (symbol := _compared(chain, ABOVE, symbols)) is not None}
        parts = [part for node in (statement.chain, *statement.remarks) for part in node.walk()]
        chains = [part for part in parts if isinstance(part, tree.Chain)]
        otherwise |= {symbol.key for chain in chains if (symbol := _compared(chain, OTHERWISE, symbols)) is not None}
    return frozenset(above - otherwise)


def said_negative(statements: Iterable[tree.Statement], symbols: Symbols) -> frozenset[str]:
    """The names of which it is said, by themselves or behind a formula, that they are below 0, or a number below 0."""
    found = (chain for each in statements for chain in _chains((each.chain, *each.remarks)))
    below = (_compared(chain, ("<", "\\lt", "\\le", "\\leq"), symbols) or _minus(chain, symbols) for chain in found)
    return frozenset(symbol.key for symbol in below if symbol is not None)


def _minus(chain: tree.Chain, symbols: Symbols) -> Symbol | None:
    """The name that is a number below 0: epsilon = -1."""
    right = chain.sides[1]
    if not isinstance(right, tree.Terms) or right.signs != ("-",) or not isinstance(right.terms[0], tree.Number):
        return None
    return symbols.symbol(chain.sides[0]) if chain.signs[0].text in ("=", ":=") else None


def _chains(nodes: Iterable[tree.Node]) -> Iterator[tree.Chain]:
    for node in nodes:
        if isinstance(node, tree.Chain):
            yield node
        elif isinstance(node, tree.Items):
            yield from _chains(node.items)
        elif isinstance(node, tree.Group):
            yield from _chains((node.body,))


def _compared(chain: tree.Chain, signs: tuple[str, ...], symbols: Symbols) -> Symbol | None:
    """The name at the beginning of a chain that is compared to 0; the square of sigma is that of a deviation."""
    right = chain.sides[1]
    if chain.signs[0].text not in signs or not isinstance(right, tree.Number) or right.value != 0:
        return None
    symbol = symbols.symbol(chain.sides[0])
    if symbol is None or symbol.argument is not None:
        return None
    return symbol if symbol.power is None or symbol.key.partition("_")[0] == "sigma" else None
