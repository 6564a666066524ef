"""What is new in a document since it was judged last: formulas that are newly refuted, mended, still refuted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from derive.notes.report import DEFINITION, PROVED, REFUTED, Checked


@dataclass(frozen=True)
class Change:
    """A formula before and now; one of them is None where it is new, or gone."""

    before: Checked | None
    now: Checked | None

    @property
    def said(self) -> str:
        """In words; nothing where there is nothing to say."""
        if self.now is None:
            return "gone, was refuted" if self.before is not None and self.before.verdict == REFUTED else ""
        now = self.now.verdict
        if self.before is None:
            return f"new: {now}"
        was = self.before.verdict
        if was == now:
            return "still refuted" if now == REFUTED else ""
        if was == REFUTED:
            return f"mended: {now}, was refuted" if now in (PROVED, DEFINITION) else f"{now}, was refuted"
        return f"{now}, was {was}"

    @property
    def is_shown_in_full(self) -> bool:
        """Whether it is refuted in a way that was not shown before."""
        if self.now is None or self.now.verdict != REFUTED:
            return False
        return self.before is None or self.before.verdict != REFUTED or _key(self.before) != _key(self.now)


def changes(before: Sequence[Checked], now: Sequence[Checked]) -> Iterator[Change]:
    """Each formula with what became of it; those that were edited are found by their neighbours."""
    old, new = [_key(each) for each in before], [_key(each) for each in now]
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pairs = zip_longest(before[i:i_end], now[j:j_end])
        yield from (
            (Change(*pair) for pair in pairs) if kind != "delete" else (Change(each, None) for each in before[i:i_end])
        )


def _key(checked: Checked) -> str:
    """The LaTeX without blanks, by which a formula is known again where it was moved."""
    return "".join(checked.formula.latex.split())
