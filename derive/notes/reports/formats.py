"""The formats in which a check can be printed: each takes documents as they come, and ends when there are no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

from derive.notes.reports import github, record, sarif, text
from derive.notes.reports.document import Document
from derive.notes.reports.paint import Paint

Write = Callable[[str], None]


class Report(Protocol):
    """What is printed of a check."""

    def document(self, document: Document) -> None: ...

    def failure(self, name: str, message: str) -> None: ...

    def end(self) -> None: ...


class Text:
    """For people; each document as soon as it is judged, and the counts of all where there are several."""

    def __init__(self, write: Write, only: bool, paint: Paint) -> None:
        self.write, self.only, self.paint = write, only, paint
        self.counts: list[dict[str, int]] = []
        self.failed = 0

    def document(self, document: Document) -> None:
        self.counts.append(document.counts)
        for line in text.text(document, self.only, self.paint):
            self.write(line)

    def failure(self, name: str, message: str) -> None:
        self.failed += 1

    def end(self) -> None:
        if len(self.counts) + self.failed > 1:
            self.write(text.overall(self.counts, self.failed))


class GitHub:
    """Workflow commands, and the counts of each document for the log."""

    def __init__(self, write: Write) -> None:
        self.write = write

    def document(self, document: Document) -> None:
        for line in github.github(document):
            self.write(line)
        self.write(f"{text.shown(document.name)}: {text.summary(document.counts)}")

    def failure(self, name: str, message: str) -> None:
        self.write(github.failure(name, message))

    def end(self) -> None:
        """Everything is written."""


class Collected:
    """A format that is one JSON value: nothing is written before the end."""

    def __init__(self, write: Write, value: Callable[[list[Document], list[tuple[str, str]]], object]) -> None:
        self.write, self.value = write, value
        self.documents: list[Document] = []
        self.errors: list[tuple[str, str]] = []

    def document(self, document: Document) -> None:
        self.documents.append(document)

    def failure(self, name: str, message: str) -> None:
        self.errors.append((name, message))

    def end(self) -> None:
        self.write(json.dumps(self.value(self.documents, self.errors), indent=2))


FORMATS = ("text", "json", "github", "sarif")


def report(format: str, write: Write, only: bool = False, paint: Paint | None = None) -> Report:
    """A report in one of FORMATS; `only` and colours are for text alone."""
    match format:
        case "json":
            return Collected(write, record.of_documents)
        case "sarif":
            return Collected(write, lambda documents, errors: sarif.of_documents(documents, errors, _version()))
        case "github":
            return GitHub(write)
    return Text(write, only, paint or Paint())


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("normproof")
    except PackageNotFoundError:
        return ""
