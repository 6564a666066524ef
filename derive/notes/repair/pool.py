"""Edits with the values that they give: each is looked at when it is asked for, the nearest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from math import inf

from derive.notes.repair.edit import Edit
from derive.notes.values import Vector, close

Valued = tuple[Edit, Vector]


class Pool:
    """Edits of one side by what they cost, with the values that the side has with them."""

    def __init__(self, edits: Iterable[Edit], value: Callable[[Edit], Vector | None], own: Vector) -> None:
        """`own` are the values of the side as it is: an edit that gives these is left out."""
        self.waiting = deque(sorted(edits, key=lambda edit: edit.cost))
        self.value, self.own = value, own
        self.valued: list[Valued] = []

    def within(self, cost: float = inf) -> Iterator[Valued]:
        """Those that cost no more than this."""
        for number in count():
            while number == len(self.valued) and self.waiting and self.waiting[0].cost <= cost:
                self._look(self.waiting.popleft())
            if number == len(self.valued) or self.valued[number][0].cost > cost:
                return
            yield self.valued[number]

    def matching(self, wanted: Vector, above: float = -inf, cost: float = inf) -> Iterator[Edit]:
        """Those that give these values, and cost more than `above` and no more than `cost`."""
        return (edit for edit, vector in self.within(cost) if edit.cost > above and close(vector, wanted))

    def _look(self, edit: Edit) -> None:
        vector = self.value(edit)
        if vector is not None and not close(vector, self.own):
            self.valued.append((edit, vector))
