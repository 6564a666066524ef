"""The values of a side with some of it changed: what is changed is read, and all above it is computed by numbers.

To read a whole side again for every change takes several times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from derive.latex.reader import syntax as tree
from derive.notes.meaning.layers import losses_in
from derive.notes.meaning.value import Value
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.repair.edit import Nodes, changed
from derive.notes.repair.kept import Key, Remembering
from derive.notes.repair.rules import below, fits, put_together
from derive.notes.values import Values, Vector, close
from derive.notes.vectors import Known, Slots
from derive.refute.evaluate import NoValue

NO_VALUE = (NoValue, ArithmeticError, KeyError, ValueError, TypeError)


class Whole(Exception):
    """What has to be read as a whole."""


@dataclass(frozen=True)
class Part:
    """A part of a side: what it means, its values, and the parts from which these follow, none where there is no rule.

    `key` is the state in which it was read. `over` are the indices that it sums over.
    """

    node: tree.Node
    key: Key
    value: Value
    known: Known
    kids: tuple[Part, ...] = ()
    over: Slots = ()


class Parts:
    """One side of a relation as it was read by a translation, with the values of its parts."""

    def __init__(self, side: tree.Node, translation: Callable[[], Remembering], values: Values, vector: Vector) -> None:
        """`vector` has the values of the side. Raises Whole where these are not those that were read for the side."""
        self.side, self.translation, self.values = side, translation, values
        self.memory, self.symbols, self.at = translation().memory, translation().symbols, values.vectors
        self.owners: dict[int, Part] = {}
        self.above: dict[int, tuple[int, ...]] = {}
        self.read: dict[tuple[int, int], tuple[tree.Node, Known | None]] = {}
        self.root = self._root(vector)
        self.losses = losses_in(*values.claim.terms)
        self._own(self.root)

    def _root(self, vector: Vector) -> Part:
        now = self.translation().key(self.side)
        for key in self.memory.keys.get(id(self.side), ()):
            if key.is_like(now) and (part := self._part(self.side, key)) is not None:
                own = self.values.at_places(part.known)
                if own is not None and close(own, vector):
                    return part
        raise Whole

    def _part(self, node: tree.Node, state: Key) -> Part | None:
        """A part that was read in a state, or below a sum in that state."""
        key = next((key for key in self.memory.keys.get(id(node), ()) if key.is_within(state)), None)
        if key is None:
            return None
        value = self.memory.known[key][1]
        try:
            known = self.at(value.term)
        except NO_VALUE:
            return None
        part = Part(node, key, value, known)
        found = [self._part(kid, key) for kid in below(node, self.symbols)]
        kids = tuple(kid for kid in found if kid is not None)
        if not kids or len(kids) < len(found):
            return part
        made = Part(node, key, value, known, kids, self._over(part, kids[0]))
        return made if self._follows(made) else part

    def _over(self, part: Part, kid: Part) -> Slots:
        """The indices that a sum or a norm is over."""
        if isinstance(part.node, tree.Big):
            return self.at.slots(index for _, index in kid.key.scope if (index.name, index) not in part.key.scope)
        return tuple(slot for slot in kid.known[0] if slot not in part.known[0])

    def _follows(self, part: Part) -> bool:
        """Whether the values of a part follow from those of the parts below it."""
        try:
            found = put_together(self.at, part.node, [kid.known for kid in part.kids], part.over)
        except NO_VALUE:
            return False
        if found is None or not {*part.known[0]} <= {*found[0]}:
            return False
        return close(tuple(found[1]), tuple(self.at.onto(part.known, found[0])))

    def _own(self, part: Part, above: tuple[int, ...] = ()) -> None:
        """For every node of the side the smallest part that it is in, and for every part those that it is in."""
        self.above[id(part)] = above
        for node in part.node.walk():
            self.owners[id(node)] = part
        for kid in part.kids:
            self._own(kid, (*above, id(part)))

    def __call__(self, nodes: Nodes) -> Vector | None:
        """The values of the side with changes, or None where it has none; raises Whole where it has to be read."""
        news: dict[int, Known] = {}
        apart: dict[int, tuple[Part, list[tuple[tree.Node, tree.Node]]]] = {}
        for old, new in nodes:
            part = self.owners.get(id(old))
            if part is None:
                raise Whole
            apart.setdefault(id(part), (part, []))[1].append((old, new))
        try:
            for number, (part, pairs) in apart.items():
                news[number] = self._new(changed(part.node, tuple(pairs)), part)
            changing = frozenset(number for part in news for number in self.above[part])
            return self.values.at_places(self._changed(self.root, news, changing))
        except (Unclear, *NO_VALUE):
            return None

    def instead(self, node: tree.Node) -> Vector | None:
        """The values of something else in the place of the side."""
        try:
            return self.values.at_places(self._read(node, self.root))
        except (Unclear, *NO_VALUE):
            return None

    def _changed(self, part: Part, news: Mapping[int, Known], changing: frozenset[int]) -> Known:
        """The values of a part where those of some parts are new, and those of the parts that they are in change."""
        if id(part) in news:
            return news[id(part)]
        if id(part) not in changing:
            return part.known
        return self._together(part.node, [self._changed(kid, news, changing) for kid in part.kids], part)

    def _new(self, node: tree.Node, like: Part) -> Known:
        """The values of what stands in the place of a part."""
        if node is like.node:
            return like.known
        number = id(node), id(like)
        if number not in self.read:
            try:
                found = self._by_rule(node, like)
                self.read[number] = node, self._read(node, like) if found is None else found
            except (Unclear, *NO_VALUE):
                self.read[number] = node, None
        return _given(self.read[number][1])

    def _by_rule(self, node: tree.Node, like: Part) -> Known | None:
        """By the rule for the part, where it has one; None where it has none."""
        kids = below(node, self.symbols) if like.kids and fits(node, like.node) else ()
        same = len(kids) == len(like.kids)
        known = {id(kid.node): kid for kid in like.kids}
        if not kids or not (same or self._are_numbers(kids, known)):
            return None
        likes = like.kids if same else tuple(known[id(kid)] for kid in kids)
        found = [
            known[id(kid)].known if id(kid) in known else self._new(kid, own)
            for kid, own in zip(kids, likes, strict=True)
        ]
        return self._together(node, found, like)

    def _are_numbers(self, kids: tuple[tree.Node, ...], known: Mapping[int, Part]) -> bool:
        """Whether some parts are those that are known, and none of them is an array."""
        return all(id(kid) in known for kid in kids) and not any(part.value.axes for part in known.values())

    def _together(self, node: tree.Node, found: list[Known], like: Part) -> Known:
        return _given(put_together(self.at, node, found, like.over))

    def _read(self, node: tree.Node, like: Part) -> Known:
        value = self.translation().value_in(node, like.key)
        own = like.value
        if (value.axes, value.transposed, value.any_size) != (own.axes, own.transposed, own.any_size):
            raise Whole
        if not losses_in(value.term) <= self.losses:
            raise Whole
        return self.at(value.term)


def _given(known: Known | None) -> Known:
    if known is None:
        raise NoValue("no value")
    return known
