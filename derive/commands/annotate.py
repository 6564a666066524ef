"""`derive check --annotate`: each document as a page of HTML with its verdicts, beside what is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from derive.commands.lookup import UnknownName
from derive.notes.page.frame import GENERATOR
from derive.notes.page.index import Entry, index
from derive.notes.reports.document import Document
from derive.notes.reports.formats import Report

NEEDED = {"markdown_it": "markdown-it-py", "math_core": "math-core"}
"""Modules that make pages, and the packages that they are in."""

INDEX = "index.html"
"""The page that leads to the others, where there are several in a folder."""


class Pages:
    """A report that also writes the page of every document. Raises UnknownName where that can't be.

    `output` is a file for one document, a folder for several, in which `index.html` leads to their pages; without it
    each page stands beside its document.
    """

    def __init__(
        self, report: Report, paths: Sequence[str], output: str | None, say: Callable[[str], None] | None = None
    ) -> None:
        missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
        if missing:
            raise UnknownName(f"pages need {' and '.join(missing)}: pip install 'normproof[notes]'")
        several = len(paths) > 1 or any(Path(path).is_dir() for path in paths)
        if output is not None and several and Path(output).suffix.lower() in (".html", ".htm"):
            raise UnknownName(f"{output} is one page, and there are several notes; name a folder, such as -o pages/")
        self.report, self.output, self.several, self.say = report, output, several, say
        self.failed = False
        self.written: set[Path] = set()
        self.entries: list[Entry] = []

    def document(self, document: Document) -> None:
        self.report.document(document)
        self._write(document.name, lambda: self._page(document))

    def _page(self, document: Document) -> Path:
        from derive.notes.page.page import page

        path = self._path(document.name)
        _write(path, page(document.name, document.source, document.ending, document.found))
        self.entries.append(Entry(document.name, path.name, document.found))
        return path

    def _write(self, name: str, write: Callable[[], Path]) -> None:
        """Writes a page, and says where it is or why it can't be."""
        try:
            path = write()
        except (OSError, ValueError) as error:
            self.failed = True
            why = getattr(error, "strerror", None) or error
            print(f"derive: the page of {name} can't be written: {why}", file=sys.stderr)
            return
        self.written.add(path)
        if self.say is not None:
            self.say(f"{path}: the page of {name}")

    def failure(self, name: str, message: str) -> None:
        self.report.failure(name, message)

    def end(self) -> None:
        self.report.end()
        if self.output is not None and self.several and self.entries:
            self._write("all notes", self._index)

    def _index(self) -> Path:
        path = Path(self.output or ".") / INDEX
        _write(path, index(self.entries))
        return path

    def _path(self, name: str) -> Path:
        """Where the page of a document goes. Raises ValueError where there is no place for it."""
        note = Path(name)
        if self.output is None:
            if name.startswith("<"):
                raise ValueError("say where it goes, with -o PAGE.html")
            return self._free(note.with_suffix(".html"))
        path = Path(self.output)
        if not self.several and not path.is_dir() and not self.output.endswith(("/", "\\")):
            return path
        return self._free(path / f"{note.stem.strip('<>') or 'note'}.html")

    def _free(self, path: Path) -> Path:
        """The path, or one with a number where a note of the same name has it, or the list of all notes has."""
        found, count = path, 1
        while found in self.written or (self.output is not None and self.several and found.name == INDEX):
            count += 1
            found = path.with_name(f"{path.stem}-{count}.html")
        return found


def _write(path: Path, text: str) -> None:
    """Writes a page, never over a file that is no page of ours. Raises OSError or ValueError."""
    if path.is_file() and GENERATOR.encode() not in path.read_bytes()[:20_000] and path.stat().st_size:
        raise ValueError(f"{path} is there and was not written by derive; name another with -o")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="replace")
