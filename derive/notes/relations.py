"""Single relations, each in every way in which it may be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.language import Claim, LanguageError
from derive.latex.reader import syntax as tree
from derive.notes.assumptions import ORDERS
from derive.notes.candidates import EQUAL
from derive.notes.claims import Claims
from derive.notes.meaning.grids import has_grid
from derive.notes.meaning.unclear import help_of
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.nearness import LOOSE, NEAR, TO_THE_DIGITS, WRITE_APPROX, Nearness
from derive.notes.operators import other_reaches
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, Relation
from derive.notes.rulings import Rulings
from derive.notes.stated import text_of
from derive.notes.thousands import without_dots
from derive.notes.written_out import by_entries
from derive.verdicts import Proved, Refuted

DEMAND = "=!"
"""The sign of an equation that is asked for: where it fails it is a condition, and not false."""

RELATIONS = {**dict.fromkeys((*EQUAL, DEMAND), "="), **ORDERS}
"""What the signs between two sides say; all others are undecided."""

HELD_FIXED = "it holds with the other names held fixed, and not for total derivatives"

IN_COLUMNS = "it holds in denominator layout only, where the derivatives of an entry stand in a column"
SAY_ENTRIES = "write the derivatives of entries, \\frac{\\partial y_i}{\\partial x_j}, or transpose"

DOTS = "it holds if the dots stand between thousands"

ORDER = (REFUTED, UNDECIDED, DEFINITION, PROVED)
"""Of several readings the last of these counts: one that is proved, else one that is undecided."""


class Relations:
    """Judges the relations of one document.

    `tables` are its names for matrices that are written out. `conditional` says that what is judged is said to hold
    under a condition that is not understood.
    """

    def __init__(self, claims: Claims, rulings: Rulings) -> None:
        self.claims, self.rulings = claims, rulings
        self.survey, self.vocabulary = claims.survey, claims.vocabulary
        self.nearness = Nearness(claims)
        self.tables: dict[str, tree.Node] = {}
        self.conditional = False

    def judged(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node) -> Relation:
        """One relation in every reading: proved in one, refuted in all that have a meaning, else undecided."""
        relation = RELATIONS.get(sign.text)
        near = sign.text in NEAR and relation is None
        if near or (sign.text in NEAR | LOOSE and self.nearness.is_about(number, left, right)):
            return self.nearness.of(number, left, right, sign)
        if relation == "=" and self.nearness.is_rounded(number, left, right):
            return Relation(sign.text, sign.start, UNDECIDED, TO_THE_DIGITS, help=WRITE_APPROX)
        if relation is None:
            return Relation(sign.text, sign.start, UNDECIDED, f"{sign.text} is no relation that can be decided")
        found, asked = self._read(number, left, right, sign, head, relation)
        best = max(found, key=lambda each: ORDER.index(each.verdict))
        if best.verdict == REFUTED and (tree.is_unbalanced(left) or tree.is_unbalanced(right)):
            return Relation(sign.text, sign.start, UNDECIDED, "a bracket is not closed, or closes nothing")
        other = None if best.verdict == PROVED else self._with_other_reach(number, left, right, sign, head)
        if other is not None and (other.verdict == PROVED or best.verdict == REFUTED):
            return other
        held = best.verdict == PROVED and best.reading.direct and found[0].verdict == REFUTED
        if held and _is_sum_of_slopes((left, right)) and not self.vocabulary.losses.in_formula(number):
            return Relation(sign.text, sign.start, UNDECIDED, HELD_FIXED)
        return self._excused(best, number, left, right, sign, asked) if best.verdict == REFUTED else best

    def is_seen_to_fail(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> bool:
        """Whether numbers show that an equation fails in every reading, with nothing said that it may hold under.

        To ask this takes much less than to judge it, with numbers that a person can check.
        """
        if RELATIONS.get(sign.text) != "=" or sign.text in NEAR | LOOSE or self.tables:
            return False
        if any(one is not left or other is not right for one, other in _reaches(left, right)):
            return False
        readings = self.claims.readings()
        for reading in readings:
            try:
                claim, asked = self.claims.unasked(number, left, right, "=", reading)
            except (Unclear, LanguageError):
                return False
            if not self.rulings.is_seen_to_fail(claim):
                return False
            readings.try_no_like(reading, asked)
        return True

    def _read(
        self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node, relation: str
    ) -> tuple[list[Relation], set[str]]:
        """The verdicts in the readings that there are, up to the first in which it is proved; and what they decide."""
        latex = self.survey.formulas[number].latex
        written = text_of(latex, left.start, right.end) if left.start < sign.start else ""
        found: list[Relation] = []
        seen: list[Claim] = []
        sides = left, right
        has_grids = any(has_grid(side, self.survey.symbols, self.tables) for side in sides)
        readings, decided = self.claims.readings(), {"columns"} if has_grids else set[str]()
        for reading in readings:
            try:
                if has_grids:
                    of = by_entries(self.claims, self.rulings, self.tables, number, sides, relation, sign, reading)
                    found.append(of)
                    if of.verdict == PROVED:
                        break
                    continue
                claim, asked = self.claims.open_claim(number, left, right, relation, reading)
                decided |= asked
            except (Unclear, LanguageError) as error:
                reason, helped, span = str(error), help_of(error), span_of(error)
                found.append(Relation(sign.text, sign.start, UNDECIDED, reason, None, reading, help=helped, span=span))
                continue
            if claim not in seen:
                seen.append(claim)
                known = next((each.decision for each in found if isinstance(each.decision, Refuted)), None)
                found.append(self.rulings.of(claim, sign, head, reading, written, known))
            if found[-1].verdict == PROVED:
                break
            readings.try_no_like(reading, asked)
        return found, decided

    def _excused(
        self, refuted: Relation, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, asked: set[str]
    ) -> Relation:
        """What is refuted, or else undecided, where it may be meant in another way; `asked` is what readings decide."""
        if self._is_with_dots(number, left, right, sign):
            return Relation(sign.text, sign.start, UNDECIDED, DOTS)
        if "columns" in asked and self._holds_in_columns(number, left, right, RELATIONS[sign.text], refuted):
            return Relation(sign.text, sign.start, UNDECIDED, IN_COLUMNS, help=SAY_ENTRIES)
        if sign.text == DEMAND:
            return Relation(sign.text, sign.start, UNDECIDED, "it is asked for, and does not hold for all values")
        if self.conditional:
            reason = "it is said to hold under a condition that is not understood"
            return Relation(sign.text, sign.start, UNDECIDED, reason, help="write the condition on indices as i = j")
        return refuted

    def _holds_in_columns(
        self, number: int, left: tree.Node, right: tree.Node, relation: str, refuted: Relation
    ) -> bool:
        """Whether a claim about derivatives of whole vectors is true in the other layout, that by columns."""
        try:
            turned = self.claims.claim(number, left, right, relation, replace(refuted.reading, columns=True))
        except (Unclear, LanguageError):
            return False
        same = refuted.decision is not None and refuted.decision.claim == turned
        return not same and isinstance(self.claims.decide(turned), Proved)

    def _with_other_reach(
        self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node
    ) -> Relation | None:
        """The same relation where operators and functions reach less or more far, if that is not refuted."""
        for one, other in _reaches(left, right):
            if one is not left or other is not right:
                found = self.judged(number, one, other, sign, head)
                if found.verdict != REFUTED:
                    return found
        return None

    def _is_with_dots(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> bool:
        """Whether a relation holds where dots stand between thousands: 32^2 = 1.024."""
        latex = self.survey.formulas[number].latex
        one, other = (without_dots(side, latex) for side in (left, right))
        same = one is left and other is right
        return not same and self.judged(number, one, other, sign, left).verdict == PROVED


def _reaches(left: tree.Node, right: tree.Node) -> Iterator[tuple[tree.Node, tree.Node]]:
    """Both sides where operators and functions reach less or more far."""
    return zip(other_reaches(left), other_reaches(right), strict=True)


def _is_sum_of_slopes(sides: Sequence[tree.Node]) -> bool:
    """Whether there is a sum over derivatives: it is one over a row or a column of a whole Jacobian."""
    sums = (part for side in sides for part in side.walk() if isinstance(part, tree.Big))
    return any(isinstance(part, tree.Partial) for each in sums for part in each.walk())


def span_of(error: Unclear | LanguageError) -> tuple[int, int] | None:
    """Where a meaning is missing, if that is known."""
    return (error.start, error.end) if isinstance(error, Unclear) and error.end > error.start else None
