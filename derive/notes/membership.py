"""What is said of `... \\in \\mathbb{R}^{n \\times d}`: a declaration, or one more word about a formula before it."""

from __future__ import annotations

from derive.language import LanguageError
from derive.latex.reader import syntax as tree
from derive.notes.meaning.shapes import Space
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.unclear import Unclear
from derive.notes.report import DEFINITION, UNDECIDED, Relation


def membership(left: tree.Node, sign: tree.Sign, said: Space, behind: Translation | None) -> list[Relation]:
    """A definition; behind a formula nothing, unless that formula has another number of axes than the space."""
    if behind is None:
        return [Relation(sign.text, sign.start, DEFINITION)]
    try:
        axes = behind.value(left).axes
    except (Unclear, LanguageError):
        return []
    if len(axes) == len(said.sizes):
        return []
    reason = f"it has {len(axes)} axes here, and the space has {len(said.sizes)}"
    return [Relation(sign.text, sign.start, UNDECIDED, reason)]
