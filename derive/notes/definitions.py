"""Which formulas introduce a name, and what the name then means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derive.language import Derivative, Index, LanguageError, Tensor
from derive.language.binding import free_indices, rename, walk
from derive.latex.reader import syntax as tree
from derive.notes.candidates import ASSIGNED, COMPOSED, CONSTANT, EQUAL, Candidate, Candidates, Key
from derive.notes.circles import closing
from derive.notes.declarations import ASSUME, FREE, SAMPLES, SCOPE
from derive.notes.meaning.folding import folded
from derive.notes.meaning.moments import moment_of
from derive.notes.meaning.reach import reaches, used_by
from derive.notes.meaning.recurrences import is_recurrence, running_maximum
from derive.notes.meaning.shorts import Short
from derive.notes.meaning.symbols import Symbol, is_word
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.usual import FORMULA, usual
from derive.notes.meaning.value import READINGS
from derive.notes.meaning.vocabulary import ALONE, Unclear, UnreadName, Vocabulary
from derive.notes.survey import Survey
from derive.notes.unread_heads import unread_heads

RUNNING = UnreadName(frozenset(), True)
"""A running mean is any number, and none that depends on this batch."""


class Definitions(Candidates):
    """The names of a document: each means what its definition says, the nearest above, else the first below."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.vocabulary = Vocabulary(
            sizes=survey.sizes,
            default_size=survey.sizes.usual(),
            later=self._later,
            differentiated=survey.differentiated,
            adjoints=survey.adjoints,
            plain_bars=survey.plain_bars,
            functions=survey.functions,
            differentials=survey.differentials,
            vectors=survey.vectors,
            centred=survey.centred,
            middles=survey.middles,
            normalized=survey.normalized,
            positive=survey.positive,
            signed=survey.signed,
            ones=survey.ones,
            squared=survey.squared,
            rows=survey.rows,
            losses=survey.losses,
            all_ones=survey.all_ones,
            jacobians=survey.jacobians,
            attention=survey.attention,
            sliced=survey.sliced,
            samples=survey.said_names(SAMPLES),
        )
        self.introduced: dict[Key, tuple[int, int]] = {}
        self.current: dict[Key, Candidate] = {}
        self.same: dict[Key, list[set[str]]] = {}
        self.circular: dict[Key, Candidate] = {}
        self.first: dict[Key, Candidate] = {}
        self.recurrences: dict[str, int] = {}
        self.differences: frozenset[Key] = frozenset()
        self.reading = READINGS[0]
        self.pending: list[str] = []
        self.begin(0)

    def begin(self, number: int) -> None:
        """A new scope begins at this formula: all names are forgotten; those defined from here on count."""
        self.introduced.clear()
        self.first.clear()
        self.same.clear()
        self.recurrences.clear()
        self.vocabulary.running.clear()
        self.vocabulary.forget_all()
        self._meet_all(number)
        self.vocabulary.ingredients = self._ingredients()
        gradients = self.survey.are_gradients(frozenset(key for key, _ in self.first))
        self.reading = next(reading for reading in READINGS if reading.gradients == gradients)
        if heads := unread_heads(self.survey) - {key for key, _ in self.first}:
            any_name = UnreadName(frozenset(self.survey.sizes.counts), False)
            self.vocabulary.unread.update(dict.fromkeys(heads, any_name))
        self.vocabulary.anchored |= self.survey.said_names(FREE) | self.survey.said_names(SAMPLES)
        self.differences = frozenset(key for key, each in self.first.items() if _is_part(each))

    def _meet_all(self, start: int) -> None:
        """Finds the first definitions of all names from this formula on, up to where the next scope begins."""
        marks = [formula.mark for formula in self.survey.formulas]
        end = next((at for at in range(start + 1, len(marks)) if marks[at] == SCOPE), len(marks))
        for number, statement in self.survey.statements():
            chain = statement.chain
            if start <= number < end and isinstance(chain, tree.Chain) and marks[number] != ASSUME:
                for candidate in self.candidates(number, chain.sides, chain.signs):
                    self._meet(candidate)
                if is_recurrence(chain.sides[0], chain.sides[1], self.survey.symbols):
                    self._meet_recurrence(number, chain.sides[0], chain.sides[1])
                self._meet_update(chain)
        self.circular = {key: self.first.pop(key) for key in closing(self.first, self.survey.symbols)}
        self._meet_usual()
        self.vocabulary.recurrent = {*self.recurrences}

    def _meet_update(self, chain: tree.Chain) -> None:
        """A name of which no more is said than how it gets a new value, as a running mean, is no batch statistic."""
        symbol = self.survey.symbols.symbol(chain.sides[0])
        if symbol is None or symbol.argument is not None or chain.signs[0].text not in EQUAL | ASSIGNED:
            return
        updated = self._names_itself(symbol, chain.sides[1]) and isinstance(chain.sides[1], tree.Terms)
        others = (each for square in (False, True) if (each := self.first.get((symbol.key, square))) is not None)
        if updated and all(map(self.is_update, others)):
            self.vocabulary.unread[symbol.key] = RUNNING

    def _meet_recurrence(self, number: int, left: tree.Node, right: tree.Node) -> None:
        symbol = self.survey.symbols.symbol(left)
        if symbol is not None and self.recurrences.setdefault(symbol.key, number) == number:
            largest = running_maximum(symbol, right, self.survey.symbols)
            if largest is not None:
                self.vocabulary.running[symbol.key] = largest

    def _meet(self, candidate: Candidate) -> None:
        """The first definition of a name counts; what has no derivative in it comes before what has."""
        known = self.first.get(candidate.key)
        if self.is_of_square(candidate, self.first):
            return
        if known is None or (known.derived and not candidate.derived):
            self.first[candidate.key] = candidate

    def _meet_usual(self) -> None:
        """Functions that the document calls and does not define are what everybody knows by their name."""
        called = {symbol.key.rstrip("'") for _, symbol in self.survey.named() if symbol.argument is not None}
        for key in sorted(called):
            known = usual(key) if self.first.keys().isdisjoint({(key, False), (key, True)}) else None
            if known is not None and (candidate := self.candidate(FORMULA, *known)) is not None:
                self.first[candidate.key] = candidate
                self.vocabulary.conventions[key] = "the function that is usually called so"

    def _ingredients(self) -> frozenset[str]:
        """The names that definitions use."""
        plain = (each.right for each in self.first.values() if not each.derived)
        return frozenset(symbol.key for right in plain for _, symbol in self.survey.symbols.named_in(right))

    def ingredients_of(self, key: Key) -> set[str]:
        """The names that a definition rests on, as far as the document says."""
        seen: set[str] = set()
        waiting = [key]
        while waiting:
            candidate = self.first.get(waiting.pop())
            for name in self.names_in(candidate.right) - seen if candidate is not None else ():
                seen.add(name)
                waiting += [(name, False), (name, True)]
        return seen

    def _later(self, key: str, square: bool) -> bool:
        """Introduces a name that is defined further down; says whether it could."""
        candidate = self.first.get((key, square))
        if candidate is None or (key, square) in self.introduced:
            return False
        try:
            self.introduce(candidate)
        except (Unclear, LanguageError):
            return False
        return self.vocabulary.is_defined(key, square)

    def introduce(self, candidate: Candidate) -> None:
        """From now on the name means this. Raises Unclear and LanguageError where the right side has no meaning.

        Of such a name no convention says what it is.
        """
        self.vocabulary.unread[candidate.symbol.key] = self._unread(candidate)
        self._introduce(candidate)
        if not self.is_update(candidate) or self.vocabulary.is_defined(*candidate.key):
            self.vocabulary.unread.pop(candidate.symbol.key, None)

    def reintroduce(self, candidate: Candidate) -> None:
        """From now on a name means this, or nothing that is known where it has no meaning."""
        try:
            self.introduce(candidate)
        except (Unclear, LanguageError):
            self.leave_open(candidate)

    def _unread(self, candidate: Candidate) -> UnreadName:
        """What the text of a definition tells before it is understood; a product of free names can be anything."""
        if self.is_update(candidate):
            return RUNNING
        names = self.names_in(candidate.right)
        below = set[str]().union(*(self.ingredients_of((key, square)) for key in names for square in (False, True)))
        plain = all(isinstance(part, COMPOSED) for part in candidate.right.walk())
        known = any((key, square) in self.first for key in names for square in (False, True)) or names <= CONSTANT
        return UnreadName(frozenset(names | below), plain and not known)

    def _introduce(self, candidate: Candidate) -> None:
        self.introduced[candidate.key] = candidate.place
        self.current[candidate.key] = candidate
        self.same.pop(candidate.key, None)
        if self.is_update(candidate):
            return
        if candidate.derived:
            self._shorten(candidate)
            return
        former = self.meaning(candidate.key)
        self._set_apart(candidate)
        self._introduce_parts(candidate)
        self._define(candidate, former is None)
        if former is not None:
            self._forget_what_rests_on(former, candidate.symbol.key)

    def _set_apart(self, candidate: Candidate) -> None:
        """A parameter that is a number in one layer of the document, and has an index in another."""
        changing = self.survey.in_two_shapes.get(candidate.symbol.key)
        if not changing:
            return
        changing -= {key for key, _ in self.first}
        for symbol in self.survey.outermost(candidate.right):
            if symbol.key in changing:
                self.vocabulary.set_apart(symbol.key, not symbol.indices)

    def _introduce_parts(self, candidate: Candidate) -> None:
        """Introduces the names for parts of formulas first, but none that rest on a name that is being introduced."""
        self.pending.append(candidate.symbol.key)
        for key, square in sorted(self.differences - {candidate.key}):
            if self.ingredients_of((key, square)).isdisjoint(self.pending):
                self._later(key, square)
        self.pending.pop()

    def is_circular(self, candidate: Candidate) -> bool:
        """Whether a formula says what a name is by what is computed from it, and so is a claim."""
        known = self.circular.get(candidate.key)
        return known is not None and known.place == candidate.place and candidate.key not in self.introduced

    def is_update(self, candidate: Candidate) -> bool:
        """Whether a name gets a new value from its old one, as a running mean does: what it is stays open."""
        return self._names_itself(candidate.symbol, candidate.right)

    def is_of_square(self, candidate: Candidate, known: Mapping[Key, Candidate]) -> bool:
        """Whether a formula is about the square of a name that is known, and so a claim: s^2 where s = sqrt(v)."""
        key, square = candidate.key
        root = known.get((key, False)) if square and (key, True) not in known else None
        return root is not None and not root.derived and key not in self.names_in(root.right)

    def may_redefine(self, candidate: Candidate) -> bool:
        """Whether a second formula can give a name a new meaning: it is of other names than the first one.

        For a variance it is a mean of squares, too.
        """
        former, names = self.current.get(candidate.key), self.names_in(candidate.right)
        if former is None and self.is_of_square(candidate, self.current):
            former = self.current[candidate.key[0], False]
        if former is not None and self._is_of_the_same(self.names_in(former.right), names):
            return self._is_of_other_shapes(former, candidate)
        if names in self.same.get(candidate.key, ()):
            return False
        if candidate.symbol.power is None:
            return True
        sums = sum(isinstance(part, tree.Big) for part in candidate.right.walk())
        called = any(map(moment_of, self.names_in(candidate.right)))
        return not isinstance(candidate.right, tree.Terms) and (sums == 1 or (sums == 0 and called))

    def is_of_the_same(self, candidate: Candidate) -> bool:
        """Whether a second formula for a name is made of what the first one rests on, and of sizes alone."""
        former = self.current.get(candidate.key)
        if former is None or former.derived or candidate.derived or self._is_of_other_shapes(former, candidate):
            return False
        another_name = self.survey.symbols.symbol(candidate.right) is not None
        if another_name or candidate.symbol.power is not None:
            return False
        own = {key for key in self.names_in(candidate.right) if not self.vocabulary.is_size(key)}
        known = self.names_in(former.right)
        if candidate.symbol.argument is not None:
            return is_word(candidate.key[0]) and self._made_of(own) <= self._made_of(known)
        for key in tuple(known):
            known |= self.ingredients_of((key, False)) | self.ingredients_of((key, True))
        return bool(own) and own <= known

    def _made_of(self, names: set[str]) -> set[str]:
        """The names without a definition below these, sizes left out."""
        below = names.union(*(self.ingredients_of((key, square)) for key in names for square in (False, True)))
        defined = {key for key, _ in self.first}
        return {key for key in below - defined if not self.vocabulary.is_size(key)}

    def _is_of_the_same(self, former: set[str], names: set[str]) -> bool:
        """Whether a second formula is made of the same names as the first, or leaves out a size."""
        return names <= former and all(map(self.vocabulary.is_size, former - names))

    def _is_of_other_shapes(self, former: Candidate, candidate: Candidate) -> bool:
        """Whether what is a number in one of two definitions has an index in the other: they are of two layers."""
        changing = self.survey.in_two_shapes.get(candidate.symbol.key, frozenset())
        one, other = (
            {each.key for each in self.survey.outermost(definition.right) if each.key in changing and each.indices}
            for definition in (former, candidate)
        )
        return one != other

    def confirm(self, candidate: Candidate) -> None:
        """A second formula for a name is equal to the first; the name means this from now on, if it is a finer one."""
        former = self.current.get(candidate.key)
        known = [] if former is None else [self.names_in(former.right)]
        same = [*self.same.get(candidate.key, known), self.names_in(candidate.right)]
        if self.refines(candidate):
            self.introduce(candidate)
        self.same[candidate.key] = same

    def refines(self, candidate: Candidate) -> bool:
        """Whether a second formula for a name, equal to the first, has more nodes of the graph in it: xhat_i = s c_i.

        All that the first one rests on is below these nodes, and the name itself is not.
        """
        former = self.meaning(candidate.key)
        if former is None or former.definition is None or candidate.symbol.argument is not None:
            return False
        keys = ((key, square) for key in self.names_in(candidate.right) for square in (False, True))
        nodes = [tensor for tensor in map(self.meaning, keys) if tensor is not None]
        if any(reaches(node, former) for node in nodes):
            return False
        finer = any(node.definition is not None and not reaches(former, node) for node in nodes)
        return finer and all(any(reaches(node, each) for node in nodes) for each in used_by(former))

    def _shorten(self, candidate: Candidate) -> None:
        symbol, number = candidate.symbol, candidate.number
        short = Short(symbol.key, symbol.indices, candidate.right, number)
        self.vocabulary.shorts[symbol.key] = short
        translation = Translation(self.vocabulary, self.survey.symbols, number, self.reading)
        try:
            found = translation.short(short)
        except (Unclear, LanguageError):
            del self.vocabulary.shorts[symbol.key]
            raise
        self.vocabulary.anchor_free(found.term)

    def meaning(self, key: Key) -> Tensor | None:
        """What a name, or its square, means now."""
        return (self.vocabulary.squares if key[1] else self.vocabulary.tensors).get(key[0])

    def _define(self, candidate: Candidate, first: bool) -> None:
        with self.vocabulary.focused(self.survey.normalized_in(candidate.right)):
            self._defined(candidate, first)

    def _defined(self, candidate: Candidate, first: bool) -> None:
        symbol = candidate.symbol
        translation = Translation(self.vocabulary, self.survey.symbols, candidate.number, self.reading)
        translation.given = frozenset(symbol.indices)
        value = translation.value(candidate.right)
        if value.axes and self._is_number(symbol) and _has_dot(candidate.right):
            inner = replace(self.reading, inner=True)
            other = Translation(self.vocabulary, self.survey.symbols, candidate.number, inner).value(candidate.right)
            value = value if other.axes else other
        if symbol.power is None and any(isinstance(part, Derivative) for part in walk(value.term)):
            self._shorten(candidate)
            return
        names = [tensor for key in self.differences if (tensor := self.meaning(key)) is not None]
        body, over = folded(value.term, names), value.axes
        if symbol.indices and over:
            if len(symbol.indices) != len(over):
                raise Unclear(f"{symbol.key} has {len(symbol.indices)} indices, and its definition {len(over)}")
            own = tuple(Index(letter, axis.size) for letter, axis in zip(symbol.indices, over, strict=True))
            body, over = rename(body, dict(zip(over, own, strict=True))), own
        elif symbol.indices:
            free = {index.name: index for index in free_indices(body)}
            over = tuple(free.get(letter) or translation.index(letter) for letter in symbol.indices)
        elif over and self.survey.sizes.axes.get(symbol.key, 0) not in (0, len(over)):
            count = self.survey.sizes.axes[symbol.key]
            raise Unclear(f"{symbol.key} has {count} indices elsewhere, and its definition {len(over)}")
        elif not over and self.survey.sizes.is_mostly_indexed(symbol.key) and symbol.argument is None:
            if symbol.power is not None or symbol.key not in self.survey.symbols.positions.movable:
                raise Unclear(f"{symbol.key} has indices elsewhere, and its definition is one number")
            self.vocabulary.define(f"{symbol.key}{ALONE}", body, over)  # m = max(x) beside the running m_i
            return
        if symbol.argument is not None and (argument := self.survey.symbols.symbol(symbol.argument)) is not None:
            self.vocabulary.arguments[symbol.key] = argument.key
            self.vocabulary.parameters[symbol.key] = self.vocabulary.tensor(argument.key)
        if symbol.power is None and symbol.key in self.names_in(candidate.right):
            self.vocabulary.overloaded.add(symbol.key)
        self.vocabulary.define(symbol.key, body, over, symbol.power is not None, first)

    def _is_number(self, symbol: Symbol) -> bool:
        """Whether a name is written without an index wherever it stands."""
        key = symbol.key
        return not symbol.indices and not self.survey.sizes.axes.get(key) and key not in self.survey.vectors

    def leave_open(self, candidate: Candidate) -> None:
        """A name gets a new meaning that is not understood: the former one is over."""
        former = self.meaning(candidate.key)
        if former is not None:
            self.vocabulary.forget(*candidate.key)
            self._forget_what_rests_on(former, candidate.symbol.key)

    def _forget_what_rests_on(self, former: Tensor, name: str) -> None:
        """When a name is defined anew, what was defined by it gets the new meaning where it is used next."""
        for key in list(self.introduced):
            if self.vocabulary.rests_on(*key, former):
                self.vocabulary.forget(*key)
                if name in self.ingredients_of(key):
                    del self.introduced[key]
                else:  # the part that has the name is written out in it: what it is now is not said
                    self.vocabulary.unread[key[0]] = UnreadName(frozenset(self.ingredients_of(key)), False)


def _has_dot(node: tree.Node) -> bool:
    return any(isinstance(part, tree.Product) and "\\cdot" in part.signs for part in node.walk())


def _is_part(candidate: Candidate) -> bool:
    """Whether a name is one for a part of other formulas: a difference, a root, or a quotient that is called x.hat."""
    if candidate.derived or candidate.symbol.power is not None or candidate.symbol.argument is not None:
        return False
    if isinstance(candidate.right, tree.Quotient):
        return candidate.symbol.key.endswith(".hat")
    return _is_difference(candidate.right) or isinstance(candidate.right, tree.Root)


def _is_difference(node: tree.Node) -> bool:
    """Whether this is one name less another."""
    return isinstance(node, tree.Terms) and len(node.terms) == 2 and node.signs[1] == "-"
