"""What a document says of shapes: `x \\in \\mathbb{R}^{d}`, also behind a formula, and whether vectors are rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbols, key_of, label_of


@dataclass(frozen=True)
class Space:
    """The real arrays of one shape; a size is a letter, digits, or None where it is a formula."""

    sizes: tuple[str | None, ...]
    row: bool = False


def space(node: tree.Node) -> Space | None:
    """The space that a formula names, R^{n x d}, or None. A matrix with one row, or one column, is a vector."""
    base = node.base if isinstance(node, tree.Scripted) else node
    if not isinstance(base, tree.Name) or base.text not in ("R", "ℝ", "reals") or base.accents:
        return None
    if not isinstance(node, tree.Scripted):
        return Space(())
    if node.sub is not None or node.sup is None:
        return None
    sizes = tuple(map(_size, _factors(node.sup)))
    if len(sizes) == 2 and "1" in sizes:
        return Space(tuple(size for size in sizes if size != "1"), row=sizes[0] == "1" and sizes[1] != "1")
    return Space(() if sizes == ("1",) else sizes)


def _factors(node: tree.Node) -> Iterator[tree.Node]:
    if isinstance(node, tree.Items):
        yield from node.items
    elif isinstance(node, tree.Product) and all(sign in ("", "\\times") for sign in node.signs):
        yield from node.factors if "\\times" in node.signs else (node,)
    else:
        yield node


def _size(node: tree.Node) -> str | None:
    """The name of a size, whatever letters its subscript has."""
    if isinstance(node, tree.Number):
        return str(node.value) if node.value.denominator == 1 and node.value > 0 else None
    if isinstance(node, tree.Name):
        return key_of(node)
    if isinstance(node, tree.Scripted) and isinstance(node.base, tree.Name) and node.sup is None and node.sub:
        return f"{key_of(node.base)}_{label_of(node.sub)}"
    return None


def declared(node: tree.Node, symbols: Symbols) -> Iterator[tuple[str, Space]]:
    """The names without an index that a formula says to be in a space: x, y \\in R^d, and J = ... \\in R^{d x d}."""
    found = node.items[-1] if isinstance(node, tree.Items) else node
    if not isinstance(found, tree.Chain):
        return
    others = node.items[:-1] if isinstance(node, tree.Items) else ()
    for sign, left, right in zip(found.signs, found.sides, found.sides[1:], strict=False):
        said = space(right) if sign.text == "\\in" else None
        if said is None:
            continue
        names = [*others, *(left.items if isinstance(left, tree.Items) else (left,)), found.sides[0]]
        for symbol in filter(None, map(symbols.symbol, names)):
            if not symbol.indices and symbol.argument is None and symbol.power is None:
                yield symbol.key, said


def shows_rows(node: tree.Node, symbols: Symbols) -> bool:
    """Whether a formula has vectors as rows: diag(p) - p^T p is a matrix, so p^T is a column."""
    for part in node.walk():
        if isinstance(part, tree.Terms):
            named = {key for term in part.terms if (key := _diagonal(term, symbols)) is not None}
            squares = {key for term in part.terms if (key := _square(term, symbols)) is not None}
            if named & squares:
                return True
    return False


def _diagonal(node: tree.Node, symbols: Symbols) -> str | None:
    """The name of the vector in diag(p)."""
    call = symbols.symbol(node)
    if call is None or call.key not in ("diag", "Diag") or call.argument is None:
        return None
    own = symbols.symbol(call.argument)
    return own.key if own is not None else None


def _square(node: tree.Node, symbols: Symbols) -> str | None:
    """The name of the vector in p^T p, of which the first is transposed and the second is not."""
    if not isinstance(node, tree.Product) or len(node.factors) != 2:
        return None
    first, second = map(symbols.symbol, node.factors)
    if first is None or second is None or first.key != second.key:
        return None
    return first.key if first.transposed and not second.transposed else None
