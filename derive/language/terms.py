"""Terms: formulas as small immutable trees.

A term keeps what its author wrote: the order of the summands, a quotient as a quotient, `x/x` as `x/x`.
Nothing here simplifies; deciding what is equal is the work of `derive.normal_form`.
"""

from __future__ import annotations

from fractions import Fraction
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from derive.language.node import LanguageError, Node, frozen

if TYPE_CHECKING:
    from derive.language.claims import Claim

FUNCTIONS = ("exp", "log", "abs", "sign", "tanh")
"""The entrywise functions whose derivatives are known; see `derive.calculus`."""

LARGEST_NUMBER = 10**1000
LARGEST_EXPONENT = 1000

REAL = frozenset({-1, 0, 1})
"""The signs that a real number can have; a sign condition is a subset of it."""


class Term(Node):
    """A real-valued formula; free indices mean 'for every'."""

    __slots__ = ("_free",)

    _free: frozenset[Index]
    """What `free_indices` has found."""

    below: ClassVar[tuple[str, ...]] = ()
    """The fields that hold the terms directly below this one, in the order written."""

    def __init_subclass__(cls) -> None:
        if cls.below:
            first, *others = map(attrgetter, cls.below)
            cls.args = property(attrgetter(*cls.below) if others else lambda self: (first(self),))  # type: ignore

    @property
    def args(self) -> tuple[Term, ...]:
        """The terms directly below this one, in the order written."""
        return ()

    def rebuild(self, args: tuple[Term, ...]) -> Term:
        """The same node over other arguments."""
        new = dict(zip(self.below, args, strict=True))
        return type(self)(*[new[name] if name in new else getattr(self, name) for name in self.__match_args__])

    def __post_init__(self) -> None:
        args = self.args
        if not args:
            raise LanguageError(f"{type(self).__name__} of nothing")
        for arg in args:
            if not isinstance(arg, Term):
                raise LanguageError(f"{arg!r} is not a formula")

    def __add__(self, other: object) -> Term:
        return Add((*_summands(self), *_summands(term(other))))

    def __radd__(self, other: object) -> Term:
        return term(other) + self

    def __sub__(self, other: object) -> Term:
        return Add((*_summands(self), Neg(term(other))))

    def __rsub__(self, other: object) -> Term:
        return term(other) - self

    def __neg__(self) -> Term:
        return Neg(self)

    def __mul__(self, other: object) -> Term:
        return Mul((*_factors(self), *_factors(term(other))))

    def __rmul__(self, other: object) -> Term:
        return term(other) * self

    def __truediv__(self, other: object) -> Term:
        return Div(self, term(other))

    def __rtruediv__(self, other: object) -> Term:
        return term(other) / self

    def __pow__(self, exponent: object) -> Term:
        power = Fraction(exponent) if isinstance(exponent, int | Fraction) else None
        if power is not None and power.denominator == 1:
            return Pow(self, int(power))
        if power is not None and power.denominator == 2:
            return Sqrt(self) if power == Fraction(1, 2) else Pow(Sqrt(self), power.numerator)
        raise LanguageError(f"the exponent {exponent} is neither an integer nor a half-integer number")

    def __le__(self, other: object) -> Claim:
        return _claim(self, "<=", other)

    def __ge__(self, other: object) -> Claim:
        return _claim(self, ">=", other)

    def __lt__(self, other: object) -> Claim:
        return _claim(self, "<", other)

    def __gt__(self, other: object) -> Claim:
        return _claim(self, ">", other)

    def equals(self, other: object) -> Claim:
        """The claim that this formula and another are equal (`==` compares what is written)."""
        return _claim(self, "=", other)

    def __bool__(self) -> bool:
        raise LanguageError("a formula has no truth value; state it with Eq, <= or >= and prove it")

    def __str__(self) -> str:
        from derive.language.text import text

        return text(self)

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_latex_(self) -> str:
        from derive.latex.writer import latex

        return f"$\\displaystyle {latex(self)}$"

    def _sympy_(self) -> Any:
        from derive.language.sympy_bridge import to_sympy

        return to_sympy(self)


def _claim(lhs: Term, relation: str, rhs: object) -> Claim:
    from derive.language.claims import Claim

    return Claim(lhs, relation, term(rhs))


@frozen
class Number(Term):
    """An exact rational number."""

    value: int | Fraction

    def __post_init__(self) -> None:
        if type(self.value) not in (int, Fraction):
            raise LanguageError(f"{self.value!r} is not an exact number; write an int or a Fraction")
        if max(abs(self.value.numerator), self.value.denominator) >= LARGEST_NUMBER:
            raise LanguageError("a number of more than 1000 digits")


@frozen
class Index(Node):
    """An index `name` that runs over `size` values; two indices are the same if both agree."""

    name: str
    size: Term

    def __post_init__(self) -> None:
        match self.size:
            case Entry(tensor=tensor, indices=()) if tensor.integer and tensor.signs == frozenset({1}):
                return
            case Number(value=value) if value > 0 and value == int(value):
                return
        raise LanguageError(f"the index {self.name} can't run over {self.size}, which is not a size; use Size('m')")

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


@frozen
class Definition(Node):
    """What a defined name stands for: `body`, whose free indices are `indices`."""

    indices: tuple[Index, ...]
    body: Term


@frozen
class Dependence(Node):
    """How an unknown function depends on its argument: by the chain rule through `on`.

    `derivative[..., k]` is its partial derivative by `on[k]`; None means that no name was declared for it.
    """

    on: Tensor
    derivative: Tensor | None


@frozen
class Partial(Node):
    """Says that a tensor is called 'the partial derivative of `function` by `by`', `order` times."""

    function: str
    by: Tensor
    order: int = 1


@frozen
class Tensor(Node):
    """A named array of real numbers, one axis a size: a scalar has none, a vector one, a matrix two.

    `signs` are the signs that its entries can have, `integer` says that they are whole numbers, `symmetric` that
    the axes can be swapped. A tensor with a `definition` is an abbreviation; one with a `dependence` is an unknown
    function (a loss, or a derivative of one). `latex` and `partial` only say how it is written. `origin` is what a
    bridge made it from (a SymPy symbol, say), so that two such things never become one.
    """

    name: str
    sizes: tuple[Term, ...] = ()
    signs: frozenset[int] = REAL
    integer: bool = False
    symmetric: bool = False
    latex: str | None = None
    partial: Partial | None = None
    definition: Definition | None = None
    dependence: Dependence | None = None
    origin: Any = None

    def __post_init__(self) -> None:
        if self.symmetric and len(set(self.sizes)) != 1:
            raise LanguageError(f"{self.name} can't be symmetric: its axes have different sizes")
        if not self.signs <= REAL or not self.signs:
            raise LanguageError(f"{sorted(self.signs)} are not the signs of a number")
        if self.definition is not None:
            self._check_definition(self.definition)

    def _check_definition(self, definition: Definition) -> None:
        own = definition.indices
        if tuple(index.size for index in own) != self.sizes or len(set(own)) != len(own):
            raise LanguageError(f"the definition of {self.name} has other indices than {self.name}")
        from derive.language.binding import free_indices

        if not free_indices(definition.body) <= set(own):
            raise LanguageError(f"the definition of {self.name} depends on an index that its left side lacks")
        if self.signs != REAL or self.integer or self.symmetric or self.dependence is not None:
            raise LanguageError(f"{self.name} is defined; nothing else can be assumed of it")

    def __getitem__(self, indices: Index | tuple[Index, ...]) -> Entry:
        return Entry(self, indices if isinstance(indices, tuple) else (indices,))

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


@frozen
class Entry(Term):
    """One entry of a tensor, `y[b]`; a scalar is the one entry of a tensor without axes."""

    tensor: Tensor
    indices: tuple[Index, ...] = ()

    def __post_init__(self) -> None:
        name, sizes = self.tensor.name, self.tensor.sizes
        if len(self.indices) != len(sizes):
            raise LanguageError(f"{name} takes {len(sizes)} indices, not {len(self.indices)}")
        for place, (index, size) in enumerate(zip(self.indices, sizes, strict=True), start=1):
            if not isinstance(index, Index):
                raise LanguageError(f"{name} is indexed by an Index, not by {index!r}")
            if index.size != size:
                raise LanguageError(
                    f"axis {place} of {name} has size {size}, but the index {index} runs over {index.size}"
                )


@frozen
class Delta(Term):
    """Kronecker's delta: 1 where the two indices are equal, else 0."""

    left: Index
    right: Index

    def __post_init__(self) -> None:
        if self.left.size != self.right.size:
            raise LanguageError(
                f"delta({self.left}, {self.right}) compares an index over {self.left.size} "
                f"with one over {self.right.size}"
            )


@frozen
class Add(Term):
    summands: tuple[Term, ...]

    @property
    def args(self) -> tuple[Term, ...]:
        return self.summands

    def rebuild(self, args: tuple[Term, ...]) -> Term:
        return Add(args)


@frozen
class Neg(Term):
    below: ClassVar[tuple[str, ...]] = ("arg",)

    arg: Term


@frozen
class Mul(Term):
    factors: tuple[Term, ...]

    @property
    def args(self) -> tuple[Term, ...]:
        return self.factors

    def rebuild(self, args: tuple[Term, ...]) -> Term:
        return Mul(args)


@frozen
class Div(Term):
    below: ClassVar[tuple[str, ...]] = ("numerator", "denominator")

    numerator: Term
    denominator: Term


@frozen
class Pow(Term):
    below: ClassVar[tuple[str, ...]] = ("base",)

    base: Term
    exponent: int

    def __post_init__(self) -> None:
        Term.__post_init__(self)
        if type(self.exponent) is not int:
            raise LanguageError(f"the exponent {self.exponent!r} is not a whole number")
        if abs(self.exponent) > LARGEST_EXPONENT:
            raise LanguageError(f"an exponent beyond {LARGEST_EXPONENT}")


@frozen
class Sqrt(Term):
    below: ClassVar[tuple[str, ...]] = ("arg",)

    arg: Term


@frozen
class Function(Term):
    """One of `FUNCTIONS`, applied to a number."""

    below: ClassVar[tuple[str, ...]] = ("arg",)

    name: str
    arg: Term

    def __post_init__(self) -> None:
        Term.__post_init__(self)
        if self.name not in FUNCTIONS:
            raise LanguageError(f"{self.name} is not one of the known functions: {', '.join(FUNCTIONS)}")


@frozen
class Sum(Term):
    """The sum of `body` over every value of `index`, which it binds."""

    below: ClassVar[tuple[str, ...]] = ("body",)

    body: Term
    index: Index


@frozen
class Derivative(Term):
    """The derivative of `body` by one entry, through every definition; not yet carried out.

    By an input it is the total derivative. By a defined name it is the adjoint: that name is taken as a
    variable of its own, and what it is made of stays fixed.
    """

    below: ClassVar[tuple[str, ...]] = ("body",)

    body: Term
    by: Entry


def term(value: object) -> Term:
    """`value` as a term: a term, an exact number, or a SymPy expression."""
    if isinstance(value, Term):
        return value
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Number(value)
    if isinstance(value, float):
        raise LanguageError(f"{value} is a rounded number; write it exactly, as Fraction('{value}')")
    if isinstance(value, Tensor):
        raise LanguageError(f"{value} is a tensor with {len(value.sizes)} axes; index it, as {value}[b]")
    if hasattr(value, "__sympy__"):
        from derive.language.sympy_bridge import from_sympy

        return from_sympy(value)
    raise LanguageError(f"{value!r} is not a formula")


def _summands(value: Term) -> tuple[Term, ...]:
    return value.summands if isinstance(value, Add) else (value,)


def _factors(value: Term) -> tuple[Term, ...]:
    return value.factors if isinstance(value, Mul) else (value,)


KINDS = frozenset({Number, Entry, Delta, Add, Neg, Mul, Div, Pow, Sqrt, Function, Sum, Derivative})
"""Every kind of term; the trusted rooms accept these classes themselves and no subclass."""
