"""What is wrong in a refuted relation: the nearest true formula, proved, as a change of what was written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from derive.language import Claim, LanguageError, Term
from derive.latex.reader import syntax as tree
from derive.normal_form import OutsideFragment, Undefined
from derive.notes.meaning.value import Reading
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.relations import RELATIONS
from derive.notes.repair.edit import Edit, span
from derive.notes.repair.hypotheses import MISSING, hypotheses
from derive.notes.repair.kept import Memory, Remembering, kept
from derive.notes.repair.kinds.hats import one, several
from derive.notes.repair.offers import PROOFS, Offers
from derive.notes.repair.place import Place
from derive.notes.repair.proofs import Proofs
from derive.notes.repair.search import Search
from derive.notes.repair.style import Style
from derive.notes.repair.typed import has_relation, unrelated
from derive.notes.repair.wrong import Wrong
from derive.notes.report import UNDECIDED, Mending, Relation
from derive.notes.rulings import ASSUMED
from derive.notes.values import differ
from derive.refute.evaluate import NoValue, TooLarge
from derive.verdicts import Refuted, Verdict

if TYPE_CHECKING:
    from derive.notes.judge import Note

GIVEN_UP = (NoValue, TooLarge, LanguageError, OutsideFragment, Undefined, RecursionError)

_NOTHING = Edit(None, 0.0, (), ())

READ = 2
"""In so many readings a relation is looked at."""

HYPOTHESES = 1
"""Under so many hypotheses a bound is given to the prover."""

TERMS = 20
"""So many terms the sides of a bound may differ by."""


def mending(
    note: Note, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, relation: Relation
) -> Mending | None:
    """What is wrong in a refuted relation of formula `number`, and what is true instead, or None."""
    with kept(note) as memory:
        mender = Mender(Place(note, number, left, right, sign), memory)
        if isinstance(relation.decision, Refuted):
            found = mender.mending(relation.decision, relation.reading)
        elif relation.verdict == UNDECIDED and has_relation(right):
            found = mender.typed()
        elif relation.verdict == UNDECIDED:
            found = (
                mender.hatted() if relation.reason == ASSUMED else mender.supposed(relation.decision, relation.reading)
            )
        else:
            found = None
    if found is not None and found.start >= right.start:
        note.mended[number, right.start] = found
    return found


class Mender:
    """Mends one relation of a formula of a document."""

    def __init__(self, place: Place, memory: Memory) -> None:
        self.memory = memory
        self.place, self.note, self.number = place, place.note, place.number
        self.left, self.right, self.latex = place.left, place.right, place.latex
        self.style = Style(place.note.survey, place.number)
        self.offers = Offers(place)

    def mending(self, refuted: Refuted, reading: Reading) -> Mending | None:
        """The nearest true formula, or None where none is found."""
        try:
            return self._next(refuted, reading) if self.place.before is not None else self._single(refuted, reading)
        except GIVEN_UP:
            return None

    def _single(self, refuted: Refuted, reading: Reading) -> Mending | None:
        """One change, else a hypothesis, else several changes."""
        looked: list[tuple[Search, Reading]] = []
        for search, own in islice(self._searches(refuted.claim, (reading,)), READ):
            found, alone = None, self.place.is_alone
            if alone and self._goes_on(own):
                found = self.offers.first(search.of_the_left(), own, search.values)
            found = found or self.offers.first(search.found(alone), own, search.values)
            if found is not None:
                return found
            looked.append((search, own))
        joined = (self.offers.first(search.joined(), own, search.values) for search, own in looked)
        return self._under(refuted, reading) or next(filter(None, joined), None)

    def _next(self, refuted: Refuted, reading: Reading) -> Mending | None:
        """The same, where what stands before was mended: in the reading of that, and with its mistakes, at first."""
        before = self.place.before
        readings = (before.reading, reading) if before is not None else (reading,)
        searches = list(self._searches(refuted.claim, readings))
        for search, own in searches:
            if search.agrees and isinstance(same := self.offers.proved(_NOTHING, own, search.values), Mending):
                return same
        for search, own in searches[:READ]:
            found = self.offers.first(search.all(self.place.is_alone), own, search.values)
            if found is not None:
                return found
        return self._under(refuted, reading)

    def _goes_on(self, reading: Reading) -> bool:
        """Whether the right side is what stands behind it: then it is rather the left side that is wrong."""
        chain, at = self.place.chain, self.place.at
        if not isinstance(chain, tree.Chain) or len(chain.sides) < at + 3:
            return False
        if RELATIONS.get(chain.signs[at + 1].text) != "=":
            return False
        try:
            claim = self.note.claims.claim(self.number, self.right, chain.sides[at + 2], "=", reading)
        except (Unclear, LanguageError):
            return False
        return not differ(claim) and self.offers.proofs.proves(claim)

    def _searches(self, claim: Claim, first: tuple[Reading, ...]) -> Iterator[tuple[Search, Reading]]:
        """The relation in its readings, beginning with these."""
        seen: list[Claim] = []
        readings = self.note.claims.readings(*first)
        for reading in readings:
            try:
                own, asked = self.note.claims.open_claim(self.number, self.left, self.right, claim.relation, reading)
            except (Unclear, LanguageError):
                continue
            if own not in seen:
                seen.append(own)
                yield Search(self._wrong(own, reading, self.right)), reading
            readings.try_no_like(reading, asked)

    def _under(self, decision: Verdict, reading: Reading) -> Mending | None:
        """The formula as it is, under a hypothesis that makes it true."""
        proofs = Proofs(HYPOTHESES, TERMS, depth=0)
        for hypothesis, text in hypotheses(decision):
            if proofs.proves(decision.claim.given(hypothesis)):
                end = span(self.latex, self.right)[1]
                edit = Edit(MISSING, 1.0, (), ((end, end, rf" \quad ({text})"),))
                return self.place.written(edit, reading)
        return None

    def supposed(self, decision: Verdict | None, reading: Reading) -> Mending | None:
        """A bound that is neither proved nor refuted, with a hypothesis under which it is proved."""
        if decision is None or decision.claim.relation == "=":
            return None
        try:
            return self._under(decision, reading)
        except GIVEN_UP:
            return None

    def hatted(self) -> Mending | None:
        """What fails for names without a hat, and may be assumed of them, where it is proved for those with one."""
        relation = RELATIONS[self.place.sign.text]
        for reading in self.note.claims.readings():
            try:
                claim = self.note.claims.claim(self.number, self.left, self.right, relation, reading)
                wrong = self._wrong(claim, reading, self.right)
                sides = (self.left, self.right)
                found = (edit for side in sides for edit in (*several(wrong, side), *one(wrong, side)))
                if (made := self.offers.first(found)) is not None:
                    return made
            except (Unclear, *GIVEN_UP):
                continue
        return None

    def typed(self) -> Mending | None:
        """The formula with a sign where it has a relation inside of brackets."""
        try:
            for edit in unrelated(self.latex, self.right):
                if isinstance(made := self.offers.proved(edit), Mending):
                    return made
                if (more := self._with(edit)) is not None:
                    return more
        except GIVEN_UP:
            return None
        return None

    def _with(self, typed: Edit) -> Mending | None:
        """The same, where there is another mistake, too."""
        right = typed.of(self.right)
        for reading in self.note.claims.readings():
            try:
                claim = self.note.claims.claim(self.number, self.left, right, "=", reading)
            except (Unclear, LanguageError):
                continue
            search = Search(self._wrong(claim, reading, right))
            found = islice(search.all(False), PROOFS)
            both = (both for edit in found if (both := typed.with_(edit)) is not None)
            return self.offers.first(both, reading, search.values)
        return None

    def _wrong(self, claim: Claim, reading: Reading, wrong: tree.Node) -> Wrong:
        def guess(left: tree.Node, right: tree.Node) -> tuple[Term, Term]:
            return self.note.claims.guess(self.number, left, right, reading)

        def translation() -> Remembering:
            return Remembering(vocabulary, symbols, self.number, reading, memory=self.memory)

        vocabulary, symbols = self.note.vocabulary, self.note.survey.symbols
        sign = (self.place.sign.start, self.place.sign.end)
        return Wrong(self.latex, self.left, wrong, sign, claim.relation, claim, self.style, guess, translation)
