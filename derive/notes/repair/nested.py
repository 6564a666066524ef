"""Two edits within one factor or summand, such as a square and what is squared: their values are found together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit, Text, edited
from derive.notes.repair.wrong import Wrong
from derive.notes.values import Vector

MOST = 48
"""So many pairs are looked at."""

CHEAP = 1.3

CODES = frozenset(
    ("sign", "missing-hat", "extra-hat", "missing-square", "extra-square", "gamma-twice", "extra-factor")
    + ("deviation-for-variance", "variance-for-deviation")
)
"""The mistakes of which several are made in one place."""

Valued = tuple[Edit, Vector]

Placed = tuple[int, int, tree.Node]
"""A part with its first and its last place in the LaTeX."""


def nested(wrong: Wrong, tried: list[Valued]) -> Iterator[Edit]:
    """Pairs of cheap edits of different kinds, each within the part that the other one changes or beside it."""
    parts = sorted(((*wrong.span(each.node), each.node) for each in wrong.operands(wrong.right)), key=_length)
    tried = sorted(tried, key=lambda each: each[0].cost)
    cheap = [_fine(wrong, edit) for edit, _ in tried if edit.cost <= CHEAP and edit.code in CODES]
    pairs = ((one, other) for one, other in combinations(cheap, 2) if one.code != other.code)
    found = (both for one, other in pairs if (both := _both(wrong, parts, one, other)) is not None)
    yield from islice(found, MOST)


def _both(wrong: Wrong, parts: list[Placed], one: Edit, other: Edit) -> Edit | None:
    """Both edits as one of the smallest part that has both; None where this is the whole side, or they meet."""
    first = min(start for start, _, _ in (*one.texts, *other.texts))
    last = max(end for _, end, _ in (*one.texts, *other.texts))
    part = next((part for start, end, part in parts if start <= first and last <= end), wrong.right)
    if part is wrong.right or _is_apart(wrong, part, one, other) or (joined := one.with_(other)) is None:
        return None
    if (nodes := one.nodes_with(other)) is not None:
        return replace(joined, nodes=nodes)
    text = edited(wrong.latex, joined.texts, *wrong.span(part))
    for edit in wrong.change(part, text, joined.code, joined.cost):
        return replace(joined, nodes=edit.nodes)
    return None


def _is_apart(wrong: Wrong, part: tree.Node, one: Edit, other: Edit) -> bool:
    """Whether the edits are in different summands or factors: then their values are found from those of each."""
    if not isinstance(part, tree.Terms | tree.Product):
        return False
    below = part.terms if isinstance(part, tree.Terms) else part.factors
    return any(_has(wrong, each, one.texts) for each in below) and any(_has(wrong, each, other.texts) for each in below)


def _has(wrong: Wrong, part: tree.Node, texts: tuple[Text, ...]) -> bool:
    first, last = wrong.span(part)
    return all(first <= start and end <= last for start, end, _ in texts)


def _length(part: Placed) -> int:
    start, end, _ = part
    return end - start


def _fine(wrong: Wrong, edit: Edit) -> Edit:
    """The same edit, with no more text than what it changes."""
    return Edit(edit.code, edit.cost, edit.nodes, tuple(trimmed(wrong.latex, text) for text in edit.texts))


_COMMAND = re.compile(r"\\[A-Za-z]*\Z")


def trimmed(latex: str, text: Text) -> Text:
    """A change without what stays the same at its beginning and at its end; no command is cut in two."""
    start, end, new = text
    old = latex[start:end]
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    if (command := _COMMAND.search(old[:first])) is not None:
        first = command.start()
    last = next((at for at in range(most - first) if old[-1 - at] != new[-1 - at]), most - first)
    while last and old[len(old) - last].isalpha() and _runs_on(old, new, last):
        last -= 1
    return start + first, end - last, new[first : len(new) - last]


def _runs_on(old: str, new: str, last: int) -> bool:
    """Whether the letters at the end of a change belong to a word that begins before them."""
    before = [text[len(text) - last - 1] for text in (old, new) if len(text) > last]
    return any(letter.isalpha() or letter == "\\" for letter in before)
