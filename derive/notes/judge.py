"""Every formula of a document, in order: a definition, or relations with their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from derive.language import Claim, Delta, Derivative, LanguageError, Number
from derive.language.binding import free_indices, walk
from derive.language.terms import Add, Entry, Term
from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.assumptions import Assumption, behind, decided
from derive.notes.decision import decide
from derive.notes.declarations import IGNORE, MARK, SCOPE
from derive.notes.definitions import ASSIGNED, EQUAL, Definitions, Key
from derive.notes.find import Formula
from derive.notes.meaning.assumed import assumed
from derive.notes.meaning.layers import is_without_layer, layer_of, losses_in
from derive.notes.meaning.moments import moment_of
from derive.notes.meaning.restrict import Condition, conditions_in, is_conditional, is_otherwise, negated, restricted
from derive.notes.meaning.samples import per_sample
from derive.notes.meaning.shapes import declared, space
from derive.notes.meaning.sides import matched, one_sided
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.unclear import declare, help_of
from derive.notes.meaning.value import READINGS, Reading, Value
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.membership import membership
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD, Checked, Mending, Relation
from derive.notes.said import Said
from derive.notes.slips import MOST, with_other_sign
from derive.notes.survey import Read, Survey
from derive.verdicts import Proved, Refuted, Verdict

RELATIONS = {
    **dict.fromkeys(EQUAL, "="),
    **{"\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "<=": "<=", "<": "<", "\\lt": "<"},
    **{"\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", ">=": ">=", ">": ">", "\\gt": ">"},
}
"""What the signs between two sides say; all others are undecided."""


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
        self.decider = decider
        self._known: dict[Claim, Verdict] = {}
        self.hurried: frozenset[int] = frozenset()
        self.definitions = Definitions(self.survey)
        self.vocabulary = self.definitions.vocabulary
        self.translation: Callable[..., Translation] = Translation
        self.last: tree.Node | None = None
        self.last_number = 0
        self.continued: tuple[tree.Node, int] | None = None
        self.mended: dict[tuple[int, int], Mending] = {}
        self.named: list[Key] = []
        self.mixed: list[str] = []
        self.conditions: tuple[Condition, ...] = ()
        self.conditional = False
        self.said = Said(self.survey, lambda number, left, right: self._plain_claim(number, left, right))
        self.ignored = ""
        self.written = ""
        self.assumptions: list[Assumption] = []
        gradients = self.survey.are_gradients(frozenset(key for key, _ in self.definitions.first))
        self.readings = tuple(reading for reading in READINGS if reading.gradients == gradients)

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
        self.named, self.mixed = [], []
        if formula.mark == IGNORE:
            self.ignored = formula.latex
        if formula.mark == SCOPE:
            self.definitions.begin(number)
        if formula.mark.startswith(f"{MARK}: "):
            return Checked(formula, DEFINITION)
        if formula.display and self.ignored:
            reason, self.ignored = f"the note asks to pass over it: {self.ignored}", ""
            return Checked(formula, UNDECIDED, reason=reason)
        try:
            checked = _summary(formula, [self._statement(number, statement) for statement in read])
            conventions = self._conventions(checked.relations)
            warnings = (*checked.warnings, *self._stand_ins(number), *dict.fromkeys(self.mixed))
            return replace(checked, conventions=conventions, warnings=warnings)
        except RecursionError:
            return Checked(formula, UNDECIDED, reason="it is nested too deep", help="write it as several formulas")

    def _decide(self, claim: Claim) -> Verdict:
        if claim not in self._known:
            self._known[claim] = self.decider(claim) if self.decider is not None else decide(claim)
        return self._known[claim]

    def _under_assumptions(self, claim: Claim) -> tuple[Verdict, str]:
        def translation(number: int) -> Translation:
            return Translation(self.vocabulary, self.survey.symbols, number, self.readings[0])

        return decided(claim, self.assumptions, translation, self._decide)

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
                yield f"{letter} is read as {latex_of(meant)}"

    def _statement(self, number: int, statement: tree.Statement) -> list[Relation]:
        chain = statement.chain
        self.assumptions = [*self.survey.assumptions, *behind(statement, number, self.survey.formulas[number].latex)]
        if isinstance(chain, tree.Items) and any(declared(chain, self.survey.symbols)):
            return [Relation("\\in", chain.start, DEFINITION)]
        self.conditions = self._conditions(number, statement)
        if not isinstance(chain, tree.Chain):
            self.last, self.last_number = chain, number
            return [Relation("", chain.start, UNDECIDED, "it states nothing: there is no relation in it")]
        sides = list(chain.sides)
        self.continued = None
        if isinstance(sides[0], tree.Nothing) and self.last is not None:
            sides[0] = self.last
            self.continued = self.last, self.last_number
        self.last, self.last_number = sides[-1], number
        found: list[Relation] = []
        for place, sign in enumerate(chain.signs):
            left, right = sides[place], sides[place + 1]
            if sign.text == "\\in" and (said := space(right)) is not None:
                translation = Translation(self.vocabulary, self.survey.symbols, number, self.readings[0])
                found += membership(left, sign, said, translation if place else None)
                continue
            if place == 0:
                introduced = self._introduced(number, left, right, sign)
            else:
                introduced = self._named(number, sides[0], right, sign)
            found.append(introduced or self._relation(number, left, right, sign, sides[0]))
        return found

    def _conditions(self, number: int, statement: tree.Statement) -> tuple[Condition, ...]:
        """What is said beside a statement of its indices; else in the formulas in the text right before the display."""
        own = tuple(conditions_in(statement.remarks, self.survey.symbols))
        if not own and is_otherwise(statement.remarks):
            own = negated(self.conditions)
        self.conditional = not own and is_conditional(statement.remarks)
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

    def _introduced(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Relation | None:
        """What is said of a formula that introduces a name, or None where it doesn't."""
        if self.definitions.is_listing(left, right, sign):
            return Relation(sign.text, sign.start, DEFINITION)
        candidate = self.definitions.candidate(number, left, right, sign)
        if candidate is None:
            return None
        before = self.definitions.introduced.get(candidate.key)
        if sign.text in ASSIGNED and self.definitions.is_update(candidate):
            return Relation(sign.text, sign.start, DEFINITION)
        if before == candidate.place and self.vocabulary.is_defined(*candidate.key):
            self.named.append(candidate.key)
            return Relation(sign.text, sign.start, DEFINITION)
        again = before is not None and before != candidate.place
        if (again or self.definitions.is_value(candidate)) and sign.text not in ASSIGNED:
            relation = self._relation(number, left, right, sign, left)
            is_function = candidate.symbol.argument is not None
            if relation.verdict == PROVED or (relation.reason.startswith(NOTHING_SAID) and not is_function):
                return relation
            may = self.definitions.may_redefine(candidate)
            if relation.verdict == REFUTED and (not may or self._is_slip(number, left, right, sign)):
                return relation
        try:
            self.definitions.introduce(candidate)
        except (Unclear, LanguageError) as error:
            return Relation(sign.text, sign.start, UNDECIDED, str(error), help=help_of(error), span=_span(error))
        self.named.append(candidate.key)
        return Relation(sign.text, sign.start, DEFINITION)

    def _is_slip(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> bool:
        """Whether a second formula for a name is true with one sign changed: a false claim, no new definition."""
        others = islice(with_other_sign(right), MOST)
        return any(self._judged(number, left, other, sign, left).verdict == PROVED for other in others)

    def _relation(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node) -> Relation:
        """One relation, with what is true instead where it is refuted."""
        return self._with_mending(self._judged(number, left, right, sign, head), number, left, right, sign)

    def _judged(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node) -> Relation:
        """One relation in every reading: proved in one, refuted in all that have a meaning, else undecided."""
        relation = RELATIONS.get(sign.text)
        if relation is None:
            return Relation(sign.text, sign.start, UNDECIDED, f"{sign.text} is no relation that can be decided")
        latex = self.survey.formulas[number].latex
        self.written = " ".join(latex[left.start : right.end].split()) if left.start < sign.start else ""
        found: list[Relation] = []
        seen: list[Claim] = []
        for reading in self._readings():
            try:
                claim, is_open = self._claim(number, left, right, relation, reading)
            except (Unclear, LanguageError) as error:
                reason, helped, span = str(error), help_of(error), _span(error)
                found.append(Relation(sign.text, sign.start, UNDECIDED, reason, None, reading, help=helped, span=span))
                continue
            if claim not in seen:
                seen.append(claim)
                found.append(self._decided(claim, sign, head, reading))
            if found[-1].verdict == PROVED or not is_open:
                break
        best = max(found, key=lambda each: ORDER.index(each.verdict))
        if best.verdict == REFUTED and (tree.is_unbalanced(left) or tree.is_unbalanced(right)):
            return Relation(sign.text, sign.start, UNDECIDED, "a bracket is not closed, or closes nothing")
        if best.verdict == REFUTED and self.conditional:
            reason = "it is said to hold under a condition that is not understood"
            return Relation(sign.text, sign.start, UNDECIDED, reason, help="write the condition on indices as i = j")
        return best

    def _with_mending(
        self, relation: Relation, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign
    ) -> Relation:
        """What is wrong in a relation that is refuted or says nothing, and what is true instead."""
        if (not isinstance(relation.decision, Refuted) and relation.verdict != UNDECIDED) or number in self.hurried:
            return relation
        from derive.notes.repair import mending

        found = mending(self, number, left, right, sign, relation)
        if found is None or relation.verdict != UNDECIDED:
            return replace(relation, mending=found)
        return replace(relation, mending=found, help=f"with {found.instead} here it is proved: {found.latex}")

    def _readings(self) -> Iterator[Reading]:
        yield from self.readings
        if self.vocabulary.overloaded:
            yield from (replace(reading, rooted=True) for reading in self.readings)

    def _decided(self, claim: Claim, sign: tree.Sign, head: tree.Node, reading: Reading) -> Relation:
        decision, given = self._under_assumptions(claim)
        narrow = None if isinstance(decision, Proved) else restricted(claim, self.conditions)
        if narrow is not None:
            claim = narrow
            decision, given = self._under_assumptions(narrow)
            given = ", ".join([*map(str, self.conditions), *([given] if given else [])])
        verdict = decision.verdict
        reason = decision.failing if isinstance(decision, Refuted) else decision.reason or given
        helped = ""
        if isinstance(decision, Refuted):
            unknown = self.vocabulary.unknown(claim.lhs, claim.rhs)
            if unknown:
                verdict, reason = UNDECIDED, f"{NOTHING_SAID} {', '.join(unknown)}; write what it is"
                helped = declare("free", ", ".join(map(latex_of, unknown)))
            elif _is_update(head, sign, claim):
                verdict, reason = UNDECIDED, "it gives a name a new value, as code does"
            elif _is_condition(claim):
                verdict, reason = UNDECIDED, "it is not so for all values; it may be an assumption about them"
                helped = declare("assume", self.written) if self.written else ""
            elif is_without_layer(*claim.terms):
                verdict, reason = UNDECIDED, f"{NOTHING_SAID} what the loss is computed from"
                helped = declare("layer", "batchnorm")
            elif (apart := self._apart(head, claim)) is not None:
                verdict, reason = PROVED, apart
            elif (one := self.vocabulary.with_one_size(claim)) is not None:
                under = self._decide(one.claim)
                if isinstance(under, Proved):
                    verdict, reason, decision = PROVED, one.said, under
                    self.mixed.append(one.said)
        shown = decision if verdict == decision.verdict else None
        return Relation(sign.text, sign.start, verdict, reason, shown, reading, help=helped)

    def _apart(self, head: tree.Node, claim: Claim) -> str | None:
        """Whether a derivative holds off the diagonal only, where the document has the diagonal by itself.

        A right side with a derivative or a delta in it is about all indices.
        """
        if self.survey.jacobian(head) not in self.survey.diagonals:
            return None
        if any(isinstance(part, Derivative | Delta) for part in walk(claim.rhs)):
            return None
        free = sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=lambda index: index.name)
        if len(free) != 2 or free[0].size != free[1].size:
            return None
        off = Number(1) - Delta(*free)
        decision = self._decide(Claim(off * claim.lhs, claim.relation, off * claim.rhs, claim.hypotheses))
        return f"for {free[0].name} different from {free[1].name}" if isinstance(decision, Proved) else None

    def _claim(
        self, number: int, left: tree.Node, right: tree.Node, relation: str, reading: Reading
    ) -> tuple[Claim, bool]:
        """The claim that two sides make in a reading, and whether there are others."""
        single = per_sample(left, right, self.survey.symbols, self.vocabulary.rank) if relation == "=" else None
        one, other, is_open = self._sides(number, *(single or (left, right)), reading)
        if single is not None and not (isinstance(left, tree.Big) or self.vocabulary.is_by_parameter(one)):
            raise Unclear("a sum over samples that is no gradient by a parameter")
        losses = losses_in(one, other)
        if len(losses) > 1:
            layer = layer_of(losses, (left, right), self.vocabulary, self.survey.symbols)
            if layer is not None:
                with self.vocabulary.about(layer.output, layer.name):
                    one, other, is_open = self._sides(number, left, right, reading)
            if len(losses_in(one, other)) > 1:
                raise Unclear("the loss is a function of one thing on the left, and of another on the right")
        if is_without_layer(one, other) and self.vocabulary.losses.has_pair(number):
            raise Unclear("nothing is said of the layer that one of the losses goes through")
        if self.vocabulary.losses.is_ambiguous(number):
            self._ask_either(number, single or (left, right), reading, Claim(one, relation, other))
        claim = Claim(one, relation, other, self.vocabulary.hypotheses(number))
        return claim.given(*self.said.about(claim)) if self.survey.formulas[number].display else claim, is_open

    def _ask_either(self, number: int, sides: tuple[tree.Node, tree.Node], reading: Reading, claim: Claim) -> None:
        """Raises Unclear where it matters whether the plain loss is that without the layer, or goes through it."""
        losses = self.vocabulary.losses
        losses.all_through = True
        try:
            one, other, _ = self._sides(number, *sides, reading)
        finally:
            losses.all_through = False
        through = Claim(one, claim.relation, other)
        if through != claim and self._decide(through).verdict != self._decide(claim).verdict:
            raise Unclear("the loss may be that with the layer or that without it; write a hat or none")

    def _plain_claim(self, number: int, left: tree.Node, right: tree.Node) -> Claim:
        """The claim that two sides make in the plainest reading, without what else is said."""
        one, other, _ = self._sides(number, left, right, self.readings[0])
        return Claim(one, "=", other)

    def _sides(self, number: int, left: tree.Node, right: tree.Node, reading: Reading) -> tuple[Term, Term, bool]:
        """Both sides as terms in a reading, and whether there are other readings."""
        translation = self.translation(self.vocabulary, self.survey.symbols, number, reading)
        one, other = self._values(translation, number, left, right)
        translation.spread = one_sided(one, other)
        if translation.spread:
            again = self._values(translation, number, left, right)
            one, other = (one, other) if one_sided(*again) else again
        entry, term = matched(one, other)
        translation.check_matrices()
        return entry, term, translation.open

    def _values(self, translation: Translation, number: int, left: tree.Node, right: tree.Node) -> tuple[Value, Value]:
        if self.continued is not None and left is self.continued[0]:
            translation.formula = self.continued[1]  # its sums are those of the display before
        one = translation.value(left)
        translation.formula = number
        translation.given = frozenset(index.name for index in free_indices(one.term) - set(one.axes))
        return one, translation.value(right)


NOTHING_SAID = "nothing is said of"

ORDER = (REFUTED, UNDECIDED, PROVED)
"""Of several readings the last of these counts: one that is proved, else one that is undecided."""


def _span(error: Unclear | LanguageError) -> tuple[int, int] | None:
    """Where a meaning is missing, if that is known."""
    return (error.start, error.end) if isinstance(error, Unclear) and error.end > error.start else None


def _is_update(head: tree.Node, sign: tree.Sign, claim: Claim) -> bool:
    """Whether a name is itself and more, dx = dx + dr, with nothing else on the left."""
    simple = isinstance(claim.lhs, Entry) or (isinstance(claim.lhs, Derivative) and not isinstance(head, tree.Quotient))
    return simple and sign.text == "=" and isinstance(claim.rhs, Add) and claim.lhs in claim.rhs.args


def _is_condition(claim: Claim) -> bool:
    """Whether one side is a number or a size, and the other has neither a definition nor a derivative in it."""
    parts = [list(walk(side)) for side in (claim.lhs, claim.rhs)]
    constant = [all(_is_size(part) for part in side if isinstance(part, Entry)) for side in parts]
    bare = all(
        not isinstance(part, Derivative) and not (isinstance(part, Entry) and part.tensor.definition is not None)
        for side in parts
        for part in side
    )
    return any(constant) and not all(constant) and bare


def _is_size(entry: Entry) -> bool:
    return entry.tensor.integer and not entry.indices


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
