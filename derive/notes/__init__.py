"""Notes and papers: finds their formulas, and says of each whether it is true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derive.notes.report import Checked


def check(path: Path | str, *, seconds: float = 10.0) -> list[Checked]:
    """Every displayed formula of a document, in its order, with its verdict.

    A formula that takes more than so many seconds is undecided. Raises NoteError (`derive.notes.find`) where the
    document can't be opened.
    """
    from derive.notes.find import find
    from derive.notes.guard import Guard

    with Guard(seconds) as guard:
        return guard.check(find(path))


__all__ = ["check"]
