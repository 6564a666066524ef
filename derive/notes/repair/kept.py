"""What a document means stays as it was while edits of it are tried, and what is read twice is remembered."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from derive.latex.reader import syntax as tree
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.value import Reading, Value

if TYPE_CHECKING:
    from derive.notes.judge import Note


@contextmanager
def kept(note: Note) -> Iterator[None]:
    """Puts back everything that reading a formula may add to the names and the sizes of a document."""
    definitions = note.definitions
    holders: tuple[Any, ...] = (definitions.vocabulary, definitions.survey.sizes)
    states = [(holder, _state(holder)) for holder in holders]
    introduced, translation = dict(definitions.introduced), note.claims.translation
    note.claims.translation = partial(Remembering, known={})
    try:
        yield
    finally:
        note.claims.translation = translation
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


class Remembering(Translation):
    """A translation that knows the parts which others have translated: edits leave most of a formula as it is."""

    def __init__(self, *args: Any, known: dict[tuple, tuple[tree.Node, Value]] | None = None) -> None:
        super().__init__(*args)
        self.known = {} if known is None else known

    def of_formula(self, formula: int, reading: Reading) -> Remembering:
        """The same for another formula, whose parts are known as well."""
        return Remembering(self.vocabulary, self.symbols, formula, reading, known=self.known)

    def value(self, node: tree.Node) -> Value:
        names = self.vocabulary
        about = (names.forced, names.alias, names.losses.all_through)
        scope = tuple(self.scope.items()) if self.scope else ()
        key = (id(node), self.given, self.spread, self.reading, scope, about)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = (node, super().value(node))
        return found[1]
