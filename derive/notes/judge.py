"""Every formula of a document, in order: a definition, or relations with their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice

from derive.language import Claim, LanguageError
from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.assumptions import behind
from derive.notes.beside import held, in_text
from derive.notes.candidates import ASSIGNED, Candidate, Key
from derive.notes.cautions import Cautions
from derive.notes.circles import is_inverse
from derive.notes.claims import Claims
from derive.notes.decision import decide, is_false
from derive.notes.declarations import IGNORE, MARK, SCOPE
from derive.notes.definitions import Definitions
from derive.notes.excuses import Excuses
from derive.notes.find import Formula
from derive.notes.layouts import Layouts
from derive.notes.meaning.assumed import assumed
from derive.notes.meaning.grids import is_written_out
from derive.notes.meaning.moments import moment_of
from derive.notes.meaning.restrict import Condition, conditions_in, is_conditional, is_otherwise, negated
from derive.notes.meaning.shapes import declared, space
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import help_of
from derive.notes.meaning.value import Reading
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.membership import membership
from derive.notes.other_meanings import NOT_READ, TWO_MEANINGS, OtherMeanings
from derive.notes.prose import defines, gives_a_new_meaning
from derive.notes.relations import RELATIONS, Relations, span_of
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD, Checked, Mending, Relation
from derive.notes.rulings import NOTHING_SAID, Rulings
from derive.notes.said_conditions import has_condition
from derive.notes.second import EITHER, NEW, SLIP, SLIPS, UNSAID, kind_of
from derive.notes.slips import MOST, with_other_sign
from derive.notes.stated import UPDATE
from derive.notes.subjects import Subjects
from derive.notes.survey import Survey
from derive.notes.trees import Read
from derive.notes.usual_entropies import usually
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
        self.excuses = Excuses(self.claims, self.subjects)
        self.hurried: frozenset[int] = frozenset()
        self.head: tree.Node | None = None
        self.last: tree.Node | None = None
        self.last_number = 0
        self.mended: dict[tuple[int, int], Mending] = {}
        self.named: list[Key] = []
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
        self.named, self.rulings.mixed = [], []
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
            cautions = (*self.cautions.of(number, read, self.named), *self.layouts.of(number, read, checked.relations))
            warnings = (*checked.warnings, *noted, *cautions)
            return replace(checked, conventions=conventions, warnings=warnings)
        except RecursionError:
            return Checked(formula, UNDECIDED, reason="it is nested too deep", help="write it as several formulas")

    def _conventions(self, relations: Sequence[Relation]) -> tuple[tuple[str, str], ...]:
        """What is filled in by convention in the claims of a formula, and in its definitions."""
        claims = [relation.decision.claim for relation in relations if relation.decision is not None]
        tensors = filter(None, map(self.definitions.meaning, self.named))
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
                introduced = self._introduced(number, left, right, sign)
            else:
                introduced = self._named(number, sides[0], right, sign)
                introduced = introduced or self._between(number, sides, chain.signs, place)
            relation = introduced or self._relation(number, left, right, sign, sides[0])
            if place and relation.verdict == PROVED and all(each.verdict in (DEFINITION, PROVED) for each in found):
                self._refined(number, sides[0], right, sign)
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

    def _named(self, number: int, head: tree.Node, right: tree.Node, sign: tree.Sign) -> Relation | None:
        """A chain may end in a new name of a function for what it computes: ... = BN(x)."""
        symbol = self.survey.symbols.symbol(right)
        if symbol is None or symbol.argument is None or moment_of(symbol.key) is not None:
            return None
        candidate = self.definitions.candidate(number, right, head, sign)
        if candidate is None or candidate.key in self.definitions.introduced:
            return None
        return self._introduced(number, right, head, sign)

    def _refined(self, number: int, head: tree.Node, right: tree.Node, sign: tree.Sign) -> None:
        """What a chain ends in may have more names of the graph in it than what its head was defined by."""
        candidate = self.definitions.candidate(number, head, right, sign)
        if candidate is not None and candidate.key in self.definitions.introduced:
            self.definitions.confirm(candidate)

    def _between(
        self, number: int, sides: Sequence[tree.Node], signs: Sequence[tree.Sign], place: int
    ) -> Relation | None:
        """A chain may introduce a name behind others: f(x) = r = 2x."""
        for candidate in self.definitions.candidates(number, sides, signs):
            known = self.definitions.introduced.get(candidate.key, candidate.place)
            if candidate.right is sides[place + 1] and known == candidate.place:
                return self._introduced(number, sides[place], candidate.right, signs[place])
        return None

    def _introduced(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Relation | None:
        """What is said of a formula that introduces a name, or None where it doesn't."""
        if self.definitions.is_listing(left, right, sign):
            return Relation(sign.text, sign.start, DEFINITION)
        candidate = self.definitions.candidate(number, left, right, sign)
        if candidate is None:
            begins = self.definitions.begins_recurrence(number, left, right, sign)
            return Relation(sign.text, sign.start, DEFINITION) if begins else None
        if sign.text not in ASSIGNED and self.definitions.is_circular(candidate):
            return self._in_a_circle(candidate, left, sign)
        if (known := self._as_jacobian(number, candidate, left, sign)) is not None:
            return known
        if is_written_out(right) and (known := self._as_table(number, candidate, left, sign)) is not None:
            return known
        before = self.definitions.introduced.get(candidate.key)
        if sign.text in ASSIGNED and self.definitions.is_update(candidate):
            return Relation(sign.text, sign.start, DEFINITION, UPDATE)
        if before == candidate.place and self.vocabulary.is_defined(*candidate.key):
            return self._definition(candidate, sign)
        again = before is not None and before != candidate.place
        again = again or self.definitions.is_of_square(candidate, self.definitions.current)
        if (again or self.definitions.is_value(candidate)) and sign.text not in ASSIGNED:
            relation = self._relation(number, left, right, sign, left)
            is_function = candidate.symbol.argument is not None
            if relation.reason.startswith("given") or has_condition(self.survey.formulas[number]):
                return relation
            if relation.verdict == PROVED:
                self.definitions.confirm(candidate)
            if relation.verdict == PROVED:
                return relation
            if relation.reason.startswith(NOTHING_SAID) and not is_function:
                self.others.not_read[candidate.key] = candidate
                return relation
            if TWO_MEANINGS in relation.reason and self.others.is_slip(candidate.key):
                return relation
            if relation.verdict == REFUTED and (found := self._second(candidate, relation, left, sign)) is not None:
                return found
        try:
            self.definitions.introduce(candidate)
        except (Unclear, LanguageError) as error:
            if _is_over_set(right):
                return Relation(sign.text, sign.start, DEFINITION)
            if again and (sign.text in ASSIGNED or gives_a_new_meaning(self.survey.formulas[number])):
                self.definitions.leave_open(candidate)
            if again:
                self.others.not_read[candidate.key] = candidate
            return Relation(sign.text, sign.start, UNDECIDED, str(error), help=help_of(error), span=span_of(error))
        return self._definition(candidate, sign)

    def _definition(self, candidate: Candidate, sign: tree.Sign) -> Relation:
        """What is said of a formula that defines a name, which usually may be something else."""
        self.named.append(candidate.key)
        meant = sign.text in ASSIGNED or r"\log_" in self.survey.formulas[candidate.number].latex
        usual = "" if meant else usually(candidate.key, self.definitions.meaning(candidate.key), self.claims.decide)
        if not usual:
            return Relation(sign.text, sign.start, DEFINITION)
        reason = f"{latex_of(*candidate.key)} usually is {usual}, and here something else"
        return Relation(sign.text, sign.start, UNDECIDED, reason, help="write := if it is meant so, or another name")

    def _in_a_circle(self, candidate: Candidate, left: tree.Node, sign: tree.Sign) -> Relation:
        """What is said of a formula for a name that its own right side is computed from: a claim, if a true one."""
        relation = self._relation(candidate.number, left, candidate.right, sign, left)
        mending = relation.mending
        slip = is_inverse(candidate, self.survey.symbols) or (mending is not None and mending.code in SLIPS)
        if relation.verdict != REFUTED or slip:
            return relation
        reason = f"what it is made of is computed from {latex_of(*candidate.key)}, and not the other way round"
        return Relation(sign.text, sign.start, UNDECIDED, reason, help=WRITE_ASSIGNED)

    def _second(self, candidate: Candidate, relation: Relation, left: tree.Node, sign: tree.Sign) -> Relation | None:
        """What is said of a second formula for a name, which is false by the first; None where it gives a new meaning.

        What is false later on by the meaning that counts may be meant by the other.
        """
        may, former = self._may_redefine(candidate, relation), self.definitions.current.get(candidate.key)
        near = self._without_slip(candidate.number, left, candidate.right, sign)
        if former is None or candidate.key not in self.definitions.introduced:
            return relation if near is not None or not may else None
        kind = kind_of(candidate, former, relation.mending, near, self.survey)
        if kind == NEW:
            self.others.found.pop(candidate.key, None)
            return None
        if kind == UNSAID or (may and self.rulings.holds_without_epsilon(relation)):
            kind = UNSAID if may else SLIP
        self.others.found[candidate.key] = candidate if kind == SLIP else former
        if kind != EITHER:
            return relation if kind == SLIP else None
        self.definitions.reintroduce(candidate)
        reason = NOT_AS_BEFORE.format(latex_of(*candidate.key), self.survey.formulas[former.number].line)
        return replace(relation, verdict=UNDECIDED, reason=reason, help=WRITE_ASSIGNED, decision=None)

    def _may_redefine(self, candidate: Candidate, relation: Relation) -> bool:
        """Whether a second formula for a name, which is not equal to the first, gives it a new meaning."""
        formula = self.survey.formulas[candidate.number]
        if gives_a_new_meaning(formula):
            return True
        if not self.definitions.may_redefine(candidate):
            return False
        before = self.definitions.introduced.get(candidate.key)
        if before is None or not self.definitions.is_of_the_same(candidate) or defines(formula):
            return True
        same = self.survey.formulas[before[0]].section == formula.section
        return not same or self.rulings.holds_without_epsilon(relation)

    def _as_jacobian(self, number: int, candidate: Candidate, left: tree.Node, sign: tree.Sign) -> Relation | None:
        """What is said of J = ..., where J is the derivative of one vector by another; None where it is not that."""
        tensor = self.vocabulary.jacobian(candidate.symbol.key)
        if tensor is None or candidate.symbol.indices or candidate.symbol.power is not None:
            return None
        tensors, key = self.vocabulary.tensors, candidate.symbol.key
        before = tensors.get(key)
        tensors[key] = tensor
        relation = self._relation(number, left, candidate.right, sign, left)
        slip = self._without_slip(number, left, candidate.right, sign) if relation.verdict == REFUTED else None
        if relation.verdict == PROVED or slip is not None:
            self.definitions.introduced[candidate.key] = candidate.place
            return relation
        del tensors[key]
        if before is not None:
            tensors[key] = before
        self.vocabulary.conventions.pop(key, None)
        return None

    def _as_table(self, number: int, candidate: Candidate, left: tree.Node, sign: tree.Sign) -> Relation | None:
        """A name for a matrix that is written out; a claim, where the name is known to be something else."""
        symbol, right = candidate.symbol, candidate.right
        if symbol.indices or symbol.power is not None or symbol.argument is not None:
            return None
        if symbol.transposed:
            return self._relation(number, left, right, sign, left)
        has_names = any(isinstance(part, tree.Name) for part in right.walk())
        if has_names and (symbol.key in self.relations.tables or self.definitions.meaning(candidate.key) is not None):
            relation = self._relation(number, left, right, sign, left)
            if relation.verdict == PROVED or symbol.key not in self.relations.tables:
                return relation
        self.relations.tables[symbol.key] = right
        return Relation(sign.text, sign.start, DEFINITION)

    def _without_slip(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> tree.Node | None:
        """A second formula for a name with one sign changed, where it is true: a false claim, no new definition."""
        for other in islice(with_other_sign(right), MOST):
            if self.relations.is_seen_to_fail(number, left, other, sign):
                continue
            if self.relations.judged(number, left, other, sign, left).verdict == PROVED:
                return other
        return None

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


NOT_AS_BEFORE = "it contradicts what line {1} says of {0}, unless this gets a new meaning here"
WRITE_ASSIGNED = "write := where a name gets a new meaning, or take another name"




STATES_NOTHING = "it states nothing: there is no relation in it"

def _is_over_set(node: tree.Node) -> bool:
    """Whether there is a sum over a set in a formula, of which it is not known what is in it."""
    sums = (part.lower for part in node.walk() if isinstance(part, tree.Big))
    return any(isinstance(lower, tree.Chain) and lower.signs[0].text == "\\in" for lower in sums)


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
