"""What is said of a relation when its claim is decided: a verdict, with the reason and what would help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from derive.language import Claim, Delta, Derivative, Number, Tensor
from derive.language.binding import free_indices, walk
from derive.language.substitution import reached
from derive.language.terms import Add, Entry
from derive.latex.reader import syntax as tree
from derive.notes.assumptions import Assumption, decided
from derive.notes.claims import Claims
from derive.notes.decision import is_false
from derive.notes.domain import left_out
from derive.notes.elsewhere import settings
from derive.notes.exponentials import in_exponentials
from derive.notes.meaning.layers import is_without_layer
from derive.notes.meaning.restrict import Condition, restricted
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import declare
from derive.notes.meaning.unsaid import constants, limited, unknown
from derive.notes.meaning.value import Reading
from derive.notes.meaning.vocabulary import LARGEST
from derive.notes.one_hot import at_one_hot
from derive.notes.report import DEFINITION, PROVED, UNDECIDED, Relation
from derive.notes.same_numbers import refuted_by
from derive.verdicts import Proved, Refuted, Undecided, Verdict

NOTHING_SAID = "nothing is said of"
ASSUMED = "it is not so for all values; it may be an assumption about them"
ONE_HOT = "it fails for labels that are not one-hot, and may hold for those that are"


class Rulings:
    """Verdicts about the relations of one document. What a statement is said under is set before its relations."""

    def __init__(self, claims: Claims, decide: Callable[[Claim], Verdict]) -> None:
        self.claims = claims
        self.decide = decide
        self.number = 0
        self.assumptions: Sequence[Assumption] = ()
        self.conditions: Sequence[Condition] = ()
        self.mixed: list[str] = []
        """What is to be warned of: sizes that a formula takes for the same."""

    def of(
        self,
        claim: Claim,
        sign: tree.Sign,
        head: tree.Node,
        reading: Reading,
        written: str,
        known: Refuted | None = None,
    ) -> Relation:
        """The verdict about a claim; `head` begins its chain, `written` is its LaTeX, `known` is another reading."""
        decision, given = self._decided(claim, known)
        narrow = None if isinstance(decision, Proved) else restricted(claim, self.conditions)
        if narrow is not None:
            claim = narrow
            decision, given = self._decided(narrow, known)
            given = ", ".join([*map(str, self.conditions), *([given] if given else [])])
        if isinstance(decision, Refuted) and (zeros := self._epsilons(decision)):
            decision, given = self._with_epsilon(claim, zeros)
        if isinstance(decision, Proved) and _is_sign(claim):
            return Relation(sign.text, sign.start, DEFINITION, "", None, reading)
        if isinstance(decision, Proved) and (where := left_out(decision)):
            given = f"where {where}" + (f", {given}" if given else "")
        if isinstance(decision, Proved):
            given = _joined(given, self._signs(claim, given))
        if not isinstance(decision, Refuted):
            return Relation(sign.text, sign.start, decision.verdict, decision.reason or given, decision, reading)
        if (excuse := self._excuse(claim, sign, head, written)) is not None:
            return Relation(sign.text, sign.start, UNDECIDED, excuse[0], None, reading, help=excuse[1])
        if (where := self._elsewhere(claim)) is not None:
            return Relation(sign.text, sign.start, UNDECIDED, where, None, reading)
        if (apart := self._apart(head, claim)) is not None:
            return Relation(sign.text, sign.start, PROVED, apart, None, reading)
        if (one := self.claims.vocabulary.with_one_size(claim)) is not None:
            under = self.decide(one.claim)
            if isinstance(under, Proved):
                self.mixed.append(one.said)
                return Relation(sign.text, sign.start, PROVED, one.said, under, reading)
            if isinstance(under, Undecided):
                return Relation(sign.text, sign.start, UNDECIDED, f"{one.said}; {under.reason}", under, reading)
        shown = self._for_labels(decision)
        if shown is None:
            return Relation(sign.text, sign.start, UNDECIDED, ONE_HOT, None, reading)
        return Relation(sign.text, sign.start, shown.verdict, shown.failing, shown, reading)

    def _epsilons(self, refuted: Refuted) -> list[Tensor]:
        """The epsilons that are 0 where a claim fails, and that the document does not take to be below 0."""
        negative = self.claims.survey.negative
        return [each for each in _without_epsilon(refuted) if each.name not in negative]

    def _with_epsilon(self, claim: Claim, zeros: Sequence[Tensor]) -> tuple[Verdict, str]:
        """The verdict where epsilon is above 0, as it is meant to be, on a claim that fails where it is 0."""
        decision, given = self._decided(claim.given(*(Entry(epsilon) > 0 for epsilon in zeros)))
        names = ", ".join(latex_of(epsilon.name) for epsilon in zeros)
        if isinstance(decision, Undecided):
            return Undecided(claim, f"it fails where {names} = 0; else {decision.reason}"), ""
        return decision, f"given {names} > 0" + given.replace("given ", ", ", 1)

    def _decided(self, claim: Claim, known: Refuted | None = None) -> tuple[Verdict, str]:
        decide = self.decide if known is None else partial(self._decide_like, known)
        found = decided(claim, self.assumptions, self.claims.translated, decide)
        if isinstance(found[0], Undecided) and (written_out := in_exponentials(claim)) is not None:
            other = decided(written_out, self.assumptions, self.claims.translated, self.decide)
            return other if isinstance(other[0], Proved) else found
        return found

    def _decide_like(self, known: Refuted, claim: Claim) -> Verdict:
        """The verdict on a claim, where the numbers that refute another reading of the same formula come first."""
        found = refuted_by(known, claim)
        return self.decide(claim) if found is None else found

    def is_seen_to_fail(self, claim: Claim) -> bool:
        """Whether numbers show that a claim fails, and nothing is said that it may hold under."""
        if self.assumptions or self.conditions or self.claims.survey.diagonals:
            return False
        return is_false(claim) and self.claims.vocabulary.with_one_size(claim) is None

    def holds_without_epsilon(self, relation: Relation) -> bool:
        """Whether an equation that fails holds where its epsilons are 0."""
        if not isinstance(relation.decision, Refuted):
            return False
        claim = relation.decision.claim
        small = [each for each in reached(claim.terms) if each.name.partition("_")[0] == "epsilon" and not each.sizes]
        if not small:
            return False
        return isinstance(self.decide(claim.given(*(Claim(Entry(each), "=", Number(0)) for each in small))), Proved)

    def _elsewhere(self, claim: Claim) -> str | None:
        """What the document says elsewhere of a number, where a claim that fails holds under it."""
        for each in settings(self.number, self.claims.survey):
            decision, given = decided(claim, (*self.assumptions, each), self.claims.translated, self.decide)
            if isinstance(decision, Proved):
                return f"it holds {given}, which may be meant: the note says so elsewhere"
        return None

    def _signs(self, claim: Claim, given: str) -> list[str]:
        """What the document says elsewhere of the signs of names in a claim, in its own words."""
        vocabulary, written = self.claims.vocabulary, given.replace(" ", "")
        own = {tensor for tensor in reached(claim.terms) if tensor.signs == frozenset({1}) and not tensor.integer}
        keys = [key for key in sorted(vocabulary.positive) if vocabulary.tensors.get(key) in own]
        return [said for key in keys if (said := f"{latex_of(key)} > 0").replace(" ", "") not in written]

    def _excuse(self, claim: Claim, sign: tree.Sign, head: tree.Node, written: str) -> tuple[str, str] | None:
        """Why a claim that fails may still be meant as something else, and what would tell; None where it may not."""
        if open_ := unknown(self.claims.vocabulary, claim.lhs, claim.rhs):
            if any(key.startswith(LARGEST) for key in open_):
                return "of a largest entry no more is known than whose it is", ""
            names = ", ".join(map(latex_of, open_))
            return f"{NOTHING_SAID} {', '.join(open_)}; write what it is", declare("free", names)
        if fixed := constants(self.claims.vocabulary, *claim.terms):
            return f"{', '.join(fixed)} may be meant to be constant here, as the text says", ""
        if opaque := limited(self.claims.vocabulary, *claim.terms):
            names = ", ".join(self.claims.vocabulary.tensors[key].name for key in opaque)
            return f"what {names} is defined by is not understood", ""
        if kinds := sorted({each.name for each in reached(claim.terms)} & self.claims.survey.described):
            return f"what the text says of the matrix {', '.join(kinds)} is not taken into account", ""
        if sized := self._said_of_sizes():
            return f"it is said for {sized}, and decided for all sizes", ""
        if sizes := [each.name for each in reached(claim.terms) if each.name in self.claims.survey.resized]:
            return f"{', '.join(sorted(sizes))} is a size, and the note gives it a value, too", ""
        if _is_update(head, sign, claim):
            return "it gives a name a new value, as code does", ""
        if _is_condition(claim):
            return ASSUMED, declare("assume", written) if written else ""
        if is_without_layer(*claim.terms):
            return f"{NOTHING_SAID} what the loss is computed from", declare("layer", "batchnorm")
        return None

    def _said_of_sizes(self) -> str:
        """What a formula is said under, where this is a number for a size."""
        symbols = self.claims.survey.symbols
        for each in self.assumptions:
            symbol = symbols.symbol(each.chain.sides[0])
            if not each.declared and symbol is not None and self.claims.vocabulary.is_size(symbol.key):
                return each.latex
        return ""

    def _for_labels(self, refuted: Refuted) -> Refuted | None:
        """The same refuted for labels that are one-hot, where there are labels; None if it may hold for these."""
        for labels in self.claims.vocabulary.labels():
            if labels in reached(refuted.claim.terms):
                return at_one_hot(refuted, labels, self.claims.vocabulary.classes_of(labels))
        return refuted

    def _apart(self, head: tree.Node, claim: Claim) -> str | None:
        """Whether a derivative holds off the diagonal only, where the document has the diagonal by itself.

        A right side with a derivative or a delta in it is about all indices.
        """
        if self.claims.survey.jacobian(head) not in self.claims.survey.diagonals:
            return None
        if any(isinstance(part, Derivative | Delta) for part in walk(claim.rhs)):
            return None
        free = sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=lambda index: index.name)
        if len(free) != 2 or free[0].size != free[1].size:
            return None
        off = Number(1) - Delta(*free)
        decision = self.decide(Claim(off * claim.lhs, claim.relation, off * claim.rhs, claim.hypotheses))
        return f"for {free[0].name} different from {free[1].name}" if isinstance(decision, Proved) else None


def _without_epsilon(refuted: Refuted) -> list[Tensor]:
    """The epsilons that are 0 where a claim fails, and of which it says nothing: they are small numbers above 0."""
    said = {tensor for hypothesis in refuted.claim.hypotheses for tensor in reached(hypothesis.terms)}
    return [
        tensor
        for tensor, entries in refuted.counterexample.point.values.items()
        if tensor.name.partition("_")[0] == "epsilon" and not tensor.sizes
        if tensor not in said and not any(entries.values())
    ]


def _joined(given: str, signs: Sequence[str]) -> str:
    """What a claim holds under, with signs of names besides."""
    if not signs:
        return given
    said = ", ".join(signs)
    return f"{given}, {said}" if "given" in given else f"{given}, given {said}" if given else f"given {said}"


def _is_sign(claim: Claim) -> bool:
    """Whether this is what a document says of the sign of a name that it defines nowhere: gamma > 0."""
    free = isinstance(claim.lhs, Entry) and claim.lhs.tensor.definition is None and not claim.lhs.tensor.integer
    return free and claim.relation == ">" and claim.rhs == Number(0) and not claim.hypotheses


def _is_update(head: tree.Node, sign: tree.Sign, claim: Claim) -> bool:
    """Whether a name is itself and more, dx = dx + dr, with nothing else on the left."""
    simple = isinstance(claim.lhs, Entry) or (isinstance(claim.lhs, Derivative) and not isinstance(head, tree.Quotient))
    return simple and sign.text == "=" and isinstance(claim.rhs, Add) and claim.lhs in claim.rhs.args


def _is_condition(claim: Claim) -> bool:
    """Whether one side is a number or a size, and the other has neither a definition nor a derivative in it.

    So is a bound on a size: m > 1.
    """
    sides = (claim.lhs, claim.rhs)
    parts = [list(walk(side)) for side in sides]
    constant = [all(_is_size(part) for part in side if isinstance(part, Entry)) for side in parts]
    bare = all(
        not isinstance(part, Derivative) and not (isinstance(part, Entry) and part.tensor.definition is not None)
        for side in parts
        for part in side
    )
    name = next((side for side in sides if isinstance(side, Entry)), None)
    of_size = claim.relation != "=" and name is not None and not all(name in side for side in parts)
    return bare and any(constant) and (of_size or not all(constant))


def _is_size(entry: Entry) -> bool:
    return entry.tensor.integer and not entry.indices
