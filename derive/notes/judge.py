"""Every formula of a document, in order: a definition, or relations with their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from derive.language import Claim, LanguageError
from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.assumptions import behind
from derive.notes.beside import held, in_text
from derive.notes.cautions import Cautions
from derive.notes.claims import Claims
from derive.notes.decision import decide, is_false
from derive.notes.declarations import IGNORE, MARK, SCOPE
from derive.notes.definitions import Definitions
from derive.notes.excuses import Excuses
from derive.notes.find import Formula
from derive.notes.introductions import WRITE_ASSIGNED, Introductions
from derive.notes.layouts import Layouts
from derive.notes.meaning.assumed import assumed
from derive.notes.meaning.restrict import Condition, conditions_in, is_conditional, is_otherwise, negated
from derive.notes.meaning.shapes import declared, space
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.value import Reading
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.membership import membership
from derive.notes.other_meanings import NOT_READ, TWO_MEANINGS, OtherMeanings
from derive.notes.relations import RELATIONS, Relations
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD, Checked, Mending, Relation
from derive.notes.rulings import Rulings
from derive.notes.subjects import Subjects
from derive.notes.survey import Survey
from derive.notes.trees import Read
from derive.verdicts import Refuted, Verdict


class Note:
    """A document that is read from the top: names get their meaning in the order in which they are introduced."""

    def __init__(
        self,
        formulas: Iterable[Formula],
        decider: Callable[[Claim], Verdict] | None = None,
        reader: Callable[[int, Formula], Read] | None = None,
    ) -> None:
        """`decider` and `reader` stand in for `decide` and for the reading of a formula, where time is short."""
        self.survey = Survey(formulas, reader)
        self.definitions = Definitions(self.survey)
        self.vocabulary = self.definitions.vocabulary
        self.others = OtherMeanings(self.definitions)
        once = cache(decide if decider is None else decider)
        self.claims = Claims(self.survey, self.definitions, once)
        self.rulings = Rulings(self.claims, once)
        self.relations = Relations(self.claims, self.rulings)
        self.cautions = Cautions(self.survey, self.definitions)
        self.layouts = Layouts(self.claims)
        self.subjects = Subjects(self.survey, self.definitions)
        self.introductions = Introductions(self.claims, self.rulings, self.relations, self.others, self._relation)
        self.excuses = Excuses(self.claims, self.subjects)
        self.hurried: frozenset[int] = frozenset()
        self.head: tree.Node | None = None
        self.last: tree.Node | None = None
        self.last_number = 0
        self.mended: dict[tuple[int, int], Mending] = {}
        self.ignored = ""

    def check(self) -> list[Checked]:
        """Every displayed formula with its verdict; those within lines are read for definitions."""
        return [checked for _, checked in self.each()]

    def each(self, begin: Callable[[int], None] = lambda number: None) -> Iterator[tuple[int, Checked]]:
        """Every displayed formula with its number, as soon as it is judged; `begin` is told before each formula."""
        for number, (formula, read) in enumerate(zip(self.survey.formulas, self.survey.read, strict=True)):
            begin(number)
            checked = self._checked(number, formula, read)
            if formula.display:
                yield number, checked

    def _checked(self, number: int, formula: Formula, read: Read) -> Checked:
        if isinstance(read, Unread):
            return Checked(formula, UNREAD, reason=read.reason, span=(read.start, read.end))
        self.introductions.named, self.rulings.mixed = [], []
        if formula.mark == IGNORE:
            self.ignored = formula.latex
        if formula.mark == SCOPE:
            self.definitions.begin(number)
            self.others.forget()
            self.relations.tables.clear()
        if formula.mark.startswith(f"{MARK}: "):
            return Checked(formula, DEFINITION)
        constant = held(number, self.survey.formulas, self.survey.read)
        if constant is not None and (symbol := self.survey.symbols.symbol(constant)) is not None:
            self.vocabulary.held.add(symbol.key)
        if formula.display and self.ignored:
            reason, self.ignored = f"the note asks to pass over it: {self.ignored}", ""
            return Checked(formula, UNDECIDED, reason=reason)
        try:
            checked = _summary(formula, [self._statement(number, statement) for statement in read])
            conventions = self._conventions(checked.relations)
            noted = (*self._stand_ins(number), *dict.fromkeys(self.rulings.mixed))
            cautions = self.cautions.of(number, read, self.introductions.named)
            layouts = self.layouts.of(number, read, checked.relations)
            warnings = (*checked.warnings, *noted, *cautions, *layouts)
            return replace(checked, conventions=conventions, warnings=warnings)
        except RecursionError:
            return Checked(formula, UNDECIDED, reason="it is nested too deep", help="write it as several formulas")

    def _conventions(self, relations: Sequence[Relation]) -> tuple[tuple[str, str], ...]:
        """What is filled in by convention in the claims of a formula, and in its definitions."""
        claims = [relation.decision.claim for relation in relations if relation.decision is not None]
        tensors = filter(None, map(self.definitions.meaning, self.introductions.named))
        bodies = [tensor.definition.body for tensor in tensors if tensor.definition is not None]
        terms = tuple(term for claim in claims for term in claim.terms)
        return assumed(self.vocabulary, (*terms, *bodies), tuple(each for claim in claims for each in claim.hypotheses))

    def _stand_ins(self, number: int) -> Iterator[str]:
        """A warning for each letter of a formula that is read as another one."""
        written = self.survey.written[number]
        parts = () if isinstance(written, Unread) else (part for each in written for part in each.walk())
        found = dict.fromkeys(part.text for part in parts if isinstance(part, tree.Name))
        for letter, meant in self.survey.read_as.items():
            if letter in found:
                yield f"{latex_of(letter)} is read as {latex_of(meant)}"

    def _statement(self, number: int, statement: tree.Statement) -> list[Relation]:
        chain = statement.chain
        self.vocabulary.focus_on(self.survey.normalized_in(chain) or self.vocabulary.focus)
        behind_it = behind(statement, number, self.survey.formulas[number].latex)
        in_front = in_text(number, self.survey.formulas, self.survey.read)
        self.rulings.number = number
        self.rulings.assumptions = (*self.survey.assumptions, *in_front, *behind_it)
        if isinstance(chain, tree.Items) and any(declared(chain, self.survey.symbols)):
            return [Relation("\\in", chain.start, DEFINITION)]
        self.rulings.conditions = self._conditions(number, statement)
        if not isinstance(chain, tree.Chain):
            self.last, self.last_number = chain, number
            return [Relation("", chain.start, UNDECIDED, STATES_NOTHING, help="write what it is equal to")]
        sides = list(chain.sides)
        self.claims.continued = None
        if isinstance(sides[0], tree.Nothing) and self.last is not None:
            sides[0] = self.last
            self.claims.continued = self.last, self.last_number
        else:
            self.head = sides[0]
        self.last, self.last_number = sides[-1], number
        found: list[Relation] = []
        for place, sign in enumerate(chain.signs):
            left, right = sides[place], sides[place + 1]
            if sign.text == "\\in" and (shape := space(right)) is not None:
                found += membership(left, sign, shape, self.claims.translated(number) if place else None)
                continue
            as_written = chain.sides[place], right, sign
            if (said := self.subjects.plainly(number, *as_written)) is not None:
                found.append(said.of(Relation(sign.text, sign.start, UNDECIDED)))
                continue
            if place == 0:
                introduced = self.introductions.introduced(number, left, right, sign)
            else:
                introduced = self.introductions.named_last(number, sides[0], right, sign)
                introduced = introduced or self.introductions.between(number, sides, chain.signs, place)
            relation = introduced or self._relation(number, left, right, sign, sides[0])
            if place and relation.verdict == PROVED and all(each.verdict in (DEFINITION, PROVED) for each in found):
                self.introductions.refined(number, sides[0], right, sign)
            goes_on = self.claims.continued is not None and self.claims.continued[1] == number
            sides_said = (left, right, sign) if goes_on else as_written
            found.append(self.excuses.said(relation, number, statement, *sides_said, self.head))
        return found

    def _conditions(self, number: int, statement: tree.Statement) -> Sequence[Condition]:
        """What is said beside a statement of its indices; else in the formulas in the text right before the display."""
        own = tuple(conditions_in(statement.remarks, self.survey.symbols))
        if not own and is_otherwise(statement.remarks):
            own = negated(self.rulings.conditions)
        self.relations.conditional = not own and is_conditional(statement.remarks)
        if own or not self.survey.formulas[number].display:
            return own
        for before in range(number - 1, -1, -1):
            read = self.survey.read[before]
            if self.survey.formulas[before].display:
                break
            chains = () if isinstance(read, Unread) else [each.chain for each in read]
            if found := tuple(conditions_in(chains, self.survey.symbols)):
                return found
        return ()

    def _relation(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node) -> Relation:
        """One relation, with what is true instead where it is refuted."""
        found = self.relations.judged(number, left, right, sign, head)
        if found.verdict == REFUTED and self.others.found:
            found = self._in_another_meaning(found, number, left, right, sign, head)
        if found.verdict == REFUTED and (other := self.others.not_read_of(left, right)) is not None:
            line = self.survey.formulas[other.number].line
            reason = f"{latex_of(*other.key)} {NOT_READ} {line}"
            return Relation(sign.text, sign.start, UNDECIDED, reason, help=WRITE_ASSIGNED)
        return self._with_mending(found, number, left, right, sign)

    def _is_proved(
        self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node, reading: Reading
    ) -> bool:
        """Whether a relation is proved; what is seen to fail in a reading is not tried in others."""
        try:
            if is_false(self.claims.unasked(number, left, right, RELATIONS.get(sign.text, "="), reading)[0]):
                return False
        except (Unclear, LanguageError):
            return False
        return self.relations.judged(number, left, right, sign, head).verdict == PROVED

    def _in_another_meaning(
        self, found: Relation, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node
    ) -> Relation:
        """What is refuted, or else undecided, where a name has another meaning as well, by which it is proved."""
        for other in list(self.others.of(left, right)):
            with self.others.taken(other) as could:
                holds = could and self._is_proved(number, left, right, sign, head, found.reading)
            if holds:
                line = self.survey.formulas[other.number].line
                reason = f"{latex_of(*other.key)} {TWO_MEANINGS} {line}"
                return Relation(sign.text, sign.start, UNDECIDED, reason, help=WRITE_ASSIGNED)
        return found

    def _with_mending(
        self, relation: Relation, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign
    ) -> Relation:
        """What is wrong in a relation that is refuted or says nothing, and what is true instead."""
        if (not isinstance(relation.decision, Refuted) and relation.verdict != UNDECIDED) or number in self.hurried:
            return relation
        if not self.survey.formulas[number].display:
            return relation
        from derive.notes.repair import mending

        found = mending(self, number, left, right, sign, relation)
        if found is None or relation.verdict != UNDECIDED:
            follows = found is not None and relation.verdict == REFUTED and found.end <= sign.start
            return replace(relation, mending=found, follows=follows and (number, left.start) in self.mended)
        there = found.instead.replace("\\quad", "").strip()
        place = "behind it," if found.code == "hypothesis-missing" else "here"
        return replace(relation, mending=found, help=f"with {there} {place} it is proved: {found.latex}")






STATES_NOTHING = "it states nothing: there is no relation in it"

def _summary(formula: Formula, statements: Sequence[Sequence[Relation]]) -> Checked:
    """One verdict for a formula: what is refuted or undecided counts most, then proofs, then definitions."""
    if not statements:
        return Checked(formula, UNDECIDED, reason="there is nothing in it")
    verdicts = [_of_statement(relations) for relations in statements]
    verdict = next((each for each in (REFUTED, UNDECIDED, PROVED) if each in verdicts), DEFINITION)
    relations = tuple(relation for own in statements for relation in own)
    reason = next((relation.reason for relation in relations if relation.verdict == verdict), "")
    helped = next((relation.help for relation in relations if relation.verdict == verdict), "")
    return Checked(formula, verdict, relations, reason, helped if verdict == UNDECIDED else "")


def _of_statement(relations: Sequence[Relation]) -> str:
    verdicts = [relation.verdict for relation in relations]
    order = (REFUTED, UNDECIDED, DEFINITION, PROVED)
    return next((verdict for verdict in order if verdict in verdicts), UNDECIDED)
