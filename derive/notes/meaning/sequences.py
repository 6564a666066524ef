"""Which letters of a document are places in an order, and which of its names are taken at places beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from derive.latex.reader import syntax as tree
from derive.notes.meaning.positions import Positions, counted, limits, moved
from derive.notes.meaning.symbols import Symbols, bound_letters


def positions_in(chains: Sequence[tree.Node], symbols: Symbols) -> Positions:
    """A place bounds a sum, and is an index in the same formula. A name is movable if it stands at i and at i-1.

    A name that is given its value at i+1, as in w_{t+1} = w_t - g_t, is another name there, unless it is a sum up to i.
    """
    letters = {letter for chain in chains for letter in _bounds(chain, symbols)}
    keys: dict[str, set[int]] = {}
    beside: dict[str, set[int]] = {}
    given: set[str] = set()
    sums: set[str] = set()
    for chain in chains:
        if isinstance(chain, tree.Chain):
            given |= {*_moved_keys(chain.sides[0], symbols)}
            sums |= {*_sum_to_a_place(chain, symbols)}
        for _, own in symbols.named_in(chain):
            if own.indices:
                keys.setdefault(own.key, set()).add(len(own.indices))
        for part in chain.walk():
            for key, count in _moved_keys(part, symbols).items() if isinstance(part, tree.Scripted) else ():
                beside.setdefault(key, set()).add(count)
    movable = {key for key, counts in beside.items() if counts & keys.get(key, set())} - (given - sums)
    return Positions(frozenset(letters) | counted(chains), frozenset(movable))


def _sum_to_a_place(chain: tree.Chain, symbols: Symbols) -> Iterator[str]:
    """The name at a place that a formula begins with, where it has a sum up to this place behind it."""
    own = symbols.symbol(chain.sides[0])
    bounds = {each for side in chain.sides[1:] for each in _bounded(side)}
    if own is not None and bounds & {*own.indices}:
        yield own.key


def _bounded(node: tree.Node) -> Iterator[str]:
    """The letters that bound sums."""
    for part in node.walk():
        if isinstance(part, tree.Big):
            yield from (letter for _, (letter, _) in limits(part))


def _moved_keys(node: tree.Node, symbols: Symbols) -> Mapping[str, int]:
    found = moved(node)
    own = symbols.symbol(found.plain) if found is not None else None
    return {own.key: len(own.indices)} if own is not None and own.indices else {}


def _bounds(chain: tree.Node, symbols: Symbols) -> Iterator[str]:
    """The letters that bound a sum and are indices in one formula."""
    bounds = {*_bounded(chain)}
    if not bounds:
        return
    found = {*bound_letters(chain)}
    for part in chain.walk():
        own = symbols.symbol(part)
        plain = moved(part)
        if plain is not None:
            own = symbols.symbol(plain.plain)
        found |= {*own.indices} if own is not None else set()
    yield from bounds & found
