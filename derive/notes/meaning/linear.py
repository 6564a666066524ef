"""Products of a matrix and a vector that are written without indices: W u, where nothing else says what W and u are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import Symbols

COLUMNS = ("n", "q", "p", "r", "h")
"""Letters for the number of columns, where the document has no other use for them."""

ARGUMENTS = ("x", "y", "a", "z", "h", "u", "v")
"""Names of what a layer is a function of, the usual ones first."""


def shaped(chains: Iterable[tree.Node], symbols: Symbols, sizes: Sizes) -> dict[str, int]:
    """Numbers of axes for names in products such as `x = W u` and `BN(a W u)`; their sizes are joined.

    The rows of W are as many as x, or what the function is of, has entries. Only names that are nowhere written with an
    index are meant, W a capital letter right before a small one.
    """
    found: dict[str, int] = {}
    for target, product in _products([*chains], symbols, sizes):
        for matrix, vector in _pairs(product, symbols):
            if sizes.axes.get(matrix, 0) or matrix in sizes.letters() or sizes.axes.get(vector, 0) > 1:
                continue
            found |= {matrix: 2} | ({vector: 1} if not sizes.axes.get(vector) else {})
            sizes.join(("axis", matrix, 0), ("axis", target, 0))
            sizes.join(("axis", matrix, 1), ("axis", vector, 0))
            if not sizes.axes.get(vector) and sizes.size_of(("axis", vector, 0)) is None:
                _new_size(sizes, vector)
    return found


def _products(chains: list[tree.Node], symbols: Symbols, sizes: Sizes) -> Iterator[tuple[str, tree.Node]]:
    """What is a vector by its place, with the name whose entries it has: x in x = W u, the argument in f(W u)."""
    arguments = dict(_arguments(chains, symbols))
    usual = next((name for name in ARGUMENTS if sizes.axes.get(name)), None)
    for chain in chains:
        left = symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
        if isinstance(chain, tree.Chain) and left is not None and not left.indices and left.argument is None:
            yield from ((left.key, side) for side in chain.sides[1:] if sizes.axes.get(left.key))
        for _, call in symbols.named_in(chain):
            target = arguments.get(call.key.rstrip("'"), usual)
            if call.argument is not None and target is not None:
                yield target, call.argument


def _arguments(chains: list[tree.Node], symbols: Symbols) -> Iterator[tuple[str, str]]:
    """The functions that are defined, and what they are of."""
    for chain in chains:
        left = symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
        own = symbols.symbol(left.argument) if left is not None and left.argument is not None else None
        if left is not None and own is not None:
            yield left.key, own.key


def _pairs(node: tree.Node, symbols: Symbols) -> Iterator[tuple[str, str]]:
    """The names of a matrix and a vector that stand side by side at the end of a product."""
    for part in node.walk():
        if isinstance(part, tree.Product):
            for first, second in pairwise(_factors(part)):
                one, other = symbols.symbol(first), symbols.symbol(second)
                if one is None or other is None or one.indices or other.indices or one.power or other.power:
                    continue
                if _is_capital(one.key) and other.key[:1].islower() and other.argument is None:
                    yield one.key, other.key


def _factors(node: tree.Node) -> Iterator[tree.Node]:
    """The factors of a product, those in brackets included: a, W, u of (a W) u."""
    if isinstance(node, tree.Product) and not {*node.signs} - {"", "\\cdot"}:
        for factor in node.factors:
            yield from _factors(factor)
    elif isinstance(node, tree.Group) and node.opening in ("", "(", "["):
        yield from _factors(node.body)
    else:
        yield node


def _is_capital(key: str) -> bool:
    base = key.partition("_")[0].partition(".")[0].rstrip("'")
    return len(base) == 1 and base.isupper()


def _new_size(sizes: Sizes, vector: str) -> None:
    """Gives the vector a size of its own, so that the matrix is not taken for square."""
    letter = next((each for each in COLUMNS if each not in sizes.counts and each not in sizes.limits), None)
    if letter is not None:
        sizes.join(("axis", vector, 0), ("size", letter))
        sizes.limits[letter] += 1
