"""Hypotheses: what may be wrong, in words, and the values that a program with that fault gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from verify.diagnosis.point import Point, Variation


@dataclass(frozen=True)
class Hypothesis:
    """A fault: its code, the sentence for it, and the programs that have it.

    `only` are the quantities that the sentence is about; none means that it is about the layer. `repaired` is what
    should stand there; `parameters` counts the numbers in it that were fitted to what was observed;
    `almost` is the code of another fault, if this one is nearly that.
    """

    code: str
    says: str
    variations: tuple[Variation, ...]
    only: tuple[str, ...] = ()
    repaired: str | None = None
    parameters: int = 0
    almost: str = ""

    def concerns(self, name: str) -> bool:
        return not self.only or name in self.only


Family = Callable[[Point], Iterable[Hypothesis]]


def merged(hypotheses: Iterable[Hypothesis]) -> Iterator[Hypothesis]:
    """Hypotheses with the same sentence as one, with the variations of all."""
    found: dict[tuple[str, str], Hypothesis] = {}
    for each in hypotheses:
        key = (each.code, each.says)
        if key in found:
            old = found[key]
            only = tuple(dict.fromkeys((*old.only, *each.only))) if old.only and each.only else ()
            repaired = old.repaired or each.repaired
            every = (*old.variations, *each.variations)
            most = max(old.parameters, each.parameters)
            each = Hypothesis(each.code, each.says, every, only, repaired, most, old.almost)
        found[key] = each
    yield from found.values()
