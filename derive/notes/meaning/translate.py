"""From the tree of what is written to terms: one reading at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.language import (
    Abs,
    Delta,
    Derivative,
    Index,
    LanguageError,
    Number,
    Sum,
    Tensor,
    Term,
    exp,
    log,
    sqrt,
    tanh,
)
from derive.language.binding import free_indices, rename
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.meaning.partial import direct
from derive.notes.meaning.sizes import binders
from derive.notes.meaning.symbols import Symbol, Symbols, is_differential
from derive.notes.meaning.vocabulary import Unclear, Vocabulary

SUMS, MEANS = ("sum", "Sum", "reduce_sum"), ("mean", "Mean", "E", "reduce_mean")
FUNCTIONS = {"log": log, "ln": log, "exp": exp, "tanh": tanh}


@dataclass(frozen=True)
class Reading:
    """How what syntax leaves open is read.

    `direct` takes the derivative of one intermediate by another with the others held fixed, else it is total.
    `inner` reads a product of two vectors without a sign, or with a dot, as their inner product.
    `gradients` reads dx as the name of the gradient by x, as in code, else as a differential.
    """

    direct: bool = False
    inner: bool = False
    gradients: bool = False


READINGS = (
    Reading(),
    Reading(direct=True),
    Reading(inner=True),
    Reading(direct=True, inner=True),
    Reading(gradients=True),
    Reading(gradients=True, inner=True),
)
"""All readings, the plainest first."""


@dataclass(frozen=True)
class Value:
    """A term; `axes` are the indices of an array that was written without any."""

    term: Term
    axes: tuple[Index, ...] = ()
    transposed: bool = False


class Translation:
    """One formula in one reading."""

    def __init__(self, vocabulary: Vocabulary, symbols: Symbols, formula: int, reading: Reading) -> None:
        self.vocabulary, self.symbols, self.formula, self.reading = vocabulary, symbols, formula, reading
        self.scope: dict[str, Index] = {}
        self.ambiguous = False
        self.differentiated = False

    # ------------------------------------------------------------------ indices

    def index(self, letter: str) -> Index:
        """A letter as an index: bound by the innermost sum that binds it, else free."""
        if letter in self.scope:
            return self.scope[letter]
        size = self.vocabulary.sizes.size_of(("free", self.formula, letter))
        return Index(letter, self.vocabulary.size(size))

    def entry(self, symbol: Symbol, node: tree.Node) -> Value:
        """A symbol as an entry of its tensor, with axes where its indices are left out."""
        key = symbol.key
        if not symbol.indices and self.vocabulary.is_size(key):
            return Value(self.vocabulary.size(key))
        tensor = self.vocabulary.tensor(key)
        return self._at(tensor, symbol, node)

    def _at(self, tensor: Tensor, symbol: Symbol, node: tree.Node) -> Value:
        if len(symbol.indices) == len(tensor.sizes):
            own = tuple(
                Index(letter, size) if letter not in self.scope else self.scope[letter]
                for letter, size in zip(symbol.indices, tensor.sizes, strict=True)
            )
            return Value(Entry(tensor, own), transposed=symbol.transposed)
        if symbol.argument is not None and not tensor.sizes:
            return Value(Entry(tensor))
        if symbol.indices:
            raise Unclear(
                f"{symbol.key} has {len(tensor.sizes)} indices elsewhere, and {len(symbol.indices)} here",
                node.start,
                node.end,
            )
        axes = tuple(Index(f"e{place}" if place else "e", size) for place, size in enumerate(tensor.sizes))
        return Value(Entry(tensor, axes), axes, symbol.transposed)

    # ------------------------------------------------------------------ terms

    def value(self, node: tree.Node) -> Value:
        """What a node means. Raises Unclear with the reason and the place."""
        try:
            return self._value(node)
        except LanguageError as error:
            raise Unclear(str(error), node.start, node.end) from None

    def _value(self, node: tree.Node) -> Value:
        symbol = self.symbols.symbol(node)
        if symbol is not None:
            return self._symbol(symbol, node)
        match node:
            case tree.Number():
                return Value(_number(node.value))
            case tree.Scripted(base=tree.Number()) | tree.Scripted(base=tree.Name(text="1")) if _is_ones(node.base):
                return Value(Number(1), self._ones(), isinstance(node.sup, tree.Name))
            case tree.Labelled():
                return self.value(node.body)
            case tree.Group():
                return self._group(node)
            case tree.Terms():
                return self._terms(node)
            case tree.Product():
                return self._product(node)
            case tree.Quotient():
                return self._quotient(node)
            case tree.Root():
                return self._root(node)
            case tree.Big():
                return self._big(node)
            case tree.Call():
                return self._call(node)
            case tree.Scripted():
                return self._power(self.value(node.base), node)
            case tree.Nabla():
                return self._nabla(node)
        raise Unclear(f"{_kind(node)} has no meaning here", node.start, node.end)

    def _symbol(self, symbol: Symbol, node: tree.Node) -> Value:
        if symbol.key == "delta" and len(symbol.indices) == 2 and "delta" not in self.vocabulary.tensors:
            left, right = map(self.index, symbol.indices)
            return Value(Delta(left, right))
        if symbol.key == "I" and not symbol.indices and not self.vocabulary.is_defined("I", False):
            e, other = (Index(name, self.vocabulary.size(self.vocabulary.default_size)) for name in ("e", "e1"))
            return Value(Delta(e, other), (e, other))
        if symbol.key == "e" and symbol.power is not None and "e" not in self.vocabulary.tensors:
            power = self.value(symbol.power)
            return Value(exp(power.term), power.axes)
        if symbol.argument is not None and (built := self._built_in(symbol)) is not None:
            return built
        if (of := self.vocabulary.adjoint_of(symbol.key)) is not None:
            return self._adjoint(of, symbol, node)
        square = self.vocabulary.square(symbol.key)
        if square is None:
            found = self.entry(replace(symbol, power=None), node)
            return found if symbol.power is None else Value(self._raised(found.term, symbol.power), found.axes)
        return self._deviation(square, symbol, node)

    def _adjoint(self, of: str, symbol: Symbol, node: tree.Node) -> Value:
        """A name for the gradient by another: g^y, or a bar over it."""
        square = of.endswith("^2")
        tensor = self.vocabulary.square(of.removesuffix("^2")) if square else self.vocabulary.tensor(of)
        if tensor is None or symbol.power is not None:
            raise Unclear(f"{symbol.key} is the gradient by {of}, which is defined nowhere", node.start, node.end)
        found = self._at(tensor, replace(symbol, key=of), node)
        if not isinstance(found.term, Entry):
            raise Unclear(f"{symbol.key} is no gradient by a variable", node.start, node.end)
        self.differentiated = True
        return Value(Derivative(self.vocabulary.loss(tensor), found.term), found.axes, symbol.transposed)

    def _built_in(self, symbol: Symbol) -> Value | None:
        """A function that everybody knows, or None for one that the document defines."""
        key, argument = symbol.key, symbol.argument
        if self.vocabulary.is_defined(key, False) or self.vocabulary.later(key, False):
            own = self.symbols.symbol(argument) if argument is not None else None
            if own is None or own.key != self.vocabulary.arguments.get(key, own.key):
                raise Unclear(f"{key} of something else than in its definition")
            return None
        if argument is not None and key == "diag" and symbol.power is None:
            inside = self.value(argument)
            if len(inside.axes) != 1:
                raise Unclear("diag of something that is no vector")
            own = Index("e1", inside.axes[0].size)
            return Value(inside.term * Delta(inside.axes[0], own), (inside.axes[0], own))
        if argument is not None and key == "max" and symbol.power is None:
            self.value(argument)
            return Value(Entry(self.vocabulary.tensor("max")))
        if argument is None or key not in SUMS + MEANS or symbol.power is not None:
            raise Unclear(f"{key} is not defined; write what it computes")
        inside = self.value(argument)
        if not inside.axes:
            raise Unclear(f"the {key} of one number")
        total = Sum(inside.term, *inside.axes)
        for axis in inside.axes if key in MEANS else ():
            total = total / axis.size
        return Value(total)

    def _deviation(self, square: Tensor, symbol: Symbol, node: tree.Node) -> Value:
        """A name of which the square is defined: sigma^2 is the definition, sigma its root."""
        found = self._at(square, Symbol(symbol.key, symbol.indices), node)
        power = Fraction(1) if symbol.power is None else self.exponent(symbol.power)
        return Value(_halves(found.term, power), found.axes)

    def _ones(self) -> tuple[Index, ...]:
        return (Index("e", self.vocabulary.size(self.vocabulary.default_size)),)

    def exponent(self, node: tree.Node) -> Fraction:
        """The number that an exponent is."""
        found = _constant(node)
        if found is None or found.denominator not in (1, 2) or abs(found) > 100:
            raise Unclear("an exponent that is no whole or half number", node.start, node.end)
        return found

    def _raised(self, base: Term, node: tree.Node) -> Term:
        power = self.exponent(node)
        return base ** (int(power) if power.denominator == 1 else power)

    def _group(self, node: tree.Group) -> Value:
        if node.opening in ("", "(", "[", "\\{"):
            if isinstance(node.body, tree.Chain) and node.opening:
                return self._iverson(node.body)
            return self.value(node.body)
        if node.opening == "|":
            inside = self.value(node.body)
            return Value(self._norm(inside)) if inside.axes else Value(Abs(inside.term))
        if node.opening == "\\|":
            return Value(self._norm(self.value(node.body)))
        if node.opening == "\\langle" and isinstance(node.body, tree.Items) and len(node.body.items) == 2:
            return self._inner(*map(self.value, node.body.items), node)
        raise Unclear(f"{node.opening} ... {node.closing} has no meaning here", node.start, node.end)

    def _iverson(self, node: tree.Chain) -> Value:
        """[i = j]: 1 where it holds and 0 elsewhere."""
        sides = [self.symbols.indices(side) for side in node.sides]
        if (
            len(sides) != 2
            or node.signs[0].text not in ("=", "==")
            or not all(side and len(side) == 1 for side in sides)
        ):
            raise Unclear("a relation inside of brackets", node.start, node.end)
        left, right = (self.index(side[0]) for side in sides if side)
        return Value(Delta(left, right))

    def _norm(self, value: Value) -> Term:
        if not value.axes:
            return Abs(value.term)
        return sqrt(Sum(value.term**2, *value.axes))

    def _inner(self, left: Value, right: Value, node: tree.Node) -> Value:
        if len(left.axes) != 1 or len(right.axes) != 1:
            raise Unclear("an inner product of what is no vector", node.start, node.end)
        if left.axes[0].size != right.axes[0].size:
            raise Unclear("an inner product of vectors of different lengths", node.start, node.end)
        return Value(Sum(left.term * _onto(right, left.axes), *left.axes))

    def _terms(self, node: tree.Terms) -> Value:
        total: Value | None = None
        for sign, each in zip(node.signs, node.terms, strict=True):
            if sign not in "+-":
                raise Unclear(f"{sign} says two things", node.start, node.end)
            value = self.value(each)
            if total is None:
                total = Value(-value.term, value.axes) if sign == "-" else value
            else:
                left, right, axes = _together(total, value, node)
                total = Value(left - right if sign == "-" else left + right, axes)
        if total is None:
            raise Unclear("nothing", node.start, node.end)
        return total

    def _differential(self, body: tree.Node, node: tree.Node) -> Value:
        """dx: a differential, which is linear in those of the variables; or the gradient by x."""
        self.differentiated = True
        if self.reading.gradients:
            own = self.symbols.symbol(body)
            if own is None or self.vocabulary.is_loss(own.key):
                raise Unclear("a gradient by something that is no variable", node.start, node.end)
            variable = self._variable(body)
            if not isinstance(variable.term, Entry):
                raise Unclear("a gradient by something that is no variable", node.start, node.end)
            return Value(Derivative(self.vocabulary.loss(variable.term.tensor), variable.term), variable.axes)
        symbol = self.symbols.symbol(body)
        if symbol is not None and not symbol.indices and self.vocabulary.is_loss(symbol.key):
            inside = Value(self.vocabulary.loss(self.vocabulary.variables()[0]))
        else:
            inside = self._variable(body) if symbol is not None and symbol.power is not None else self.value(body)
        total: Term | None = None
        for leaf in self.vocabulary.variables():
            over = tuple(Index(f"t{place}", size) for place, size in enumerate(leaf.sizes))
            moved = Entry(self.vocabulary.tangent(leaf), over)
            part = Sum(Derivative(inside.term, Entry(leaf, over)) * moved, *over)
            total = part if total is None else total + part
        if total is None:
            raise Unclear("a differential of something that depends on no variable", node.start, node.end)
        return Value(total, inside.axes, inside.transposed)

    def _product(self, node: tree.Product) -> Value:
        factors, signs = list(node.factors), list(node.signs)
        if is_differential(node) and not self.vocabulary.is_defined("d", False) and self.vocabulary.differentials:
            return self._differential(factors[1], node)
        for place, factor in enumerate(factors):
            operator = _operator(factor)
            if operator is not None and place + 1 < len(factors):
                rest = _product_of(factors[place + 1 :], signs[place + 1 :])
                applied = self.derivative(rest, operator, factor)
                before = self.value(_product_of(factors[:place], signs[:place])) if place else None
                return applied if before is None else self._times(before, applied, "", node)
        if len(factors) == 2 and signs[1] == "/" and all(isinstance(factor, tree.Partial) for factor in factors):
            return self._quotient(tree.Quotient(node.start, node.end, factors[0], factors[1]))
        if (
            _is_one(factors[0])
            and len(factors) == 2
            and isinstance(factors[1], tree.Group)
            and isinstance(factors[1].body, tree.Chain)
        ):
            return self._iverson(factors[1].body)
        for first, second in zip(factors, factors[1:], strict=False):
            if isinstance(first, tree.Name | tree.Scripted) and isinstance(second, tree.Group | tree.Scripted):
                group = second.base if isinstance(second, tree.Scripted) else second
                if isinstance(group, tree.Group) and group.opening == "[" and self.symbols.indices(group.body):
                    raise Unclear("an index in brackets", second.start, second.end)
        total = self.value(factors[0])
        for sign, factor in zip(signs[1:], factors[1:], strict=True):
            total = self._times(total, self.value(factor), sign, node)
        return total

    def _times(self, left: Value, right: Value, sign: str, node: tree.Node) -> Value:
        if sign == "/":
            if right.axes and left.axes:
                over, under, axes = _together(left, right, node)
                return Value(over / under, axes)
            return Value(left.term / right.term, left.axes or right.axes)
        if sign in ("\\otimes", "\\circ", "@"):
            raise Unclear(f"the product {sign}", node.start, node.end)
        if sign == "\\odot" and not (left.axes and right.axes):
            sign = ""
        if left.axes and right.axes and sign != "\\odot":
            found = self._matrix_product(left, right, node)
            if found is not None:
                return found
        one, other, axes = _together(left, right, node)
        return Value(one * other, axes, left.transposed or right.transposed)

    def _matrix_product(self, left: Value, right: Value, node: tree.Node) -> Value | None:
        """A product of rows, columns and matrices; None for two columns that are multiplied entry by entry."""
        ranks = len(left.axes), len(right.axes)
        if ranks == (1, 1) and not left.transposed and right.transposed:
            own = Index("e1", right.axes[0].size)
            return Value(left.term * rename(right.term, {right.axes[0]: own}), (left.axes[0], own))
        if ranks == (1, 1) and left.transposed and not right.transposed:
            return self._inner(left, right, node)
        if ranks == (1, 1):
            if left.transposed:
                raise Unclear("a product of two rows", node.start, node.end)
            self.ambiguous = True
            return self._inner(left, right, node) if self.reading.inner else None
        if ranks == (2, 1) and not right.transposed:
            return self._applied(left, left.axes[1], right, right.axes[0], left.axes[:1], False, node)
        if ranks == (1, 2) and left.transposed:
            return self._applied(right, right.axes[0], left, left.axes[0], right.axes[1:], True, node)
        raise Unclear("a product of matrices", node.start, node.end)

    def _applied(
        self, matrix: Value, over: Index, vector: Value, at: Index, left: tuple[Index, ...], row: bool, node: tree.Node
    ) -> Value:
        """The matrix times the vector, summed over one of its axes."""
        if over.size != at.size:
            raise Unclear("a product of arrays that don't fit", node.start, node.end)
        inside = Index("e2", over.size)
        own = Index("e", left[0].size)
        body = rename(matrix.term, {over: inside, left[0]: own}) * rename(vector.term, {at: inside})
        return Value(Sum(body, inside), (own,), row)

    def _quotient(self, node: tree.Quotient) -> Value:
        by = _variables(node.under)
        over = _differentiated(node.over) if by is not None else None
        if by is not None and over is not None:
            return self.derivative(over, by, node)
        left, right = self.value(node.over), self.value(node.under)
        return self._times(left, right, "/", node)

    def _root(self, node: tree.Root) -> Value:
        if node.degree is not None and _constant(node.degree) != 2:
            raise Unclear("a root that is not square", node.start, node.end)
        inside = self.value(node.body)
        return Value(sqrt(inside.term), inside.axes)

    def _call(self, node: tree.Call) -> Value:
        if node.function.text not in FUNCTIONS:
            raise Unclear(f"the function {node.function.text}", node.start, node.end)
        inside = self.value(node.argument)
        found = FUNCTIONS[node.function.text](inside.term)
        return Value(found if node.power is None else self._raised(found, node.power), inside.axes)

    def _power(self, base: Value, node: tree.Scripted) -> Value:
        if node.sub is not None and not (isinstance(node.base, tree.Group) and node.base.opening in ("\\|", "|")):
            raise Unclear("a subscript at something that has no name", node.start, node.end)
        if node.sub is not None and _constant(node.sub) != 2:
            raise Unclear("a norm other than the Euclidean one", node.start, node.end)
        if node.primes:
            raise Unclear("a prime at something that has no name", node.start, node.end)
        if node.sup is None:
            return base
        if isinstance(node.sup, tree.Name) and node.sup.text in ("T", "top", "intercal"):
            return _transpose(base)
        return Value(self._raised(base.term, node.sup), base.axes)

    # ------------------------------------------------------------------ sums

    def _big(self, node: tree.Big) -> Value:
        if node.operator != "sum":
            raise Unclear(f"the operator {node.operator}", node.start, node.end)
        letters = binders(node, self.symbols) or self._implied(node)
        if not letters:
            inside = self.value(node.body)
            if not inside.axes:
                raise Unclear("a sum that doesn't say over what", node.start, node.end)
            return Value(Sum(inside.term, *inside.axes))
        kept = dict(self.scope)
        own = []
        for letter in letters:
            size = self.vocabulary.sizes.size_of(("bound", self.formula, node.start, letter))
            limit = self.symbols.symbol(node.upper) if node.upper is not None else None
            if node.upper is not None and (limit is None or limit.key != size or limit.power is not None):
                raise Unclear("a sum over another range than that of its index", node.start, node.end)
            own.append(Index(letter, self.vocabulary.size(size)))
            self.scope[letter] = own[-1]
        inside = self.value(node.body)
        self.scope = kept
        total = Sum(inside.term, *reversed(own))
        if (other := self._excluded(node, own)) is not None:
            total = total - rename(inside.term, {own[0]: other})
        return Value(total, inside.axes)

    def _implied(self, node: tree.Big) -> tuple[str, ...]:
        """The letters of a sum without limits: those below it that are not bound outside."""
        found: dict[str, None] = {}
        for part in node.body.walk():
            symbol = self.symbols.symbol(part)
            if symbol is not None:
                found.update(dict.fromkeys(letter for letter in symbol.indices if letter not in self.scope))
        free = [letter for letter in found if letter not in self.given]
        return tuple(free)

    given: frozenset[str] = frozenset()
    """The letters that are free on the other side: a sum without limits doesn't run over them."""

    def _excluded(self, node: tree.Big, own: list[Index]) -> Index | None:
        """The index that a sum leaves out: j != i."""
        lower = node.lower
        if not isinstance(lower, tree.Chain) or lower.signs[0].text in ("=", "\\in"):
            return None
        other = self.symbols.indices(lower.sides[1])
        if lower.signs[0].text not in ("\\neq", "\\ne") or len(own) != 1 or other is None or len(other) != 1:
            raise Unclear("a sum over a part of a range", node.start, node.end)
        return Index(other[0], own[0].size) if other[0] not in self.scope else self.scope[other[0]]

    # ------------------------------------------------------------------ derivatives

    def _nabla(self, node: tree.Nabla) -> Value:
        if node.by is None or node.order is not None or isinstance(node.body, tree.Nothing):
            raise Unclear("a gradient that doesn't say of what, or by what", node.start, node.end)
        return self.derivative(node.body, (node.by,), node)

    def derivative(self, body: tree.Node, by: tuple[tree.Node, ...], node: tree.Node) -> Value:
        """The derivative of a formula by symbols, from the left to the right."""
        self.differentiated = True
        if len(by) != 1:
            raise Unclear("a derivative of second order", node.start, node.end)
        variable = self._variable(by[0])
        entry = variable.term
        if not isinstance(entry, Entry):
            raise Unclear("a derivative by something that is no variable", node.start, node.end)
        symbol = self.symbols.symbol(body)
        if symbol is not None and not symbol.indices and self.vocabulary.is_loss(symbol.key):
            return Value(Derivative(self.vocabulary.loss(entry.tensor), entry), variable.axes)
        inside = self.value(body)
        if inside.axes and variable.axes:
            return self._jacobian(inside, variable, node)
        if self.reading.direct:
            return Value(direct(inside.term, entry, self.vocabulary.nodes()), variable.axes or inside.axes)
        return Value(Derivative(inside.term, entry), variable.axes or inside.axes)

    def _jacobian(self, inside: Value, variable: Value, node: tree.Node) -> Value:
        """The derivative of a vector by a vector: rows for the first, columns for the second."""
        if len(inside.axes) != 1 or len(variable.axes) != 1 or not isinstance(variable.term, Entry):
            raise Unclear("a derivative of an array by an array", node.start, node.end)
        column = Index("e1", variable.axes[0].size)
        entry = Entry(variable.term.tensor, (column,))
        if self.reading.direct:
            return Value(direct(inside.term, entry, self.vocabulary.nodes()), (inside.axes[0], column))
        return Value(Derivative(inside.term, entry), (inside.axes[0], column))

    def _variable(self, node: tree.Node) -> Value:
        symbol = self.symbols.symbol(node)
        if symbol is None and isinstance(node, tree.Group):
            return self._variable(node.body)
        if symbol is None:
            raise Unclear("a derivative by something that has no name", node.start, node.end)
        if symbol.power is not None:
            return self._squared(symbol, node)
        if self.vocabulary.square(symbol.key) is not None:
            raise Unclear(f"a derivative by {symbol.key}, of which only the square is defined", node.start, node.end)
        return self.entry(symbol, node)

    def _squared(self, symbol: Symbol, node: tree.Node) -> Value:
        if self.exponent(symbol.power or node) != 2:
            raise Unclear("a derivative by a power", node.start, node.end)
        square = self.vocabulary.square(symbol.key)
        if square is None:
            raise Unclear(f"a derivative by a square; {symbol.key}^2 is defined nowhere", node.start, node.end)
        return self._at(square, Symbol(symbol.key, symbol.indices), node)


def _transpose(value: Value) -> Value:
    if len(value.axes) == 2:
        return (
            Value(value.term, value.axes[::-1])
            if value.axes[0].size != value.axes[1].size
            else Value(rename(value.term, {value.axes[0]: value.axes[1], value.axes[1]: value.axes[0]}), value.axes)
        )
    return Value(value.term, value.axes, not value.transposed)


def _is_ones(node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and node.text == "1" and bool(node.font)


def _number(value: Fraction) -> Number:
    return Number(int(value) if value.denominator == 1 else value)


def _halves(square: Term, power: Fraction) -> Term:
    """A power of the root of a term."""
    half = power / 2
    if half == 1:
        return square
    if half.denominator == 1:
        return square ** int(half)
    if power.denominator != 1:
        raise LanguageError("a power of a root that is no whole number")
    return sqrt(square) ** int(power) if power != 1 else sqrt(square)


def _constant(node: tree.Node) -> Fraction | None:
    """The number that a formula without names is."""
    match node:
        case tree.Number():
            return node.value
        case tree.Group() if node.opening in ("", "("):
            return _constant(node.body)
        case tree.Terms() if len(node.terms) == 1:
            inside = _constant(node.terms[0])
            return None if inside is None else -inside if node.signs[0] == "-" else inside
        case tree.Quotient():
            over, under = _constant(node.over), _constant(node.under)
            return over / under if over is not None and under else None
        case tree.Product() if len(node.factors) == 2 and node.signs[1] == "/":
            over, under = map(_constant, node.factors)
            return over / under if over is not None and under else None
    return None


def _onto(value: Value, axes: tuple[Index, ...]) -> Term:
    return rename(value.term, dict(zip(value.axes, axes, strict=True)))


def _together(left: Value, right: Value, node: tree.Node) -> tuple[Term, Term, tuple[Index, ...]]:
    """Both terms over the same axes."""
    if not left.axes or not right.axes:
        return left.term, right.term, left.axes or right.axes
    if [index.size for index in left.axes] != [index.size for index in right.axes]:
        raise Unclear("two arrays of different shapes", node.start, node.end)
    return left.term, _onto(right, left.axes), left.axes


def _product_of(factors: list[tree.Node], signs: list[str]) -> tree.Node:
    if len(factors) == 1:
        return factors[0]
    return tree.Product(factors[0].start, factors[-1].end, tuple(factors), ("", *signs[1:]))


def _operator(node: tree.Node) -> tuple[tree.Node, ...] | None:
    """What a fraction such as d/dx is by, if it stands before what it differentiates."""
    if (
        isinstance(node, tree.Quotient)
        and isinstance(node.over, tree.Partial)
        and isinstance(node.over.body, tree.Nothing)
    ):
        return _variables(node.under)
    return None


def _variables(node: tree.Node) -> tuple[tree.Node, ...] | None:
    """What a denominator differentiates by, or None if it is no derivative's."""
    if isinstance(node, tree.Partial):
        return (node.body,)
    if isinstance(node, tree.Product) and all(isinstance(factor, tree.Partial) for factor in node.factors):
        return tuple(factor.body for factor in node.factors if isinstance(factor, tree.Partial))
    if isinstance(node, tree.Product) and len(node.factors) == 2 and _is_d(node.factors[0]):
        return (node.factors[1],)
    return None


def _differentiated(node: tree.Node) -> tree.Node | None:
    if isinstance(node, tree.Partial):
        return None if node.order is not None else node.body
    if isinstance(node, tree.Product) and _is_d(node.factors[0]) and len(node.factors) > 1:
        return _product_of(list(node.factors[1:]), list(node.signs[1:]))
    return None


def _is_d(node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and node.text == "d" and not node.accents


def _is_one(node: tree.Node) -> bool:
    if isinstance(node, tree.Name):
        return node.text in ("1", "I") and bool(node.font)
    return isinstance(node, tree.Number) and node.value == 1


def _kind(node: tree.Node) -> str:
    words = {
        tree.Words: "text",
        tree.Dots: "an ellipsis",
        tree.Items: "a list",
        tree.Table: "a table",
        tree.Chain: "a relation",
    }
    return words.get(type(node), type(node).__name__.lower())


def free_letters(value: Value) -> frozenset[str]:
    """The letters of the free indices of a value, those of its own axes excepted."""
    return frozenset(index.name for index in free_indices(value.term) - set(value.axes))


__all__ = ["READINGS", "Mapping", "Reading", "Translation", "Value", "free_letters"]
