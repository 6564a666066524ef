"""Where a document normalizes several things, its mean and variance are those of the one that is in focus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from derive.language import Tensor

BATCH_LABELS = frozenset(("", "B", "b", "beta", "batch", "L", "l", "c", "x"))
"""Subscripts of a mean and a variance that don't say that they are of something else."""

STATISTICS = ("mu", "sigma", "sigma.hat")
"""Names of a mean and of a deviation."""


@dataclass(frozen=True)
class Statistic:
    """A mean or a variance that conventions fill in: its key, whether the square is what is known, and what it is."""

    key: str
    square: bool
    tensor: Tensor
    meaning: str

    @property
    def name(self) -> str:
        """Its name among the conventions."""
        return f"{self.key}2" if self.square else self.key


@dataclass
class Focus:
    """`normalized` are the names that a document normalizes, where these are several; `focus` is one of them.

    `conventions` says in words what was filled in, by the key of the name.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    squares: dict[str, Tensor] = field(default_factory=dict)
    conventions: dict[str, str] = field(default_factory=dict)
    normalized: frozenset[str] = frozenset()
    focus: str | None = None
    unfocused: dict[str | None, list[Statistic]] = field(default_factory=dict)

    def focus_on(self, key: str | None) -> None:
        """From now on the mean and the variance that the document defines nowhere are those of this name."""
        if key == self.focus:
            return
        self.unfocused[self.focus] = own = [*self._statistics()]
        for each in own:
            (self.squares if each.square else self.tensors).pop(each.key)
            self.conventions.pop(each.name)
        self.focus = key
        for each in self.unfocused.get(key, ()):
            (self.squares if each.square else self.tensors)[each.key] = each.tensor
            self.conventions[each.name] = each.meaning

    @contextmanager
    def focused(self, key: str | None) -> Iterator[None]:
        """The same, for a while; nothing changes where this is not one of several."""
        before = self.focus
        self.focus_on(key if key in self.normalized else before)
        try:
            yield
        finally:
            self.focus_on(before)

    def _statistics(self) -> Iterator[Statistic]:
        """The means and variances that conventions fill in."""
        for square, held in ((False, self.tensors), (True, self.squares)):
            for key, tensor in held.items():
                base, _, label = key.partition("_")
                meaning = self.conventions.get(f"{key}2" if square else key)
                if meaning is not None and base in STATISTICS and label in BATCH_LABELS:
                    yield Statistic(key, square, tensor, meaning)
