"""Letters that people type for others: u for mu, which looks like it, and delta for the small number under a root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from derive.latex.reader import syntax as tree
from derive.notes.meaning.value import constant

N = TypeVar("N", bound=tree.Node)

LOOKALIKES = {"u": "mu"}

SMALL = "delta"
EPSILONS = frozenset(("epsilon", "varepsilon", "eps"))


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
    found = {
        letter: meant
        for letter, meant in LOOKALIKES.items()
        if letter in subtracted - scripted - heads and (meant in names | scripted or letter in divided)
    }
    if SMALL in names - scripted - heads and names.isdisjoint(EPSILONS) and any(map(_is_small_below, parts)):
        found[SMALL] = "epsilon"
    return found


def _is_small_below(node: tree.Node) -> bool:
    """Whether delta is added to a variance below a root, or to the power of a half."""
    if isinstance(node, tree.Root):
        body = node.body
    elif isinstance(node, tree.Scripted) and isinstance(node.base, tree.Group):
        power = constant(node.sup) if node.sup is not None else None
        body = node.base.body if power is not None and power.denominator == 2 else node
    else:
        return False
    if not isinstance(body, tree.Terms) or body.signs != ("+", "+"):
        return False
    first, second = body.terms
    small = isinstance(second, tree.Name) and second.text == SMALL and not second.accents
    return small and any(isinstance(part, tree.Name) and part.text == "sigma" for part in first.walk())


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
