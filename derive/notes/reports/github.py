"""Verdicts as workflow commands of GitHub, which shows them at the lines of a change.

Source: docs.github.com, "Workflow commands for GitHub Actions", setting an error message.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.notes.reports.document import Document
from derive.notes.reports.findings import QUIET, Finding, findings

LEVELS = {"refuted": "error", "warning": "warning", "undecided": "notice", "unread": "notice"}


def github(document: Document) -> Iterator[str]:
    """One command for each finding; none for what is proved or a definition."""
    for finding in findings(document):
        if finding.kind not in QUIET:
            yield of_finding(document, finding)


def of_finding(document: Document, finding: Finding) -> str:
    """A command. In a notebook the place in its cell is a part of the message; lines are those of the file."""
    place = document.file_place(finding.place)
    where: list[tuple[str, object]] = [("file", document.name)]
    if place is not None:
        where += [("line", place.line), ("endLine", place.end_line), ("col", place.column)]
        if place.line == place.end_line:
            where.append(("endColumn", place.end_column))
    said = finding.message or finding.kind
    head = said if finding.place.cell is None else f"{finding.place}: {said}"
    return _command(LEVELS[finding.kind], [*where, ("title", finding.title)], "\n".join((head, *finding.details)))


def failure(name: str, message: str) -> str:
    """A document that could not be opened."""
    return _command("error", [("file", name)], message)


def _command(level: str, properties: list[tuple[str, object]], message: str) -> str:
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties)
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
