"""What a formula says that introduces a name: a definition, a claim about a name that is known, or a new meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from derive.language import LanguageError
from derive.latex.reader import syntax as tree
from derive.notes.candidates import ASSIGNED, Candidate, Key
from derive.notes.circles import is_inverse
from derive.notes.claims import Claims
from derive.notes.meaning.grids import is_written_out
from derive.notes.meaning.moments import moment_of
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import help_of
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.other_meanings import TWO_MEANINGS, OtherMeanings
from derive.notes.prose import defines, gives_a_new_meaning
from derive.notes.relations import Relations, span_of
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, Relation
from derive.notes.rulings import NOTHING_SAID, Rulings
from derive.notes.said_conditions import has_condition
from derive.notes.second import EITHER, NEW, SLIP, SLIPS, UNSAID, kind_of
from derive.notes.slips import MOST, with_other_sign
from derive.notes.stated import UPDATE
from derive.notes.usual_entropies import usually


class Introductions:
    """Tells the definitions of a document from claims about names that are known.

    `relation` judges one relation of a formula. `named` has the names that the formula at hand has introduced.
    """

    def __init__(
        self,
        claims: Claims,
        rulings: Rulings,
        relations: Relations,
        others: OtherMeanings,
        relation: Callable[[int, tree.Node, tree.Node, tree.Sign, tree.Node], Relation],
    ) -> None:
        self.claims, self.rulings, self.relations, self.others = claims, rulings, relations, others
        self.relation = relation
        self.survey, self.definitions = claims.survey, others.definitions
        self.vocabulary = self.definitions.vocabulary
        self.named: list[Key] = []

    def named_last(self, number: int, head: tree.Node, right: tree.Node, sign: tree.Sign) -> Relation | None:
        """A chain may end in a new name of a function for what it computes: ... = BN(x)."""
        symbol = self.survey.symbols.symbol(right)
        if symbol is None or symbol.argument is None or moment_of(symbol.key) is not None:
            return None
        candidate = self.definitions.candidate(number, right, head, sign)
        if candidate is None or candidate.key in self.definitions.introduced:
            return None
        return self.introduced(number, right, head, sign)

    def refined(self, number: int, head: tree.Node, right: tree.Node, sign: tree.Sign) -> None:
        """What a chain ends in may have more names of the graph in it than what its head was defined by."""
        candidate = self.definitions.candidate(number, head, right, sign)
        if candidate is not None and candidate.key in self.definitions.introduced:
            self.definitions.confirm(candidate)

    def between(
        self, number: int, sides: Sequence[tree.Node], signs: Sequence[tree.Sign], place: int
    ) -> Relation | None:
        """A chain may introduce a name behind others: f(x) = r = 2x."""
        for candidate in self.definitions.candidates(number, sides, signs):
            known = self.definitions.introduced.get(candidate.key, candidate.place)
            if candidate.right is sides[place + 1] and known == candidate.place:
                return self.introduced(number, sides[place], candidate.right, signs[place])
        return None

    def introduced(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Relation | None:
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
            relation = self.relation(number, left, right, sign, left)
            is_function = candidate.symbol.argument is not None
            if relation.reason.startswith("given") or has_condition(self.survey.formulas[number]):
                return relation
            if relation.verdict == PROVED:
                self.definitions.confirm(candidate)
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
        relation = self.relation(candidate.number, left, candidate.right, sign, left)
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
        relation = self.relation(number, left, candidate.right, sign, left)
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
            return self.relation(number, left, right, sign, left)
        has_names = any(isinstance(part, tree.Name) for part in right.walk())
        if has_names and (symbol.key in self.relations.tables or self.definitions.meaning(candidate.key) is not None):
            relation = self.relation(number, left, right, sign, left)
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


NOT_AS_BEFORE = "it contradicts what line {1} says of {0}, unless this gets a new meaning here"
WRITE_ASSIGNED = "write := where a name gets a new meaning, or take another name"


def _is_over_set(node: tree.Node) -> bool:
    """Whether there is a sum over a set in a formula, of which it is not known what is in it."""
    sums = (part.lower for part in node.walk() if isinstance(part, tree.Big))
    return any(isinstance(lower, tree.Chain) and lower.signs[0].text == "\\in" for lower in sums)
