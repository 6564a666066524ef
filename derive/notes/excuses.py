"""What else a relation may mean that is refuted, by the text around it or by another reading: then it is undecided."""

from __future__ import annotations

from derive.language import LanguageError
from derive.latex.reader import syntax as tree
from derive.notes.claims import Claims
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Reading
from derive.notes.off_diagonal import off_diagonal
from derive.notes.prose import is_of_another_layer, says_there_is, says_there_is_none
from derive.notes.relations import RELATIONS
from derive.notes.report import PROVED, REFUTED, UNDECIDED, Relation
from derive.notes.said_conditions import has_condition
from derive.notes.subjects import Subjects, words_before
from derive.verdicts import Proved


class Excuses:
    """Says what the relations of a document are about, where they are undecided or may be no claims."""

    def __init__(self, claims: Claims, subjects: Subjects) -> None:
        self.claims, self.subjects, self.survey = claims, subjects, claims.survey

    def said(
        self,
        relation: Relation,
        number: int,
        whole: tree.Statement,
        left: tree.Node,
        right: tree.Node,
        sign: tree.Sign,
        head: tree.Node | None,
    ) -> Relation:
        """A relation of formula `number` with what it is about. `head` is the left side of the chain that it is in."""
        open_ = Relation(sign.text, sign.start, UNDECIDED)
        if relation.verdict == PROVED and says_there_is_none(self.survey.formulas[number]):
            return Relation(sign.text, sign.start, UNDECIDED, FOR_ONE)
        if relation.verdict == REFUTED:
            excuse = self._by_text(number, whole) or self._by_indices(relation, left, head)
            excuse = excuse or self._as_differentials(relation, number, left, right, sign)
            if excuse is not None:
                return Relation(sign.text, sign.start, UNDECIDED, excuse[0], help=excuse[1])
        if relation.verdict == UNDECIDED:
            said = words_before(whole, sign) or self.subjects.otherwise(number, left, right, sign)
        elif relation.verdict == REFUTED:
            said = words_before(whole, sign) or self.subjects.excused(number, left, right, sign)
        else:
            return relation
        return relation if said is None else said.of(relation if relation.verdict == UNDECIDED else open_)

    def _by_text(self, number: int, whole: tree.Statement) -> tuple[str, str] | None:
        """The reason and the help where the text before a formula says under what it holds, or of what."""
        formula = self.survey.formulas[number]
        remarks = (each.text for each in whole.remarks if isinstance(each, tree.Words))
        if says_there_is(formula, remarks):
            return FOR_ONE, ""
        if has_condition(formula):
            return IN_WORDS, r"say it as a formula, such as: for \mu = 0"
        if is_of_another_layer(formula):
            scope = "begin a part of its own for each layer, with <!-- normproof: scope -->"
            return "the text compares with another layer here: it fails for the one above", scope
        return None

    def _by_indices(self, relation: Relation, left: tree.Node, head: tree.Node | None) -> tuple[str, str] | None:
        """The same where a later step of a chain is meant for two indices that differ."""
        if relation.decision is None or head is None or left is head:
            return None
        apart = off_diagonal(head, relation.decision.claim, self.survey, self.claims.decide)
        if apart is None:
            return None
        reason = f"it holds where {apart[0]} and {apart[1]} differ; where they are equal the note has another formula"
        return reason, rf"write \quad {apart[0]} \ne {apart[1]}"

    def _as_differentials(
        self, relation: Relation, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign
    ) -> tuple[str, str] | None:
        """The same where dx is the gradient by x elsewhere in the document, and the relation holds of differentials."""
        if relation.reading is None or not relation.reading.gradients or RELATIONS.get(sign.text) != "=":
            return None
        try:
            claim = self.claims.claim(number, left, right, "=", Reading())
        except (Unclear, LanguageError):
            return None
        if relation.decision is None or claim == relation.decision.claim:
            return None
        if not isinstance(self.claims.decide(claim), Proved):
            return None
        return OF_DIFFERENTIALS, "write \\delta x for differentials"


IN_WORDS = "the text says a condition in words, which is not understood"
OF_DIFFERENTIALS = "it holds of differentials, and fails for gradients, which dx is short for elsewhere"
FOR_ONE = "it is said that there is an index for which it holds, or none, which is not decided"
