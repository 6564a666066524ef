"""What a formula is where it claims nothing that numbers could show: a setting, an update, an assumption about f.

Each rule looks at one relation as it is written. `plainly` is asked before a relation is judged: its rules are about
what would otherwise be guessed. `otherwise` is asked of what stays undecided: its rules say why in better words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.latex.reader.words import BETWEEN
from derive.notes.assumed_functions import AssumedFunctions
from derive.notes.assumptions import ORDERS
from derive.notes.bare import Bare
from derive.notes.candidates import ASSIGNED
from derive.notes.definitions import Definitions
from derive.notes.described import Described
from derive.notes.meaning.orders import is_order
from derive.notes.meaning.settings import is_setting
from derive.notes.meaning.signs import (
    ARROWS,
    MEASURED,
    SIGNS,
    STATISTICS,
    is_distribution,
    is_infinite,
    is_parameter,
)
from derive.notes.meaning.symbols import is_differential, latex_of
from derive.notes.meaning.unclear import declare
from derive.notes.meaning.value import constant
from derive.notes.meaning.written import written
from derive.notes.off_path import OffPath
from derive.notes.said_intervals import SaidIntervals
from derive.notes.stated import Rule, Stated, Subject
from derive.notes.survey import Survey

EQUALS = frozenset(("=", "\\equiv")) | ASSIGNED


class Subjects:
    """Says what relations of a document are about."""

    def __init__(self, survey: Survey, definitions: Definitions) -> None:
        self.survey = survey
        self.symbols = survey.symbols
        self.definitions = definitions
        self.plain_rules: tuple[Rule, ...] = (self._order, self._setting)
        self.other_rules: tuple[Rule, ...] = (
            self._by_sign,
            *AssumedFunctions(survey.symbols, definitions).rules,
            self._update,
            self._measured,
        )

    def plainly(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Subject | None:
        """What a relation is about, if that is seen before it is judged."""
        return self._first(self.plain_rules, number, left, right, sign)

    def otherwise(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Subject | None:
        """What a relation that is undecided is about."""
        return self._first(self.other_rules, number, left, right, sign)

    def excused(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Subject | None:
        """What a relation that is refuted may be about, so that it is no false claim."""
        rules = (
            *(self._new_value, self._of_inputs, self._of_free, self._of_usual_function, self._of_any_function),
            *(self._to_a_base, self._with_d, _with_units, _below_brace, Bare(self.survey).rule),
            SaidIntervals(self.survey).rule,
            *(OffPath(self.symbols, self.definitions).rule, Described(self.survey, self.definitions, number).rule),
        )
        return self._first(rules, number, left, right, sign)

    def _of_free(self, stated: Stated) -> Subject | None:
        """d > 100: what may be said of a name as a condition."""
        if stated.sign.text not in ORDERS:
            return None
        for one, other in (stated.sides, stated.sides[::-1]):
            symbol = self.symbols.symbol(one)
            if symbol is not None and symbol.argument is None and isinstance(other, tree.Number):
                return Subject(f"it is not so for every {latex_of(symbol.key)}; it may be a condition")
        return None

    def _of_usual_function(self, stated: Stated) -> Subject | None:
        """softmax(z) = sigma(z) = ..., where sigma is the logistic function by convention alone."""
        for side in stated.sides:
            symbol = self.symbols.symbol(side)
            if symbol is None or symbol.argument is None:
                continue
            if self.definitions.introduced.get((symbol.key, False), (0, 0))[0] < 0:
                name = latex_of(symbol.key)
                return Subject(f"{name} is usually another function, and may be this one here", f"define {name} first")
        return None

    def _of_any_function(self, stated: Stated) -> Subject | None:
        """g(x) (1 - g(x)), where the document differentiates g and does not say what it computes."""
        for part in (part for side in stated.sides for part in side.walk()):
            symbol = self.symbols.symbol(part)
            if symbol is None or symbol.argument is None or symbol.key not in self.survey.functions:
                continue
            tensor = self.definitions.meaning((symbol.key, False))
            if tensor is not None and tensor.definition is None:
                name = latex_of(symbol.key)
                return Subject(f"nothing is said of what {name} computes", f"write what {name} computes")
        return None

    def _to_a_base(self, stated: Stated) -> Subject | None:
        """log 100 = 2: which logarithm it is."""
        for one, other in (stated.sides, stated.sides[::-1]):
            log = one if isinstance(one, tree.Call) and one.base is None and one.function.text == "log" else None
            if log is not None and _is_power(constant(log.argument), constant(other)):
                return Subject(r"\log may have base 2 or 10; it fails for the natural one", r"write \log_{10} or \ln")
        return None

    def _is_statistic(self, node: tree.Node) -> bool:
        """Whether what stands behind a d is a mean or a variance."""
        symbols = map(self.symbols.symbol, node.children())
        return any(each is not None and each.key.partition("_")[0] in STATISTICS for each in symbols)

    def _with_d(self, stated: Stated) -> Subject | None:
        """d sigma^2, where d is a size: a product or a differential."""
        if not self.survey.sizes.limits["d"] or not self.survey.differentials:
            return None
        for side in stated.sides:
            for part in _outside_of_derivatives(side):
                if is_differential(part) and self._is_statistic(part):
                    reason = "d is a size here; before a name it may be a factor, or make a differential"
                    return Subject(reason, r"write d \cdot for a product", (part.start, part.end))
        return None

    def _new_value(self, stated: Stated) -> Subject | None:
        """sigma^2 = sigma^2 + eps: the same name on both sides, with scripts and all."""
        terms = stated.right.terms if isinstance(stated.right, tree.Terms) else ()
        return self._update(stated) if any(written(term) == written(stated.left) for term in terms) else None

    def _of_inputs(self, stated: Stated) -> Subject | None:
        """mu = 0: inputs may be so."""
        symbol = self.symbols.symbol(stated.left)
        if symbol is None or symbol.key.partition("_")[0] not in STATISTICS or symbol.indices or symbol.argument:
            return None
        if stated.sign.text != "=" or not isinstance(stated.right, tree.Number):
            return None
        said = f"{stated.text(stated.left)} = {stated.text(stated.right)}"
        return Subject("it is not so for all inputs; it may be an assumption about them", declare("assume", said))

    def _first(
        self, rules: tuple[Rule, ...], number: int, left: tree.Node, right: tree.Node, sign: tree.Sign
    ) -> Subject | None:
        stated = Stated(left, sign, right, self.survey.formulas[number].latex)
        return next((found for rule in rules if (found := rule(stated)) is not None), None)

    # ------------------------------------------------------------------ seen before

    def _order(self, stated: Stated) -> Subject | None:
        """O(n log n): an order of magnitude."""
        for side in stated.sides:
            for part in side.walk():
                if is_order(part) and not self._is_known("O"):
                    reason = f"it says of what order something is: {stated.text(part)} leaves a factor open"
                    return Subject(reason, "write a bound with its factor, as an inequality", (part.start, part.end))
        return None

    def _setting(self, stated: Stated) -> Subject | None:
        """eps = 10^-5, lr = 0.1, m = 32: a name that means nothing else gets a number."""
        if stated.sign.text not in EQUALS or not is_setting(stated.right):
            return None
        symbol = self.symbols.symbol(stated.left)
        if symbol is None or symbol.indices or symbol.power is not None or symbol.argument is not None:
            return None
        name = latex_of(symbol.key)
        if self.definitions.vocabulary.is_size(symbol.key) and not self._is_known(symbol.key):
            return Subject(f"a setting: the size {name} gets a number; what is proved holds for every {name}")
        if self._is_known(symbol.key) or not is_parameter(symbol) or self._is_assumed(symbol.key):
            return None
        written = f"{stated.text(stated.left)} = {stated.text(stated.right)}"
        return Subject(f"a setting: {name} gets a number", declare("assume", written))

    def _is_assumed(self, key: str) -> bool:
        """Whether the document declares something of a name."""
        parts = (part for each in self.survey.assumptions for part in each.chain.walk())
        return any(symbol.key == key for symbol in map(self.symbols.symbol, parts) if symbol is not None)

    def _is_known(self, key: str) -> bool:
        """Whether the document says what a name is, or writes it with indices."""
        first = self.definitions.first
        return (key, False) in first or (key, True) in first or bool(self.survey.sizes.axes.get(key))

    # ------------------------------------------------------------------ seen in what is undecided

    def _by_sign(self, stated: Stated) -> Subject | None:
        said = SIGNS.get(stated.sign.text)
        if said is None:
            return None
        if stated.sign.text == "\\sim" and is_distribution(stated.right):
            named = stated.text(stated.right)
            return Subject(f"it says that something is drawn from {named}; what is random is not decided")
        if stated.sign.text in ARROWS and is_infinite(stated.right):
            return Subject("it says where something goes to; limits are not decided")
        return Subject(*said, span=(stated.sign.start, stated.sign.end))

    def _update(self, stated: Stated) -> Subject | None:
        """theta_{t+1} = theta_t - eta g: how something is changed, step by step."""
        left = _lettered(stated.left)
        if stated.sign.text not in EQUALS or left is None or not isinstance(stated.right, tree.Terms):
            return None
        own = [term for term in stated.right.terms if _lettered(term) == left]
        if len(own) != 1 or len(stated.right.terms) < 2:
            return None
        same = written(own[0]) == written(stated.left)
        if not same and not isinstance(stated.left, tree.Scripted):
            return None
        word = "gets a new value from its old one" if same else f"is made from {stated.text(own[0])}, step by step"
        return Subject(f"an update: {stated.text(stated.left)} {word}", keeps_help=not same)

    def _measured(self, stated: Stated) -> Subject | None:
        """accuracy = 0.93: a number that was measured."""
        symbol = self.symbols.symbol(stated.left)
        if symbol is None or constant(stated.right) is None:
            return None
        words = symbol.key.lower().replace("_", " ").replace("-", " ").split()
        if not MEASURED & set(words):
            return None
        return Subject("a result that was measured; formulas can't show it")


def _outside_of_derivatives(node: tree.Node) -> Iterator[tree.Node]:
    """The parts of a formula, but not those of quotients of differentials."""
    if isinstance(node, tree.Quotient) and _is_d(node.over) and is_differential(node.under):
        return
    yield node
    for child in node.children():
        yield from _outside_of_derivatives(child)


def _below_brace(stated: Stated) -> Subject | None:
    """\\underbrace{sum_j y_j}_{= 1}: what is said of a part is taken as given."""
    labelled = (part for side in stated.sides for part in side.walk() if isinstance(part, tree.Labelled))
    for part in labelled:
        if isinstance(part.label, tree.Chain) and isinstance(part.label.sides[0], tree.Nothing):
            said = f"{stated.text(part.body)} {stated.text(part.label)}"
            return Subject(f"it is not so for all values; it is said with a brace that {said}", declare("assume", said))
    return None


def _with_units(stated: Stated) -> Subject | None:
    """7 B = 7 * 10^9, 5 : 2 = 2.5: units or ratios, where there is no name but words behind numbers."""
    parts = [part for side in stated.sides for part in side.walk()]
    names = [part for part in parts if isinstance(part, tree.Name)]
    behind = {id(after) for before, after in _neighbours(parts) if isinstance(before, tree.Number)}
    units = bool(names) and all(name.font in _UPRIGHT and id(name) in behind for name in names)
    ratio = not names and _RATIO.search(stated.latex) is not None
    return Subject("it may have units or ratios in it, which are not computed") if units or ratio else None


def _neighbours(parts: list[tree.Node]) -> Iterator[tuple[tree.Node, tree.Node]]:
    return (pair for part in parts if isinstance(part, tree.Product) for pair in pairwise(part.factors))


_UPRIGHT = ("text", "mathrm", "rm", "textrm", "operatorname")
_RATIO = re.compile(r"\d\s*:\s*\d")


def _is_power(number: Fraction | None, power: Fraction | None) -> bool:
    """Whether a number is this power of 2 or of 10."""
    if number is None or power is None or power.denominator != 1 or abs(power) > 99:
        return False
    return number in (Fraction(2) ** int(power), Fraction(10) ** int(power))


def _is_d(node: tree.Node) -> bool:
    """Whether this is a d, or a differential."""
    return is_differential(node) or (isinstance(node, tree.Name) and node.text == "d")


def words_before(statement: tree.Statement, sign: tree.Sign) -> Subject | None:
    """What stands on the left, where it is words: batch size = 32. Words that join formulas are none of these."""
    chain = statement.chain
    if not isinstance(chain, tree.Chain) or not isinstance(chain.sides[0], tree.Nothing) or chain.signs[0] != sign:
        return None
    said = [node for node in statement.remarks if isinstance(node, tree.Words) and node.end <= sign.start]
    words = " ".join(" ".join(node.text.split()) for node in said)
    if not words or all(word.strip(",.;:").lower() in BETWEEN for word in words.split()):
        return None
    if is_setting(chain.sides[1]):
        reason = f"a setting, or a result that was measured: the {words} is a number"
    else:
        reason = f"what stands before the sign is words: {words}"
    return Subject(reason, "", (said[0].start, said[-1].end))


def _lettered(node: tree.Node) -> tuple[str, tuple[str, ...]] | None:
    """The letter of a name, with its accents and without its scripts."""
    base = node.base if isinstance(node, tree.Scripted) else node
    return (base.text, base.accents) if isinstance(base, tree.Name) else None
