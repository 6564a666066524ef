"""What is said of a document: a verdict on each formula, and on each relation in it."""

from __future__ import annotations

from dataclasses import dataclass

from derive.notes.find import Formula
from derive.notes.meaning.value import READINGS, Reading
from derive.verdicts import Verdict

DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD = "definition", "proved", "refuted", "undecided", "unread"

VERDICTS = (PROVED, DEFINITION, REFUTED, UNDECIDED, UNREAD)


@dataclass(frozen=True)
class Mending:
    """What is wrong in a formula, and what a true one has there instead, in the document's own notation.

    `start` and `end` are places in the LaTeX of the formula; the true one has `instead` between them. `latex` is the
    whole relation with that. `code` names the kind of mistake, or is None where it is of no common kind. `also` are
    the codes of what else is wrong in the same relation. `reading` is that in which it is proved.
    """

    start: int
    end: int
    instead: str
    latex: str
    code: str | None = None
    also: tuple[str, ...] = ()
    reading: Reading = READINGS[0]


@dataclass(frozen=True)
class Relation:
    """One relation of a formula: the sign and where it stands, the verdict and why.

    `decision` is what is behind the verdict, with the proof or the counterexample; None where there is nothing.
    `help` is the smallest declaration that would lead further, where there is one. `span` has the offsets between
    which there is what the reason is about, where that is less than the whole relation. `follows` says of a relation
    that is refuted that only what stands before it is wrong: it holds once the relation before it is mended.
    """

    op: str
    offset: int
    verdict: str
    reason: str = ""
    decision: Verdict | None = None
    reading: Reading = READINGS[0]
    mending: Mending | None = None
    help: str = ""
    span: tuple[int, int] | None = None
    follows: bool = False


@dataclass(frozen=True)
class Checked:
    """One formula, what is said of it, and of each of its relations; `warnings` are about its notation.

    `conventions` are names that the formula rests on and the document leaves out, in LaTeX, each with what it was taken
    to be. `span` has the offsets of what could not be read.
    """

    formula: Formula
    verdict: str
    relations: tuple[Relation, ...] = ()
    reason: str = ""
    help: str = ""
    warnings: tuple[str, ...] = ()
    conventions: tuple[tuple[str, str], ...] = ()
    span: tuple[int, int] | None = None
