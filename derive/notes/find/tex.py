"""LaTeX documents: comments and verbatim text are blanked."""

from __future__ import annotations

import re

from derive.notes.find.formula import Formula, Text
from derive.notes.find.macros import MARK
from derive.notes.find.markdown import blank
from derive.notes.find.mathematics import mathematics

_SKIPPED = re.compile(
    r"\\begin\{(verbatim\*?|lstlisting|minted|comment|Verbatim|alltt|filecontents\*?)\}.*?(?:\\end\{\1\}|\Z)"
    r"|\\(?:verb|lstinline)\*?([^\sA-Za-z*]).*?\2"
    r"|(?<!\\)(?:\\\\)*%[^\n]*",
    re.DOTALL,
)


def tex(text: str) -> list[Formula]:
    """The formulas of a LaTeX document, in their order; of what stands before it begins, its macros."""
    clean = _SKIPPED.sub(lambda match: blank(match.group()), text.replace("\r\n", "\n"))
    body, end = clean.find(r"\begin{document}"), clean.find(r"\end{document}")
    if end >= 0:
        clean = clean[:end] + blank(clean[end:])
    found = mathematics(Text.of([(line, 0) for line in clean.split("\n")]), tex=True)
    first = clean.count("\n", 0, max(body, 0)) + 1
    return [formula for formula in found if formula.line >= first or formula.mark == MARK]
