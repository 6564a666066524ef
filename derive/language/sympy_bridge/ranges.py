"""What is known of the range of an index, put together from every place where the index stands."""

from __future__ import annotations

from typing import Any

from derive.language.node import LanguageError
from derive.language.terms import Index


class Slot:
    """The range of an index or of an axis; slots that are joined have the same range (a union-find)."""

    def __init__(self) -> None:
        self.parent: Slot | None = None
        self.facts: dict[str, tuple[Any, str]] = {}

    def root(self) -> Slot:
        return self.parent.root() if self.parent else self

    def learn(self, fact: str, value: Any, source: str, where: object) -> None:
        """Takes down the 'size' or the 'start', and what says so; raises LanguageError if something says otherwise."""
        known, known_from = self.root().facts.setdefault(fact, (value, source))
        if known == value:
            return
        if fact == "size":
            raise LanguageError(f"in {where} two sizes meet: {known}, from {known_from}, and {value}, from {source}")
        raise LanguageError(f"in {where} two ranges meet: {known_from} and {source}; start both at 1, or both at 0")

    def join(self, other: Slot, where: object) -> None:
        """Takes down that the two are one range, since they meet in the formula `where`."""
        mine, theirs = self.root(), other.root()
        if mine is not theirs:
            for fact, (value, source) in theirs.facts.items():
                mine.learn(fact, value, source, where)
            theirs.parent = mine

    def index(self, name: str, advice: str = "") -> Index:
        """The index of this name over the range, once everything is read."""
        facts = self.root().facts
        if "size" not in facts:
            raise LanguageError(f'the size of the index {name} is not known; give {advice}Idx("{name}", (1, m))')
        return Index(name, facts["size"][0])
