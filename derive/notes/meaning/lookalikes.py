"""Letters that people type for others that look like them: u for mu."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from derive.latex.reader import syntax as tree

N = TypeVar("N", bound=tree.Node)

LOOKALIKES = {"u": "mu"}


def stand_ins(chains: Iterable[tree.Node]) -> dict[str, str]:
    """Which letters stand for others: u beside mu, or over sigma, where it has no definition.

    It is no such letter where it has a script, but for one that says of what it is: u_{g_j}.
    """
    chains = tuple(chains)
    parts = [part for chain in chains for part in chain.walk()]
    names = {part.text for part in parts if isinstance(part, tree.Name)}
    bases = [part.base for part in parts if isinstance(part, tree.Scripted) and not isinstance(part.sub, tree.Scripted)]
    scripted = {base.text for base in bases if isinstance(base, tree.Name)}
    heads = {side.text for chain in chains for side in _left_sides(chain) if isinstance(side, tree.Name)}
    subtracted = {name.text for part in parts if (name := _subtracted(part)) is not None}
    divided = {name.text for part in parts if (name := _over_deviation(part)) is not None}
    return {
        letter: meant
        for letter, meant in LOOKALIKES.items()
        if letter in subtracted - scripted - heads and (meant in names | scripted or letter in divided)
    }


def without_stand_ins(node: N, meant: dict[str, str]) -> N:
    """The same tree, with each letter replaced by what it stands for, at the same place."""
    if isinstance(node, tree.Name):
        return replace(node, text=meant[node.text]) if is_stand_in(node, meant) else node
    return node.mapped(lambda each: without_stand_ins(each, meant))


def is_stand_in(node: tree.Node, meant: dict[str, str]) -> bool:
    return isinstance(node, tree.Name) and node.text in meant and not node.accents


def _left_sides(chain: tree.Node) -> Iterator[tree.Node]:
    if isinstance(chain, tree.Chain):
        yield from chain.sides[:-1]


def _subtracted(node: tree.Node) -> tree.Name | None:
    """The bare letter that is subtracted from one name."""
    if not isinstance(node, tree.Terms) or node.signs != ("+", "-"):
        return None
    first, second = node.terms
    if not isinstance(first, tree.Name | tree.Scripted) or not isinstance(second, tree.Name):
        return None
    return None if second.accents else second


def _over_deviation(node: tree.Node) -> tree.Name | None:
    """The bare letter that is subtracted in what is divided by a sigma: (x - u) / sigma."""
    if not isinstance(node, tree.Quotient):
        return None
    over = node.over.body if isinstance(node.over, tree.Group) else node.over
    has_sigma = any(isinstance(part, tree.Name) and part.text == "sigma" for part in node.under.walk())
    return _subtracted(over) if has_sigma else None
