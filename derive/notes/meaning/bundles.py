"""Names of which each entry is a vector by itself: x_i of w^T x_i + b, one for each sample, c_k of ||x - c_k||."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import BOLD, Symbol, Symbols

WEIGHTS = frozenset("w theta v u a beta phi".split())
"""Names of vectors that samples are multiplied by."""

LETTERS = ("p", "d", "q", "D", "r", "M")
"""Letters for the number of entries of a sample, where the document has no other use for them."""


def bundled(chains: Iterable[tree.Node], symbols: Symbols, sizes: Sizes) -> frozenset[str]:
    """Tells the sizes which names with one index are vectors at each index; returns the weights they stand beside.

    So are x and w of `w^T x_i` and `x_i^T w`, where w has no index and nothing else says what it is; and the names in
    bold of `||x - c_k||`.
    """
    pairs = (pair for chain in chains for pair in (*_pairs(chain, symbols), *_distances(chain, symbols)))
    found = dict.fromkeys(pairs)
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


def _distances(node: tree.Node, symbols: Symbols) -> Iterator[tuple[str, str]]:
    """Names in bold whose difference stands between the bars of a norm, where only the second has an index."""
    for part in node.walk():
        if not isinstance(part, tree.Group) or part.opening != "\\|" or not isinstance(part.body, tree.Terms):
            continue
        if len(part.body.terms) != 2 or not all(map(_is_bold, part.body.terms)):
            continue
        one, other = map(symbols.symbol, part.body.terms)
        if one is None or other is None or len(one.indices) == len(other.indices):
            continue
        whole, sample = (one, other) if not one.indices else (other, one)
        if not whole.indices and whole.power is None and _is_sample(sample):
            yield whole.key, sample.key


def _is_bold(node: tree.Node) -> bool:
    base = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(base, tree.Name) and base.font in BOLD


def _is_weight(symbol: Symbol) -> bool:
    return symbol.key.partition("_")[0] in WEIGHTS and not symbol.indices and symbol.power is None


def _is_sample(symbol: Symbol) -> bool:
    return len(symbol.indices) == 1 and symbol.key[:1].islower() and symbol.power is None and symbol.argument is None


def _new_size(sizes: Sizes, sample: str) -> None:
    letter = next((each for each in LETTERS if each not in sizes.counts and each not in sizes.limits), None)
    if letter is not None:
        sizes.join(("axis", sample, 1), ("size", letter))
        sizes.limits[letter] += 1
