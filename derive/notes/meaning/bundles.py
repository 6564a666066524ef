"""Names of which each entry is a vector by itself: x_i of w^T x_i + b, one for each sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import Symbol, Symbols

WEIGHTS = frozenset("w theta v u a beta phi".split())
"""Names of vectors that samples are multiplied by."""

LETTERS = ("p", "d", "q", "D", "r", "M")
"""Letters for the number of entries of a sample, where the document has no other use for them."""


def bundled(chains: Iterable[tree.Node], symbols: Symbols, sizes: Sizes) -> frozenset[str]:
    """Tells the sizes which names with one index are vectors at each index; returns the weights they stand beside.

    So are x and w of `w^T x_i` and `x_i^T w`, where w has no index and nothing else says what it is.
    """
    found = dict.fromkeys(pair for chain in chains for pair in _pairs(chain, symbols))
    weights: set[str] = set()
    for weight, sample in found:
        if sizes.axes.get(weight, 0) or weight in sizes.declared or sizes.axes.get(sample, 0) not in (1, 2):
            continue
        sizes.bundle(sample)
        sizes.join(("axis", weight, 0), ("axis", sample, 1))
        if sizes.size_of(("axis", sample, 1)) is None:
            _new_size(sizes, sample)
        weights.add(weight)
    return frozenset(weights)


def _pairs(node: tree.Node, symbols: Symbols) -> Iterator[tuple[str, str]]:
    """Weights and samples that stand side by side as a row and a column."""
    for part in node.walk():
        if not isinstance(part, tree.Product):
            continue
        signs = part.signs[1:] if len(part.signs) == len(part.factors) else part.signs
        for sign, (first, second) in zip(signs, pairwise(part.factors), strict=False):
            one, other = symbols.symbol(first), symbols.symbol(second)
            if one is None or other is None or sign not in ("", "\\cdot") or not one.transposed or other.transposed:
                continue
            for weight, sample in ((one, other), (other, one)):
                if _is_weight(weight) and _is_sample(sample):
                    yield weight.key, sample.key


def _is_weight(symbol: Symbol) -> bool:
    return symbol.key.partition("_")[0] in WEIGHTS and not symbol.indices and symbol.power is None


def _is_sample(symbol: Symbol) -> bool:
    return len(symbol.indices) == 1 and symbol.key[:1].islower() and symbol.power is None and symbol.argument is None


def _new_size(sizes: Sizes, sample: str) -> None:
    letter = next((each for each in LETTERS if each not in sizes.counts and each not in sizes.limits), None)
    if letter is not None:
        sizes.join(("axis", sample, 1), ("size", letter))
        sizes.limits[letter] += 1
