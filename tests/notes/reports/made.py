"""Findings of every kind, made by hand, so that a format can be tested without a proof."""

from dataclasses import replace

from derive.notes.report import REFUTED, Mending
from derive.notes.reports.document import Document
from tests.notes.reports.notes import note


def mended(document: Document, number: int, written: str, instead: str, code: str | None = "sign") -> Document:
    """The document, with a mending at the last place in a formula where this is written."""
    checked = document.found[number]
    latex = checked.formula.latex
    start = latex.rindex(written)
    mending = Mending(
        start, start + len(written), instead, latex[:start] + instead + latex[start + len(written) :], code
    )
    relations = tuple(replace(each, mending=mending if each.verdict == REFUTED else None) for each in checked.relations)
    found = list(document.found)
    found[number] = replace(checked, relations=relations)
    return replace(document, found=tuple(found))


def one(latex: str, written: str, instead: str, before: str = "", name: str = "note") -> Document:
    """A document with one refuted formula, mended."""
    return mended(note(f"{before}$${latex}$$\n", name=name), 0, written, instead)
