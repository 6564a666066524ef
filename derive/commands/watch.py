"""`derive check --watch`: notes are judged again when they change, and what is new is said.

The times of the files are looked at a few times in a second: that works on every system, also for files that lie on
another one, and notes are few.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from derive.notes.find import NoteError
from derive.notes.find.folders import documents_in
from derive.notes.report import REFUTED
from derive.notes.reports import text
from derive.notes.reports.changes import Change, changes
from derive.notes.reports.document import Document, Judge, opened, place_of
from derive.notes.reports.findings import QUIET, of_formula
from derive.notes.reports.paint import Paint

PAUSE = 0.25
"""Seconds between two looks."""

Signature = tuple[int, int, int] | None
"""What changes when a file does: its time, its size, and which file it is; None where there is none."""


@dataclass
class Watched:
    """A document: what was seen of its file, its last verdicts, and why it can't be opened, if so."""

    judged: Signature = None
    seen: Signature = None
    document: Document | None = None
    failure: str = ""


class Watch:
    """The documents of files and folders, and what is printed of them."""

    def __init__(
        self, paths: Sequence[str], judge: Judge, write: Callable[[str], None], only: bool, paint: Paint
    ) -> None:
        self.paths, self.judge, self.write, self.only, self.paint = paths, judge, write, only, paint
        self.known: dict[str, Watched] = {}
        self.empty: dict[str, str] = {}

    @property
    def status(self) -> int:
        """As of the last look: 2 if a document can't be opened, 1 if a formula is refuted, else 0."""
        if self.empty or any(state.failure for state in self.known.values()):
            return 2
        there = (state.document for state in self.known.values() if state.judged is not None)
        return int(any(document is not None and REFUTED in document.counts for document in there))

    def look(self) -> None:
        """Judges every document that has changed since the last look but one, and not since: it is written by then."""
        for name in dict.fromkeys((*self._names(), *self.known)):
            signature = _signature(Path(name))
            if name not in self.known:
                self.known[name] = Watched(seen=signature)
                self._judge(name, self.known[name], signature)
            elif Path(name).is_dir():
                del self.known[name]  # it was gone, and is back
            elif self.known[name].seen != signature:
                self.known[name].seen = signature
            elif self.known[name].judged != signature:
                self._judge(name, self.known[name], signature)

    def _names(self) -> Iterator[str]:
        for path in self.paths:
            try:
                yield from map(str, documents_in(Path(path)))
                self.empty.pop(path, None)
            except NoteError as error:
                if path not in self.empty:
                    self._time(str(error))
                self.empty[path] = str(error)

    def _judge(self, name: str, state: Watched, signature: Signature) -> None:
        before, was_there = state.document, state.judged is not None
        state.judged = signature
        if signature is None and was_there:
            self._failed(name, state, f"{name} is gone")
            return
        try:
            state.document, state.failure = opened(Path(name), self.judge), ""
        except NoteError as error:
            self._failed(name, state, str(error))
            return
        if before is None:
            lines = text.text(state.document, self.only, self.paint)
        else:
            self._time(f"{name} has changed" if was_there else f"{name} is back")
            lines = self._news(before, state.document)
        for line in lines:
            self.write(line)

    def _failed(self, name: str, state: Watched, message: str) -> None:
        """A document that can't be opened now; one in a folder that was taken away is not missed."""
        state.failure = message if state.judged is not None or name in self.paths else ""
        self._time(message)

    def _time(self, message: str) -> None:
        self.write(self.paint("bold", f"{datetime.now():%H:%M:%S} {text.shown(message)}"))

    def _news(self, before: Document, now: Document) -> Iterator[str]:
        quiet = True
        for change in changes(before.found, now.found):
            if not change.said or (self.only and _is_quiet(change)):
                continue
            quiet = False
            yield from self._change(now if change.now is not None else before, change)
        if quiet:
            yield "no verdict has changed"
        yield f"{text.shown(now.name)}: {text.summary(now.counts)}"

    def _change(self, document: Document, change: Change) -> Iterator[str]:
        checked = change.now or change.before
        if checked is None:
            return
        if change.is_shown_in_full:
            for finding in of_formula(checked):
                yield from text.of_finding(document, finding, self.paint)
            return
        kind = change.now.verdict if change.now is not None else "proved"
        place = place_of(checked.formula, 0, 0)
        reason = f": {checked.reason}" if checked.reason and change.now is not None and kind != REFUTED else ""
        yield f"{text.shown(document.name)}:{place}: {self.paint(kind, change.said)}{text.shown(reason)}"


def _is_quiet(change: Change) -> bool:
    """A new formula that is proved, or the like; what was refuted is always told."""
    was = change.before.verdict if change.before is not None else ""
    return was != REFUTED and change.now is not None and change.now.verdict in QUIET


def _signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def watch(watch: Watch) -> int:
    """Looks until ctrl-C; the exit status is that of the last look."""
    watch.look()
    count = sum(state.document is not None for state in watch.known.values())
    watch.write(f"watching {count} {'file' if count == 1 else 'files'}; ctrl-C ends")
    try:
        while True:
            sys.stdout.flush()
            time.sleep(PAUSE)
            watch.look()
    except KeyboardInterrupt:
        return watch.status
