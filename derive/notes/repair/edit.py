"""A change of what was written: in the text, and in the tree that was read from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import is_
from zlib import crc32

from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree

_BARE = re.compile(r"\\[dt]?frac\s*(\{[^{}]*\}\s*|[^{}\s\\])?$|[_^]$")
"""Behind this an argument without braces stands."""

Text = tuple[int, int, str]
"""From here to there, this instead."""

Nodes = tuple[tuple[tree.Node, tree.Node], ...]
"""Parts of a tree, each with what stands in its place."""

_APART = 100_000
"""What is put in gets places behind those of any formula, so that no sum in it is taken for one that was there."""


@dataclass(frozen=True)
class Edit:
    """`texts` are changes of the formula, `nodes` the same as parts of its tree: the old, the new.

    `cost` says how far it is from what was written; of several that mend a formula the cheapest is shown. `joined` has
    the code and the cost of each of the edits that this one was joined from. `equal` says that both sides of a bound
    seem to be equal with it.
    """

    code: str | None
    cost: float
    nodes: Nodes
    texts: tuple[Text, ...]
    joined: tuple[tuple[float, str], ...] = ()
    equal: bool = False

    @property
    def codes(self) -> tuple[str | None, ...]:
        """The kinds of mistakes that it mends, that of the least change first."""
        return tuple(dict.fromkeys(code for _, code in sorted(self.joined))) or (self.code,)

    def with_(self, other: Edit) -> Edit | None:
        """Both edits, as changes of the text alone; None where one is within the other."""
        for start, end, _ in self.texts:
            for first, last, _ in other.texts:
                if (start, end) == (first, last) or (start < last and first < end):
                    return None
        code = self.code if self.cost <= other.cost else other.code
        joined = tuple(
            part for each in (self, other) for part in each.joined or ([(each.cost, each.code)] if each.code else [])
        )
        return Edit(code, self.cost + other.cost, (), (*self.texts, *other.texts), joined)

    def of(self, node: tree.Node) -> tree.Node:
        """The tree with the edit made."""
        return changed(node, self.nodes)

    def nodes_with(self, other: Edit) -> Nodes | None:
        """The changes of the trees of both edits, where one may be within the other; None where they can't be joined.

        They can be where the outer one leaves the part as it is that the inner one changes.
        """
        for one, two in ((self.nodes, other.nodes), (other.nodes, self.nodes)):
            if (nodes := _put_in(one, two)) is not None:
                return nodes
        return None


def _put_in(inner: Nodes, outer: Nodes) -> Nodes | None:
    """The changes of `outer`, with those of `inner` in what it puts in or beside it, or None."""
    apart = list(inner)
    found: list[tuple[tree.Node, tree.Node]] = []
    for old, new in outer:
        within = [pair for pair in inner if is_in(pair[0], old)]
        if any(not is_in(pair[0], new) for pair in within) or any(is_in(old, pair[0]) for pair in inner):
            return None
        found.append((old, changed(new, tuple(within))))
        apart = [pair for pair in apart if pair not in within]
    return (*apart, *found)


def is_in(node: tree.Node, above: tree.Node) -> bool:
    """Whether a tree has this very node."""
    return any(map(is_, above.walk(), repeat(node)))


def changed(node: tree.Node, nodes: Nodes) -> tree.Node:
    """A tree with some of its nodes changed."""
    table = {id(old): new for old, new in nodes}
    return _replaced(node, table, set(_above(node, table)))


def _above(node: tree.Node, table: Mapping[int, tree.Node]) -> list[int]:
    """The nodes that hold one that is replaced, this one included."""
    if id(node) in table:
        return [id(node)]
    found = [each for child in node.below() for each in _above(child, table)]
    return [*found, id(node)] if found else found


def _replaced(node: tree.Node, table: Mapping[int, tree.Node], above: set[int]) -> tree.Node:
    if id(node) in table:
        return table[id(node)]
    return node.mapped(lambda each: _replaced(each, table, above)) if id(node) in above else node


def edited(latex: str, texts: Iterable[Text], start: int = 0, end: int | None = None) -> str:
    """The LaTeX between two places with the changes made."""
    end = len(latex) if end is None else end
    parts, at = [], start
    for first, last, instead in sorted(texts):
        parts += [latex[at:first], _apart(latex, first, instead, last)]
        at = last
    return "".join([*parts, latex[at:end]])


def _apart(latex: str, start: int, instead: str, end: int) -> str:
    """The new text, with a blank where a command would run into a letter."""
    before, after = latex[:start], latex[end:]
    if end > start and len(instead) > 1 and _BARE.search(before):
        return f"{{{instead}}}"
    if instead[:1].isalpha() and _ends_in_command(before):
        instead = f" {instead}"
    if not instead and after[:1].isalpha() and _ends_in_command(before):
        instead = " "
    return f"{instead} " if after[:1].isalpha() and _ends_in_command(instead) else instead


def _ends_in_command(text: str) -> bool:
    letters = len(text) - len(text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return bool(letters) and text[: len(text) - letters].endswith("\\")


def apart(text: str) -> int:
    """The place of a text that is put in: behind those of any formula, and one of its own."""
    return _APART + crc32(text.encode()) * 1000


def alone(read: Sequence[tree.Statement] | Unread) -> tree.Node | None:
    """The tree of what was read, where it is one statement with no remarks."""
    return None if isinstance(read, Unread) or len(read) != 1 or read[0].remarks else read[0].chain


def span(latex: str, node: tree.Node) -> tuple[int, int]:
    """Where a node stands, with the braces that close what it opens."""
    start, end = node.start, node.end
    text = latex[start:end]
    missing = text.count("{") - text.count("}") - text.count("\\{") + text.count("\\}")
    while missing > 0 and end < len(latex):
        missing -= latex[end] == "}"
        end += 1
    return start, end


def written(latex: str, node: tree.Node) -> str:
    """What a node was read from."""
    start, end = span(latex, node)
    return latex[start:end]
