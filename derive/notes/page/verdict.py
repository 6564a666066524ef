"""What stands beside a displayed formula, its verdict, and below it: what is wrong, and what is true instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.notes.find import Formula
from derive.notes.page.commands import used
from derive.notes.page.mathml import Macros, mathml
from derive.notes.page.texts import text
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD, Checked, Relation
from derive.notes.reports.document import place_of
from derive.notes.reports.findings import WARNING, Finding, counterexample, of_formula, of_relation, true_instead
from derive.notes.reports.rules import rules

SIGNS = {PROVED: "\u2713", DEFINITION: "\u2254", REFUTED: "\u2717", UNDECIDED: "?", UNREAD: "\u2026"}
"""Beside the word, so that no verdict is told by its colour alone."""


MISSING = "\u25be"
"""Stands where something is missing."""


LONG = 60
"""Formulas within a line with more letters than this may scroll by themselves."""


def formula(checked: Checked, number: int, said: set[tuple[str, str]]) -> str:
    """A displayed formula with its verdict beside it, and below what there is to say of what is wrong.

    `said` are the conventions that were named further up; they are named again only where something is refuted.
    """
    marks = _marks(checked)
    latex = checked.formula.latex
    shown, is_marked = _typeset(latex, marks, used(latex, checked.formula.macros))
    return (
        f'<div class="formula {checked.verdict}" id="formula-{number}"><div class="set">{shown}</div>'
        f"{_aside(checked, number, said)}{''.join(_below(checked, is_marked))}</div>"
    )


def inline(own: Formula) -> str:
    """A formula within a line; one that may say what a name means is set off a little."""
    latex = own.latex
    shown = mathml(latex, display=False, macros=used(latex, own.macros))
    if shown is None:
        return f'<code class="source" title="not typeset">{text(latex)}</code>'
    names = ["inline", *(["says"] if "=" in latex else []), *(["long"] if len(latex) > LONG else [])]
    return f'<span class="{" ".join(names)}">{shown}</span>'


def source(latex: str) -> str:
    """LaTeX as it is written."""
    return f'<code class="source">{text(latex)}</code>'


def _marks(checked: Checked) -> list[tuple[int, int]]:
    """The parts of a refuted formula that are wrong, in order, none within another."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(_wrong(relation) for relation in checked.relations if relation.verdict == REFUTED):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _wrong(relation: Relation) -> tuple[int, int]:
    if relation.mending is not None:
        return relation.mending.start, relation.mending.end
    return relation.span or (relation.offset, relation.offset + len(relation.op))


def _typeset(latex: str, marks: Sequence[tuple[int, int]], macros: Macros) -> tuple[str, bool]:
    """A formula typeset with its marks, or else without them, or else its source; and whether it has its marks."""
    marked = mathml(latex, True, marks, macros) if marks else None
    if marked is not None:
        return marked, True
    shown = mathml(latex, True, macros=macros)
    if shown is not None:
        return shown, not marks
    return f'<pre class="source" title="not typeset"><code>{_with_marks(latex, marks)}</code></pre>', True


def _with_marks(latex: str, marks: Sequence[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in marks:
        parts += [text(latex[at:start]), f"<mark>{text(latex[start:end]) or MISSING}</mark>"]
        at = end
    return "".join((*parts, text(latex[at:])))


def _aside(checked: Checked, number: int, said: set[tuple[str, str]]) -> str:
    """The margin: the verdict as a sign and a word, the place, why, and what would help."""
    found = list(of_formula(checked))
    first = next((each for each in found if each.kind == checked.verdict), None)
    place = first.place if first is not None else place_of(checked.formula, 0, 1)
    lines = [f'<p><span class="badge">{SIGNS[checked.verdict]} {checked.verdict}</span> {_link(number, place)}</p>']
    message = first.message if first is not None else checked.reason
    if message:
        lines.append(f'<p class="reason">{text(message)}</p>')
    if first is not None and first.help:
        lines.append(f'<p class="help"><b>help:</b> {text(first.help)}</p>')
    lines += _notes(found, set() if checked.verdict == REFUTED else said)
    said.update(each for finding in found for each in finding.conventions)
    return f'<aside class="verdict" lang="en">{"".join(lines)}</aside>'


def _link(number: int, place: object) -> str:
    return f'<a class="place" href="#formula-{number}">{text(place)}</a>'


def _notes(found: Sequence[Finding], said: set[tuple[str, str]]) -> Iterator[str]:
    """What was filled in, each once, and the warnings."""
    for name, meaning in dict.fromkeys(each for finding in found for each in finding.conventions):
        if (name, meaning) in said:
            continue
        shown = mathml(name, display=False) or source(name)
        yield f'<p class="note"><b>note:</b> {shown} is taken to be {text(meaning)}</p>'
    for finding in found:
        if finding.kind == WARNING:
            yield f'<p class="note warning"><b>warning:</b> {text(finding.message)}</p>'


def _below(checked: Checked, is_marked: bool) -> Iterator[str]:
    """For each refuted relation what is wrong, what is true instead, numbers at which it fails, and the mistake."""
    refuted = [relation for relation in checked.relations if relation.verdict == REFUTED and not relation.follows]
    for relation in refuted if checked.verdict == REFUTED else ():
        yield '<div class="below" lang="en">'
        if len(refuted) > 1:
            yield f'<p class="which">{text(of_relation(checked, relation))}: {text(relation.reason)}</p>'
        if not is_marked:
            yield f'<pre class="source"><code>{_with_marks(checked.formula.latex, [_wrong(relation)])}</code></pre>'
        yield from _true(relation, checked.formula)
        yield from _mistake(relation)
        numbers = "\n".join(counterexample(relation))
        if numbers:
            yield f'<p class="label">It fails here:</p><pre class="numbers">{text(numbers)}</pre>'
        yield "</div>"


def _true(relation: Relation, own: Formula) -> Iterator[str]:
    true = true_instead(relation)
    if true is None:
        return
    shown, _ = _typeset(true, _mended(relation, own.latex, true), used(true, own.macros))
    yield f'<p class="label">True is:</p><div class="set true">{shown}</div>'
    yield f'<details class="latex"><summary>its LaTeX</summary><pre><code>{text(true)}</code></pre></details>'


def _mended(relation: Relation, latex: str, true: str) -> list[tuple[int, int]]:
    """Where in what is true the mended part stands: behind the same signs as what is wrong in the formula."""
    if relation.mending is None or not (instead := relation.mending.instead.strip()):
        return []
    for length in (40, 20, 10, 5, 0):
        before = latex[max(0, relation.mending.start - length) : relation.mending.start]
        if true.count(before + instead) == 1:
            start = true.index(before + instead) + len(before)
            return [(start, start + len(instead))]
    return []


def _mistake(relation: Relation) -> Iterator[str]:
    """The code of a common mistake, and what it is about."""
    code = relation.mending.code if relation.mending is not None else None
    if code is None:
        return
    rule = next((rule for rule in rules() if rule.id == code), None)
    about = f" {text(rule.title)} {text(rule.help)}" if rule is not None else ""
    yield f'<p class="mistake"><code>{text(code)}</code>{about}</p>'
