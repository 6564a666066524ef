"""A plus for a minus: of one summand, of the whole side, or two summands in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit
from derive.notes.repair.wrong import Wrong

SIGN = "sign"


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    """Those of summands in which the side is linear are found by their values (`derive.notes.repair.scales`)."""
    yield from _whole(wrong, side)
    for each in wrong.operands(side):
        if isinstance(each.node, tree.Terms):
            for place in () if each.linear else range(len(each.node.terms)):
                yield from flipped(wrong, each.node, place)


def every(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    """The sign of each summand in which a side is linear."""
    for each in wrong.operands(side):
        if isinstance(each.node, tree.Terms) and each.linear:
            for place in range(len(each.node.terms)):
                yield from flipped(wrong, each.node, place)


def flipped(wrong: Wrong, node: tree.Terms, place: int) -> Iterator[Edit]:
    """The sign of one summand turned."""
    sign = node.signs[place]
    if sign not in ("+", "-"):
        return
    other = "-" if sign == "+" else "+"
    new = replace(node, signs=(*node.signs[:place], other, *node.signs[place + 1 :]))
    if place == 0:
        at = node.start
        first = at if sign == "-" else node.terms[0].start
        text = (at, node.terms[0].start, "") if sign == "-" else (first, first, "-")
    else:
        behind = wrong.span(node.terms[place - 1])[1]
        found = wrong.latex.find(sign, behind, node.terms[place].start)
        if found < 0:
            return
        text = (found, found + 1, other)
    yield Edit(SIGN, 1.0, ((node, new),), (text,))


def _whole(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    """The sign of the side: a minus before it, or its two summands the other way round."""
    start, end = wrong.span(side)
    if isinstance(side, tree.Terms):
        if len(side.terms) == 2 and side.signs == ("+", "-"):
            first, second = map(wrong.text, side.terms)
            between = wrong.latex[wrong.span(side.terms[0])[1] : side.terms[1].start]
            new = replace(side, terms=side.terms[::-1])
            yield Edit(SIGN, 1.05, ((side, new),), ((start, end, f"{second}{between}{first}"),))
        return
    if not isinstance(side, tree.Number):
        new = tree.Terms(side.start, side.end, (side,), ("-",))
        yield Edit(SIGN, 1.0, ((side, new),), ((start, start, "-"),))
