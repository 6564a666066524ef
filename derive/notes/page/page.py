"""Puts a page together: a head with counts and a filter, what is refuted, and the note with its verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.notes.find import Formula, formulas_in
from derive.notes.page.body import body, title
from derive.notes.page.frame import counted, framed, summed, wrongs
from derive.notes.page.held import restored
from derive.notes.page.texts import text
from derive.notes.page.tongue import tongue
from derive.notes.page.verdict import SIGNS, formula, inline, source
from derive.notes.report import VERDICTS, Checked


def page(name: str, text_of: str, ending: str, found: Sequence[Checked]) -> str:
    """A document with the verdicts on its displayed formulas, as one HTML page that needs nothing else.

    `name` is what the document is called, `text_of` its text, `ending` that of its file (".md", ".tex", ...).
    """
    formulas = list(enumerate(formulas_in(text_of, ending)))
    shown = _Formulas(formulas, found)
    held, front = body(text_of, ending, formulas)
    called = title(held, front, name)
    markup, seen = restored(held, shown.shown, shown.again)
    left = "".join(shown.shown(number) for number in shown.displayed if number not in seen)
    content = f"{''.join(_header(name, found))}<article>\n{markup}{_rest(left)}</article>\n"
    return framed(called, tongue(text_of, front), content)


class _Formulas:
    """The formulas of a document by their numbers, and what is said of those that are displayed."""

    def __init__(self, formulas: Sequence[tuple[int, Formula]], found: Sequence[Checked]) -> None:
        self.formulas = dict(formulas)
        self.said: set[tuple[str, str]] = set()
        displayed = [number for number, each in formulas if each.display]
        self.displayed = dict(zip(displayed, enumerate(found, 1), strict=True))

    def shown(self, number: int) -> str:
        if number in self.displayed:
            place, checked = self.displayed[number]
            return formula(checked, place, self.said)
        return inline(self.formulas[number]) if number in self.formulas else ""

    def again(self, number: int) -> str:
        return source(self.formulas[number].latex) if number in self.formulas else ""


def _rest(left: str) -> str:
    """Formulas for which the typeset text has no place."""
    return f'<h2 lang="en">Formulas that stand where the text is not shown</h2>\n{left}' if left else ""


def _header(name: str, found: Sequence[Checked]) -> Iterator[str]:
    counts = counted(found)
    yield '<header lang="en">\n'
    yield f'<p class="file"><code>{text(name)}</code></p>\n{summed(counts)}'
    yield from _filter(counts, len(found))
    yield from _contents(found)
    yield "</header>\n"


def _filter(counts: dict[str, int], total: int) -> Iterator[str]:
    """One choice: all, or the formulas of one verdict. It works by the stylesheet alone."""
    if not total:
        return
    yield '<fieldset class="filter"><legend>Show</legend>'
    yield f'<input type="radio" name="show" id="show-all" checked><label for="show-all">all {total}</label>'
    for verdict in (verdict for verdict in VERDICTS if counts[verdict]):
        yield f'<input type="radio" name="show" id="show-{verdict}">'
        yield f'<label for="show-{verdict}" class="{verdict}">{SIGNS[verdict]} {counts[verdict]} {verdict}</label>'
    yield "</fieldset>\n"


def _contents(found: Sequence[Checked]) -> Iterator[str]:
    """What is refuted, each with a link to it."""
    items = "".join(wrongs(found))
    if items:
        yield f'<nav aria-label="Refuted"><h2>Refuted</h2><ol>{items}</ol></nav>\n'
