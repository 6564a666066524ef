"""Verdicts in SARIF, the format in which tools of analysis give their results to other tools.

Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard, 27 March 2020.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from derive.notes.report import REFUTED
from derive.notes.reports.document import Document, Place
from derive.notes.reports.findings import QUIET, Finding, findings
from derive.notes.reports.rules import Rule, rules

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def of_documents(
    documents: Iterable[Document], errors: Sequence[tuple[str, str]] = (), version: str = ""
) -> dict[str, Any]:
    """One run with a result for each finding that is no proof and no definition."""
    known = {rule.id: number for number, rule in enumerate(rules())}
    results = [
        _result(document, finding, known)
        for document in documents
        for finding in findings(document)
        if finding.kind not in QUIET
    ]
    driver = {"name": "derive", "fullName": "normproof derive", "rules": [_rule(rule) for rule in rules()]}
    run = {
        "tool": {"driver": {**driver, **({"version": version} if version else {})}},
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {"executionSuccessful": not errors, "toolExecutionNotifications": [_failure(*each) for each in errors]}
        ],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": rule.level},
    }


def _failure(name: str, message: str) -> dict[str, Any]:
    location = {"physicalLocation": {"artifactLocation": {"uri": uri(name)}}}
    return {"level": "error", "message": {"text": message}, "locations": [location]}


def _result(document: Document, finding: Finding, known: dict[str, int]) -> dict[str, Any]:
    id = finding.code if finding.code in known else finding.kind
    level = next(rule.level for rule in rules() if rule.id == finding.kind)
    said = finding.message or finding.kind
    return {
        "ruleId": id,
        "ruleIndex": known[id],
        "level": level,
        "message": {"text": "\n".join((said, *finding.details))},
        "locations": [_location(document, finding.place)],
        **_fixes(document, finding),
    }


def _location(document: Document, place: Place) -> dict[str, Any]:
    """Where a finding is; in a notebook also in which cell."""
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(document.name)}}
    found = document.file_place(place)
    if found is not None:
        physical["region"] = region(document, found)
    if place.cell is None:
        return {"physicalLocation": physical}
    return {"physicalLocation": physical, "logicalLocations": [{"name": str(place), "kind": "member"}]}


def region(document: Document, place: Place) -> dict[str, int]:
    """A place of a file with its columns counted as SARIF counts them here, in units of UTF-16."""
    return {
        "startLine": place.line,
        "startColumn": _units(document.file_line(place.line)[: place.column - 1]) + 1,
        "endLine": place.end_line,
        "endColumn": _units(document.file_line(place.end_line)[: place.end_column - 1]) + 1,
    }


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fixes(document: Document, finding: Finding) -> dict[str, Any]:
    """What to write instead; only in one line, since marks of quotes may stand at the beginnings of further ones."""
    place = document.file_place(finding.place)
    if finding.kind != REFUTED or finding.instead is None or place is None or place.line != place.end_line:
        return {}
    if document.text(finding.place) != finding.written:  # a comment is in it, which should stay
        return {}
    instead = finding.instead if finding.place.cell is None else json.dumps(finding.instead)[1:-1]
    replacement = {"deletedRegion": region(document, place), "insertedContent": {"text": instead}}
    change = {"artifactLocation": {"uri": uri(document.name)}, "replacements": [replacement]}
    return {"fixes": [{"description": {"text": f"true is: {finding.true}"}, "artifactChanges": [change]}]}


def uri(name: str) -> str:
    """The name of a file as a URI, relative where the name is."""
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
