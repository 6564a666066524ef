"""What a whole document says about its notation, before any formula is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from derive.latex.reader import Unread, parse
from derive.latex.reader import syntax as tree
from derive.notes.assumptions import Assumption
from derive.notes.declarations import ASSUME, LOSS, POSITIVE, SAMPLES, SILENT, VECTORS
from derive.notes.find import Formula
from derive.notes.meaning.adjoints import adjoint_keys, short_keys
from derive.notes.meaning.attention import attention, has_softmax
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
from derive.notes.meaning.fractions import by_of, is_derivative
from derive.notes.meaning.gradient_names import UPSTREAM
from derive.notes.meaning.labels import said_to_be_one
from derive.notes.meaning.letters import (
    function_letters,
    names_with_arguments,
    names_with_lists_and_without,
    number_words,
)
from derive.notes.meaning.linear import shaped
from derive.notes.meaning.lookalikes import stand_ins, without_stand_ins
from derive.notes.meaning.losses import Losses, is_loss_by_name
from derive.notes.meaning.normed import normed
from derive.notes.meaning.notation import listed_calls, named_last, without_calls
from derive.notes.meaning.positions import counted
from derive.notes.meaning.positive import said_negative, said_positive
from derive.notes.meaning.products import slices_in
from derive.notes.meaning.rowwise import row_by_row
from derive.notes.meaning.sequences import positions_in
from derive.notes.meaning.shapes import declared, shows_rows
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.subscripts import key_of
from derive.notes.meaning.symbols import (
    LETTERS,
    Symbol,
    Symbols,
    bold_in,
    bound_letters,
    centred_in,
    is_differential,
    names_above,
    plain_in,
    shift_in,
    vectors_in,
)
from derive.notes.meaning.usage import INPUTS
from derive.notes.prose import is_denied
from derive.notes.said_conditions import described, is_said_positive

Read = tuple[tree.Statement, ...] | Unread


BELOW = frozenset("nduvgf")
"""Letters that are indices where they stand below names and nowhere else."""

STATISTICS = frozenset("mu sigma mu.hat sigma.hat mu.bar sigma.bar mu.tilde sigma.tilde".split())
"""Names at which a letter that stands nowhere else says which mean or variance it is."""


PARAMETERS = (("gamma", "beta"), ("w", "b"), ("g", "b"), ("alpha", "beta"))
"""A scale and a shift: where the one is a vector, the other is one, too."""


class Survey:
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
        letters = self._letters()
        plain = Symbols(letters)
        hidden = losses_of_classes(self.chains(), plain, letters & {LETTER})
        positions = positions_in([*self.chains()], plain)
        above = frozenset(names_above(self.chains(), plain))
        self.symbols = Symbols(letters, features_of(self.chains(), plain), hidden, positions, above)
        self.calls = listed_calls(self.chains(), self.symbols)
        self.read = tuple(map(self._without_calls, self.read))
        self.sizes = Sizes(self.symbols)
        for number, statement in self.statements():
            self.sizes.read(number, statement.chain)
        self.rows = any(shows_rows(chain, self.symbols) for chain in self.chains())
        self._declare()
        for formula in self.formulas:
            self.rows = formula.latex == "rows" if formula.mark == VECTORS else self.rows
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

    def said_names(self, mark: str) -> frozenset[str]:
        """The names that a declaration lists."""
        return self._keys(self.said.get(mark, ()))

    @cached_property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What is declared to hold."""
        return tuple(
            Assumption(number, chain, self.formulas[number].latex[chain.start : chain.end])
            for number, statement in self.statements()
            for chain in (statement.chain, *statement.remarks)
            if self.formulas[number].mark in (ASSUME, POSITIVE) and isinstance(chain, tree.Chain)
        )

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

    def statements(self) -> Iterator[tuple[int, tree.Statement]]:
        """Every statement that was read, with the number of its formula."""
        for number, statements in enumerate(self.read):
            for statement in () if isinstance(statements, Unread) else statements:
                yield number, statement

    def chains(self) -> Iterator[tree.Node]:
        return (statement.chain for _, statement in self.statements())

    def parts(self) -> Iterator[tree.Node]:
        """Every node of every formula."""
        return (part for chain in self.chains() for part in chain.walk())

    @cached_property
    def names(self) -> tuple[dict[tuple[str, int], tuple[tree.Node, Symbol]], ...]:
        """Formula by formula: where each name stands first with so many indices, and without a power."""
        found = tuple(dict[tuple[str, int], tuple[tree.Node, Symbol]]() for _ in self.formulas)
        for number, statement in self.statements():
            for part in statement.chain.walk():
                symbol = self.symbols.symbol(part) if isinstance(part, tree.Name | tree.Scripted) else None
                if symbol is None or symbol.transposed or symbol.argument is not None or symbol.power is not None:
                    continue
                found[number].setdefault((symbol.key, len(symbol.indices)), (part, symbol))
        return found

    @cached_property
    def kinds(self) -> tuple[dict[type[tree.Node], list[tree.Node]], ...]:
        """Formula by formula: its nodes of each kind."""
        found = tuple(dict[type[tree.Node], list[tree.Node]]() for _ in self.formulas)
        for number, statement in self.statements():
            for part in statement.chain.walk():
                found[number].setdefault(type(part), []).append(part)
        return found

    def _letters(self) -> frozenset[str]:
        """The letters that are indices: not r, where it stands only at a mean and a variance, mu_r and sigma_r."""
        bound = {letter for chain in self.chains() for letter in bound_letters(chain)}
        bound |= self._among_others(Symbols(LETTERS | bound))
        bound |= label_letters(self.chains(), Symbols(LETTERS | bound))
        bound |= counted(self.chains())
        bound |= self._below_only(Symbols(LETTERS | bound))
        symbols = Symbols(LETTERS | bound)
        bearers: dict[str, set[str]] = {}
        for part in self.parts():
            symbol = symbols.symbol(part)
            for letter in symbol.indices if symbol is not None else ():
                bearers.setdefault(letter, set()).add(symbol.key if symbol is not None else "")
        labels = {letter for letter, keys in bearers.items() if letter not in "ijkl" and keys <= STATISTICS}
        return (LETTERS - labels) | bound

    def _among_others(self, symbols: Symbols) -> frozenset[str]:
        """The letters n and g where they are an index beside others, x_{gi}: they are one alone as well, mu_g."""
        subs = (part.sub for part in self.parts() if isinstance(part, tree.Scripted) and part.sub is not None)
        found = (symbols.indices(sub) or () for sub in subs)
        return frozenset(letter for letters in found if len(letters) > 1 for letter in letters if letter in "ng")

    def _below_only(self, symbols: Symbols) -> frozenset[str]:
        """The letters such as n that stand below names and nowhere else: x_n beside x_j, where n is no size."""
        subs = [part for part in self.parts() if isinstance(part, tree.Scripted) and part.sub is not None]
        pairs = [(part.base, part.sub) for part in subs if isinstance(part.base, tree.Name) and part.sub is not None]
        names = (name for _, sub in pairs for name in sub.walk() if isinstance(name, tree.Name))
        below = Counter(name.text for name in names)
        written = Counter(part.text for part in self.parts() if isinstance(part, tree.Name))
        indexed = {key_of(base) for base, sub in pairs if symbols.indices(sub)}
        found = {sub.text for base, sub in pairs if isinstance(sub, tree.Name) and key_of(base) in indexed}
        return frozenset(letter for letter in found & BELOW if below[letter] == written[letter])

    @cached_property
    def differentiated(self) -> frozenset[str]:
        """What the document differentiates by."""
        partials = (part.body for part in self.parts() if isinstance(part, tree.Partial))
        quotients = (part for part in self.parts() if isinstance(part, tree.Quotient) and is_derivative(part))
        others = (each for part in quotients for each in by_of(part) or ())
        return frozenset(key for key in self._keys((*partials, *others)) if not self._is_loss(key))

    @cached_property
    def adjoints(self) -> frozenset[str]:
        """What the document differentiates a loss by."""
        return adjoint_keys(self.parts(), self.symbols, self._is_loss)

    @cached_property
    def all_ones(self) -> frozenset[str]:
        """Whether e is the vector of ones here: it stands in an inner product, and nowhere with an index or a power."""
        groups = (part for part in self.parts() if isinstance(part, tree.Group) and part.opening == "\\langle")
        items = (item for part in groups if isinstance(part.body, tree.Items) for item in part.body.items)
        powers = (part for part in self.parts() if isinstance(part, tree.Scripted) and part.sup is not None)
        named = self._keys(items) & {"e"}
        return named - self._keys(powers) if not self.sizes.axes.get("e") else frozenset()

    @cached_property
    def losses(self) -> Losses:
        """The unknown functions that the document differentiates."""
        chains = ((number, statement.chain) for number, statement in self.statements())
        return replace(Losses.of(chains, self.symbols), declared=self.said_names(LOSS))

    def _is_loss(self, key: str) -> bool:
        return is_loss_by_name(key) or key in self.losses.names

    @cached_property
    def functions(self) -> frozenset[str]:
        """What the document differentiates: of what there are derivatives."""
        bodies = [part.over for part in self.parts() if isinstance(part, tree.Quotient)]
        found = [body.body for body in bodies if isinstance(body, tree.Partial)]
        found += [body.factors[1] for body in bodies if isinstance(body, tree.Product) and is_differential(body)]
        found += [part.body for part in self.parts() if isinstance(part, tree.Nabla)]
        symbols = map(self.symbols.symbol, found)
        found = [each for each, symbol in zip(found, symbols, strict=True) if symbol is None or not symbol.transposed]
        return self._keys(found)

    @cached_property
    def differentials(self) -> frozenset[str]:
        """What the document has differentials of."""
        if not self.has_differentials:
            return frozenset()
        return self._moved(*self.chains()) - {"e"}

    def are_gradients(self, defined: frozenset[str]) -> bool:
        """Whether dx is a name for the gradient by x here, as in code: dx stands alone, and the other side has dy.

        `defined` are the names that have a definition; a differential of one of these has those of its variables behind
        it, a gradient by a variable has those of what is computed.
        """
        defined |= {"p", "P", "O"} & self.attention
        for chain in self.chains():
            if not isinstance(chain, tree.Chain):
                continue
            right = self._moved(*chain.sides[1:])
            left = chain.sides[0]
            if isinstance(left, tree.Quotient) and isinstance(left.over, tree.Partial) and right:
                return True
            moved = self._moved(left)
            if not is_differential(left) or moved & defined or any(map(is_loss_by_name, moved)):
                continue
            if right & defined or (not right and any(map(self._is_gradient, chain.sides[1:]))):
                return True
        return False

    def _is_gradient(self, node: tree.Node) -> bool:
        """Whether a formula has a gradient of the loss in it, or one of the names that are usual for it."""
        if any(isinstance(part, (tree.Partial, tree.Nabla)) for part in node.walk()):
            return True
        return bool(self._keys(node.walk()) & (UPSTREAM | short_keys(self.chains(), self.symbols)))

    def _moved(self, *nodes: tree.Node) -> frozenset[str]:
        """What the d in front of something is in front of, in formulas."""
        parts = (part for node in nodes for part in node.walk())
        products = (part for part in parts if isinstance(part, tree.Product))
        return self._keys(part.factors[1] for part in products if is_differential(part))

    @cached_property
    def vectors(self) -> frozenset[str]:
        """What is written as a vector, and nowhere with an index."""
        bold = Counter(key for chain in self.chains() for key in bold_in(chain))
        plain = Counter(key for chain in self.chains() for key in plain_in(chain))
        found = {key for chain in self.chains() for key in vectors_in(chain, self.symbols)}
        found |= self.said_names(SAMPLES)
        found |= {key for key in bold if bold[key] > plain[key]}
        found |= {shift for scale, shift in PARAMETERS if scale in found}
        return frozenset(key for key in found if not self.sizes.axes.get(key) and not key.isdigit())

    @cached_property
    def centred(self) -> tuple[str, ...]:
        """The names that a mean is subtracted from, x - \\mu, in their order."""
        found = (centred_in(part, self.symbols) for part in self.parts() if isinstance(part, tree.Terms))
        return tuple(dict.fromkeys(key for key in found if key is not None))

    @cached_property
    def middles(self) -> frozenset[str]:
        """The numbers that something with an index is shifted by before it is divided, (x_i - c) / s."""
        halves = (part.over for part in self.parts() if isinstance(part, tree.Quotient))
        found = (shift_in(half, self.symbols) for half in halves)
        return frozenset(key for key in found if key is not None)

    @cached_property
    def normalized(self) -> frozenset[str]:
        """What is normalized, where these are several names, and the document defines no mean and no deviation."""
        sides = (chain.sides[0] for chain in self.chains() if isinstance(chain, tree.Chain))
        heads = {key.partition("_")[0] for key in self._keys(sides)}
        if heads & STATISTICS:
            return frozenset()
        hatted = (key for key in INPUTS if f"{key}.hat" in self.sizes.counts and f"{key}.hat" not in heads)
        found = frozenset((*self.centred, *hatted))
        return found if len(found) > 1 else frozenset()

    def normalized_in(self, *nodes: tree.Node) -> str | None:
        """Which of these a formula speaks of, if it is just one."""
        if not self.normalized:
            return None
        keys = self._keys(part for node in nodes for part in node.walk())
        found = {key.removesuffix(".hat") for key in keys} & self.normalized
        return next(iter(found)) if len(found) == 1 else None

    @cached_property
    def squared(self) -> frozenset[str]:
        """The names that are written with a power somewhere."""
        symbols = map(self.symbols.symbol, self.parts())
        return frozenset(symbol.key for symbol in symbols if symbol is not None and symbol.power is not None)

    @cached_property
    def ones(self) -> dict[str, frozenset[int]]:
        """What formulas, and remarks behind them, say sums up to 1, and the numbers of these formulas."""
        found: dict[str, frozenset[int]] = {}
        for number, statement in self.statements():
            for node in (statement.chain, *statement.remarks):
                for key in said_to_be_one(node, self.symbols):
                    found[key] = found.get(key, frozenset()) | {number}
        return found

    @cached_property
    def positive(self) -> frozenset[str]:
        """The numbers that the document says are above 0: c > 0, in its text or by itself; not behind a display."""
        displayed = [formula.display for formula in self.formulas]
        said = (
            replace(each, remarks=()) if displayed[number] else each
            for number, each in self.statements()
            if number not in self.denied
        )
        bounds = (part.lower for part in self.parts() if isinstance(part, tree.Big))
        radii = [part.sides[1] for part in bounds if isinstance(part, tree.Chain) and _is_norm(part.sides[0])]
        named = (each.chain for number, each in self.statements() if is_said_positive(self.formulas[number]))
        return said_positive(said, self.symbols) | self._keys((*radii, *named))

    def outermost(self, node: tree.Node) -> Iterator[Symbol]:
        """The names in a formula, with their scripts."""
        symbol = self.symbols.symbol(node)
        if symbol is not None:
            yield symbol
        for child in node.children() if symbol is None else ():
            yield from self.outermost(child)

    @cached_property
    def resized(self) -> frozenset[str]:
        """The capital limits of sums, or of the axes of arrays, that the document says are a product of sizes."""
        chains = (chain for chain in self.chains() if isinstance(chain, tree.Chain) and chain.signs[0].text == "=")
        names = (chain.sides[0] for chain in chains if isinstance(chain.sides[0], tree.Name) and _is_of_names(chain))
        return self._keys(names) & frozenset(self.sizes.limits)

    @cached_property
    def in_two_shapes(self) -> dict[str, frozenset[str]]:
        """For names that have several definitions: what is a number in one of them, and has an index in another."""
        shapes: dict[str, list[dict[str, bool]]] = {}
        for chain in self.chains():
            symbol = self.symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
            if not isinstance(chain, tree.Chain) or symbol is None or not symbol.indices:
                continue
            inside = self.outermost(chain.sides[1])
            shapes.setdefault(symbol.key, []).append({each.key: bool(each.indices) for each in inside})
        return {
            key: frozenset(name for each in own for name in each if len({one[name] for one in own if name in one}) > 1)
            for key, own in shapes.items()
            if len(own) > 1
        }

    @cached_property
    def negative(self) -> frozenset[str]:
        """The names of which it is said somewhere that they are below 0."""
        return said_negative((each for _, each in self.statements()), self.symbols)

    @cached_property
    def signed(self) -> frozenset[str]:
        """The numbers of which it is said anywhere that they are above 0, also behind one formula: they are numbers."""
        nodes = (node for _, statement in self.statements() for node in (statement.chain, *statement.remarks))
        chains = (part for node in nodes for part in node.walk() if isinstance(part, tree.Chain))
        return self.positive | self._keys(chain.sides[0] for chain in chains if _is_above_zero(chain))

    @cached_property
    def diagonals(self) -> frozenset[tuple[str, str]]:
        """The derivatives of which the document states the diagonal: of y[i] by x[i]."""
        chains = (chain for chain in self.chains() if isinstance(chain, tree.Chain) and chain.signs[0].text == "=")
        found = (self.jacobian(chain.sides[0], diagonal=True) for chain in chains)
        return frozenset(names for names in found if names is not None)

    @cached_property
    def sliced(self) -> frozenset[str]:
        """The names of which rows or columns are taken, J[:, i], and J in J = \\partial y/\\partial x."""
        products = (part.factors for part in self.parts() if isinstance(part, tree.Product))
        pairs = (pair for factors in products for pair in pairwise(factors))
        heads = (chain.sides[:2] for chain in self.chains() if isinstance(chain, tree.Chain) and len(chain.sides) > 1)
        named = (one for one, other in heads if self._of_vectors(other) is not None)
        return self._keys((*(first for first, second in pairs if slices_in(second) is not None), *named))

    @cached_property
    def jacobians(self) -> frozenset[tuple[str, str]]:
        """The names in the derivatives of one vector by another."""
        parts = [part for part in self.parts() if isinstance(part, tree.Quotient)]
        found = {self.jacobian(part, diagonal) for part in parts for diagonal in (True, False)}
        found |= set(map(self._of_vectors, parts))
        return frozenset(pair for pair in found if pair is not None)

    def _of_vectors(self, node: tree.Node) -> tuple[str, str] | None:
        """The names in the derivative of one whole vector by another."""
        if not isinstance(node, tree.Quotient):
            return None
        over, under = node.over, node.under
        if not isinstance(over, tree.Partial) or not isinstance(under, tree.Partial):
            return None
        of, by = self.symbols.symbol(over.body), self.symbols.symbol(under.body)
        if of is None or by is None or of.indices or by.indices or of.power is not None or of.argument is not None:
            return None
        return None if by.power is not None or by.argument is not None else (of.key, by.key)

    def jacobian(self, node: tree.Node, diagonal: bool = False) -> tuple[str, str] | None:
        """The names in the derivative of one entry by another: with the same index on the diagonal, else with two."""
        if not isinstance(node, tree.Quotient):
            return None
        over, under = node.over, node.under
        if not isinstance(over, tree.Partial) or not isinstance(under, tree.Partial):
            return None
        of, by = self.symbols.symbol(over.body), self.symbols.symbol(under.body)
        if of is None or by is None or len(of.indices) != 1 or len(by.indices) != 1:
            return None
        return (of.key, by.key) if (of.indices == by.indices) == diagonal else None

    def _keys(self, nodes: Iterable[tree.Node]) -> frozenset[str]:
        symbols = map(self.symbols.symbol, nodes)
        return frozenset(symbol.key for symbol in symbols if symbol is not None)


def _by_rows(statements: Read) -> Read:
    """Statements in which cases are chains row by row."""
    if isinstance(statements, Unread):
        return statements
    return tuple(_with_chain(each, named_last(row_by_row(each.chain))) for each in statements)


def _with_chain(statement: tree.Statement, chain: tree.Node) -> tree.Statement:
    return statement if chain is statement.chain else replace(statement, chain=chain)


def _is_of_names(chain: tree.Chain) -> bool:
    """Whether the right side is a product of names."""
    right = chain.sides[1]
    return isinstance(right, tree.Product) and all(isinstance(each, tree.Name) for each in right.factors)


def _is_norm(node: tree.Node) -> bool:
    inside = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(inside, tree.Group) and inside.opening in ("|", "\\|")


def _is_above_zero(chain: tree.Chain) -> bool:
    right = chain.sides[1]
    return chain.signs[0].text in (">", "\\gt") and isinstance(right, tree.Number) and right.value == 0


def read(formula: Formula, latex: str | None = None, offset: int = 0) -> Read:
    """The statements of a formula, or of another text in its place, or why it can't be read."""
    try:
        return parse(formula.latex if latex is None else latex, formula.macros, formula.words, offset)
    except Unread as error:
        return error
