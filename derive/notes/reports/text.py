"""Verdicts as a good compiler gives its errors: where, what, the line with marks below what is wrong, what helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from derive.notes.report import REFUTED, VERDICTS
from derive.notes.reports.document import Document
from derive.notes.reports.findings import QUIET, WARNING, Finding, findings
from derive.notes.reports.paint import Paint
from derive.notes.reports.snippet import marked, shown

GUTTER = 5
"""Room for the numbers of lines."""

LONGEST = 60
"""What should stand at a mark is written behind it if it has no more letters."""


def text(document: Document, only: bool = False, paint: Paint | None = None) -> Iterator[str]:
    """The findings of a document, and a line with their counts; `only` leaves out what is proved or a definition."""
    paint = paint or Paint()
    said: set[tuple[str, str]] = set()
    for finding in findings(document):
        if not only or finding.kind not in QUIET:
            yield from of_finding(document, _new(finding, said), paint)
    yield f"{shown(document.name)}: {summary(document.counts)}{_warned(document)}"


def _warned(document: Document) -> str:
    """How many warnings there are."""
    count = sum(finding.kind == WARNING for finding in findings(document))
    return f"; {count} {'warning' if count == 1 else 'warnings'}" if count else ""


def _new(finding: Finding, said: set[tuple[str, str]]) -> Finding:
    """A finding without the conventions that were named before; what is refuted always names its own."""
    new = tuple(each for each in finding.conventions if each not in said or finding.kind == REFUTED)
    said.update(new)
    return replace(finding, conventions=new)


def of_finding(document: Document, finding: Finding, paint: Paint | None = None) -> Iterator[str]:
    """One finding: the place and the message, the line with its marks, and the details."""
    paint = paint or Paint()
    place = paint("bold", f"{shown(document.name)}:{finding.place}: ") if document.name else ""
    message = f": {shown(finding.message)}" if finding.message else ""
    yield f"{place}{paint(finding.kind, finding.title)}{message}"
    if finding.kind not in QUIET:
        yield from snippet(document, finding, paint)
    yield from (f"{' ' * GUTTER}   {shown(line)}" for line in finding.details)


def snippet(document: Document, finding: Finding, paint: Paint) -> Iterator[str]:
    """The lines of a finding, each with the marks below it, and what should stand there behind the last mark."""
    room = paint.width - GUTTER - 3 if paint.width is not None else None
    lines = marked(document, finding.place, room)
    for line in lines:
        if line is None:
            yield paint("dim", f"{'...':>{GUTTER}}")
            continue
        yield paint("dim", f"{line.number:>{GUTTER}} | ") + line.shown
        label = _label(finding) if line is lines[-1] else ""
        yield paint("dim", f"{'':>{GUTTER}} | ") + paint(finding.kind, f"{line.marks}{label}")


def _label(finding: Finding) -> str:
    """What should stand where the mark is, if it is short; else the line that says what is true says it, too."""
    if finding.instead is None or len(finding.instead) > LONGEST:
        return ""
    instead = " ".join(finding.instead.split())
    if not finding.written.strip():
        return shown(f" {instead} is missing here")
    return shown(f" should be {instead}" if instead else " should not be here")


def summary(counts: Mapping[str, int]) -> str:
    """How many formulas there are, by verdict: `3 formulas: 2 proved, 1 refuted`."""
    count = sum(counts.values())
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts.get(verdict))
    return f"{count} {'formula' if count == 1 else 'formulas'}" + (f": {said}" if said else "")


def overall(documents: Iterable[Mapping[str, int]], failed: int = 0) -> str:
    """The counts of several documents together."""
    all_counts = list(documents)
    total: Counter[str] = Counter()
    for counts in all_counts:
        total.update(counts)
    lost = f"; {failed} can't be opened" if failed else ""
    return f"{len(all_counts)} {'file' if len(all_counts) == 1 else 'files'}: {summary(total)}{lost}"
