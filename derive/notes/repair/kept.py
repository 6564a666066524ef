"""What a document means stays as it was while edits of it are tried, and what is read twice is remembered."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from derive.language import Index
from derive.language.terms import Tensor
from derive.latex.reader import syntax as tree
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.value import Reading, Value

if TYPE_CHECKING:
    from derive.notes.judge import Note


@contextmanager
def kept(note: Note) -> Iterator[Memory]:
    """Puts back everything that reading a formula may add to the names and the sizes of a document."""
    definitions = note.definitions
    holders: tuple[Any, ...] = (definitions.vocabulary, definitions.survey.sizes)
    states = [(holder, _state(holder)) for holder in holders]
    introduced, translation = dict(definitions.introduced), note.claims.translation
    vocabulary, before = definitions.vocabulary, definitions.vocabulary.kept_plain_d
    vocabulary.kept_plain_d = vocabulary.has_plain_d  # an edit with a d alone makes no factors of the others
    memory = Memory()
    note.claims.translation = partial(Remembering, memory=memory)
    try:
        yield memory
    finally:
        note.claims.translation, vocabulary.kept_plain_d = translation, before
        definitions.introduced = introduced
        for holder, state in states:
            for name, value in state.items():
                setattr(holder, name, value)


def _state(holder: Any) -> dict[str, Any]:
    values = {field.name: getattr(holder, field.name) for field in fields(holder)}
    return {name: _copied(value) for name, value in values.items() if isinstance(value, dict | set | list)}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return type(value)({key: copy.copy(each) if isinstance(each, dict) else each for key, each in value.items()})
    return copy.copy(value)


class Key(NamedTuple):
    """What a part was read in: the letters of the other side, those that sums bind, and what names stand for then."""

    node: int
    given: frozenset[str]
    spread: frozenset[str]
    reading: Reading
    about: tuple[Tensor | None, str | None, bool]
    scope: tuple[tuple[str, Index], ...]

    def is_like(self, other: Key) -> bool:
        """Whether this was read in the same reading, below no other sums."""
        return (self.reading, self.about[2], self.scope) == (other.reading, other.about[2], other.scope)

    def is_within(self, state: Key) -> bool:
        """Whether this was read in the same state as another part, or below a sum in it."""
        return self[1:5] == state[1:5] and {*state.scope} <= {*self.scope}


@dataclass
class Memory:
    """What was read, by its key, with the node and with what was asked of the reading.

    And for each node the keys that it was read by.
    """

    known: dict[Key, tuple[tree.Node, Value, frozenset[str]]] = field(default_factory=dict)
    keys: dict[int, list[Key]] = field(default_factory=dict)


class Remembering(Translation):
    """A translation that knows the parts which others have translated: edits leave most of a formula as it is."""

    def __init__(self, *args: Any, memory: Memory | None = None) -> None:
        super().__init__(*args)
        self.memory = Memory() if memory is None else memory

    def of_formula(self, formula: int, reading: Reading) -> Remembering:
        """The same for another formula, whose parts are known as well."""
        return Remembering(self.vocabulary, self.symbols, formula, reading, memory=self.memory)

    def value(self, node: tree.Node) -> Value:
        key = self.key(node)
        found = self.memory.known.get(key)
        if found is None:
            before, self.asked = self.asked, set()
            try:
                value = super().value(node)
                found = self.memory.known[key] = (node, value, frozenset(self.asked))
            finally:
                self.asked |= before
            self.memory.keys.setdefault(id(node), []).append(key)
        self.asked |= found[2]
        return found[1]

    def key(self, node: tree.Node) -> Key:
        """What a node is known by where this translation is now."""
        names = self.vocabulary
        about = (names.forced, names.alias, names.losses.all_through)
        scope = tuple(self.scope.items()) if self.scope else ()
        return Key(id(node), self.given, self.spread, self.reading, about, scope)

    def value_in(self, node: tree.Node, state: Key) -> Value:
        """What a node means where another part was read."""
        self.given, self.spread, self.scope = state.given, state.spread, dict(state.scope)
        output, name, _ = state.about
        with nullcontext() if output is None else self.vocabulary.about(output, name):
            return self.value(node)
