"""Sums over samples, in a document that says everything for one: dL/dgamma_j = sum over b, t of g_{btj} xhat_{btj}.

The loss of a batch is the sum of those of its samples, and so is its gradient by a parameter. Such an equation holds
for every batch if and only if it holds for one sample: a batch may have one, and what holds for each holds for the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from derive.latex.reader import syntax as tree
from derive.notes.meaning.losses import is_loss_by_name
from derive.notes.meaning.sizes import binders
from derive.notes.meaning.symbols import Symbol, Symbols, label_of

N = TypeVar("N", bound=tree.Node)

BATCH = frozenset("batch batches samples sample examples tokens".split())
"""Words below a sum that say that it is over samples."""

CONSTANT = frozenset("gamma beta epsilon".split())
"""What is the same for all samples."""

SAMPLES = frozenset("bnt")
"""Letters that number samples or positions."""

Rank = Callable[[str], int]
"""How many axes the name with a key has in the rest of the document."""


def per_sample(left: tree.Node, right: tree.Node, symbols: Symbols, rank: Rank) -> tuple[tree.Node, tree.Node] | None:
    """Both sides of an equation for one sample, where the right one, or both, are sums over samples; else None."""
    if not isinstance(right, tree.Big) or right.operator != "sum":
        return None
    letters = frozenset(binders(right, symbols))
    if not letters:
        return (left, right.body) if _says_batch(right) and _has_letters_of(right.body, left, symbols) else None
    if _are_arrays(left, right.body, letters, symbols, rank):
        return left, _without(right.body, letters, symbols)
    if not _is_over_samples(right.body, letters, symbols, rank):
        return None
    if isinstance(left, tree.Big):
        same = left.operator == "sum" and frozenset(binders(left, symbols)) == letters
        inside = left.body if same and _is_over_samples(left.body, letters, symbols, rank) else None
        return None if inside is None else (_without(inside, letters, symbols), _without(right.body, letters, symbols))
    if any(letters & {*symbol.indices} for symbol in _symbols(left, symbols)):
        return None
    return left, _without(right.body, letters, symbols)


def _symbols(node: tree.Node, symbols: Symbols) -> list[Symbol]:
    """The names in a formula, without those in their scripts."""
    own = symbols.symbol(node)
    if own is not None:
        return [own]
    return [each for child in node.children() for each in _symbols(child, symbols)]


def _says_batch(node: tree.Big) -> bool:
    return node.upper is None and node.lower is not None and label_of(node.lower).replace(",", "").lower() in BATCH


def _has_letters_of(body: tree.Node, left: tree.Node, symbols: Symbols) -> bool:
    """Whether a body has indices, and only those that stand on the left, too."""
    own = {letter for symbol in _symbols(body, symbols) for letter in symbol.indices}
    return bool(own) and own <= {letter for symbol in _symbols(left, symbols) for letter in symbol.indices}


def _is_over_samples(body: tree.Node, letters: frozenset[str], symbols: Symbols, rank: Rank) -> bool:
    """Whether every name has these letters beside those that it has elsewhere; parameters need not."""
    found = _symbols(body, symbols)
    indexed = [symbol for symbol in found if letters & {*symbol.indices}]
    fits = all(
        letters <= {*symbol.indices} and len(symbol.indices) - len(letters) == rank(symbol.key) for symbol in indexed
    )
    others = {symbol.key for symbol in found if symbol not in indexed}
    return bool(indexed) and fits and all(key in CONSTANT or is_loss_by_name(key) for key in others)


def _are_arrays(left: tree.Node, body: tree.Node, letters: frozenset[str], symbols: Symbols, rank: Rank) -> bool:
    """Whether a letter tells samples apart of which each is an array: dL/dgamma = sum over b of G_b odot xhat_b."""
    entrywise = any(isinstance(part, tree.Product) and "\\odot" in part.signs for part in body.walk())
    found = _symbols(body, symbols)
    indexed = [symbol for symbol in found if symbol.indices]
    others = [symbol.key for symbol in found if not symbol.indices]
    whole = any(not symbol.indices and rank(symbol.key) == 1 for symbol in _symbols(left, symbols))
    return (
        (entrywise or letters <= SAMPLES)
        and whole
        and bool(indexed)
        and all({*symbol.indices} == letters and rank(symbol.key) == 1 for symbol in indexed)
        and all(key in CONSTANT or is_loss_by_name(key) for key in others)
    )


def _without(node: N, letters: frozenset[str], symbols: Symbols) -> N:
    """The same with these letters left out of all indices."""
    if isinstance(node, tree.Scripted) and (symbol := symbols.symbol(node)) is not None and letters & {*symbol.indices}:
        return replace(node, sub=_kept(node.sub, letters, symbols), sup=_kept(node.sup, letters, symbols))  # type: ignore[return-value]
    return node.mapped(lambda each: _without(each, letters, symbols))


def _kept(script: tree.Node | None, letters: frozenset[str], symbols: Symbols) -> tree.Node | None:
    """A script without these letters, or None if nothing is left."""
    if script is None or (own := symbols.indices(script)) is None or not letters & {*own}:
        return script
    left = tuple(letter for letter in own if letter not in letters)
    names = tuple(_letter(script, letter) for letter in left)
    if not names:
        return None
    return names[0] if len(names) == 1 else tree.Items(script.start, script.end, names)


def _letter(script: tree.Node, letter: str) -> tree.Node:
    name = tree.Name(script.start, script.end, letter.rstrip("'"))
    primes = len(letter) - len(letter.rstrip("'"))
    return tree.Scripted(script.start, script.end, name, primes=primes) if primes else name
