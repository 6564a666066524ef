"""What a part of a formula means: a term, with axes where its indices were left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from derive.language import Index, LanguageError, Number, Term, sqrt
from derive.language.binding import free_indices, rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.unclear import Unclear


@dataclass(frozen=True)
class Reading:
    """How what syntax leaves open is read.

    `direct` takes the derivative of one intermediate by another with the others held fixed, else it is total.
    `inner` reads a product of two vectors without a sign, or with a dot, as their inner product.
    `gradients` reads dx as the name of the gradient by x, as in code, else as a differential.
    `rooted` reads sigma^2 as the square of sigma where a document says sigma = sqrt(sigma^2 + eps), else as what is
    below that root.
    `columns` has the derivatives of a vector by a vector in columns: the entry at i, j is that of y_j by x_i.
    """

    direct: bool = False
    inner: bool = False
    gradients: bool = False
    rooted: bool = False
    columns: bool = False


READINGS = (
    Reading(),
    Reading(direct=True),
    Reading(inner=True),
    Reading(direct=True, inner=True),
    Reading(gradients=True),
    Reading(gradients=True, direct=True),
    Reading(gradients=True, inner=True),
)
"""All readings, the plainest first."""


class Readings:
    """Some readings, without those that answer all that a formula leaves open as one does that was tried before."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self.left = iter(readings)
        self.tried: list[tuple[Reading, frozenset[str]]] = []

    def __iter__(self) -> Iterator[Reading]:
        for reading in self.left:
            if not any(_are_alike(reading, other, asked) for other, asked in self.tried):
                yield reading

    def try_no_like(self, reading: Reading, asked: frozenset[str]) -> None:
        """Leaves out what is like this in all that was asked of it."""
        self.tried.append((reading, asked))


def _are_alike(one: Reading, other: Reading, asked: frozenset[str]) -> bool:
    return all(getattr(one, way) == getattr(other, way) for way in asked)


@dataclass(frozen=True)
class Value:
    """A term; `axes` are the indices of an array that was written without any.

    `transposed` is for a vector that was written with a transpose. `any_size` is for an array of which the size
    follows from what stands beside it: a vector of ones, the identity. `along` is the axis of a matrix that the entries
    of a vector belong to, where that is known: 0 for one entry a row. `loose` are the axes that fit any size.
    """

    term: Term
    axes: tuple[Index, ...] = ()
    transposed: bool = False
    any_size: bool = False
    along: int | None = None
    loose: frozenset[int] = frozenset()

    @cached_property
    def free(self) -> frozenset[Index]:
        """The free indices of the term, those of the axes among them."""
        return free_indices(self.term)

    def with_term(self, term: Term) -> Value:
        """The same with another term; `replace` takes several times as long."""
        return Value(term, self.axes, self.transposed, self.any_size, self.along, self.loose)


def onto(value: Value, axes: tuple[Index, ...]) -> Term:
    return rename(value.term, dict(zip(value.axes, axes, strict=True)))


def fitted(left: Value, right: Value) -> tuple[Value, Value]:
    """Both values, with an array of any size made as long as the other: along the axes that they have in common."""
    if left.any_size and not right.any_size and right.axes:
        return _resized(left, right.axes[0] if len(left.axes) == 1 or len(right.axes) == 1 else right.axes), right
    if right.any_size and not left.any_size and left.axes:
        return left, _resized(right, left.axes[-1] if len(left.axes) == 1 or len(right.axes) == 1 else left.axes)
    if len(left.axes) == len(right.axes) and (left.loose or right.loose):
        return _tightened(left, right), _tightened(right, left)
    return left, right


def _tightened(value: Value, other: Value) -> Value:
    """A matrix whose loose axes are as long as those of another one."""
    axes = tuple(
        Index(axis.name, like.size) if place in value.loose and place not in other.loose else axis
        for place, (axis, like) in enumerate(zip(value.axes, other.axes, strict=True))
    )
    return replace(value, term=onto(value, axes), axes=axes, loose=value.loose & other.loose)


def _resized(value: Value, to: Index | tuple[Index, ...]) -> Value:
    """An array of any size over the sizes of these axes; the identity is square."""
    like = (to,) * len(value.axes) if isinstance(to, Index) else to[:1] * len(value.axes)
    axes = tuple(Index(axis.name, other.size) for axis, other in zip(value.axes, like, strict=True))
    return Value(onto(value, axes), axes, value.transposed)


def together(left: Value, right: Value, node: tree.Node) -> tuple[Term, Term, tuple[Index, ...]]:
    """Both terms over the same axes; a vector beside a matrix is the same in every row, as in code."""
    left, right = fitted(left, right)
    if not left.axes or not right.axes:
        return left.term, right.term, left.axes or right.axes
    long, short = (left, right) if len(left.axes) >= len(right.axes) else (right, left)
    if long.loose and len(short.axes) < len(long.axes):
        raise Unclear("a matrix of any size beside a vector", node.start, node.end)
    shared = long.axes[len(long.axes) - len(short.axes) :]
    known = len(short.axes) == 1 and len(long.axes) == 2 and short.along is not None
    if known and short.along is not None:
        shared = (long.axes[short.along],)
    if [index.size for index in shared] != [index.size for index in short.axes]:
        raise Unclear("two arrays of different shapes", node.start, node.end)
    if not known and len(long.axes) > len(short.axes) and len({index.size for index in long.axes}) < len(long.axes):
        raise Unclear("a vector beside a square matrix, which may stand in its rows or columns", node.start, node.end)
    moved = onto(short, shared)
    return (left.term, moved, long.axes) if long is left else (moved, right.term, long.axes)


def is_two(node: tree.Node | None) -> bool:
    """Whether an exponent is 2."""
    return isinstance(node, tree.Number) and node.value == 2


def number(value: Fraction) -> Number:
    return Number(int(value) if value.denominator == 1 else value)


def halves(square: Term, power: Fraction) -> Term:
    """A power of the root of a term."""
    half = power / 2
    if half == 1:
        return square
    if half.denominator == 1:
        return square ** int(half)
    if power.denominator != 1:
        raise LanguageError("a power of a root that is no whole number")
    return sqrt(square) ** int(power) if power != 1 else sqrt(square)


def constant(node: tree.Node) -> Fraction | None:
    """The number that a formula without names is."""
    match node:
        case tree.Number():
            return node.value
        case tree.Group() if node.opening in ("", "("):
            return constant(node.body)
        case tree.Terms() if {*node.signs} <= {"+", "-"}:
            total = Fraction(0)
            for sign, term in zip(node.signs, node.terms, strict=True):
                inside = constant(term)
                if inside is None:
                    return None
                total += -inside if sign == "-" else inside
            return total
        case tree.Quotient():
            over, under = constant(node.over), constant(node.under)
            return over / under if over is not None and under else None
        case tree.Product() if len(node.factors) == 2 and node.signs[1] == "/":
            over, under = map(constant, node.factors)
            return over / under if over is not None and under else None
    return None


def product_of(factors: list[tree.Node], signs: list[str]) -> tree.Node:
    if len(factors) == 1:
        return factors[0]
    return tree.Product(factors[0].start, factors[-1].end, tuple(factors), ("", *signs[1:]))
