"""Every kind of term in every other has the right parentheses: Python reads what was meant."""

from __future__ import annotations

from fractions import Fraction

import numpy
import pytest

from derive.language import Entry, Number, Scalar, Term
from derive.language.terms import Add, Div, Mul, Neg, Pow, Sqrt
from tests.python_source.running import arguments, exactly, returned, written

a, b, e = Scalar("a"), Scalar("b"), Scalar("e")
VALUES = {"a": Fraction(3, 2), "b": Fraction(-5, 3), "e": Fraction(7)}
KINDS = {
    "number": lambda x: Number(2),
    "negative number": lambda x: Number(-2),
    "fraction": lambda x: Number(Fraction(2, 3)),
    "negative fraction": lambda x: Number(Fraction(-2, 3)),
    "first summand": lambda x: Add((x, e)),
    "last summand": lambda x: Add((e, x)),
    "only summand": lambda x: Add((x,)),
    "less": lambda x: Add((e, Neg(x))),
    "minus": Neg,
    "first factor": lambda x: Mul((x, e)),
    "last factor": lambda x: Mul((e, x)),
    "only factor": lambda x: Mul((x,)),
    "numerator": lambda x: Div(x, e),
    "denominator": lambda x: Div(e, x),
    "square": lambda x: Pow(x, 2),
    "power 0": lambda x: Pow(x, 0),
    "power 1": lambda x: Pow(x, 1),
    "inverse": lambda x: Pow(x, -1),
    "root": Sqrt,
    "long sum": lambda x: Add((x, *[Neg(Mul((e, e, e, e, e, e, a)))] * 4, x)),
}


def opaque(value: Fraction) -> Fraction:
    """A function instead of the root, so that every number has a value."""
    return value**2 + 5


def meaning(value: Term) -> Fraction:
    """The value of a formula of numbers."""
    args = [meaning(arg) for arg in value.args]
    match value:
        case Number():
            return Fraction(value.value)
        case Entry():
            return VALUES[value.tensor.name]
        case Add():
            return sum(args, Fraction(0))
        case Neg():
            return -args[0]
        case Mul():
            return Fraction(numpy.prod(numpy.array([Fraction(1), *args], dtype=object)))
        case Div():
            return args[0] / args[1]
        case Pow():
            return args[0] ** value.exponent
    return opaque(args[0])


def number(value: Term) -> Fraction:
    made = exactly(written(value), root=opaque)
    return Fraction(made(*(VALUES[name] for name in arguments(made))))


@pytest.mark.parametrize("outer", KINDS)
@pytest.mark.parametrize("middle", KINDS)
def test_every_kind_in_every_kind(outer: str, middle: str) -> None:
    for inner in KINDS:
        value = KINDS[outer](KINDS[middle](KINDS[inner](Add((a, Neg(b))))))
        try:
            expected = meaning(value)
        except ZeroDivisionError:
            continue
        assert number(value) == expected, written(value)


WRITTEN = {
    "-2": Number(-2),
    "1 / 3": Number(Fraction(1, 3)),
    "a - b": Add((a, Neg(b))),
    "a - (b + e)": Add((a, Neg(Add((b, e))))),
    "a + (b + e)": Add((a, Add((b, e)))),
    "a - b / e": Add((a, Div(Neg(b), e))),
    "-(-a)": Neg(Neg(a)),
    "-a * b": Neg(Mul((a, b))),
    "(-a) * b": Mul((Neg(a), b)),
    "a * (b * e)": Mul((a, Mul((b, e)))),
    "a * b * e": Mul((Mul((a, b)), e)),
    "a * (b / e)": Mul((a, Div(b, e))),
    "a / b / e": Div(Div(a, b), e),
    "a / (b / e)": Div(a, Div(b, e)),
    "a / b ** 2": Div(a, Pow(b, 2)),
    "(a / b) ** 2": Pow(Div(a, b), 2),
    "(-a) ** 2": Pow(Neg(a), 2),
    "(-2) ** 2": Pow(Number(-2), 2),
    "-a ** 2": Neg(Pow(a, 2)),
    "(a ** 2) ** 3": Pow(Pow(a, 2), 3),
    "a ** -2": Pow(a, -2),
    "(a + b) ** 0.5": Sqrt(Add((a, b))),
    "(a ** 0.5) ** 3": Pow(Sqrt(a), 3),
    "a ** 0.5 / b": Div(Sqrt(a), b),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_as_a_person_would_write_it(text: str) -> None:
    assert returned(written(WRITTEN[text])) == text
