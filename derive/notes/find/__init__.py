"""Where the formulas of a document are: Markdown, LaTeX, reStructuredText and notebooks."""

from derive.notes.find.document import find, formulas_in
from derive.notes.find.formula import Formula, NoteError

__all__ = ["Formula", "NoteError", "find", "formulas_in"]
