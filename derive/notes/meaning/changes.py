r"""Changes of names, \Delta v: one name each, where a document has Delta before names only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from derive.latex.reader import syntax as tree

N = TypeVar("N", bound=tree.Node)

DELTA = "Delta"


def has_changes(chains: Iterable[tree.Node]) -> bool:
    """Whether Delta stands in these formulas, and never but right before a name."""
    seen = before = 0
    for chain in chains:
        for part in chain.walk():
            seen += isinstance(part, tree.Name) and part.text == DELTA
            before += len([*_changed(part)])
    return 0 < seen == before


def with_changes(node: N) -> N:
    """The same tree, with Delta as a mark of the name behind it."""
    made = node.mapped(with_changes)
    places = {*_changed(made)}
    if not places or not isinstance(made, tree.Product):
        return made
    kept = [place for place in range(len(made.factors)) if place not in places]
    factors = [
        _marked(made.factors[at], made.factors[at - 1].start) if at - 1 in places else made.factors[at] for at in kept
    ]
    signs = [made.signs[at - 1] if at - 1 in places else made.signs[at] for at in kept]
    if len(factors) == 1:
        return factors[0]  # type: ignore[return-value]
    return replace(made, factors=tuple(factors), signs=tuple(signs))


def _changed(node: tree.Node) -> Iterator[int]:
    """The places in a product at which Delta stands right before a name."""
    if not isinstance(node, tree.Product):
        return
    for place in range(len(node.factors) - 1):
        first, second = node.factors[place], node.factors[place + 1]
        name = second.base if isinstance(second, tree.Scripted) else second
        delta = isinstance(first, tree.Name) and first.text == DELTA and not first.accents
        if delta and not node.signs[place + 1] and isinstance(name, tree.Name) and name.text != DELTA:
            yield place


def _marked(node: tree.Node, start: int) -> tree.Node:
    if isinstance(node, tree.Scripted):
        return replace(node, start=start, base=_marked(node.base, start))
    return replace(node, start=start, accents=(*node.accents, DELTA)) if isinstance(node, tree.Name) else node
