"""What a whole document says about its notation, before any formula is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from derive.latex.reader import Unread, parse
from derive.latex.reader import syntax as tree
from derive.notes.declarations import SILENT, VECTORS
from derive.notes.facts import STATISTICS, Facts
from derive.notes.find import Formula
from derive.notes.meaning.attention import attention, has_softmax
from derive.notes.meaning.bundles import bundled
from derive.notes.meaning.calls import (
    d_before,
    has_differentials,
    headed,
    with_calls,
    with_words,
    without_arguments,
    without_listing,
)
from derive.notes.meaning.changes import has_changes, with_changes
from derive.notes.meaning.classes import LETTER, label_letters, losses_of_classes
from derive.notes.meaning.divergences import BARS, defines_divergence, with_lists, with_lists_in_names
from derive.notes.meaning.features import features_of
from derive.notes.meaning.fonts import in_two_fonts, with_fonts
from derive.notes.meaning.letters import (
    function_letters,
    names_with_arguments,
    names_with_lists_and_without,
    number_words,
)
from derive.notes.meaning.linear import shaped
from derive.notes.meaning.lookalikes import stand_ins, without_stand_ins
from derive.notes.meaning.normed import normed
from derive.notes.meaning.notation import listed_calls, named_last, without_calls
from derive.notes.meaning.positions import counted
from derive.notes.meaning.products_of_shapes import declare_products
from derive.notes.meaning.rowwise import row_by_row
from derive.notes.meaning.sequences import positions_in
from derive.notes.meaning.shapes import declared, shows_rows
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.subscripts import key_of
from derive.notes.meaning.symbols import (
    LETTERS,
    Symbols,
    bound_letters,
    names_above,
)
from derive.notes.prose import is_denied
from derive.notes.said_conditions import described
from derive.notes.trees import Read

BELOW = frozenset("nduvgf")
"""Letters that are indices where they stand below names and nowhere else."""





class Survey(Facts):
    """The formulas of a document as trees; its indices, sizes, vectors and differentials."""

    def __init__(self, formulas: Iterable[Formula], reader: Callable[[int, Formula], Read] | None = None) -> None:
        self.formulas = tuple(formulas)
        self._understood: dict[tuple[str, bool, int, int], Read] = {}
        trees = [reader(*each) if reader is not None else read(each[1]) for each in enumerate(self.formulas)]
        self.described = described(self.formulas)
        self.denied = frozenset(number for number, each in enumerate(self.formulas) if is_denied(each))
        trees = [() if self._is_void(number) else _by_rows(each) for number, each in enumerate(trees)]
        trees = [
            each if isinstance(each, Unread) or formula.display else tuple(map(headed, each))
            for formula, each in zip(self.formulas, trees, strict=True)
        ]
        self.said = self._said(trees)
        trees = [() if each.mark in SILENT else own for each, own in zip(self.formulas, trees, strict=True)]
        chains = [each.chain for statements in trees if not isinstance(statements, Unread) for each in statements]
        self.has_changes = any("Delta" in each.latex or "Δ" in each.latex for each in self.formulas) and has_changes(
            chains
        )
        chains = [*map(with_changes, chains)] if self.has_changes else chains
        bars = any(bar in each.latex for each in self.formulas for bar in BARS)
        self.has_divergences = bars and any(map(defines_divergence, chains))
        chains = [*map(with_lists, chains)] if self.has_divergences else chains
        self.has_differentials = any(map(has_differentials, chains))
        self.called = function_letters(chains)
        self.numbers = number_words(chains)
        self.bare = names_with_arguments(chains)
        self.apart = names_with_lists_and_without(chains)
        self.read: tuple[Read, ...] = tuple(map(self._with_calls, trees))
        self.words = self._words()
        self.read = tuple(map(self._with_words, self.read))
        self.fonts = in_two_fonts(self.chains())
        self.written = self.read
        self.read_as = stand_ins(self.chains())
        self.read = tuple(map(self._with_letters, self.read))
        plain = self._plain_symbols()
        hidden = losses_of_classes(self.chains(), plain, plain.letters & {LETTER})
        positions = positions_in([*self.chains()], plain)
        above = frozenset(names_above(self.chains(), plain))
        self.symbols = plain.knowing(features_of(self.chains(), plain), hidden, positions, above)
        self.calls = listed_calls(self.chains(), self.symbols)
        self.read = tuple(map(self._without_calls, self.read))
        self.sizes = Sizes(self.symbols)
        for number, statement in self.statements():
            self.sizes.read(number, statement.chain)
        self.rows = any(shows_rows(chain, self.symbols) for chain in self.chains())
        self._declare()
        for formula in self.formulas:
            self.rows = formula.latex == "rows" if formula.mark == VECTORS else self.rows
        declare_products(self.chains(), self.symbols, self.sizes)
        self.weights = bundled(self.chains(), self.symbols, self.sizes)
        self.sizes.shape(shaped(self.chains(), self.symbols, self.sizes))
        self.attention = self.differentials if has_softmax(self.chains(), self.symbols) else frozenset()
        self.sizes.shape(attention(self.attention, self.sizes))
        self.sizes.shape(normed(self.chains(), self.symbols, self.sizes))

    def _is_void(self, number: int) -> bool:
        """Whether a formula within a line says nothing: it is quoted as wrong."""
        return number in self.denied and not self.formulas[number].display

    def _said(self, trees: Sequence[Read]) -> dict[str, tuple[tree.Node, ...]]:
        """What is declared, by its mark."""
        found: dict[str, list[tree.Node]] = {}
        for formula, statements in zip(self.formulas, trees, strict=True):
            if not isinstance(statements, Unread):
                found.setdefault(formula.mark, []).extend(statement.chain for statement in statements)
        return {mark: tuple(nodes) for mark, nodes in found.items()}

    def _declare(self) -> None:
        """Reads the shapes that the document says; one that its indices contradict is left out."""
        for _, statement in self.statements():
            for node in (statement.chain, *statement.remarks):
                for key, said in declared(node, self.symbols):
                    self.rows = self.rows or said.row
                    self.sizes.declare(key, said.sizes)

    def _with_calls(self, statements: Read) -> Read:
        if isinstance(statements, Unread):
            return statements
        statements = tuple(map(with_changes, statements)) if self.has_changes else statements
        statements = tuple(map(with_lists, statements)) if self.has_divergences else statements
        statements = tuple(map(without_listing, statements))
        statements = tuple(with_lists_in_names(each, self.apart) for each in statements) if self.apart else statements
        plain = [without_arguments(each, self.bare) if self.bare else each for each in statements]
        return tuple(with_calls(each, self.has_differentials, self.called, self.numbers) for each in plain)

    def _with_words(self, statements: Read) -> Read:
        if isinstance(statements, Unread) or not self.words:
            return statements
        return tuple(with_words(each, self.words) for each in statements)

    def _with_letters(self, statements: Read) -> Read:
        """Statements with every letter as the one that is meant."""
        if isinstance(statements, Unread):
            return statements
        if self.read_as:
            statements = tuple(without_stand_ins(each, self.read_as) for each in statements)
        return tuple(with_fonts(each, self.fonts) for each in statements) if self.fonts else statements

    def _without_calls(self, statements: Read) -> Read:
        """Statements without what only says what is computed of what."""
        if isinstance(statements, Unread) or not self.calls:
            return statements
        return tuple(_with_chain(each, without_calls(each.chain, self.calls, self.symbols)) for each in statements)

    def understood(self, number: int, latex: str, offset: int = 0) -> Read:
        """Another text in place of formula `number`, as the formulas of this document are understood.

        `offset` is added to its places.
        """
        formula = self.formulas[number]
        key = latex, formula.display, id(formula.macros), offset  # these live as long as the document
        if key not in self._understood:
            self._understood[key] = self._read(formula, latex, offset)
        return self._understood[key]

    def _read(self, formula: Formula, latex: str, offset: int) -> Read:
        statements = _by_rows(read(formula, latex, offset))
        if not isinstance(statements, Unread) and not formula.display:
            statements = tuple(map(headed, statements))
        return self._without_calls(self._with_letters(self._with_words(self._with_calls(statements))))

    def _words(self) -> frozenset[str]:
        """The letters that are a word with the d before them: ds = ... with gradients in it, where there is no s."""
        heads = {
            letter
            for chain in self.chains()
            if isinstance(chain, tree.Chain) and (letter := d_before(chain.sides[0])) is not None
            if any(isinstance(part, tree.Partial) for side in chain.sides[1:] for part in side.walk())
        }
        if not heads:
            return frozenset()
        seen = Counter(part.text for part in self.parts() if isinstance(part, tree.Name))
        behind = Counter(d_before(part) for part in self.parts())
        return frozenset(letter for letter in heads if seen[letter] == behind[letter])

    def _plain_symbols(self) -> Symbols:
        """What reads symbols by the letters that are indices here.

        Not r, where it stands only at a mean and a variance, mu_r and sigma_r.
        """
        bound = {letter for chain in self.chains() for letter in bound_letters(chain)}
        symbols = Symbols(LETTERS | bound)
        bound |= self._among_others(symbols)
        symbols = symbols.with_letters(LETTERS | bound)
        bound |= label_letters(self.chains(), symbols)
        bound |= counted(self.chains())
        symbols = symbols.with_letters(LETTERS | bound)
        bound |= self._below_only(symbols)
        symbols = symbols.with_letters(LETTERS | bound)
        bearers: dict[str, set[str]] = {}
        for symbol in (symbol for each in self.chains() for _, symbol in symbols.named_in(each)):
            for letter in symbol.indices:
                bearers.setdefault(letter, set()).add(symbol.key)
        labels = {letter for letter, keys in bearers.items() if letter not in "ijkl" and keys <= STATISTICS}
        return symbols.with_letters((LETTERS - labels) | bound)

    def _among_others(self, symbols: Symbols) -> frozenset[str]:
        """The letters n and g where they are an index beside others, x_{gi}: they are one alone as well, mu_g."""
        subs = (part.sub for part in self.parts() if isinstance(part, tree.Scripted) and part.sub is not None)
        found = (symbols.indices(sub) or () for sub in subs)
        return frozenset(letter for letters in found if len(letters) > 1 for letter in letters if letter in "ng")

    def _below_only(self, symbols: Symbols) -> frozenset[str]:
        """The letters such as n that stand below names and nowhere else: x_n beside x_j, where n is no size."""
        subs = [part for part in self.parts() if isinstance(part, tree.Scripted) and part.sub is not None]
        pairs = [(part.base, part.sub) for part in subs if isinstance(part.base, tree.Name) and part.sub is not None]
        differ = (part.sides for part in self.parts() if isinstance(part, tree.Chain) and _is_of_two(part))
        places = [*(part.sub for part in subs if part.sub is not None), *(side for sides in differ for side in sides)]
        below = Counter(name.text for each in places for name in each.walk() if isinstance(name, tree.Name))
        written = Counter(part.text for part in self.parts() if isinstance(part, tree.Name))
        indexed = {key_of(base) for base, sub in pairs if symbols.indices(sub)}
        found = {sub.text for base, sub in pairs if isinstance(sub, tree.Name) and key_of(base) in indexed}
        return frozenset(letter for letter in found & BELOW if below[letter] == written[letter])


def _is_of_two(chain: tree.Chain) -> bool:
    """Whether this says that two letters differ, as indices do: j \\neq n."""
    signs = {sign.text for sign in chain.signs}
    return signs <= {"\\ne", "\\neq"} and all(isinstance(side, tree.Name) for side in chain.sides)


def _by_rows(statements: Read) -> Read:
    """Statements in which cases are chains row by row."""
    if isinstance(statements, Unread):
        return statements
    return tuple(_with_chain(each, named_last(row_by_row(each.chain))) for each in statements)


def _with_chain(statement: tree.Statement, chain: tree.Node) -> tree.Statement:
    return statement if chain is statement.chain else replace(statement, chain=chain)


def read(formula: Formula, latex: str | None = None, offset: int = 0) -> Read:
    """The statements of a formula, or of another text in its place, or why it can't be read."""
    try:
        return parse(formula.latex if latex is None else latex, formula.macros, formula.words, offset)
    except Unread as error:
        return error
