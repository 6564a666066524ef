"""The page that leads to the pages of several documents: how many formulas of each verdict, and what is refuted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from derive.notes.page.frame import counted, framed, summed, wrongs
from derive.notes.page.texts import text
from derive.notes.page.verdict import SIGNS
from derive.notes.report import VERDICTS, Checked

TITLE = "Notes and their formulas"


@dataclass(frozen=True)
class Entry:
    """A document: its name, the file of its page in the same folder, and its displayed formulas."""

    name: str
    page: str
    found: Sequence[Checked]


def index(entries: Sequence[Entry]) -> str:
    """One HTML page that needs nothing else but the pages it leads to."""
    found = [checked for entry in entries for checked in entry.found]
    notes = f"{len(entries)} notes" if len(entries) != 1 else "1 note"
    head = f'<header lang="en">\n<h1>{TITLE}</h1>\n<p class="file">{notes}</p>\n{summed(counted(found))}</header>\n'
    listed = f'<article class="whole">\n{_table(entries)}{"".join(_refuted(entries))}</article>\n'
    return framed(TITLE, "en", head + listed)


def _table(entries: Sequence[Entry]) -> str:
    """A row for each document; a column for each verdict that occurs."""
    verdicts = [verdict for verdict in VERDICTS if any(counted(entry.found)[verdict] for entry in entries)]
    heads = "".join(f'<th class="right">{SIGNS[verdict]} {verdict}</th>' for verdict in verdicts)
    rows = "".join(_row(entry, verdicts) for entry in entries)
    return f"<table><thead><tr><th>note</th>{heads}</tr></thead><tbody>\n{rows}</tbody></table>\n"


def _row(entry: Entry, verdicts: Sequence[str]) -> str:
    counts = counted(entry.found)
    cells = "".join(f'<td class="right">{counts[verdict] or ""}</td>' for verdict in verdicts)
    return f'<tr><td><a href="{text(quote(entry.page))}">{text(entry.name)}</a></td>{cells}</tr>\n'


def _refuted(entries: Sequence[Entry]) -> Iterator[str]:
    """What is refuted, by document, each with a link to it."""
    for entry in entries:
        items = "\n".join(wrongs(entry.found, entry.page))
        if items:
            yield f"<h2>{text(entry.name)}</h2>\n<ol>\n{items}\n</ol>\n"
