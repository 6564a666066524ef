"""`derive check`: the formulas of notes, each with its verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from derive.commands.annotate import Pages
from derive.commands.lookup import UnknownName
from derive.commands.watch import Watch, watch
from derive.notes.conventions import PREAMBLES
from derive.notes.find import Formula, NoteError, formulas_in
from derive.notes.find.document import LARGEST, decoded
from derive.notes.find.folders import documents_in
from derive.notes.guard import Guard
from derive.notes.report import REFUTED, Checked
from derive.notes.reports.document import Document, Judge, document, opened
from derive.notes.reports.formats import Report, report
from derive.notes.reports.paint import Paint, paint_for
from derive.notes.reports.snippet import shown

STDIN = "-"


@dataclass(frozen=True)
class Options:
    """How notes are checked and what is printed of them; `only` leaves out what is proved or a definition."""

    format: str = "text"
    layer: str | None = None
    only: bool = False
    seconds: float = 10.0
    stdin_filename: str = "<stdin>"
    watch: bool = False
    annotate: bool = False
    output: str | None = None


def check(paths: Sequence[str], options: Options) -> int:
    """Prints the verdict on every displayed formula of files and folders, `-` being standard input.

    1 if a formula is refuted, 2 if a document can't be opened, else 0.
    """
    preamble = preamble_of(options.layer)
    paint = painted(options.format)
    with Guard(options.seconds) as guard:

        def judge(formulas: list[Formula]) -> list[Checked]:
            return guard.check([*preamble, *formulas])

        if options.watch:
            return watch(Watch(paths, judge, printed, options.only, paint))
        made = report(options.format, printed, options.only, paint)
        if options.annotate:
            made = Pages(made, paths, options.output, printed if options.format == "text" else None)
        status = run(paths, made, judge, options.stdin_filename)
    made.end()
    return 2 if isinstance(made, Pages) and made.failed else status


def run(paths: Sequence[str], made: Report, judge: Judge, stdin_filename: str) -> int:
    """Gives every document to a report; one that can't be opened keeps none of the others back."""
    failed = refuted = False
    for found in documents(paths, judge, stdin_filename):
        if isinstance(found, Document):
            made.document(found)
            refuted |= REFUTED in found.counts
        else:
            name, message = found
            made.failure(name, message)
            failed = True
            print(f"derive: {shown(message)}", file=sys.stderr)
    return 2 if failed else 1 if refuted else 0


def documents(paths: Sequence[str], judge: Judge, stdin_filename: str) -> Iterator[Document | tuple[str, str]]:
    """Every document once, judged, or its name and why it can't be opened."""
    seen: set[str] = set()
    for path in paths:
        try:
            names = [path] if path == STDIN else list(map(str, documents_in(Path(path))))
        except NoteError as error:
            yield path, str(error)
            continue
        for name in names:
            if name not in seen and (name == path or name not in paths):
                seen.add(name)
                yield _document(name, judge, stdin_filename)


def _document(name: str, judge: Judge, stdin_filename: str) -> Document | tuple[str, str]:
    try:
        return _stdin(judge, stdin_filename) if name == STDIN else opened(Path(name), judge)
    except NoteError as error:
        return stdin_filename if name == STDIN else name, str(error)


def _stdin(judge: Judge, name: str) -> Document:
    text = decoded(sys.stdin.buffer.read(LARGEST + 1), name)
    return document(name, text, Path(name).suffix, judge)


def preamble_of(layer: str | None) -> list[Formula]:
    """The definitions of a layer, as formulas within a line, for what a note leaves out. Raises UnknownName."""
    if layer is None:
        return []
    if layer not in PREAMBLES:
        raise UnknownName(f"there is no vocabulary for {layer}; there is one for {', '.join(PREAMBLES)}")
    return [formula for text in PREAMBLES[layer] for formula in formulas_in(f"${text}$")]


def painted(format: str) -> Paint:
    """How text is shown on standard output."""
    return paint_for(sys.stdout) if format == "text" else Paint()


def printed(line: str) -> None:
    """Prints a line; a letter that the output can't hold becomes a question mark."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding))
