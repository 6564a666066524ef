"""Formulas that hold for some indices only: i = j, or i different from j, said beside the formula or before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derive.language import Claim, Delta, Index, Number
from derive.language.binding import free_indices, rename
from derive.latex.reader import syntax as tree
from derive.latex.reader.words import CONDITIONAL, OTHERWISE
from derive.notes.meaning.symbols import Symbols

EQUAL, UNEQUAL = ("=", "=="), ("\\neq", "\\ne")


@dataclass(frozen=True)
class Condition:
    """Two letters of indices, and whether they are the same."""

    left: str
    right: str
    same: bool

    def __str__(self) -> str:
        return f"for {self.left} {'=' if self.same else 'different from'} {self.right}"


def conditions_in(nodes: Iterable[tree.Node], symbols: Symbols) -> Iterator[Condition]:
    """The conditions that remarks, or formulas before a display, state."""
    for node in nodes:
        inside = node.body if isinstance(node, tree.Group) else node
        for chain in inside.items if isinstance(inside, tree.Items) else (inside,):
            found = _condition(chain, symbols)
            if found is not None:
                yield found


def _condition(node: tree.Node, symbols: Symbols) -> Condition | None:
    if not isinstance(node, tree.Chain) or len(node.sides) != 2 or node.signs[0].text not in EQUAL + UNEQUAL:
        return None
    sides = [symbols.indices(side) for side in node.sides]
    letters = [side[0] for side in sides if side is not None and len(side) == 1]
    if len(letters) != 2 or letters[0] == letters[1]:
        return None
    return Condition(letters[0], letters[1], node.signs[0].text in EQUAL)


def negated(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Where one condition does not hold; nothing for several."""
    found = tuple(conditions)
    return (replace(found[0], same=not found[0].same),) if len(found) == 1 else ()


def is_conditional(remarks: Iterable[tree.Node]) -> bool:
    """Whether a text beside a formula says that it holds under a condition."""
    return any(isinstance(each, tree.Words) and CONDITIONAL.search(each.text) for each in remarks)


def is_otherwise(remarks: Iterable[tree.Node]) -> bool:
    """Whether a text beside a formula says that it holds where the formula before does not."""
    return any(isinstance(each, tree.Words) and OTHERWISE.search(each.text) for each in remarks)


def restricted(claim: Claim, conditions: Iterable[Condition]) -> Claim | None:
    """The claim for those indices alone; None if it has no two indices of the same range that these are about.

    An inequality is not multiplied by what may be 0 and stays as it is, which is None, too.
    """
    found = claim
    for condition in conditions:
        free = {index.name: index for index in free_indices(found.lhs) | free_indices(found.rhs)}
        left, right = free.get(condition.left), free.get(condition.right)
        if left is None or right is None or left.size != right.size:
            continue
        narrower = _same(found, left, right) if condition.same else _apart(found, left, right)
        found = found if narrower is None else narrower
    return found if found is not claim else None


def _same(claim: Claim, kept: Index, other: Index) -> Claim:
    return replace(claim, lhs=rename(claim.lhs, {other: kept}), rhs=rename(claim.rhs, {other: kept}))


def _apart(claim: Claim, left: Index, right: Index) -> Claim | None:
    if claim.relation != "=":
        return None
    off = Number(1) - Delta(left, right)
    return replace(claim, lhs=off * claim.lhs, rhs=off * claim.rhs)
