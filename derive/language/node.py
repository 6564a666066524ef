"""Immutable values with structural equality: what every part of a formula is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, dataclass_transform


class LanguageError(ValueError):
    """A formula that can't be built, because it would mean nothing."""


class Node:
    """An immutable value with structural equality and a hash that is computed once."""

    __slots__ = ("_hash",)
    __match_args__: tuple[str, ...] = ()

    content: ClassVar[Callable[[Any], Any]]
    """All fields of a node: the field itself where there is one, else a tuple."""

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        try:
            if self._hash != other._hash:  # type: ignore[attr-defined]  # of the same class
                return False
        except AttributeError:  # not every hash has been asked for
            if hash(self) != hash(other):
                return False
        content = type(self).content
        return content(self) == content(other)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            object.__setattr__(self, "_hash", self.computed_hash())
            return self._hash

    def computed_hash(self) -> int:
        """The hash of the content as it is now."""
        return hash((type(self).__name__, type(self).content(self)))


T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False)
def frozen(cls: type[T]) -> type[T]:
    """Makes a class of nodes: a frozen dataclass that keeps the equality and hash of Node."""
    made = dataclass(frozen=True, slots=True, eq=False, repr=False)(cls)
    made.content = staticmethod(attrgetter(*made.__match_args__))  # type: ignore[attr-defined]
    return made
