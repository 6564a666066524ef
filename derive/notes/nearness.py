"""Numbers and decimals: what \\approx says between them, and an = that holds to the digits that are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeGuard

from derive.language import Derivative, LanguageError, Number, Tensor, Term
from derive.language.binding import free_indices, walk
from derive.language.terms import Entry, Sum
from derive.latex.reader import syntax as tree
from derive.notes.claims import Claims
from derive.notes.meaning.settings import power_of_ten
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import Unclear
from derive.notes.report import PROVED, REFUTED, UNDECIDED, Mending, Relation
from derive.refute.evaluate import Evaluation, Intervals, Irrational, NoValue, Point, Rationals, TooLarge

NEAR = frozenset("\\approx \\simeq \\approxeq \\cong \\doteq".split())
"""Signs that say of numbers that they agree to the digits that are written."""

LOOSE = frozenset(("\\sim",))
"""Those that may say less, such as the order of magnitude."""

TO_THE_DIGITS = "it is not exact; it holds to the digits that are written"
WRITE_APPROX = "write \\approx where it is not exact"
HOW_NEAR = "it doesn't say how near its sides are"
EXACTLY = "write = if it holds exactly, or an inequality with the bound"
MAGNITUDE = "it may say no more than that both sides are of one order of magnitude"
NO_DIGITS = "neither side is a decimal, whose digits would say how near the sides are"

_DECIMAL = re.compile(r"(?P<whole>\d*)(?:(?:\.|\{,\})(?P<behind>\d+))?(?:[eE](?P<shift>[-+\u2212]?\d+))?")


@dataclass(frozen=True)
class Decimal:
    """A decimal as it is written: its value, and what 1 in its last place is worth.

    `node` is what has the digits, without a sign and a power of ten.
    """

    node: tree.Node
    value: Fraction
    unit: Fraction

    def agrees(self, low: Fraction, high: Fraction) -> bool:
        """Whether every number from `low` to `high` is this when it is rounded, or cut off, at the last place."""
        half = self.unit / 2
        if self.value - half <= low and high <= self.value + half:
            return True
        if self.value > 0:
            return self.value <= low and high < self.value + self.unit
        return self.value < 0 and self.value - self.unit < low and high <= self.value

    def differs(self, low: Fraction, high: Fraction) -> bool:
        """Whether every number from `low` to `high` is more than 1 in the last place away."""
        return low > self.value + self.unit or high < self.value - self.unit


@dataclass(frozen=True)
class Compared:
    """A decimal, and between which numbers the other side is."""

    decimal: Decimal
    low: Fraction
    high: Fraction

    @property
    def agree(self) -> bool:
        return self.decimal.agrees(self.low, self.high)

    @property
    def differ(self) -> bool:
        return self.decimal.differs(self.low, self.high)


class Nearness:
    """Judges relations between numbers that are no exact equations."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims

    def of(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Relation:
        """The verdict on a relation with \\approx, or another such sign."""
        compared = self.compared(number, left, right)
        if compared is None:
            return self._without_digits(number, left, right, sign)
        if compared.agree:
            return Relation(sign.text, sign.start, PROVED, "to the digits that are written")
        if compared.differ and sign.text in LOOSE:
            return Relation(sign.text, sign.start, UNDECIDED, MAGNITUDE, help=EXACTLY)
        if compared.differ and (name := self._constant_in(number, left, right)) is not None:
            return Relation(sign.text, sign.start, UNDECIDED, f"{latex_of(name)} may be another number here than usual")
        if not compared.differ:
            reason = "the sides differ in the last digit that is written"
            return Relation(sign.text, sign.start, UNDECIDED, reason, help=self._rounded_help(compared))
        mending = self._mending(number, left, right, compared)
        return Relation(sign.text, sign.start, REFUTED, self._apart(compared), mending=mending)

    def _without_digits(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Relation:
        one, other = self._number(number, left), self._number(number, right)
        if one is None or other is None:
            return Relation(sign.text, sign.start, UNDECIDED, HOW_NEAR, help=EXACTLY)
        if one == other and one[0] == one[1]:
            return Relation(sign.text, sign.start, PROVED, "it holds exactly")
        return Relation(sign.text, sign.start, UNDECIDED, NO_DIGITS, help="write one side with digits behind the point")

    def is_about(self, number: int, left: tree.Node, right: tree.Node) -> bool:
        """Whether both sides are numbers."""
        return self._number(number, left) is not None and self._number(number, right) is not None

    def is_rounded(self, number: int, left: tree.Node, right: tree.Node) -> bool:
        """Whether one side is a decimal that has the digits of the other, and is not quite it."""
        compared = self.compared(number, left, right)
        if compared is None or not compared.agree:
            return False
        return compared.high < compared.decimal.value or compared.low > compared.decimal.value

    def _constant_in(self, number: int, *nodes: tree.Node) -> str | None:
        """pi or e where it stands as a name."""
        terms = (self._term(number, node) for node in nodes)
        entries = (part.tensor.name for term in terms if term is not None for part in walk(term) if _is_entry(part))
        return next((name for name in entries if name in CONSTANTS), None)

    def compared(self, number: int, left: tree.Node, right: tree.Node) -> Compared | None:
        """The side that is a decimal, of two the one with fewer digits, with the value of the other side; or None."""
        latex = self.claims.survey.formulas[number].latex
        pairs = [(decimal_of(left, latex), right), (decimal_of(right, latex), left)]
        known = [(decimal, other) for decimal, other in pairs if decimal is not None]
        if not known:
            return None
        decimal, other = max(known, key=lambda pair: pair[0].unit)
        value = self._number(number, other)
        return None if value is None else Compared(decimal, *value)

    def _number(self, number: int, node: tree.Node) -> tuple[Fraction, Fraction] | None:
        """Between which numbers a side without names lies; None where it has names, or no value."""
        term = self._term(number, node)
        return None if term is None else value_of(term)

    def _term(self, number: int, node: tree.Node) -> Term | None:
        vocabulary = self.claims.vocabulary
        known = CONSTANTS - vocabulary.tensors.keys()
        try:
            found = self.claims.translated(number).value(node)
        except (Unclear, LanguageError):
            return None
        finally:
            for name in known:  # they are numbers here, and no names of this document
                vocabulary.tensors.pop(name, None)
        return None if found.axes else found.term

    def _apart(self, compared: Compared) -> str:
        places = len(str(compared.decimal.unit.denominator)) + 3
        return f"the other side is {_shown(compared.low, places)}, more than 1 away in the last place that is written"

    def _rounded_help(self, compared: Compared) -> str:
        rounded = self._rounded(compared)
        return f"to as many digits it is {rounded}" if rounded is not None else ""

    def _rounded(self, compared: Compared) -> str | None:
        """The other side with the digits that the decimal has, where it has no power of ten."""
        unit = compared.decimal.unit
        low, high = (round(abs(end) / unit) for end in (compared.low, compared.high))
        places = len(str(unit.denominator)) - 1
        if low != high or compared.low * compared.high < 0 or 10**places != unit.denominator or unit.numerator != 1:
            return None
        digits = str(low).rjust(places + 1, "0")
        return f"{'-' if compared.high < 0 else ''}{digits[:-places]}.{digits[-places:]}" if places else None

    def _mending(self, number: int, left: tree.Node, right: tree.Node, compared: Compared) -> Mending | None:
        """The decimal with the right digits, where its sign is right."""
        node, rounded = compared.decimal.node, self._rounded(compared)
        if rounded is None or compared.low <= 0 or compared.decimal.value < 0 or compared.decimal.value.numerator == 0:
            return None
        latex = self.claims.survey.formulas[number].latex
        start, end = min(left.start, right.start), max(left.end, right.end)
        whole = latex[start : node.start] + rounded + latex[node.end : end]
        return Mending(node.start, node.end, rounded, whole)


def decimal_of(node: tree.Node, latex: str) -> Decimal | None:
    """The decimal that a side is, with a sign or a power of ten behind it; None where it is none."""
    match node:
        case tree.Number():
            return _written(node, latex)
        case tree.Group(opening="" | "(") | tree.Labelled():
            return decimal_of(node.body, latex)
        case tree.Terms(terms=(only,), signs=("-",)):
            found = decimal_of(only, latex)
            return None if found is None else Decimal(found.node, -found.value, found.unit)
        case tree.Product(factors=(first, power), signs=("", "\\times" | "\\cdot")):
            found, scale = decimal_of(first, latex), power_of_ten(power)
            if found is not None and scale is not None:
                return Decimal(found.node, found.value * scale, found.unit * scale)
    return None


def _written(node: tree.Number, latex: str) -> Decimal | None:
    """A number with digits behind the point; a whole number, or one from a macro, doesn't say how exact it is."""
    match = _DECIMAL.fullmatch("".join(latex[node.start : node.end].split()))
    if match is None or not match["behind"]:
        return None
    shift = Fraction(10) ** int((match["shift"] or "0").replace("\u2212", "-"))
    value = Fraction(f"{match['whole'] or '0'}.{match['behind']}") * shift
    return Decimal(node, value, shift / 10 ** len(match["behind"])) if value == node.value else None


CONSTANTS = frozenset(("pi", "e"))
"""Names of numbers."""


def value_of(term: Term) -> tuple[Fraction, Fraction] | None:
    """Between which numbers a term without unknown names lies, as near as intervals of 60 digits tell; else None."""
    if free_indices(term) or not all(map(_is_known, walk(term))):
        return None
    for kind in (Rationals, Intervals):
        try:
            return _ends(_Numbers(Point({}), kind)(term, {}))
        except Irrational:
            continue
        except (NoValue, TooLarge):
            return None
    return None


def _is_entry(part: Term) -> TypeGuard[Entry]:
    return isinstance(part, Entry)


def _is_known(part: Term) -> bool:
    """Whether a part has a value by itself: it is no name but pi or e, and no sum up to a size."""
    if isinstance(part, Sum):
        return isinstance(part.index.size, Number)
    if not isinstance(part, Entry):
        return not isinstance(part, Derivative)
    tensor = part.tensor
    return tensor.name in CONSTANTS and not tensor.sizes and tensor.definition is None and tensor.dependence is None


class _Numbers(Evaluation):
    """Evaluates terms in which pi and e are numbers."""

    def entry(self, tensor: Tensor, place: tuple[int, ...]) -> Any:
        if isinstance(self.numbers, Rationals):
            raise Irrational
        iv = self.numbers.iv
        return +iv.pi if tensor.name == "pi" else iv.exp(iv.mpf(1))


def _ends(value: Any) -> tuple[Fraction, Fraction]:
    """The ends of an interval, exactly."""
    if isinstance(value, Fraction | int):
        return Fraction(value), Fraction(value)
    return _exact(value.a), _exact(value.b)


def _exact(end: Any) -> Fraction:
    sign, mantissa, exponent, _ = end._mpi_[0]
    return (-1 if sign else 1) * Fraction(int(mantissa)) * Fraction(2) ** exponent


def _shown(value: Fraction, places: int) -> str:
    """A number to so many places."""
    digits = str(round(abs(value) * 10**places)).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
