r"""Letters that are places in an order, i of \sum_{j=1}^{i} and of l_{i-1}, and names at such places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derive.latex.reader import syntax as tree

UP_TO = ("\\le", "\\leq", "\\leqslant", "<=")
FROM = ("\\ge", "\\geq", "\\geqslant", ">=")
BELOW = ("<", "\\lt")
ABOVE = (">", "\\gt")


@dataclass(frozen=True)
class Positions:
    """The letters of places, and the keys of names that are written both at a place and at one beside it."""

    letters: frozenset[str] = frozenset()
    movable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Moved:
    """A name as it is at the plain places, and how far from these the letters in its subscript are."""

    plain: tree.Scripted
    by: tuple[tuple[str, int], ...]


def place_of(node: tree.Node | None) -> tuple[str, int] | None:
    """The letter of a place and what is added to it: i, i-1, t+2."""
    if isinstance(node, tree.Group) and not node.opening:
        return place_of(node.body)
    if isinstance(node, tree.Name):
        return (node.text, 0) if len(node.text) == 1 and node.text.islower() and not node.accents else None
    if not isinstance(node, tree.Terms) or len(node.terms) != 2 or node.signs[0] != "+" or node.signs[1] not in "+-":
        return None
    first, second = place_of(node.terms[0]), node.terms[1]
    if first is None or not isinstance(second, tree.Number) or second.value.denominator != 1 or second.value > 9:
        return None
    return first[0], first[1] + int(second.value) * (1 if node.signs[1] == "+" else -1)


def moved(node: tree.Node) -> Moved | None:
    """What a name with a subscript such as i-1 is moved from; None for other names."""
    if not isinstance(node, tree.Scripted) or node.sub is None or not isinstance(node.base, tree.Name):
        return None
    parts = _parts(node.sub)
    found = [place_of(part) for part in parts]
    by = tuple(place for place in found if place is not None and place[1])
    if not by or len({letter for letter, _ in by}) < len(by):
        return None
    plain = [_plain(part) if place is not None and place[1] else part for part, place in zip(parts, found, strict=True)]
    sub = plain[0] if len(plain) == 1 else tree.Items(node.sub.start, node.sub.end, tuple(plain))
    return Moved(replace(node, sub=sub), by)


def _parts(node: tree.Node) -> tuple[tree.Node, ...]:
    if isinstance(node, tree.Group) and not node.opening:
        return _parts(node.body)
    if isinstance(node, tree.Items):
        return node.items
    return node.factors if isinstance(node, tree.Product) and not any(node.signs) else (node,)


def _plain(node: tree.Node) -> tree.Node:
    while isinstance(node, tree.Group):
        node = node.body
    return node.terms[0] if isinstance(node, tree.Terms) else node


def limits(node: tree.Big) -> Iterator[tuple[str, tuple[str, int]]]:
    """How the range of a sum is bounded by places: a sign, and the place; `<=` for its upper limit."""
    if node.upper is not None and (upper := place_of(node.upper)) is not None:
        yield "<=", upper
    lower = node.lower
    if not isinstance(lower, tree.Chain):
        return
    at = 1 if len(lower.sides) == 3 else 0
    for place, sign in enumerate(lower.signs):
        other = place_of(lower.sides[place + 1 if place >= at else place])
        said = _said(sign.text, place < at)
        if other is not None and said:
            yield said, other


def _said(sign: str, before: bool) -> str:
    """What is said of the index that is summed over; `before` where it stands behind the sign."""
    if sign == "=":
        return ">="
    named = {**dict.fromkeys(UP_TO, "<="), **dict.fromkeys(FROM, ">="), **dict.fromkeys(BELOW, "<")}
    found = (named | dict.fromkeys(ABOVE, ">")).get(sign, "")
    return {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}[found] if before and found else found


def counted(chains: Iterable[tree.Node]) -> frozenset[str]:
    r"""The letters of places that are no usual indices: n of \mu_n = ... beside \mu_{n-1} and a sum up to n."""
    heads, beside, bounds = set[tuple[str, str]](), set[tuple[str, str]](), set[str]()
    for chain in chains:
        if isinstance(chain, tree.Chain):
            heads |= {*_labelled(chain.sides[0], 0)}
        for part in chain.walk():
            if isinstance(part, tree.Scripted):
                beside |= {*_labelled(part, 1)}
            elif isinstance(part, tree.Big):
                bounds |= {letter for _, (letter, _) in limits(part)}
    return frozenset(letter for base, letter in heads & beside if letter in bounds)


def _labelled(node: tree.Node, moves: int) -> Iterator[tuple[str, str]]:
    """The name and the letter of a name with one place in its subscript, which is moved or not."""
    if isinstance(node, tree.Scripted) and isinstance(node.base, tree.Name) and node.sub is not None:
        place = place_of(node.sub)
        if place is not None and bool(place[1]) == bool(moves):
            yield ".".join((node.base.text, *node.base.accents, "'" * node.primes)), place[0]
