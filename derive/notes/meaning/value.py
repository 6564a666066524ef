"""What a part of a formula means: a term, with axes where its indices were left out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.language import Index, LanguageError, Number, Term, sqrt
from derive.language.binding import rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.unclear import Unclear


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
    Reading(gradients=True, direct=True),
    Reading(gradients=True, inner=True),
)
"""All readings, the plainest first."""


@dataclass(frozen=True)
class Value:
    """A term; `axes` are the indices of an array that was written without any."""

    term: Term
    axes: tuple[Index, ...] = ()
    transposed: bool = False


def onto(value: Value, axes: tuple[Index, ...]) -> Term:
    return rename(value.term, dict(zip(value.axes, axes, strict=True)))


def together(left: Value, right: Value, node: tree.Node) -> tuple[Term, Term, tuple[Index, ...]]:
    """Both terms over the same axes."""
    if not left.axes or not right.axes:
        return left.term, right.term, left.axes or right.axes
    if [index.size for index in left.axes] != [index.size for index in right.axes]:
        raise Unclear("two arrays of different shapes", node.start, node.end)
    return left.term, onto(right, left.axes), left.axes


def transpose(value: Value) -> Value:
    if len(value.axes) == 2:
        return (
            Value(value.term, value.axes[::-1])
            if value.axes[0].size != value.axes[1].size
            else Value(rename(value.term, {value.axes[0]: value.axes[1], value.axes[1]: value.axes[0]}), value.axes)
        )
    return Value(value.term, value.axes, not value.transposed)


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
        case tree.Terms() if len(node.terms) == 1:
            inside = constant(node.terms[0])
            return None if inside is None else -inside if node.signs[0] == "-" else inside
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
