"""Definitions that rest on each other in a circle: x.hat = (x - mu)/s, and x = mu + s x.hat, which is a claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from derive.latex.reader import syntax as tree
from derive.notes.candidates import Candidate, Key
from derive.notes.meaning.positions import moved
from derive.notes.meaning.symbols import Symbols
from derive.notes.meaning.usage import INPUTS
from derive.notes.meaning.value import is_two


def closing(first: Mapping[Key, Candidate], symbols: Symbols) -> list[Key]:
    """The names whose definitions close a circle: the last ones of a document, or one of an input by its own hat."""
    edges = {key: set(_rests_on(each.right, symbols)) for key, each in first.items() if not each.derived}
    known: dict[Key, set[Key]] = {}
    found = []
    for key in sorted(edges, key=lambda key: (is_inverse(first[key], symbols), first[key].place)):
        known[key] = {own for each in edges[key] if (own := _meant(each, edges)) is not None} - {key}
        if key in _below(key, known) or (is_inverse(first[key], symbols) and (f"{key[0]}.hat", False) not in first):
            del known[key]
            found.append(key)
    return found


def is_inverse(candidate: Candidate, symbols: Symbols) -> bool:
    """Whether a formula says of an input what it is by what is computed from it: x = mu + s x.hat."""
    name = candidate.symbol.key
    return name in INPUTS and (f"{name}.hat", False) in set(_rests_on(candidate.right, symbols))


def _meant(key: Key, known: Mapping[Key, set[Key]]) -> Key | None:
    """The definition that a name, or its square, goes by."""
    return next((each for each in (key, (key[0], not key[1])) if each in known), None)


def _below(key: Key, known: Mapping[Key, set[Key]]) -> set[Key]:
    seen: set[Key] = set()
    waiting = [*known[key]]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += known.get(each, ())
    return seen


def _rests_on(node: tree.Node, symbols: Symbols) -> Iterator[Key]:
    """The names in a formula, and whether it has their squares; what stands at another place is another thing."""
    if moved(node) is not None:
        return
    symbol = symbols.symbol(node)
    if symbol is not None:
        yield symbol.key, is_two(symbol.power)
    inside = node.children() if symbol is None else filter(None, (symbol.argument, symbol.power))
    for each in inside:
        yield from _rests_on(each, symbols)
