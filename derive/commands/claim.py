"""`derive claim`: one formula in LaTeX, and its verdict."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace

from derive.commands.check import STDIN, painted, preamble_of, printed
from derive.commands.lookup import UnknownName
from derive.notes.find import Formula, NoteError, formulas_in
from derive.notes.find.document import LARGEST, decoded
from derive.notes.guard import Guard
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD, Checked
from derive.notes.reports import record, text
from derive.notes.reports.document import Document
from derive.notes.reports.findings import findings

DELIMITERS = ("$", "\\[", "\\(", "\\begin")

GRAVEST = (REFUTED, UNREAD, UNDECIDED, PROVED, DEFINITION)
"""Of several formulas the verdict that comes first here counts."""


def claim(latex: str, format: str, layer: str | None, seconds: float) -> int:
    """Prints the verdict on one formula, `-` being standard input; 1 if it is refuted, 2 if it can't be read."""
    latex = _given(latex)
    with Guard(seconds) as guard:
        found = guard.check([*preamble_of(layer), *formulas_of(latex)])
    document = Document("", {None: latex.split("\n")}, tuple(found))
    verdict = _gravest(found)
    if format == "json":
        printed(json.dumps(_value(verdict, found), indent=2))
    else:
        paint = painted(format)
        for finding in findings(document):
            for line in text.of_finding(document, finding, paint):
                printed(line)
    return {REFUTED: 1, UNREAD: 2}.get(verdict, 0)


def _given(latex: str) -> str:
    """What was typed, or comes from standard input. Raises UnknownName where that is not text."""
    if latex != STDIN:
        return latex
    try:
        return decoded(sys.stdin.buffer.read(LARGEST + 1), "standard input")
    except NoteError as error:
        raise UnknownName(str(error)) from None


def formulas_of(latex: str) -> list[Formula]:
    """The formula as it was typed, with delimiters or without."""
    found = formulas_in(latex) if latex.lstrip().startswith(DELIMITERS) else []
    if found:
        return [replace(formula, display=True) for formula in found]
    lines = tuple((number, 1) for number in range(1, latex.count("\n") + 2))
    return [Formula(latex, "$$", True, lines)]


def _gravest(found: Sequence[Checked]) -> str:
    return next((verdict for verdict in GRAVEST if any(each.verdict == verdict for each in found)), UNREAD)


def _value(verdict: str, found: Sequence[Checked]) -> dict[str, object]:
    """The formula as JSON: its verdict and what is behind it, then all that `derive check` says of a formula."""
    rows = [record.of_formula(number, checked) for number, checked in enumerate(found, 1)]
    row = next((row for row in rows if row["verdict"] == verdict), {})
    own = next((each for each in row.get("relations", ()) if each["verdict"] == verdict), {})
    short = {key: own.get(key) for key in ("counterexample", "repair", "code")}
    return {"verdict": verdict, **short, "reason": row.get("reason", ""), "equations": rows}
