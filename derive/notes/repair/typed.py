"""A relation inside of brackets, where a plus or a minus is meant."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit

TYPED = "equals-in-brackets"


def has_relation(side: tree.Node) -> bool:
    """Whether there is a relation in brackets that is no indicator."""
    return any(True for _ in _groups(side))


def unrelated(latex: str, side: tree.Node) -> Iterator[Edit]:
    """The side with a minus, then with a plus, for the relation."""
    for group, chain in _groups(side):
        for sign in ("-", "+"):
            start, end = chain.signs[0].start, chain.signs[0].end
            terms = _joined(chain, sign)
            body = tree.Group(group.start, group.end, group.opening, group.closing, terms)
            yield Edit(TYPED, 1.0, ((group, body),), ((start, end, sign),))


def _groups(side: tree.Node) -> Iterator[tuple[tree.Group, tree.Chain]]:
    for node in side.walk():
        if isinstance(node, tree.Group) and node.opening and isinstance(node.body, tree.Chain):
            chain = node.body
            if len(chain.sides) == 2 and chain.signs[0].text == "=" and not _is_indicator(chain):
                yield node, chain


def _is_indicator(chain: tree.Chain) -> bool:
    """Whether both sides are single letters or other short names: [i = j]."""
    return all(isinstance(side, tree.Name | tree.Number) for side in chain.sides)


def _joined(chain: tree.Chain, sign: str) -> tree.Terms:
    """Both sides as summands, with the sign between them."""
    left, right = map(_summands, chain.sides)
    first, *rest = right
    joined = [*left, (sign if first[0] == "+" else first[0], first[1]), *rest]
    return tree.Terms(chain.start, chain.end, tuple(node for _, node in joined), tuple(sign for sign, _ in joined))


def _summands(side: tree.Node) -> list[tuple[str, tree.Node]]:
    if isinstance(side, tree.Terms):
        return list(zip(side.signs, side.terms, strict=True))
    return [("+", side)]
