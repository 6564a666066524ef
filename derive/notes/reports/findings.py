"""What there is to say of a formula, before it is decided how it is written: one finding for each thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.notes.mistakes import MISTAKES
from derive.notes.repair.counterexample import shown
from derive.notes.repair.fallback import closed_form
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD, Checked, Mending, Relation
from derive.notes.reports.document import Document, Place, place_of
from derive.verdicts import Refuted

WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is said, and the place that it is about.

    `kind` is a verdict, or `warning`. `code` names the kind of mistake. `instead` is what should stand at the place
    in the place of what is `written`, None where that is not known. `true` is a whole relation in LaTeX that holds.
    """

    kind: str
    place: Place
    message: str = ""
    code: str | None = None
    counterexample: tuple[str, ...] = ()
    written: str = ""
    instead: str | None = None
    true: str | None = None
    help: str = ""
    conventions: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """`refuted [sign]`."""
        return f"{self.kind} [{self.code}]" if self.code else self.kind

    @property
    def details(self) -> list[str]:
        """What is said below the message, a line each."""
        true = [f"true is: {' '.join(self.true.split())}"] if self.true else []
        notes = [f"note: {name} is taken to be {meaning}" for name, meaning in self.conventions]
        helped = [f"help: {self.help}"] if self.help else []
        see = [f"see: derive explain {self.code}"] if self.code in MISTAKES else []
        return [*self.counterexample, *true, *helped, *notes, *see]


def findings(document: Document) -> Iterator[Finding]:
    """Everything that is said of a document, in its order; formulas that are proved or definitions have one, too."""
    for checked in document.found:
        yield from of_formula(checked)


def of_formula(checked: Checked) -> Iterator[Finding]:
    """One finding for each refuted relation, else one for the verdict; then the warnings."""
    refuted = [relation for relation in checked.relations if relation.verdict == REFUTED]
    if checked.verdict == REFUTED and refuted:
        for relation in refuted:
            if not relation.follows:
                yield _refuted(checked, relation, _following(checked, relation))
    elif checked.verdict == UNDECIDED:
        yield from _undecided(checked)
    elif checked.verdict == UNREAD:
        span = checked.span or (0, 0)
        yield Finding(UNREAD, place_of(checked.formula, *span), checked.reason, help=checked.help)
    else:
        yield Finding(checked.verdict, whole(checked), checked.reason, conventions=checked.conventions)
    for message in (*_unclosed(checked), *checked.warnings):
        yield Finding(WARNING, _of_warning(checked, message), message)


def _of_warning(checked: Checked, message: str) -> Place:
    """The name that a warning begins with, where it stands in the formula; else the first line of the formula."""
    latex, name = checked.formula.latex, message.partition(" ")[0]
    found = re.search(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z])", latex)
    if found is not None:
        return place_of(checked.formula, *found.span())
    start = len(latex) - len(latex.lstrip())
    line_end = latex.find("\n", start)
    return place_of(checked.formula, start, len(latex) if line_end < 0 else line_end)


def whole(checked: Checked) -> Place:
    """Where a formula stands."""
    return place_of(checked.formula, 0, len(checked.formula.latex))


def of_relation(checked: Checked, relation: Relation) -> Place:
    """What is wrong or not clear in a relation; its sign where no more is known."""
    if relation.mending is not None:
        return place_of(checked.formula, relation.mending.start, relation.mending.end)
    span = relation.span or (relation.offset, _end_of_sign(checked.formula.latex, relation))
    return place_of(checked.formula, *span)


_SIGN = re.compile(r"\\[A-Za-z]+(?:\s*\{[^{}]*\})*=?|.", re.DOTALL)
"""A sign that is written in another way than it is read: \\mathrel{+}=, \\overset{!}{=}, or a macro."""


def _end_of_sign(latex: str, relation: Relation) -> int:
    if latex.startswith(relation.op, relation.offset):
        return relation.offset + len(relation.op)
    match = _SIGN.match(latex, relation.offset)
    return match.end() if match else relation.offset


def true_instead(relation: Relation) -> str | None:
    """A relation that holds in the place of a refuted one, in LaTeX."""
    if relation.mending is not None:
        return relation.mending.latex
    return closed_form(relation.decision) if isinstance(relation.decision, Refuted) else None


def counterexample(relation: Relation) -> tuple[str, ...]:
    """The numbers at which a relation fails, a line each."""
    return tuple(shown(relation))


def _following(checked: Checked, relation: Relation) -> str:
    """Of the relation behind one that is refuted: that it holds once this one is mended, where that is so."""
    place = next(number for number, each in enumerate(checked.relations, 1) if each is relation)
    behind = checked.relations[place] if place < len(checked.relations) else None
    if behind is None or not behind.follows:
        return ""
    line, column = checked.formula.place(behind.offset)
    return f"with that mended, the {behind.op} at {line}:{column} holds"


def _refuted(checked: Checked, relation: Relation, following: str = "") -> Finding:
    mending: Mending | None = relation.mending
    codes = (mending.code, *mending.also) if mending else ()
    titles = [_within_a_sentence(MISTAKES[code].title) for code in codes if code in MISTAKES]
    reason = relation.reason or checked.reason
    return Finding(
        REFUTED,
        of_relation(checked, relation),
        "; ".join([*titles, reason]),
        mending.code if mending else None,
        counterexample(relation),
        checked.formula.latex[mending.start : mending.end] if mending else "",
        mending.instead if mending else None,
        true_instead(relation),
        following or relation.help or checked.help,
        checked.conventions,
    )


def _within_a_sentence(title: str) -> str:
    """A sentence as a part of another one."""
    first = title[0].lower() if title[1:2].islower() or title[1:2] == " " else title[0]
    return f"{first}{title[1:].rstrip('.')}"


def _undecided(checked: Checked) -> Iterator[Finding]:
    """What is not decided first, and others that can be mended; what has no relation is marked as a whole."""
    own = [relation for relation in checked.relations if relation.verdict == UNDECIDED]
    if not own or not own[0].op:
        yield Finding(UNDECIDED, whole(checked), checked.reason, help=checked.help)
        return
    for each in [own[0], *(relation for relation in own[1:] if relation.mending is not None)]:
        helped = each.help or checked.help
        yield Finding(UNDECIDED, of_relation(checked, each), each.reason, help=helped, conventions=checked.conventions)


def _unclosed(checked: Checked) -> tuple[str, ...]:
    mark = checked.formula.mark
    return (f"the formula is not closed: nothing belongs to the {mark} before it",) if checked.formula.unclosed else ()


QUIET = (PROVED, DEFINITION)
"""What `--only` leaves out."""
