"""What two sides of a formula claim, in each way in which they may be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from derive.language import Claim, Derivative
from derive.language.binding import walk
from derive.language.terms import Term
from derive.latex.reader import syntax as tree
from derive.notes.decision import is_false
from derive.notes.definitions import Definitions
from derive.notes.meaning.layers import is_without_layer, layer_of, losses_in
from derive.notes.meaning.samples import per_sample
from derive.notes.meaning.sides import matched, one_sided
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.unsaid import ask_computed, ask_understood
from derive.notes.meaning.value import READINGS, Reading, Readings, Value
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.report import PROVED, REFUTED
from derive.notes.said import Said
from derive.notes.survey import Survey
from derive.verdicts import Verdict

Pair = tuple[tree.Node, tree.Node]
"""The two sides of a relation."""


class Claims:
    """The claims of a document's formulas, with the meaning that its names have at that place."""

    def __init__(self, survey: Survey, definitions: Definitions, decide: Callable[[Claim], Verdict]) -> None:
        self.survey = survey
        self.vocabulary = definitions.vocabulary
        self.decide = decide
        self.translation: Callable[..., Translation] = Translation
        self.continued: tuple[tree.Node, int] | None = None
        self.said = Said(survey, self.plain)
        gradients = survey.are_gradients(frozenset(key for key, _ in definitions.first))
        self.plain_readings = tuple(reading for reading in READINGS if reading.gradients == gradients)

    def readings(self, *first: Reading) -> Readings:
        """The ways in which a formula may be read: these, then the plainest."""
        return Readings(dict.fromkeys((*first, *self._readings())) if first else self._readings())

    def _readings(self) -> Iterator[Reading]:
        yield from self.plain_readings
        if self.vocabulary.overloaded:
            yield from (replace(reading, rooted=True) for reading in self.plain_readings)

    def translated(self, number: int) -> Translation:
        """What translates parts of formula `number` in the plainest reading."""
        return Translation(self.vocabulary, self.survey.symbols, number, self.plain_readings[0])

    def plain(self, number: int, left: tree.Node, right: tree.Node) -> Claim:
        """The claim that two sides make in the plainest reading, without what else is said."""
        one, other, _ = self._sides(number, left, right, self.plain_readings[0])
        return Claim(one, "=", other)

    def claim(self, number: int, left: tree.Node, right: tree.Node, relation: str, reading: Reading) -> Claim:
        """The claim that two sides make in a reading; Unclear or LanguageError where they make none."""
        return self.open_claim(number, left, right, relation, reading)[0]

    def open_claim(
        self, number: int, left: tree.Node, right: tree.Node, relation: str, reading: Reading
    ) -> tuple[Claim, frozenset[str]]:
        """The same, and what the reading was asked for."""
        claim, asked = self.unasked(number, left, right, relation, reading)
        self.ask(number, left, right, reading, claim)
        return claim, asked

    def unasked(
        self, number: int, left: tree.Node, right: tree.Node, relation: str, reading: Reading
    ) -> tuple[Claim, frozenset[str]]:
        """The same, where it is not asked what else they may mean."""
        one, other, asked = self._meaning(number, left, right, relation, reading)
        claim = Claim(one, relation, other, self.vocabulary.hypotheses(number))
        return claim.given(*self.said.about(claim)) if self.survey.formulas[number].display else claim, asked

    def ask(self, number: int, left: tree.Node, right: tree.Node, reading: Reading, claim: Claim) -> None:
        """Raises Unclear where two sides may mean something else, or what is differentiated is not understood."""
        if self.vocabulary.losses.is_ambiguous(number):
            self._ask_either(number, self._single(left, right, claim.relation), reading, claim)
        for part in (part for term in (claim.lhs, claim.rhs) for part in walk(term)):
            if isinstance(part, Derivative):
                ask_understood(self.vocabulary, part.body, part.by.tensor)
                ask_computed(self.vocabulary, part.body, part.by.tensor)

    def _ask_either(self, number: int, sides: Pair, reading: Reading, claim: Claim) -> None:
        """Raises Unclear where it matters whether the plain loss is that without the layer, or goes through it."""
        losses = self.vocabulary.losses
        losses.all_through = True
        try:
            one, other, _ = self._sides(number, *sides, reading)
        finally:
            losses.all_through = False
        bare, through = Claim(claim.lhs, claim.relation, claim.rhs), Claim(one, claim.relation, other)
        if through != bare and not self._are_alike(bare, through):
            raise Unclear("the loss may be that with the layer or that without it; write a hat or none")

    def _are_alike(self, claim: Claim, other: Claim) -> bool:
        """Whether two claims have the same verdict."""
        verdict = self.decide(claim).verdict
        if verdict in (PROVED, REFUTED) and is_false(other):
            return verdict == REFUTED
        return self.decide(other).verdict == verdict

    def guess(self, number: int, left: tree.Node, right: tree.Node, reading: Reading) -> tuple[Term, Term]:
        """What two sides of an equation mean, where it is not asked what else they may mean."""
        return self._meaning(number, left, right, "=", reading)[:2]

    def _single(self, left: tree.Node, right: tree.Node, relation: str) -> Pair:
        """Both sides, for one sample where they are sums over samples."""
        single = per_sample(left, right, self.survey.symbols, self.vocabulary.rank) if relation == "=" else None
        return single or (left, right)

    def _meaning(
        self, number: int, left: tree.Node, right: tree.Node, relation: str, reading: Reading
    ) -> tuple[Term, Term, frozenset[str]]:
        """Both sides as terms about the same layer, and what the reading was asked for."""
        single = self._single(left, right, relation)
        one, other, asked = self._sides(number, *single, reading)
        if single[1] is not right and not (isinstance(left, tree.Big) or self.vocabulary.is_by_parameter(one)):
            raise Unclear("a sum over samples that is no gradient by a parameter")
        losses = losses_in(one, other) if self.vocabulary.has_several_losses else set()
        if len(losses) > 1:
            layer = layer_of(losses, (left, right), self.vocabulary, self.survey.symbols)
            if layer is not None:
                with self.vocabulary.about(layer.output, layer.name):
                    one, other, more = self._sides(number, left, right, reading)
                asked |= more
            if len(losses_in(one, other)) > 1:
                raise Unclear("the loss is a function of one thing on the left, and of another on the right")
        if self.vocabulary.losses.has_pair(number) and is_without_layer(one, other):
            raise Unclear("nothing is said of the layer that one of the losses goes through")
        return one, other, asked

    def _sides(
        self, number: int, left: tree.Node, right: tree.Node, reading: Reading
    ) -> tuple[Term, Term, frozenset[str]]:
        """Both sides as terms in a reading, and what it was asked for."""
        translation = self.translation(self.vocabulary, self.survey.symbols, number, reading)
        one, other = self._values(translation, number, left, right)
        translation.spread = one_sided(one, other)
        if translation.spread:
            again = self._values(translation, number, left, right)
            one, other = (one, other) if one_sided(*again) else again
        entry, term = matched(one, other)
        translation.check_matrices()
        return entry, term, frozenset(translation.asked)

    def _values(self, translation: Translation, number: int, left: tree.Node, right: tree.Node) -> tuple[Value, Value]:
        if self.continued is not None and left is self.continued[0]:
            translation.formula = self.continued[1]  # its sums are those of the display before
        one = translation.value(left)
        translation.formula = number
        translation.given = frozenset(index.name for index in one.free - set(one.axes))
        return one, translation.value(right)
