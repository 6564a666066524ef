"""Names for which a document has two formulas that are not equal: what is false by one may be meant by the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from derive.language import LanguageError
from derive.latex.reader import syntax as tree
from derive.notes.candidates import Candidate, Key
from derive.notes.definitions import Definitions
from derive.notes.meaning.unclear import Unclear

TWO_MEANINGS = "has two meanings here: it fails by one, and holds by that of line"


NOT_READ = "has another formula, which is not understood, in line"


class OtherMeanings:
    """For each such name the formula that does not count now, the former or a later one.

    `not_read` are second formulas for a name that are not understood.
    """

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.found: dict[Key, Candidate] = {}
        self.not_read: dict[Key, Candidate] = {}

    def forget(self) -> None:
        """A new scope begins."""
        self.found.clear()
        self.not_read.clear()

    def of(self, *sides: tree.Node) -> Iterator[Candidate]:
        """The formulas that do not count, of names that these sides rest on."""
        yield from self._among(self.found, sides)

    def not_read_of(self, *sides: tree.Node) -> Candidate | None:
        """A formula that is not understood, of a name that these sides rest on."""
        return next(self._among(self.not_read, sides), None)

    def _among(self, found: dict[Key, Candidate], sides: tuple[tree.Node, ...]) -> Iterator[Candidate]:
        names = set().union(*map(self.definitions.names_in, sides))
        names |= {name.rstrip("'") for name in names}
        keys = {(name, square) for name in names for square in (False, True)}
        below = set().union(*map(self.definitions.ingredients_of, keys))
        yield from (each for key, each in found.items() if key[0] in names | below)

    def is_slip(self, key: Key) -> bool:
        """Whether what does not count of a name is a formula behind that which counts."""
        other, own = self.found.get(key), self.definitions.current.get(key)
        return other is not None and own is not None and other.place > own.place

    @contextmanager
    def taken(self, candidate: Candidate) -> Iterator[bool]:
        """As long as this lasts, a name means what this formula says; whether it could be given this meaning."""
        own = (self.definitions, self.definitions.vocabulary)
        saved = [(each, name, value, _copied(value)) for each in own for name, value in vars(each).items()]
        try:
            yield self._introduced(candidate)
        finally:
            for each, name, value, copied in saved:
                setattr(each, name, _restored(value, copied))

    def _introduced(self, candidate: Candidate) -> bool:
        try:
            self.definitions.introduce(candidate)
        except (Unclear, LanguageError):
            return False
        return True


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | set | list) else value


def _restored(value: Any, copied: Any) -> Any:
    """The same container with what was in it, since others may hold it, too."""
    if isinstance(value, dict | set):
        value.clear()
        value.update(copied)
    elif isinstance(value, list):
        value[:] = copied
    return value
