"""Verdicts as values that JSON has; docs/notes.md says what each field is, and other programs rely on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from derive.notes.report import UNDECIDED, Checked, Relation
from derive.notes.reports.document import Document, Place, place_of
from derive.notes.reports.findings import of_relation, true_instead, whole
from derive.verdicts import Refuted

VERSION = 1
"""Goes up when a field changes its meaning or is taken away; new ones may come at any time."""


def of_documents(documents: Iterable[Document], errors: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """Everything that is said of documents; `errors` are the names of those that can't be read, with the reason."""
    documents = list(documents)
    total: Counter[str] = Counter()
    for each in documents:
        total.update(each.counts)
    return {
        "version": VERSION,
        "files": [of_document(each) for each in documents],
        "counts": dict(total),
        "errors": [{"path": name, "message": message} for name, message in errors],
    }


def of_document(document: Document) -> dict[str, Any]:
    rows = [of_formula(number, checked) for number, checked in enumerate(document.found, 1)]
    return {"path": document.name, "counts": document.counts, "equations": rows}


def of_formula(number: int, checked: Checked) -> dict[str, Any]:
    """A formula; its place is that of its first character, or of what could not be read."""
    formula = checked.formula
    return {
        "index": number,
        **of_place(whole(checked)),
        "cell": formula.cell,
        "latex": formula.latex,
        "verdict": checked.verdict,
        "reason": checked.reason,
        "unread": of_place(place_of(formula, *checked.span)) if checked.span else None,
        "help": checked.help,
        "warnings": list(checked.warnings),
        "conventions": [{"latex": latex, "meaning": meaning} for latex, meaning in checked.conventions],
        "relations": [of_relation_in(checked, relation) for relation in checked.relations],
    }


def of_relation_in(checked: Checked, relation: Relation) -> dict[str, Any]:
    """A relation: the place of its sign, and of what is wrong or not clear in it."""
    formula, mending = checked.formula, relation.mending
    refuted = relation.decision if isinstance(relation.decision, Refuted) else None
    line, column = formula.place(relation.offset)
    told = refuted is not None or relation.verdict == UNDECIDED
    return {
        "op": relation.op,
        "line": line,
        "column": column,
        "verdict": relation.verdict,
        "reason": relation.reason,
        "place": of_place(of_relation(checked, relation)) if told else None,
        "help": relation.help,
        "code": mending.code if mending else None,
        "also": list(mending.also) if mending else [],
        "follows": relation.follows,
        "counterexample": refuted.counterexample.as_json() if refuted is not None else None,
        "repair": true_instead(relation),
        "mending": {
            **of_place(place_of(formula, mending.start, mending.end)),
            "written": formula.latex[mending.start : mending.end],
            "instead": mending.instead,
        }
        if mending
        else None,
    }


def of_place(place: Place) -> dict[str, int]:
    """Lines and columns from 1; the end is the column behind the last character."""
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
