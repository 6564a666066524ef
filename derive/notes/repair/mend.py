"""What is wrong in a refuted relation: the nearest true formula, proved, as a change of what was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from derive.language import Claim, LanguageError, Term
from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.normal_form import OutsideFragment, Undefined
from derive.notes.candidates import ASSIGNED
from derive.notes.meaning.value import Reading
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.relations import RELATIONS
from derive.notes.repair.edit import Edit, Text, edited, span, written
from derive.notes.repair.hypotheses import MISSING, hypotheses
from derive.notes.repair.kept import kept
from derive.notes.repair.kinds.hats import one, several
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


def _in_a_row(latex: str) -> str:
    """A relation without the marks at which rows are aligned."""
    return latex if "\\begin" in latex else re.sub(r"(?<!\\)&\s*", "", latex)


def _alike(latex: str, left: tree.Node, right: tree.Node) -> bool:
    """Whether two sides are written alike."""
    one, other = (re.sub(r"[\s{}]|\\\\", "", latex[node.start : node.end]) for node in (left, right))
    return one == other


_NOTHING = Edit(None, 0.0, (), ())

_ALIGNED = re.compile(r"(?:\\\\|&|\s)+\Z")
"""What stands between a side and the sign of the next row."""

READ = 2
"""In so many readings a relation is looked at."""

PROOFS = 5
"""So many edits that agree with the numbers are given to the prover."""


HYPOTHESES = 1
"""Under so many hypotheses a bound is given to the prover."""


TERMS = 20
"""So many terms the sides of a bound may differ by."""


def mending(
    note: Note, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, relation: Relation
) -> Mending | None:
    """What is wrong in a refuted relation of formula `number`, and what is true instead, or None."""
    with kept(note):
        mender = Mender(note, number, left, right, sign)
        if isinstance(relation.decision, Refuted):
            found = mender.mending(relation.decision, relation.reading)
        elif relation.verdict == UNDECIDED and has_relation(right):
            found = mender.typed()
        elif relation.verdict == UNDECIDED:
            found = mender.hatted() if relation.reason == ASSUMED else mender.supposed(relation.decision)
        else:
            found = None
    if found is not None and found.start >= right.start:
        note.mended[number, right.start] = found
    return found


class Mender:
    """Mends relations of one formula of a document."""

    def __init__(self, note: Note, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> None:
        self.note, self.number = note, number
        self.left, self.right, self.sign = left, right, sign
        self.start = left.start
        self.proofs = Proofs()
        self.style = Style(note.survey, number)
        self.latex = note.survey.formulas[number].latex
        self.place = self._place()
        before = note.mended.get((number, left.start))
        self.before: tuple[Text, ...] = ((before.start, before.end, before.instead),) if before is not None else ()
        self.carried = self._carried() if before is not None else frozenset()
        if before is not None:
            self.left = self._side(edited(self.latex, self.before)) or left

    def _carried(self) -> frozenset[str | None]:
        """The mistakes in what stands before in the formula: the next sides may have them still."""
        found = self.note.mended.items()
        before = [each for (number, at), each in found if number == self.number and at <= self.start]
        return frozenset(code for each in before for code in (each.code, *each.also))

    @property
    def statements(self) -> Sequence[tree.Statement]:
        """The statements of the formula."""
        read = self.note.survey.read[self.number]
        return () if isinstance(read, Unread) else read

    def _place(self) -> tuple[int, int]:
        """Which statement, and which sign in it."""
        for first, statement in enumerate(self.statements):
            for second, sign in enumerate(getattr(statement.chain, "signs", ())):
                if sign == self.sign:
                    return first, second
        raise LookupError(self.sign.text)

    def mending(self, refuted: Refuted, reading: Reading) -> Mending | None:
        """The nearest true formula, or None where none is found."""
        claim = refuted.claim
        try:
            if self.before and isinstance(same := self._proved(_NOTHING), Mending):
                return same
            searches: list[Search] = []
            for wrong, own in self._wrongs(claim, reading):
                search, alone = Search(wrong), self._is_alone()
                found = self._first(search.of_the_left()) if alone and self._goes_on(own) else None
                found = found or self._first(search.found(alone))
                if found is not None:
                    return found
                searches.append(search)
            return self._under(refuted) or self._joined(searches)
        except GIVEN_UP:
            return None

    def _joined(self, searches: list[Search]) -> Mending | None:
        """Several changes that make the formula true together."""
        found = (self._first(search.joined()) for search in searches)
        return next((each for each in found if each is not None), None)

    def _goes_on(self, reading: Reading) -> bool:
        """Whether the right side is what stands behind it: then it is rather the left side that is wrong."""
        chain = self.statements[self.place[0]].chain
        if not isinstance(chain, tree.Chain) or len(chain.sides) < self.place[1] + 3:
            return False
        if RELATIONS.get(chain.signs[self.place[1] + 1].text) != "=":
            return False
        try:
            behind = chain.sides[self.place[1] + 2]
            return self.proofs.proves(self.note.claims.claim(self.number, self.right, behind, "=", reading))
        except (Unclear, LanguageError):
            return False

    def _wrongs(self, claim: Claim, reading: Reading) -> Iterator[tuple[Wrong, Reading]]:
        """The relation in its readings, beginning with the one in which it is refuted."""
        seen: list[Claim] = []
        for other in (reading, *(each for each in self.note.claims.readings() if each != reading)):
            try:
                own = self.note.claims.claim(self.number, self.left, self.right, claim.relation, other)
            except (Unclear, LanguageError):
                continue
            if own not in seen:
                seen.append(own)
                yield self._wrong(own, other, self.right), other
            if len(seen) == READ:
                return

    def _side(self, latex: str) -> tree.Node | None:
        """The left side in a changed formula."""
        read = self.note.survey.understood(self.number, latex)
        if isinstance(read, Unread):
            return None
        sides: list[tree.Node] = []
        for chain in (statement.chain for statement in read[: self.place[0] + 1]):
            self.note.survey.sizes.read(self.number, chain)
            own = list(chain.sides) if isinstance(chain, tree.Chain) else [chain]
            if isinstance(own[0], tree.Nothing) and sides:
                own[0] = sides[-1]
            sides = own
        return sides[self.place[1]] if len(sides) > self.place[1] else None

    def _first(self, found: Iterable[Edit]) -> Mending | None:
        """The first of some edits that is proved."""
        proofs = 0
        for edit in found:
            made = self._proved(edit)
            if isinstance(made, Mending):
                return made
            proofs += made is None
            if proofs >= PROOFS:
                break
        return None

    def _under(self, decision: Verdict) -> Mending | None:
        """The formula as it is, under a hypothesis that makes it true."""
        proofs = Proofs(HYPOTHESES, TERMS, depth=0)
        for hypothesis, text in hypotheses(decision):
            if proofs.proves(decision.claim.given(hypothesis)):
                end = span(self.latex, self.right)[1]
                return self._written(Edit(MISSING, 1.0, (), ((end, end, rf" \quad ({text})"),)))
        return None

    def supposed(self, decision: Verdict | None) -> Mending | None:
        """A bound that is neither proved nor refuted, with a hypothesis under which it is proved."""
        if decision is None or decision.claim.relation == "=":
            return None
        try:
            return self._under(decision)
        except GIVEN_UP:
            return None

    def hatted(self) -> Mending | None:
        """What fails for names without a hat, and may be assumed of them, where it is proved for those with one."""
        relation = RELATIONS[self.sign.text]
        for reading in self.note.claims.readings():
            try:
                claim = self.note.claims.claim(self.number, self.left, self.right, relation, reading)
                wrong = self._wrong(claim, reading, self.right)
                sides = (self.left, self.right)
                found = (edit for side in sides for edit in (*several(wrong, side), *one(wrong, side)))
                if (made := self._first(found)) is not None:
                    return made
            except (Unclear, *GIVEN_UP):
                continue
        return None

    def typed(self) -> Mending | None:
        """The formula with a sign where it has a relation inside of brackets."""
        try:
            for edit in unrelated(self.latex, self.right):
                if isinstance(made := self._proved(edit), Mending):
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
            return self._first(both)
        return None

    def _wrong(self, claim: Claim, reading: Reading, wrong: tree.Node) -> Wrong:
        def guess(left: tree.Node, right: tree.Node) -> tuple[Term, Term]:
            return self.note.claims.guess(self.number, left, right, reading)

        place = (self.sign.start, self.sign.end)
        return Wrong(self.latex, self.left, wrong, place, claim.relation, claim, self.style, guess)

    def _is_alone(self) -> bool:
        """Whether the left side belongs to this relation only, and stands in this formula."""
        chain, place = self.statements[self.place[0]].chain, self.place[1]
        if not isinstance(chain, tree.Chain) or chain.sides[place] is not self.left:
            return False
        return place == 0 or (place == 1 and chain.signs[0].text in ASSIGNED)

    def _proved(self, edit: Edit) -> Mending | bool | None:
        """The mending that an edit makes, if it is read back and proved; False where it is no other formula."""
        latex = edited(self.latex, (*self.before, *edit.texts))
        for claim, alike in self._claims(latex):
            if alike and edit.texts:
                return False
            if self.proofs.proves(claim, edit.equal):
                return self._written(edit)
        return None

    def _claims(self, latex: str) -> Iterator[tuple[Claim, bool]]:
        """What the formula with the edit claims, in every reading in which its numbers may agree.

        And whether it says of something that it is itself.
        """
        read = self.note.survey.understood(self.number, latex)
        if isinstance(read, Unread) or len(read) <= self.place[0]:
            return
        chain = read[self.place[0]].chain
        if not isinstance(chain, tree.Chain) or len(chain.signs) <= self.place[1]:
            return
        left, right = chain.sides[self.place[1] : self.place[1] + 2]
        left = self.left if isinstance(left, tree.Nothing) else left
        sign = RELATIONS.get(chain.signs[self.place[1]].text)
        if sign is None:
            return
        self.note.survey.sizes.read(self.number, chain)
        chains = [statement.chain for statement in read]
        for reading in self.note.claims.readings():
            try:
                with self.note.vocabulary.losses.with_formula(self.number, chains, self.note.survey.symbols):
                    claim, _ = self.note.claims.unasked(self.number, left, right, sign, reading)
                    if sign == "=" and differ(claim):
                        continue
                    self.note.claims.ask(self.number, left, right, reading, claim)
            except (Unclear, LanguageError):
                continue
            yield claim, claim.lhs == claim.rhs and (left is self.left or _alike(latex, left, right))

    def _written(self, edit: Edit) -> Mending:
        if not edit.texts:
            before = self.note.mended[self.number, self.start]
            return replace(before, latex=self._whole(edit))
        start = min(text[0] for text in edit.texts)
        end = max(text[1] for text in edit.texts)
        instead = edited(self.latex, edit.texts, start, end)
        if start == end:
            end = self._behind(start)
            instead += self.latex[start:end]
        code, *also = self._own(edit)
        return Mending(start, end, instead, self._whole(edit), code, tuple(filter(None, also)))

    def _own(self, edit: Edit) -> Sequence[str | None]:
        """The mistakes that are made in this relation, and not carried on from the one before."""
        own = [code for code in edit.codes if code not in self.carried]
        return own or [edit.code]

    def _behind(self, at: int) -> int:
        """The end of the smallest part that begins at a place, for a mark below it."""
        ends = [span(self.latex, part)[1] for part in self.right.walk() if part.start == at]
        return min((end for end in ends if end > at), default=at)

    def _whole(self, edit: Edit) -> str:
        """The relation with the edit made."""
        if self._is_alone():
            begin = self.left.start
            return _in_a_row(edited(self.latex, edit.texts, begin, span(self.latex, self.right)[1]))
        sign = self.latex[self.sign.start : self.sign.end]
        right = edited(self.latex, edit.texts, *span(self.latex, self.right))
        return f"{self._left_text()} {sign} {right}"

    def _left_text(self) -> str:
        if self.before:
            return _ALIGNED.sub("", edited(self.latex, self.before, self.start, self.sign.start))
        for number in range(self.number, -1, -1):
            read = self.note.survey.read[number]
            for statement in () if isinstance(read, Unread) else read:
                if any(part is self.left for part in statement.chain.walk()):
                    return written(self.note.survey.formulas[number].latex, self.left)
        return ""
