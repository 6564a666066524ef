"""Names with their scripts as entries of tensors, and the functions that everybody knows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import replace
from fractions import Fraction
from typing import Self

from derive.language import Delta, Derivative, Index, Sum, Tensor, Term, exp
from derive.language.binding import free_indices, rename
from derive.language.substitution import reached
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.meaning.constants import constant_array, ones
from derive.notes.meaning.functions import LAYERS, applied
from derive.notes.meaning.letters import STATISTICS
from derive.notes.meaning.matrices import TRACES, trace
from derive.notes.meaning.moments import COVARIANCES, EXPECTED, averaged, covariance, is_random, moment, moment_of
from derive.notes.meaning.order import at_last, position, shifted
from derive.notes.meaning.rows import BROADCASTS, FUNCTIONS, by_rows
from derive.notes.meaning.shorts import Short
from derive.notes.meaning.symbols import Symbol, Symbols, latex_of
from derive.notes.meaning.unclear import declare, function_without_value
from derive.notes.meaning.usage import SOFTMAXES
from derive.notes.meaning.value import Reading, Value, constant, halves, is_two
from derive.notes.meaning.vocabulary import ALONE, Unclear, Vocabulary, reaches

MATRICES = frozenset("A B G H K M P Q S T U V W X Y Z".split())
"""Names that are matrices more often than numbers, where they are no sizes and nothing is said of them."""


class Names:
    """What the names of one formula mean, in one reading.

    `given` are the letters that are free on the other side of the relation. `asked` is what the reading was asked for:
    others that say the same of this give the same meaning. `spread` are letters that stand on one side only: norms are
    over these. `named` has parts of formulas that stand for a variable of their own.
    """

    def __init__(self, vocabulary: Vocabulary, symbols: Symbols, formula: int, reading: Reading) -> None:
        self.vocabulary, self.symbols, self.formula, self.reading = vocabulary, symbols, formula, reading
        self.scope: dict[str, Index] = {}
        self.given: frozenset[str] = frozenset()
        self.within: frozenset[str] = frozenset()
        self.asked: set[str] = set()
        self.firsts: dict[str, Fraction] = {}
        self.spread: frozenset[str] = frozenset()
        self.named: dict[Hashable, Value] = {}
        self.rows, self.has_plain_d = vocabulary.rows, vocabulary.has_plain_d
        self.capitals: set[str] = set()
        self.usual_sizes: set[str] = set()
        self.has_arrays = False

    @abstractmethod
    def value(self, node: tree.Node) -> Value: ...

    def takes(self, way: str) -> bool:
        """Whether the reading takes in this way what is open here: `direct`, `inner` and the like."""
        self.asked.add(way)
        return getattr(self.reading, way)

    def of_formula(self, formula: int, reading: Reading) -> Self:
        """What translates another formula of the document, in a reading of its own."""
        return type(self)(self.vocabulary, self.symbols, formula, reading)

    def index(self, letter: str) -> Index:
        """A letter as an index: bound by the innermost sum that binds it, else free."""
        if letter in self.scope:
            return self.scope[letter]
        size = self.vocabulary.sizes.size_of(("free", self.formula, letter))
        return Index(letter, self.vocabulary.size(size))

    def entry(self, symbol: Symbol, node: tree.Node) -> Value:
        """A symbol as an entry of its tensor, with axes where its indices are left out."""
        key = symbol.key
        if not symbol.indices and f"{key}{ALONE}" in self.vocabulary.tensors:
            return Value(Entry(self.vocabulary.tensors[f"{key}{ALONE}"]))
        if moved := symbol.computed & self.scope.keys():
            own = tuple(self.scope[letter] for letter in sorted(moved))
            along = self.vocabulary.along(key, own)
            self.vocabulary.dependent.add(along)
            return Value(Entry(along, own))
        if not symbol.indices and self.vocabulary.is_size(key):
            if key in MATRICES and key not in self.vocabulary.sizes.letters():
                self.usual_sizes.add(key)
            return Value(self.vocabulary.size(key))
        tensor = self.vocabulary.tensor(key)
        if symbol.computed:
            self.vocabulary.dependent.add(tensor)
        letter = key.partition("_")[0].partition("^")[0].partition(".")[0].rstrip("'")
        flat = not tensor.sizes or (symbol.transposed and key in self.vocabulary.vectors)
        if flat and tensor.definition is None and letter in MATRICES:
            self.capitals.add(key)
        return self.at(tensor, symbol, node)

    def at_place(self, node: tree.Node) -> Value | None:
        """The value of a name at i-1 where the document has it at i, of its last entry, or of a place as a number."""
        if isinstance(node, tree.Name) and node.text in self.symbols.positions.letters and not node.accents:
            return Value(position(self.index(node.text)))
        own = self.symbols.symbol(node) if isinstance(node, tree.Scripted) else None
        if own is None or self.vocabulary.is_defined(own.key, False) or self.vocabulary.later(own.key, False):
            return None
        if (found := self.symbols.moved(node)) is not None:
            value = self.value(found.plain)
            term = value.term
            if not self.vocabulary.dependent.isdisjoint(reached([term])):
                raise Unclear("a name with a subscript that is computed, at another place", node.start, node.end)
            for letter, by in found.by:
                term = shifted(term, self.index(letter), by)
            return replace(value, term=term)
        return self._last(own)

    def _last(self, own: Symbol) -> Value | None:
        """The last entry of a vector that is written at other places, too: l_N."""
        key, _, label = own.key.partition("_")
        primes = label[len(label.rstrip("'")) :]
        key, label = key + primes, label.rstrip("'")
        if not self.symbols.positions.letters or not label or own.indices or own.power is not None:
            return None
        if self.vocabulary.sizes.axes.get(key, 0) != 1:
            return None
        tensor = self.vocabulary.tensor(key)
        if len(tensor.sizes) != 1 or tensor.sizes[0] != self.vocabulary.size(label or None):
            return None
        index = Index("e0", tensor.sizes[0])
        if not self.vocabulary.dependent.isdisjoint(reached([Entry(tensor, (index,))])):
            return None
        return Value(at_last(Entry(tensor, (index,)), index))

    def check_matrices(self) -> None:
        """Raises Unclear where something that may be a matrix stands with another, or with a vector, as if a number."""
        if self.capitals and (len(self.capitals | self.usual_sizes) > 1 or self.has_arrays):
            listed = ", ".join(sorted(self.capitals | self.usual_sizes))
            shape = rf"{latex_of(min(self.capitals))} \in \mathbb{{R}}^{{m \times n}}"
            raise Unclear(
                f"nothing is said of the shape of {listed}, which may be a matrix", help=declare("shapes", shape)
            )

    def at(self, tensor: Tensor, symbol: Symbol, node: tree.Node) -> Value:
        if len(symbol.indices) == len(tensor.sizes):
            own = tuple(
                Index(letter, size) if letter not in self.scope else self.scope[letter]
                for letter, size in zip(symbol.indices, tensor.sizes, strict=True)
            )
            return Value(Entry(tensor, own), transposed=symbol.transposed)
        if symbol.argument is not None and not tensor.sizes:
            return Value(Entry(tensor))
        if symbol.key in self.vocabulary.sizes.bundles and len(symbol.indices) == 1 and len(tensor.sizes) == 2:
            letter, last = symbol.indices[0], Index("e0", tensor.sizes[1])
            first = self.scope.get(letter) or Index(letter, tensor.sizes[0])
            return Value(Entry(tensor, (first, last)), (last,), symbol.transposed)
        if symbol.indices:
            raise Unclear(
                f"{symbol.key} has {len(tensor.sizes)} indices elsewhere, and {len(symbol.indices)} here",
                node.start,
                node.end,
            )
        self.has_arrays = self.has_arrays or bool(tensor.sizes)
        axes = tuple(Index(f"e{place}", size) for place, size in enumerate(tensor.sizes))
        own = axes[::-1] if symbol.transposed and len(axes) == 2 else axes
        return Value(Entry(tensor, axes), own, symbol.transposed and len(axes) < 2)

    def of_symbol(self, symbol: Symbol, node: tree.Node) -> Value:
        if self._is_kronecker(symbol):
            left, right = map(self.index, symbol.indices)
            return Value(Delta(left, right))
        if (known := constant_array(symbol, self.vocabulary)) is not None:
            return known
        if symbol.key in self.vocabulary.all_ones and not symbol.indices and symbol.power is None:
            return replace(self.ones(), transposed=symbol.transposed)
        if symbol.key == "e" and symbol.power is not None and "e" not in self.vocabulary.tensors:
            power = self.value(symbol.power)
            return Value(exp(power.term), power.axes)
        if symbol.argument is not None and (built := self._built_in(symbol)) is not None:
            return built
        if (short := self.vocabulary.short_of(symbol.key)) is not None:
            return self._written_out(short, symbol, node)
        if (of := self.vocabulary.adjoint_of(symbol.key)) is not None:
            return self._adjoint(of, symbol, node)
        square = self._square(symbol)
        if square is None:
            found = self.entry(symbol if symbol.power is None else replace(symbol, power=None), node)
            if symbol.power is not None and len(found.axes) > 1:
                return self.matrix_power(found, symbol.power)
            return found if symbol.power is None else Value(self.raised(found.term, symbol.power), found.axes)
        return self._deviation(square, symbol, node)

    def _is_kronecker(self, symbol: Symbol) -> bool:
        """Whether this is 1 where its indices are the same, and no name for dL/dy_ij."""
        if symbol.key != "delta" or len(symbol.indices) != 2 or "delta" in self.vocabulary.tensors:
            return False
        short = self.vocabulary.short_of("delta")
        return short is None or len(short.indices) != 2

    def _square(self, symbol: Symbol) -> Tensor | None:
        """What the square of a name is, if a power of the name stands for one of that."""
        square = self.vocabulary.square(symbol.key)
        if symbol.key not in self.vocabulary.overloaded:
            return square
        return square if is_two(symbol.power) and not self.takes("rooted") else None

    def _written_out(self, short: Short, symbol: Symbol, node: tree.Node) -> Value:
        """What a name is short for, at the indices that stand at it."""
        found = self.short(short)
        if len(symbol.indices) == len(found.axes):
            own = tuple(
                Index(letter, axis.size) if letter not in self.scope else self.scope[letter]
                for letter, axis in zip(symbol.indices, found.axes, strict=True)
            )
            found = Value(rename(found.term, dict(zip(found.axes, own, strict=True))))
        elif symbol.indices:
            raise Unclear(
                f"{symbol.key} has {len(found.axes)} indices elsewhere, and {len(symbol.indices)} here",
                node.start,
                node.end,
            )
        if symbol.power is not None:
            found = Value(self.raised(found.term, symbol.power), found.axes)
        return Value(found.term, found.axes, symbol.transposed)

    def short(self, short: Short) -> Value:
        """What a name with gradients in its definition is short for, as an array over its indices."""
        if short.key in self.within:
            raise Unclear(f"{short.key} is defined by itself")
        entrywise = not short.indices and self.vocabulary.sizes.axes.get(short.key, 0) > 0
        reading = replace(self.reading, inner=False) if entrywise else self.reading
        inner = self.of_formula(short.formula, reading)
        inner.within = self.within | {short.key}
        inner.given = frozenset(short.indices)
        found = inner.value(short.node)
        self.asked |= inner.asked
        if short.indices and found.axes:
            if len(short.indices) != len(found.axes):
                raise Unclear(f"{short.key} has {len(short.indices)} indices, what it is short for {len(found.axes)}")
            return found
        free = {index.name: index for index in free_indices(found.term) - set(found.axes)}
        if lacking := sorted(free.keys() - set(short.indices)):
            raise Unclear(f"what {short.key} is short for depends on the index {lacking[0]}, which {short.key} lacks")
        if not short.indices:
            return found
        own = tuple(free.get(letter) or inner.index(letter) for letter in short.indices)
        axes = tuple(Index(f"e{place}", index.size) for place, index in enumerate(own))
        return Value(rename(found.term, dict(zip(own, axes, strict=True))), axes)

    def _adjoint(self, of: str, symbol: Symbol, node: tree.Node) -> Value:
        """A name for the gradient by another: g^y, or a bar over it."""
        if self.vocabulary.short_of(of) is not None:
            raise Unclear(f"{symbol.key} is the gradient by {of}, which is short for gradients", node.start, node.end)
        square = of.endswith("^2")
        tensor = self.vocabulary.square(of.removesuffix("^2")) if square else self.vocabulary.tensor(of)
        if tensor is None or symbol.power is not None:
            raise Unclear(f"{symbol.key} is the gradient by {of}, which is defined nowhere", node.start, node.end)
        found = self.at(tensor, replace(symbol, key=of), node)
        if not isinstance(found.term, Entry):
            raise Unclear(f"{symbol.key} is no gradient by a variable", node.start, node.end)
        return Value(Derivative(self.vocabulary.loss(tensor, self.kind()), found.term), found.axes, symbol.transposed)

    def kind(self) -> str | None:
        """The family of the loss that this formula differentiates, if it is one; None for the usual one."""
        here = self.vocabulary.losses.in_formula(self.formula)
        return next(iter(here)) if len(here) == 1 else None

    def _built_in(self, symbol: Symbol) -> Value | None:
        """A function that everybody knows, or None for one that the document defines."""
        key, argument = symbol.key, symbol.argument
        if argument is not None and (of_input := self._statistic(symbol)) is not None:
            return of_input
        if argument is not None and (name := moment_of(key)) is not None and not self._is_own(key, argument):
            return self._moment(name, symbol, argument)
        if argument is not None and key == "max" and not isinstance(argument, tree.Items) and self._is_free(key):
            largest = Entry(self.vocabulary.largest(self.value(argument)))
            return Value(largest if symbol.power is None else self.raised(largest, symbol.power))
        if self.vocabulary.is_defined(key, False) or self.vocabulary.later(key, False):
            if argument is None or not self._is_argument_of(key, argument):
                return self._function_at(symbol, self.vocabulary.tensor(key), self.vocabulary.parameters.get(key))
            return None
        if argument is not None and (found := self._layer(symbol)) is not None:
            return found
        if isinstance(argument, tree.Items) and len(argument.items) == 2 and key in COVARIANCES:
            given = self.given | self.scope.keys()
            one, other = map(self.value, argument.items)
            for inside in (one, other):
                self._ask_samples(key, inside, argument)
            found = covariance(one, other, given, argument)
            return Value(found if symbol.power is None else self.raised(found, symbol.power))
        if argument is not None and key in TRACES:
            found = trace(self.value(argument), argument)
            return Value(found if symbol.power is None else self.raised(found, symbol.power))
        if argument is not None and key in FUNCTIONS and symbol.power is None:
            found = by_rows(key, self.value(argument), key not in BROADCASTS or not self.takes("inner"))
            return self._chosen(symbol, found) if symbol.indices and found.axes else found
        if argument is not None and key == "diag" and symbol.power is None:
            inside = self.value(argument)
            if len(inside.axes) != 1:
                raise Unclear("diag of something that is no vector")
            column = Index("e1", inside.axes[0].size)
            return Value(inside.term * Delta(inside.axes[0], column), (inside.axes[0], column))
        if argument is not None and key in SOFTMAXES and symbol.power is None:
            inside = self.value(argument)
            self.vocabulary.anchor(inside.term)
            free = [] if inside.axes else [*free_indices(inside.term)]
            if len(free) == 1 and symbol.indices in ((), (free[0].name,)):
                return Value(exp(inside.term) / Sum(exp(inside.term), free[0]))
            if len(inside.axes) not in (1, 2) or len(symbol.indices) not in (0, len(inside.axes)):
                raise Unclear("softmax of something that is no vector, and no matrix of rows")
            found = exp(inside.term) / Sum(exp(inside.term), inside.axes[-1])
            if not symbol.indices:
                return Value(found, inside.axes)
            pairs = zip(symbol.indices, inside.axes, strict=True)
            return Value(rename(found, {axis: self.scope.get(one) or Index(one, axis.size) for one, axis in pairs}))
        if is_random(key):
            raise Unclear(f"{latex_of(key)} is an expectation over a distribution; what is random is not decided")
        raise function_without_value(key, f"{latex_of(key)}(x) = 2 x")

    def _statistic(self, symbol: Symbol) -> Value | None:
        """The mean or the variance of something else than what is normalized: mu(a x), sigma^2(x + c)."""
        base = symbol.key.partition("_")[0]
        x = self.vocabulary.input() if base in STATISTICS and symbol.argument is not None else None
        if x is None or symbol.argument is None:
            return None
        square = self.vocabulary.square(symbol.key) if base == "sigma" else None
        function = square if square is not None else self.vocabulary.tensor(symbol.key)
        if function.definition is None or not reaches(function, x) or function.definition.indices:
            return None
        if self.vocabulary.parameters.get(symbol.key, x) != x:
            return None  # a function of something else, as the sigmoid is
        argument = self.value(symbol.argument)
        self.vocabulary.anchor(argument.term)
        found = applied(function, x, argument).term
        power = Fraction(1) if symbol.power is None else self.exponent(symbol.power)
        if square is not None:
            return Value(halves(found, power))
        return Value(found if symbol.power is None else self.raised(found, symbol.power))

    def _is_free(self, key: str) -> bool:
        """Whether the document has no definition of a name."""
        own = self.vocabulary.tensors.get(key)
        return (own is None or own.definition is None) and not self.vocabulary.later(key, False)

    def _is_own(self, key: str, argument: tree.Node) -> bool:
        """Whether the document says itself what this function of this argument is."""
        if not self.vocabulary.is_defined(key, False) and not self.vocabulary.later(key, False):
            return False
        return self._is_argument_of(key, argument)

    def _is_argument_of(self, key: str, argument: tree.Node) -> bool:
        """Whether a function stands at what it is defined at: the same name, and no power of it."""
        own = self.symbols.symbol(argument)
        if own is None or own.power is not None or own.transposed:
            return False
        return own.key == self.vocabulary.arguments.get(key, own.key)

    def _moment(self, name: str, symbol: Symbol, argument: tree.Node) -> Value:
        """A mean or a variance over the axes of its argument, or over its index."""
        inside = self.value(argument)
        self._ask_samples(name, inside, argument)
        inner = self.symbols.symbol(argument)
        below = symbol.indices if inner is None or inner.indices != symbol.indices else ()
        over = averaged(name, inside, below, self.given | self.scope.keys())
        found = moment(name, inside, over)
        return found if symbol.power is None else Value(self.raised(found.term, symbol.power), found.axes)

    def _ask_samples(self, name: str, inside: Value, node: tree.Node) -> None:
        """Raises Unclear for a mean or a variance of what may be random, and is no sample of a batch."""
        if name not in EXPECTED:
            return
        others = self.vocabulary.no_samples(inside.term)
        if others:
            named = ", ".join(map(latex_of, others))
            reason = f"{named} may be random, and no sample of a batch; what is random is not decided"
            raise Unclear(reason, node.start, node.end, declare("samples", named))
        if len(inside.axes) > 1:
            raise Unclear(f"the {name} of an array doesn't say over which of its axes", node.start, node.end)

    def _layer(self, symbol: Symbol) -> Value | None:
        """The layer of the document at an argument, where it has one and does not define its name: BN(W u)."""
        key, order = symbol.key.rstrip("'"), len(symbol.key) - len(symbol.key.rstrip("'"))
        if order and (self.vocabulary.is_defined(key, False) or self.vocabulary.later(key, False)):
            return self._function_at(symbol, self.vocabulary.tensor(key), self.vocabulary.parameters.get(key), order)
        layer = self.vocabulary.layer() if key in LAYERS and not order else None
        return None if layer is None else self._function_at(symbol, *layer)

    def _function_at(self, symbol: Symbol, function: Tensor, parameter: Tensor | None, order: int = 0) -> Value:
        """A function at the argument of its symbol."""
        if parameter is None or symbol.argument is None:
            raise Unclear(f"{symbol.key} of something else than in its definition")
        argument = self.value(symbol.argument)
        self.vocabulary.anchor(argument.term)
        found = applied(function, parameter, argument, order)
        if symbol.indices and found.axes:
            found = self._chosen(symbol, found)
        power = symbol.power
        return found if power is None else Value(self.raised(found.term, power), found.axes)

    def _chosen(self, symbol: Symbol, found: Value) -> Value:
        """The entry of what a function computes at the indices of its symbol."""
        if len(symbol.indices) != len(found.axes):
            raise Unclear(f"{symbol.key} has {len(found.axes)} indices, and {len(symbol.indices)} here")
        given = zip(symbol.indices, found.axes, strict=True)
        chosen = {axis: self.scope.get(letter) or Index(letter, axis.size) for letter, axis in given}
        return Value(rename(found.term, chosen))

    def _deviation(self, square: Tensor, symbol: Symbol, node: tree.Node) -> Value:
        """A name of which the square is defined: sigma^2 is the definition, sigma its root."""
        found = self.at(square, Symbol(symbol.key, symbol.indices), node)
        power = Fraction(1) if symbol.power is None else self.exponent(symbol.power)
        return Value(halves(found.term, power), found.axes)

    def ones(self) -> Value:
        """A vector of ones, as long as what stands beside it."""
        return ones(None, self.vocabulary)

    def exponent(self, node: tree.Node) -> Fraction:
        """The number that an exponent is."""
        found = constant(node)
        if found is None or found.denominator not in (1, 2) or abs(found) > 100:
            raise Unclear("an exponent that is no whole or half number", node.start, node.end)
        return found

    def matrix_power(self, found: Value, power: tree.Node) -> Value:
        """A matrix times itself."""
        if self.exponent(power) != 2 or len(found.axes) != 2 or found.axes[0].size != found.axes[1].size:
            raise Unclear("a power of an array", power.start, power.end)
        inner = Index("e9", found.axes[0].size)
        product = rename(found.term, {found.axes[1]: inner}) * rename(found.term, {found.axes[0]: inner})
        return Value(Sum(product, inner), found.axes)

    def raised(self, base: Term, node: tree.Node) -> Term:
        power = self.exponent(node)
        return base ** (int(power) if power.denominator == 1 else power)
