"""Every formula of a document, in order: a definition, or relations with their verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from derive.language import Claim, Delta, Index, LanguageError, Number, Tensor
from derive.language.binding import free_indices, rename
from derive.latex.reader import Unread, parse
from derive.latex.reader import syntax as tree
from derive.notes.find import Formula
from derive.notes.meaning.folding import folded
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.calls import has_differentials, with_calls
from derive.notes.meaning.symbols import (
    LETTERS,
    Symbol,
    Symbols,
    bound_letters,
    is_differential,
    is_word,
    plain_in,
    vectors_in,
)
from derive.notes.meaning.translate import READINGS, Reading, Translation
from derive.notes.meaning.vocabulary import LOSSES, UPSTREAM, Unclear, Vocabulary
from derive.verdicts import Proved, Refuted, Verdict, decide

DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD = "definition", "proved", "refuted", "undecided", "unread"

EQUAL = frozenset("= := == \\equiv \\triangleq \\coloneqq \\doteq".split())
ASSIGNED = frozenset(":= \\gets \\leftarrow \\triangleq \\coloneqq \\doteq".split())
ORDER = {"\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "<": "<",
         ">": ">", "<=": "<=", ">=": ">="}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One relation of a formula: its verdict, where it is, why."""

    op: str
    start: int
    verdict: str
    reason: str = ""
    decided: Verdict | None = None
    reading: Reading = READINGS[0]


@dataclass(frozen=True)
class Checked:
    """One formula and what is said of it."""

    formula: Formula
    verdict: str
    relations: tuple[Judged, ...] = ()
    reason: str = ""


class Note:
    """A document as it is read from the top: names get their meaning in the order in which they are introduced."""

    def __init__(self, formulas: Iterable[Formula]) -> None:
        self.formulas = list(formulas)
        self.trees: list[tuple[tree.Statement, ...] | Unread] = [_tree(formula) for formula in self.formulas]
        differentials = any(has_differentials(each.chain) for statements in self._readable() for each in statements)
        self.trees = [
            statements
            if isinstance(statements, Unread)
            else tuple(with_calls(each, differentials) for each in statements)
            for statements in self.trees
        ]
        letters = set(LETTERS)
        for statements in self._readable():
            for statement in statements:
                letters |= set(bound_letters(statement.chain))
        self.symbols = Symbols(frozenset(letters), self._has_features(Symbols(frozenset(letters))))
        self.sizes = Sizes(self.symbols)
        for number, statements in enumerate(self.trees):
            if not isinstance(statements, Unread):
                for statement in statements:
                    self.sizes.read(number, statement.chain)
        moved = self._moved() if differentials else frozenset()
        self.vocabulary = Vocabulary(self.sizes, self.sizes.usual(), self._later, self._differentiated(), moved)
        self.vocabulary.vectors = self._vectors()
        self.candidates: dict[tuple[str, bool], tuple[int, tree.Node, tree.Node]] = {}
        self.introduced: dict[tuple[str, bool], int] = {}
        self.candidates = self._candidates()
        self.vocabulary.ingredients = self._ingredients()
        self.differences = frozenset(key for key, (_, _, right) in self.candidates.items() if _is_difference(right))
        self.last: tree.Node | None = None
        self.diagonals = self._diagonals()

    def _diagonals(self) -> frozenset[tuple[str, str]]:
        """The derivatives of which the document states the diagonal: of y[i] by x[i]."""
        found = set()
        for statements in self._readable():
            for part in (part for statement in statements for part in statement.chain.walk()):
                entry = _entry_of_jacobian(part, self.symbols, diagonal=True)
                found |= {entry} if entry is not None else set()
        return frozenset(found)

    def _vectors(self) -> frozenset[str]:
        """What is written as a vector, and nowhere with an index."""
        found = {
            key
            for statements in self._readable()
            for statement in statements
            for key in vectors_in(statement.chain, self.symbols)
        }
        plain = {key for statements in self._readable() for each in statements for key in plain_in(each.chain)}
        sure = {key for key in found if key not in plain} | {key for key in found if len(key.partition(".")[0]) > 1}
        return frozenset(key for key in sure | found - plain if not self.sizes.axes.get(key) and not key.isdigit())

    def _ingredients(self) -> frozenset[str]:
        """The names that definitions use."""
        found = set()
        for _, _, right in self.candidates.values():
            found |= {symbol.key for part in right.walk() if (symbol := self.symbols.symbol(part)) is not None}
        return frozenset(found)

    def _moved(self) -> frozenset[str]:
        """What the document has differentials of."""
        found = set()
        for statements in self._readable():
            for part in (part for statement in statements for part in statement.chain.walk()):
                if is_differential(part) and isinstance(part, tree.Product):
                    symbol = self.symbols.symbol(part.factors[1])
                    found |= {symbol.key} if symbol is not None else set()
        return frozenset(found)

    def _differentiated(self) -> frozenset[str]:
        """What the document differentiates by."""
        found = set()
        for statements in self._readable():
            for part in (part for statement in statements for part in statement.chain.walk()):
                if isinstance(part, tree.Partial) and (symbol := self.symbols.symbol(part.body)) is not None:
                    found.add(symbol.key)
        return frozenset(found - LOSSES)

    def _candidates(self) -> dict[tuple[str, bool], tuple[int, tree.Node, tree.Node]]:
        """The first formula that could define each name."""
        found: dict[tuple[str, bool], tuple[int, tree.Node, tree.Node]] = {}
        for number, statements in enumerate(self.trees):
            for statement in statements if not isinstance(statements, Unread) else ():
                chain = statement.chain
                if isinstance(chain, tree.Chain) and self._could_define(chain.sides[0], chain.sides[1], chain.signs[0]):
                    symbol = self.symbols.symbol(chain.sides[0])
                    if symbol is not None:
                        key = (symbol.key, symbol.power is not None)
                        found.setdefault(key, (number, chain.sides[0], chain.sides[1]))
        return found

    def _later(self, key: str, square: bool) -> bool:
        """Introduces a name that is defined further down."""
        if (key, square) not in self.candidates or (key, square) in self.introduced:
            return False
        number, left, right = self.candidates[key, square]
        self.introduced[key, square] = right.start + (number << 32)
        symbol = self.symbols.symbol(left)
        try:
            if symbol is not None:
                self._introduce(number, symbol, right)
        except (Unclear, LanguageError):
            return False
        return self.vocabulary.is_defined(key, square)

    def _could_define(self, left: tree.Node, right: tree.Node, sign: tree.Sign) -> bool:
        symbol = self.symbols.symbol(left)
        if sign.text not in EQUAL | ASSIGNED or symbol is None or len(set(symbol.indices)) < len(symbol.indices):
            return False
        if symbol.power is not None and not (isinstance(symbol.power, tree.Number) and symbol.power.value == 2):
            return False
        if self.vocabulary.is_size(symbol.key):
            return False
        if symbol.key not in UPSTREAM and self.vocabulary.adjoint_of(symbol.key) is not None:
            return False
        if is_word(symbol.key) and symbol.key.endswith("'"):
            return False
        if isinstance(right, tree.Number) or (symbol.argument is not None and not self._is_variable(symbol.argument)):
            return False
        return not any(isinstance(part, tree.Partial | tree.Nabla) or is_differential(part) for part in right.walk())

    def _has_features(self, symbols: Symbols) -> bool:
        """Whether one name has an index in brackets above at one place, and one below at another."""
        above, below = set(), set()
        for statements in self._readable():
            for part in (part for statement in statements for part in statement.chain.walk()):
                if isinstance(part, tree.Scripted) and (symbol := symbols.symbol(part)) is not None and symbol.indices:
                    (above if isinstance(part.sup, tree.Group) and part.sub is None else below).add(symbol.key)
        return bool(above & below)

    def _readable(self) -> Iterable[tuple[tree.Statement, ...]]:
        return (statements for statements in self.trees if not isinstance(statements, Unread))

    def check(self) -> list[Checked]:
        """Every displayed formula with its verdict; the others are read for definitions."""
        found = []
        for number, (formula, statements) in enumerate(zip(self.formulas, self.trees, strict=True)):
            if isinstance(statements, Unread):
                if formula.display:
                    found.append(Checked(formula, UNREAD, reason=statements.reason))
                continue
            judged = [self._statement(number, statement) for statement in statements]
            if formula.display:
                relations = tuple(each for own in judged for each in own)
                verdict = _overall(judged)
                found.append(Checked(formula, verdict, relations, _reason(relations, verdict)))
        return found

    def _statement(self, number: int, statement: tree.Statement) -> list[Judged]:
        chain = statement.chain
        if not isinstance(chain, tree.Chain):
            self.last = chain
            return [Judged("", chain.start, UNDECIDED, "it states nothing: there is no relation in it")]
        sides = list(chain.sides)
        if isinstance(sides[0], tree.Nothing) and self.last is not None:
            sides[0] = self.last
        self.last = sides[-1]
        found = []
        for place, sign in enumerate(chain.signs):
            left, right = sides[place], sides[place + 1]
            judged = self._definition(number, left, right, sign) if place == 0 else None
            found.append(judged or self._relation(number, left, right, sign, sides[0]))
        return found

    # ------------------------------------------------------------------ definitions

    def _is_variable(self, argument: tree.Node) -> bool:
        symbol = self.symbols.symbol(argument)
        return symbol is not None and symbol.argument is None and symbol.power is None

    def _definition(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Judged | None:
        """The judgement of a formula that introduces a name, or None where it doesn't."""
        symbol = self.symbols.symbol(left)
        if symbol is None or not self._could_define(left, right, sign):
            return None
        square = symbol.power is not None
        here = right.start + (number << 32)
        if self.introduced.get((symbol.key, square)) == here:
            return Judged(sign.text, sign.start, DEFINITION)
        if (symbol.key, square) in self.introduced and sign.text not in ASSIGNED:
            judged = self._relation(number, left, right, sign)
            if judged.verdict == PROVED or "nothing is said of" in judged.reason:
                return judged
        self.introduced[symbol.key, square] = here
        try:
            former = (self.vocabulary.squares if square else self.vocabulary.tensors).get(symbol.key)
            self._introduce(number, symbol, right, former is None)
            if former is not None:
                self._forget_what_rests_on(former)
        except (Unclear, LanguageError) as error:
            return Judged(sign.text, sign.start, UNDECIDED, str(error))
        return Judged(sign.text, sign.start, DEFINITION)

    def _forget_what_rests_on(self, former: Tensor) -> None:
        """When a name is defined anew, what was defined by it gets the new meaning where it is used next."""
        for key, square in list(self.introduced):
            if self.vocabulary.rests_on(key, square, former):
                self.vocabulary.forget(key, square)
                del self.introduced[key, square]

    def _introduce(self, number: int, symbol: Symbol, right: tree.Node, first: bool = True) -> None:
        for key, square in self.differences - {(symbol.key, symbol.power is not None)}:
            self._later(key, square)
        translation = self._translation(number, READINGS[0])
        translation.given = frozenset(symbol.indices)
        value = translation.value(right)
        known = [self.vocabulary.tensors[key] for key, _ in self.differences if key in self.vocabulary.tensors]
        body, over = folded(value.term, known), tuple(value.axes)
        if symbol.indices and over:
            own = tuple(Index(letter, axis.size) for letter, axis in zip(symbol.indices, over, strict=True))
            body, over = rename(body, dict(zip(over, own, strict=True))), own
        elif symbol.indices:
            free = {index.name: index for index in free_indices(body)}
            over = tuple(free.get(letter) or translation.index(letter) for letter in symbol.indices)
        if symbol.argument is not None and (own_argument := self.symbols.symbol(symbol.argument)) is not None:
            self.vocabulary.arguments[symbol.key] = own_argument.key
        self.vocabulary.define(symbol.key, body, over, symbol.power is not None, first)

    def _translation(self, number: int, reading: Reading) -> Translation:
        return Translation(self.vocabulary, self.symbols, number, reading)

    # ------------------------------------------------------------------ claims

    def _relation(
        self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign, head: tree.Node | None = None
    ) -> Judged:
        relation = "=" if sign.text in EQUAL else ORDER.get(sign.text)
        if relation is None:
            return Judged(sign.text, sign.start, UNDECIDED, f"{sign.text} is no relation that can be decided")
        first: Judged | None = None
        seen: list[Claim] = []
        for reading in READINGS:
            try:
                claim, branches = self._claim(number, left, right, relation, reading)
            except (Unclear, LanguageError) as error:
                first = first or Judged(sign.text, sign.start, UNDECIDED, str(error))
                continue
            if claim in seen:
                continue
            seen.append(claim)
            verdict = decide(claim)
            judged = Judged(sign.text, sign.start, verdict.verdict, verdict.reason, verdict, reading)
            unknown = self.vocabulary.unknown(claim.lhs, claim.rhs)
            if isinstance(verdict, Refuted) and unknown:
                reason = f"nothing is said of {', '.join(unknown)}; write what it is"
                judged = Judged(sign.text, sign.start, UNDECIDED, reason, None, reading)
            elif isinstance(verdict, Refuted) and self.vocabulary.differentials:
                reason = "it is false as it was read, and differentials can be read in other ways"
                judged = Judged(sign.text, sign.start, UNDECIDED, reason, None, reading)
            elif isinstance(verdict, Refuted) and (apart := self._apart(head or left, claim)) is not None:
                return Judged(sign.text, sign.start, PROVED, apart, None, reading)
            if isinstance(verdict, Proved):
                return judged
            if first is None or (first.verdict == REFUTED and not isinstance(verdict, Refuted)):
                first = judged
            if not branches:
                break
        return first or Judged(sign.text, sign.start, UNDECIDED, "no reading of it is known")

    def _apart(self, left: tree.Node, claim: Claim) -> str | None:
        """Whether a derivative holds off the diagonal only, where the document has the diagonal by itself."""
        entry = _entry_of_jacobian(left, self.symbols)
        if entry is None or entry not in self.diagonals:
            return None
        free = sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=lambda index: index.name)
        if len(free) != 2 or free[0].size != free[1].size:
            return None
        off = Number(1) - Delta(*free)
        verdict = decide(Claim(off * claim.lhs, claim.relation, off * claim.rhs, claim.hypotheses))
        return f"for {free[0].name} different from {free[1].name}" if isinstance(verdict, Proved) else None

    def _claim(
        self, number: int, left: tree.Node, right: tree.Node, relation: str, reading: Reading
    ) -> tuple[Claim, bool]:
        translation = self._translation(number, reading)
        one = translation.value(left)
        translation.given = frozenset(index.name for index in free_indices(one.term) - set(one.axes))
        other = translation.value(right)
        if one.axes and other.axes:
            if [axis.size for axis in one.axes] != [axis.size for axis in other.axes]:
                raise Unclear("the sides are arrays of different shapes")
            other = replace(other, term=rename(other.term, dict(zip(other.axes, one.axes, strict=True))))
        return Claim(
            one.term, relation, other.term, self.vocabulary.hypotheses()
        ), translation.ambiguous or translation.differentiated


def _is_difference(node: tree.Node) -> bool:
    """Whether this is one name less another."""
    return isinstance(node, tree.Terms) and len(node.terms) == 2 and node.signs[1] == "-"


def _entry_of_jacobian(node: tree.Node, symbols: Symbols, diagonal: bool = False) -> tuple[str, str] | None:
    """The names in a derivative of one entry by another; on the diagonal both have the same index, else different ones."""
    if (
        not isinstance(node, tree.Quotient)
        or not isinstance(node.over, tree.Partial)
        or not isinstance(node.under, tree.Partial)
    ):
        return None
    of, by = symbols.symbol(node.over.body), symbols.symbol(node.under.body)
    if of is None or by is None or len(of.indices) != 1 or len(by.indices) != 1:
        return None
    return (of.key, by.key) if (of.indices == by.indices) == diagonal else None


def _tree(formula: Formula) -> tuple[tree.Statement, ...] | Unread:
    try:
        return parse(formula.latex)
    except Unread as error:
        return error


def _overall(statements: Sequence[Sequence[Judged]]) -> str:
    """One verdict for a display: what is refuted or undecided counts most, then proofs, then definitions."""
    verdicts = [_of_statement(relations) for relations in statements]
    return next((verdict for verdict in (REFUTED, UNDECIDED, PROVED) if verdict in verdicts), DEFINITION)


def _of_statement(relations: Sequence[Judged]) -> str:
    verdicts = [judged.verdict for judged in relations]
    order = (REFUTED, UNDECIDED, DEFINITION, PROVED)
    return next((verdict for verdict in order if verdict in verdicts), UNDECIDED)


def _reason(relations: Sequence[Judged], verdict: str) -> str:
    return next((judged.reason for judged in relations if judged.verdict == verdict), "")
