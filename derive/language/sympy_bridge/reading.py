"""SymPy expressions as terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeAlias

import sympy
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean, BooleanAtom
from sympy.matrices.expressions.matexpr import MatrixElement

from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.sympy_bridge.ranges import Slot
from derive.language.sympy_bridge.symbols import UNREAD, Named, tensor_of
from derive.language.sympy_bridge.writing import FUNCTIONS, to_sympy
from derive.language.terms import (
    Add,
    Delta,
    Derivative,
    Div,
    Entry,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Term,
)

RELATIONS = {
    sympy.Equality: "=",
    sympy.Unequality: "!=",
    sympy.LessThan: "<=",
    sympy.GreaterThan: ">=",
    sympy.StrictLessThan: "<",
    sympy.StrictGreaterThan: ">",
}
NAME_OF = {function: name for name, function in FUNCTIONS.items()}

Reading: TypeAlias = Callable[[], Any]
"""A term or a claim, to be built once everything is read and every size is known."""

Scope: TypeAlias = Mapping[Any, Slot]
"""The bound indices that an expression stands under, each with its range."""

NOTHING_BOUND: Scope = MappingProxyType({})


def from_sympy(expr: Any, symmetric: Iterable[Any] = ()) -> Term:
    """A SymPy expression as a term; `symmetric` are the IndexedBases that are symmetric matrices.

    >>> import sympy
    >>> m = sympy.Symbol("m", integer=True, positive=True)
    >>> (i, k), y = sympy.symbols("i k", integer=True), sympy.IndexedBase("y")
    >>> print(from_sympy(y[k] - sympy.Sum(y[i], (i, 1, m)) / m))
    y[k] - Sum(y[i], i)/m

    Raises LanguageError for what is outside the fragment, and for an index whose size is not known.
    """
    return Bridge(symmetric).read(expr)()


def claim_from_sympy(relation: Any, hypotheses: Iterable[Any] = (), symmetric: Iterable[Any] = ()) -> Claim:
    """A SymPy relation as a claim, under hypotheses; the sizes are inferred over all of them together.

    >>> import sympy
    >>> x = sympy.Symbol("x", real=True)
    >>> claim_from_sympy(sympy.exp(x) > 1, [x > 0])
    <exp(x) > 1, given x > 0>
    """
    bridge = Bridge(symmetric)
    claim, *given = [own if isinstance(own, Claim) else bridge.read_claim(own) for own in (relation, *hypotheses)]
    built, *conditions = [own if isinstance(own, Claim) else own() for own in (claim, *given)]
    return built.given(*conditions)


class Bridge:
    """Reads expressions that share their names; every one is to be read before the first is built.

    Each SymPy symbol has an index name of its own here, so that no index captures another.
    """

    def __init__(self, symmetric: Iterable[Any] = ()) -> None:
        self.symmetric = frozenset(symmetric)
        self._arrays: dict[Any, list[Slot]] = {}
        self._free: dict[Any, Slot] = {}
        self._roles: dict[Any, str] = {}
        self._names: dict[Any, str] = {}
        for base in self.symmetric:
            if not isinstance(base, sympy.IndexedBase | sympy.MatrixSymbol):
                raise LanguageError(f"{base} can't be declared symmetric; it is no IndexedBase")

    def read_claim(self, relation: Any) -> Reading:
        """A relation; its free indices mean 'for every' within it."""
        if isinstance(relation, BooleanAtom):
            raise LanguageError(
                f"SymPy evaluated the relation to {relation} when it was built, so what it said is lost; "
                "write Eq(left, right, evaluate=False), or derive's own Eq(left, right)"
            )
        if type(relation) not in RELATIONS:
            raise LanguageError(f"{relation!r} is not a relation of SymPy; state one with Eq(left, right), <= or >=")
        self._free = {}
        left, right = self.read(relation.lhs), self.read(relation.rhs)
        return lambda: Claim(left(), RELATIONS[type(relation)], right())

    def read(self, expr: Any, scope: Scope = NOTHING_BOUND) -> Reading:
        """An expression, under these bound indices."""
        if not isinstance(expr, sympy.Basic):
            raise LanguageError(f"{expr!r} is not a SymPy expression, and nothing else is read as one")
        if isinstance(expr, sympy.Rational):
            value = Fraction(int(expr.p), int(expr.q))
            return lambda: Number(value.numerator if value.denominator == 1 else value)
        if isinstance(expr, sympy.Symbol):
            return self._scalar(expr, scope)
        if type(expr) not in RULES:
            raise LanguageError(_refusal(expr))
        return RULES[type(expr)](self, expr, scope)

    def _scalar(self, symbol: Any, scope: Scope) -> Reading:
        if symbol in scope:
            raise LanguageError(f"the index {symbol} stands as a number; only entries and deltas can depend on it")
        self._role(symbol, "a number")
        if symbol.is_integer and not symbol.is_positive:
            raise LanguageError(_no_size(symbol))
        tensor = tensor_of(symbol, symbol.name, (), to_sympy, symmetric=False)
        return lambda: Entry(tensor)

    def _role(self, symbol: Any, role: str) -> None:
        if self._roles.setdefault(symbol, role) != role:
            raise LanguageError(f"{symbol} is both a number and an index; use two names")

    def _add(self, expr: Any, scope: Scope) -> Reading:
        ordered = sorted(expr.args, key=lambda arg: arg.could_extract_minus_sign())
        parts = [self._summand(arg, scope) for arg in ordered]
        return lambda: Add(tuple(part() for part in parts))

    def _summand(self, expr: Any, scope: Scope) -> Reading:
        if not (expr.is_Rational and expr < 0):
            return self.read(expr, scope)
        positive = self.read(-expr, scope)
        return lambda: Neg(positive())

    def _mul(self, expr: Any, scope: Scope) -> Reading:
        over, under, negative = [], [], False
        for factor in sympy.Mul.make_args(expr):
            top, bottom = _fraction(factor)
            negative ^= bool(top.is_Rational and top < 0)
            over.append(-top if top.is_Rational and top < 0 else top)
            under.append(bottom)
        numerator, denominator = self._product(over, scope), self._product(under, scope)

        def build() -> Term:
            bottom = denominator()
            quotient = numerator() if bottom == Number(1) else Div(numerator(), bottom)
            return Neg(quotient) if negative else quotient

        return build

    def _product(self, factors: list[Any], scope: Scope) -> Reading:
        parts = [self.read(factor, scope) for factor in factors if factor != 1] or [lambda: Number(1)]
        return parts[0] if len(parts) == 1 else lambda: Mul(tuple(part() for part in parts))

    def _power(self, expr: Any, scope: Scope) -> Reading:
        base, exponent = expr.args
        if base is sympy.E:
            return self._function(sympy.exp(exponent, evaluate=False), scope)
        if not exponent.is_Rational or exponent.q > 2:
            raise LanguageError(f"the exponent {exponent} of {expr} is neither an integer nor a half-integer number")
        if exponent < 0:
            below = self._power(sympy.Pow(base, -exponent, evaluate=False), scope)
            return lambda: Div(Number(1), below())
        inner, power, root = self.read(base, scope), int(exponent.p), exponent.q == 2

        def build() -> Term:
            arg = Sqrt(inner()) if root else inner()
            return arg if power == 1 else Pow(arg, power)

        return build

    def _function(self, expr: Any, scope: Scope) -> Reading:
        arg, name = self.read(expr.args[0], scope), NAME_OF[type(expr)]
        return lambda: Function(name, arg())

    def _e(self, expr: Any, scope: Scope) -> Reading:
        return lambda: Function("exp", Number(1))

    def _sum(self, expr: Any, scope: Scope) -> Reading:
        bound = []
        for symbol, low, high in reversed(expr.limits):
            slot = self._slot(symbol, expr)
            self._range(slot, low, high, f"({symbol}, {low}, {high})", scope)
            scope = {**scope, symbol: slot}
            bound.insert(0, (slot, self._name(symbol)))
        body = self.read(expr.function, scope)

        def build() -> Term:
            result = body()
            for slot, name in bound:
                result = Sum(result, slot.index(name))
            return result

        return build

    def _range(self, slot: Slot, low: Any, high: Any, written: str, scope: Scope) -> None:
        """Takes down a range, which must be one over a whole axis."""
        size = high + 1 - low
        if low not in (0, 1) or not (size.is_Symbol or (size.is_Integer and size > 0)):
            raise LanguageError(f"{written} is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)")
        slot.learn("start", int(low), written, written)
        slot.learn("size", self._size(size, scope), written, written)

    def _size(self, size: Any, scope: Scope = NOTHING_BOUND) -> Term:
        if size not in scope and not (size.is_integer and size.is_positive):
            raise LanguageError(_no_size(size))
        return self.read(size, scope)()

    def _slot(self, symbol: Any, where: object) -> Slot:
        """A new range for an index, with what the index says itself."""
        if not isinstance(getattr(symbol, "label", symbol), sympy.Symbol):
            raise LanguageError(f"the index {symbol} in {where} is not a single symbol, which is outside the fragment")
        if symbol.is_integer is False or any(getattr(symbol, f"is_{name}") for name in UNREAD):
            raise LanguageError(f'the index {symbol} must run over an axis; declare Symbol("{symbol}", integer=True)')
        slot = Slot()
        if isinstance(symbol, sympy.Idx) and symbol.lower is not None:
            low, high = symbol.lower, symbol.upper
            self._range(slot, low, high, f'Idx("{symbol}", ({low}, {high}))', NOTHING_BOUND)
        return slot

    def _name(self, symbol: Any) -> str:
        if symbol not in self._names:
            name = symbol.name
            while name in self._names.values():
                name += "'"
            self._names[symbol] = name
        return self._names[symbol]

    def _index(self, symbol: Any, scope: Scope, where: object) -> tuple[Slot, str]:
        """The range and the name of an index that stands in the formula `where`."""
        if symbol in scope:
            return scope[symbol], self._name(symbol)
        if symbol not in self._free:
            self._free[symbol] = self._slot(symbol, where)
        self._role(symbol, "an index")
        return self._free[symbol], self._name(symbol)

    def _delta(self, expr: Any, scope: Scope) -> Reading:
        (left, left_name), (right, right_name) = (self._index(symbol, scope, expr) for symbol in expr.args[:2])
        left.join(right, expr)
        if len(expr.args) > 2:
            low, high = expr.args[2]
            self._range(left, low, high, f"({low}, {high})", scope)
        return lambda: Delta(left.index(left_name), right.index(right_name))

    def _entry(self, expr: Any, scope: Scope) -> Reading:
        base, *symbols = expr.args
        axes = self._axes(base, len(symbols))
        found = [self._index(symbol, scope, expr) for symbol in symbols]
        for axis, (slot, _) in zip(axes, found, strict=True):
            axis.join(slot, expr)
        sizes = ", ".join("mnpq"[: len(axes)]) + ("," if len(axes) == 1 else "")
        advice = f'IndexedBase("{base.name}", shape=({sizes})) or '

        def build() -> Term:
            indices: tuple[Index, ...] = tuple(slot.index(own, advice) for slot, own in found)
            sizes = tuple(index.size for index in indices)
            return Entry(tensor_of(base, base.name, sizes, to_sympy, base in self.symmetric), indices)

        return build

    def _axes(self, base: Any, rank: int) -> list[Slot]:
        label = getattr(base, "label", base)
        if not isinstance(label, sympy.Symbol | sympy.MatrixSymbol):
            raise LanguageError(f"{base} is neither an IndexedBase nor a MatrixSymbol; give it a name of its own")
        if base not in self._arrays:
            self._arrays[base] = self._array(base, rank)
        axes = self._arrays[base]
        if len(axes) != rank:
            raise LanguageError(f"{base} has {len(axes)} axes, not {rank}")
        return axes

    def _array(self, base: Any, rank: int) -> list[Slot]:
        """The axes of an array that is met for the first time, with what it says of them itself."""
        if base.is_integer:
            raise LanguageError(f"the entries of {base} are declared whole numbers, which is outside the fragment")
        label = getattr(base, "label", base)
        shape = label.tensor.sizes if isinstance(label, Named) else [self._size(s) for s in base.shape or ()]
        axes = [Slot() for _ in shape or range(rank)]
        source = f"the shape of {base}"
        for axis, size in zip(axes, shape, strict=False):
            axis.learn("size", size, source, source)
            if isinstance(base, sympy.MatrixSymbol):
                axis.learn("start", 0, f"the range (0, {size} - 1) of the MatrixSymbol {base}", source)
        if base in self.symmetric and len(axes) != 2:
            raise LanguageError(f"{base} can't be symmetric: it has {len(axes)} axes, not 2")
        if base in self.symmetric:
            axes[0].join(axes[1], f"the symmetric matrix {base}")
        return axes

    def _derivative(self, expr: Any, scope: Scope) -> Reading:
        variables: list[Reading] = []
        for variable, times in expr.variable_count:
            if not isinstance(variable, sympy.Symbol | sympy.Indexed | MatrixElement):
                raise LanguageError(f"a derivative by {variable} is outside the fragment; take one by a symbol")
            if not times.is_Integer:
                raise LanguageError(f"a derivative of order {times} is outside the fragment; give a number")
            variables += [self.read(variable, scope)] * int(times)
        body = self.read(expr.expr, scope)

        def build() -> Term:
            result = body()
            for variable in variables:
                result = Derivative(result, variable())
            return result

        return build


RULES: dict[Any, Callable[[Bridge, Any, Scope], Reading]] = {
    sympy.Add: Bridge._add,
    sympy.Mul: Bridge._mul,
    sympy.Pow: Bridge._power,
    type(sympy.E): Bridge._e,
    sympy.Sum: Bridge._sum,
    sympy.KroneckerDelta: Bridge._delta,
    sympy.Indexed: Bridge._entry,
    MatrixElement: Bridge._entry,
    sympy.Derivative: Bridge._derivative,
    **dict.fromkeys(NAME_OF, Bridge._function),
}
"""How each kind of expression is read; of any other, a subclass included, we don't know what it means."""


def _fraction(factor: Any) -> tuple[Any, Any]:
    """A factor of a product as its numerator and its denominator."""
    if factor.is_Rational:
        return sympy.Integer(factor.p), sympy.Integer(factor.q)
    if isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0 and factor.base is not sympy.E:
        return sympy.S.One, factor.base if factor.exp == -1 else sympy.Pow(factor.base, -factor.exp, evaluate=False)
    return factor, sympy.S.One


def _no_size(symbol: Any) -> str:
    declaration = f'Symbol("{symbol}", integer=True, positive=True)'
    return f"{symbol} must be a size, which is a positive whole number; declare {declaration}"


def _refusal(expr: Any) -> str:
    """Why an expression is outside the fragment."""
    name = type(expr).__name__
    match expr:
        case sympy.Float():
            exact = Fraction(str(expr))
            return f"{float(expr)} is a rounded number; write Rational({exact.numerator}, {exact.denominator})"
        case sympy.zoo | sympy.nan:
            return f"SymPy made {expr} of a division by zero, so what was divided is lost"
        case _ if expr.is_number and expr.is_Atom:
            return f"the number {expr} is outside the fragment, whose numbers are rational"
        case sympy.IndexedBase() | sympy.MatrixExpr():
            return f"{expr} is an array, not a number; index it, as {expr}[b]"
        case sympy.Idx():
            return f"the index {expr} stands as a number; only entries and deltas can depend on it"
        case Boolean():
            return f"{expr} is a relation, not a formula; decide it, or read it with claim_from_sympy"
        case AppliedUndef():
            return f"the unknown function {name} in {expr} is outside the fragment"
        case sympy.re() | sympy.im() | sympy.conjugate() | sympy.arg():
            return f"{expr} speaks of complex numbers; declare the symbols with real=True"
    return f"{name} is outside the fragment: {expr}"
