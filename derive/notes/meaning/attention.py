"""What the names S, P, V and O of attention mean, where a note has their gradients and leaves their definitions out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import Symbols

SOFTMAXES = (("p", "s"), ("P", "S"))
"""Probabilities, and the scores that they are the softmax of: by rows for a matrix."""

LETTERS = ("N", "n", "M", "m", "T", "d", "D", "h", "q", "r")
"""Letters for sizes, where the document has no other use for them."""


def has_softmax(chains: Iterable[tree.Node], symbols: Symbols) -> bool:
    """Whether a document has a softmax: by its name, or as an exponential over a sum of exponentials."""
    for chain in chains:
        if any(symbol.key.lower() == "softmax" for _, symbol in symbols.named_in(chain)):
            return True
        for part in chain.walk():
            if isinstance(part, tree.Quotient) and _has_exponential(part.over) and _is_sum_of_them(part.under):
                return True
    return False


def _has_exponential(node: tree.Node) -> bool:
    return any(
        (isinstance(part, tree.Scripted) and isinstance(part.base, tree.Name) and part.base.text == "e")
        or (isinstance(part, tree.Call) and part.function.text == "exp")
        for part in node.walk()
    )


def _is_sum_of_them(node: tree.Node) -> bool:
    return isinstance(node, tree.Big) and node.operator == "sum" and _has_exponential(node.body)


def attention(names: frozenset[str], sizes: Sizes) -> dict[str, int]:
    """Numbers of axes for the names of attention that have gradients; their sizes are joined.

    S and P are matrices of one shape, O has a row for each of theirs and a column for each of V.
    """
    letters = iter([each for each in LETTERS if each not in sizes.counts and each not in sizes.limits])
    found: dict[str, int] = {}
    if {"s", "p"} <= names and _is_free("s", sizes) and _rank("p", sizes) in (0, 1):
        sizes.join(("axis", "s", 0), ("axis", "p", 0))
        found |= {"s": 1, "p": 1}
    if {"S", "P"} <= names and _is_free("S", sizes) and _is_free("P", sizes):
        rows, columns = _new(letters, sizes), _new(letters, sizes)
        for name in "SP":
            _join(sizes, name, rows, columns)
        found |= {"S": 2, "P": 2}
        if "O" in names and _is_free("O", sizes) and _is_free("V", sizes):
            width = _new(letters, sizes)
            _join(sizes, "O", rows, width)
            _join(sizes, "V", columns, width)
            found |= {"O": 2, "V": 2}
    return found


def _rank(name: str, sizes: Sizes) -> int:
    return sizes.axes.get(name, 0)


def _is_free(name: str, sizes: Sizes) -> bool:
    """Whether nothing says of which shape a name is."""
    return not _rank(name, sizes) and name not in sizes.declared


def _new(letters: Iterator[str], sizes: Sizes) -> str:
    letter = next(letters, "attention")
    sizes.limits[letter] += 1
    return letter


def _join(sizes: Sizes, name: str, *letters: str) -> None:
    for place, letter in enumerate(letters):
        sizes.join(("axis", name, place), ("size", letter))
