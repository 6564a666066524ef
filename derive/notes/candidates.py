"""Formulas that may introduce a name: what a definition looks like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.latex.reader import syntax as tree
from derive.notes.meaning.gradient_names import UPSTREAM
from derive.notes.meaning.losses import is_loss_by_name
from derive.notes.meaning.moments import RANDOM
from derive.notes.meaning.recurrences import is_recurrence
from derive.notes.meaning.rows import FUNCTIONS
from derive.notes.meaning.settings import is_constant_array, is_setting
from derive.notes.meaning.symbols import Symbol, differentials_in, is_word
from derive.notes.meaning.tables import has_dots, pattern
from derive.notes.meaning.usual import usual
from derive.notes.meaning.value import is_two
from derive.notes.meaning.vocabulary import Unclear, Vocabulary
from derive.notes.survey import Survey

EQUAL = frozenset("= := == \\equiv \\triangleq \\coloneqq \\doteq".split())
ASSIGNED = frozenset(":= \\gets \\leftarrow \\triangleq \\coloneqq \\doteq".split())
"""Signs that introduce a name, whatever it meant before."""

Key = tuple[str, bool]
"""A name, and whether it is its square that is defined."""


@dataclass(frozen=True)
class Candidate:
    """A formula that could define a name; `place` tells formulas apart."""

    number: int
    symbol: Symbol
    right: tree.Node
    derived: bool = False
    """Whether the right side has a derivative in it: the name is then short for this."""

    @property
    def key(self) -> Key:
        return self.symbol.key, self.symbol.power is not None

    @property
    def place(self) -> tuple[int, int]:
        return self.number, self.right.start


COMPOSED = (tree.Name, tree.Scripted, tree.Product, tree.Terms, tree.Quotient, tree.Root, tree.Number)
"""What a composition of names is made of."""

CONSTANT = frozenset(("I", "1", "e"))
"""Names of fixed matrices and vectors."""


class Candidates:
    """Which formulas of a document may be definitions. `first` has the first one of each name."""

    survey: Survey
    vocabulary: Vocabulary
    recurrences: dict[str, int]
    first: dict[Key, Candidate]

    def candidates(self, number: int, sides: Sequence[tree.Node], signs: Sequence[tree.Sign]) -> Iterator[Candidate]:
        """The definitions that a chain can be: of its first side, and of names right behind this, f(x) = r = 2x."""
        for place, (left, sign) in enumerate(zip(sides[:-1], signs, strict=True)):
            candidate = self.candidate(number, left, sides[place + 1], sign)
            if candidate is not None and (place == 0 or usual(candidate.symbol.key) is None):
                yield candidate
            if self.survey.symbols.symbol(left) is None or self.survey.symbols.symbol(sides[place + 1]) is None:
                return

    def candidate(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> Candidate | None:
        """The definition that a formula can be, or None: its left side is a name, its right side no derivative."""
        symbol = self.survey.symbols.symbol(left)
        if symbol is None or sign.text not in EQUAL | ASSIGNED or not self._is_new_name(symbol):
            return None
        if number in self.survey.denied or (symbol.transposed and self._is_first_elsewhere(symbol, number)):
            return None
        if symbol.key.startswith("J_") and self._is_function(symbol.key[2:]):
            return None  # the derivative of a function that is known
        if not self.survey.formulas[number].display and is_constant_array(right):
            return None
        if is_setting(right) or (symbol.argument is not None and symbol.key in FUNCTIONS):
            return None
        if sign.text not in ASSIGNED and self._is_moment_of_else(symbol, right):
            return None
        if sign.text not in ASSIGNED and self._is_statistic_of_else(symbol, right):
            return None
        derived = any(isinstance(part, (tree.Partial, tree.Nabla)) for part in right.walk())
        derived = derived or bool(differentials_in(right))
        if derived and not self._can_be_short(symbol, right):
            return None
        if sign.text not in ASSIGNED and self._names_itself(symbol, right):
            return None
        if is_recurrence(left, right, self.survey.symbols) or self.survey.symbols.moved(left) is not None:
            return None
        return Candidate(number, symbol, right, derived)

    def _is_moment_of_else(self, symbol: Symbol, right: tree.Node) -> bool:
        """Whether this says what the mean of something is, and not how it is computed from that: E[x] = mu."""
        argument = None if symbol.argument is None else self.survey.symbols.symbol(symbol.argument)
        if argument is None or symbol.key.partition("_")[0] not in RANDOM:
            return False
        names = self.survey.symbols.named_in(right)
        if any(each.argument is not None and each.key.partition("_")[0] in RANDOM for _, each in names):
            return True
        return argument.key not in self.names_in(right)

    def _is_function(self, key: str) -> bool:
        first = self.first.get((key, False))
        return first is not None and first.symbol.argument is not None

    def _is_first_elsewhere(self, symbol: Symbol, number: int) -> bool:
        """Whether another formula defines what is transposed here, so that this one is a claim."""
        first = self.first.get((symbol.key, False))
        return first is not None and first.number != number and not first.symbol.transposed

    def _is_statistic_of_else(self, symbol: Symbol, right: tree.Node) -> bool:
        """Whether this says what a statistic of z is, and not how it is computed from z: z.bar = a x.bar + b.

        So it is where the right side has the same statistic of something else, and z has indices.
        """
        of = _of_statistic(symbol)
        if of is None or symbol.indices or not self.survey.sizes.axes.get(of):
            return False
        names = self.survey.symbols.named_in(right)
        others = [each for _, each in names if not each.indices and each.key != symbol.key]
        base, _, label = symbol.key.partition("_")
        alike = any(each.key.partition("_")[0] == base if label else each.key.endswith(".bar") for each in others)
        return alike and of not in self.names_in(right)

    def begins_recurrence(self, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> bool:
        """Whether a formula is the first to say of a name how it follows from itself, and nothing says what it is."""
        symbol = self.survey.symbols.symbol(left)
        if symbol is None or self.recurrences.get(symbol.key) != number or sign.text not in EQUAL | ASSIGNED:
            return False
        return is_recurrence(left, right, self.survey.symbols) and self.vocabulary.tensor(symbol.key).definition is None

    def _names_itself(self, symbol: Symbol, node: tree.Node) -> bool:
        """Whether a formula has the name in it; the square of sigma is another thing in sigma = sqrt(sigma^2 + eps)."""
        found = self.survey.symbols.symbol(node)
        if found is not None and found.key == symbol.key:
            return symbol.power is not None or not is_two(found.power)
        inside = node.children() if found is None else filter(None, (found.power, found.argument))
        return any(self._names_itself(symbol, child) for child in inside)

    def _can_be_short(self, symbol: Symbol, right: tree.Node) -> bool:
        """Whether a name can be short for a formula with gradients: it is no name of the graph, and no loss."""
        if symbol.power is not None or symbol.argument is not None or is_loss_by_name(symbol.key):
            return False
        return symbol.key not in self.survey.differentiated

    def is_value(self, candidate: Candidate) -> bool:
        """Whether this is a function at another argument than in its first definition, and so perhaps no definition."""
        first = self.first.get(candidate.key)
        own = candidate.symbol.argument
        if first is None or first.symbol.argument is None or own is None:
            return False
        one, other = self.survey.symbols.symbol(first.symbol.argument), self.survey.symbols.symbol(own)
        return one is not None and other is not None and one.key != other.key

    def is_listing(self, left: tree.Node, right: tree.Node, sign: tree.Sign) -> bool:
        """Whether this says no more than that a name is an array: y = {y_i}, with a range or without."""
        base = right.base if isinstance(right, tree.Scripted) else right
        if has_dots(base) and sign.text in EQUAL and (isinstance(right, tree.Group | tree.Table) or right is not base):
            return self._is_written_out(left, base)
        name = self.survey.symbols.symbol(left)
        if sign.text not in EQUAL or name is None or not isinstance(base, tree.Group) or base.opening != "\\{":
            return False
        entry = self.survey.symbols.symbol(base.body)
        return entry is not None and entry.key == name.key and len(entry.indices) > len(name.indices)

    def _is_written_out(self, left: tree.Node, right: tree.Node) -> bool:
        """Whether an array with dots is that of the entries of the name: x = (x_1, ..., x_n)."""
        name = self.survey.symbols.symbol(left)
        try:
            entry = self.survey.symbols.symbol(pattern(right).entry)
        except Unclear:
            return False
        if name is None or entry is None or entry.power is not None:
            return False
        return entry.key == name.key and len(entry.indices) > len(name.indices)

    def names_in(self, node: tree.Node) -> set[str]:
        """The keys of the names in a formula."""
        return {symbol.key for _, symbol in self.survey.symbols.named_in(node)}

    def _is_new_name(self, symbol: Symbol) -> bool:
        if len(set(symbol.indices)) < len(symbol.indices) or self.vocabulary.is_size(symbol.key):
            return False
        if symbol.power is not None and not (isinstance(symbol.power, tree.Number) and symbol.power.value == 2):
            return False
        if symbol.key not in UPSTREAM and self.vocabulary.adjoint_of(symbol.key) is not None:
            return False
        if (is_word(symbol.key) or symbol.argument is not None) and symbol.key.endswith("'"):
            return False
        return symbol.argument is None or self._is_variable(symbol.argument)

    def _is_variable(self, argument: tree.Node) -> bool:
        symbol = self.survey.symbols.symbol(argument)
        return symbol is not None and symbol.argument is None and symbol.power is None


def _of_statistic(symbol: Symbol) -> str | None:
    """What a name says to be the mean or the variance of: z of z.bar, mu_z, s_z^2."""
    base, _, label = symbol.key.partition("_")
    if not label:
        return base.removesuffix(".bar") if base.endswith(".bar") else None
    return label if base in ("mu", "sigma", "s") else None
