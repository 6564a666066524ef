"""Terms and claims as LaTeX, in the order in which they were written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

from derive.language.binding import free_indices, fresh, rename
from derive.language.claims import Claim, claim_indices
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
    Partial,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
)
from derive.latex.names import Symbol, index_name, script, symbol, together

ADD, OPEN, MUL, FACTOR, ATOM = range(5)
"""How tightly a formula holds together: a sum; one whose end would swallow a further factor, as that of a big sum
does; a product; one that a power would be misread on, as a fraction; and one that stands for itself."""

RELATIONS = {"=": "=", "<=": r"\le", ">=": r"\ge", "<": "<", ">": ">", "!=": r"\ne"}

FUNCTIONS = {"exp": r"\exp", "log": r"\log", "sign": r"\operatorname{sign}", "tanh": r"\tanh"}

_TALL = re.compile(r"\\(frac|sqrt|sum|left)(?![A-Za-z])")
_NUMBER_FIRST = re.compile(r"\\frac\{\d")
_NUMBER_LAST = re.compile(r"(^|\s)\d+$")
_WORD_FIRST = re.compile(r"\\(mathrm|text)\b")
_WORD_LAST = re.compile(r"\\(mathrm|text)\{[^{}]*\}+$")


class Written(NamedTuple):
    latex: str
    level: int

    def at(self, level: int) -> str:
        """The formula, in parentheses unless it holds together as tightly as `level`."""
        return self.latex if self.level >= level else fenced("(", self.latex, ")")


def latex(value: Term, products: bool = True) -> str:
    r"""A term as LaTeX.

    >>> from derive.language import *
    >>> m = Size("m"); k, = indices("k", m); y, g = Vector("y", m), Vector("g", m)
    >>> print(latex(y[k] - mean(g[k] * y[k], k)))
    y_k - \frac{\langle g, y \rangle}{m}

    A sum that is an inner product or a squared norm of two vectors is written as one, unless `products` is False.
    """
    return Writer(products).write(value).latex


def claim_latex(claim: Claim, quantifiers: bool = False, products: bool = True) -> str:
    r"""A claim as LaTeX, with its hypotheses; `quantifiers=True` adds for which indices it is stated.

    >>> from derive.language import *
    >>> m = Size("m"); b, = indices("b", m); y = Vector("y", m)
    >>> print(claim_latex(y[b] ** 2 >= 0, quantifiers=True))
    y_b^2 \ge 0 \quad \text{for every } b
    """
    formula = _relation(claim, products)
    if quantifiers and (over := _every(claim)):
        formula += rf" \quad {over}"
    if not claim.hypotheses:
        return formula
    given = (_hypothesis(hypothesis, quantifiers, products) for hypothesis in claim.hypotheses)
    return formula + r", \quad \text{given } " + r" \text{, and } ".join(given)


def _relation(claim: Claim, products: bool) -> str:
    return f"{latex(claim.lhs, products)} {RELATIONS[claim.relation]} {latex(claim.rhs, products)}"


def _every(claim: Claim) -> str:
    over = ", ".join(index_name(index.name) for index in claim_indices(claim))
    return rf"\text{{for every }} {over}" if over else ""


def _hypothesis(claim: Claim, quantifiers: bool, products: bool) -> str:
    if claim.hypotheses:
        return rf"({claim_latex(claim, quantifiers, products)})"
    over = _every(claim) if quantifiers else ""
    return _relation(claim, products) + (rf" \ {over}" if over else "")


@dataclass(frozen=True)
class Writer:
    """What the rules below call for the parts of a formula."""

    products: bool = True

    def write(self, value: Term) -> Written:
        negative, size = without_sign(value)
        if negative:
            return Written("-" + self.inside(size, OPEN), ADD)
        return RULES[type(value)](value, self)

    def alone(self, value: Term) -> str:
        """A formula where it stands by itself, as in a numerator."""
        return self.write(value).latex

    def inside(self, value: Term, level: int) -> str:
        """A formula as a part of a longer one, in parentheses where it needs them."""
        return self.write(value).at(level)

    def norm(self, value: Term) -> str | None:
        """The norm whose square a sum is, if it is one."""
        match value:
            case Sum(body=Pow(base=base, exponent=2), index=index) if self.products:
                vector = vector_latex(base, index)
                return rf"\lVert {vector} \rVert" if vector else None
        return None

    def product(self, value: Sum) -> str | None:
        """The inner product that a sum is, if it is one."""
        match value.body:
            case Mul(factors=(left, right)) if self.products:
                vectors = (vector_latex(left, value.index), vector_latex(right, value.index))
                return rf"\langle {vectors[0]}, {vectors[1]} \rangle" if all(vectors) else None
        return None


def without_sign(value: Term) -> tuple[bool, Term]:
    """Whether a minus sign leads the formula, and the formula without that sign."""
    match value:
        case Number() if value.value < 0:
            return True, Number(-value.value)
        case Neg():
            return True, value.arg
        case Mul(factors=(first, *rest)):
            negative, size = without_sign(first)
            if negative:
                return True, Mul(tuple(rest) if rest and size == Number(1) else (size, *rest))
        case Div():
            negative, size = without_sign(value.numerator)
            return negative, Div(size, value.denominator)
    return False, value


def fenced(left: str, written: str, right: str) -> str:
    """A formula between delimiters, which grow with it if it is tall."""
    if _TALL.search(written):
        return rf"\left{left} {written} \right{right}"
    space = " " if left.startswith("\\") else ""
    return f"{left}{space}{written}{space}{right}"


def fraction(numerator: str, denominator: str) -> str:
    return rf"\frac{{{numerator}}}{{{denominator}}}"


# Names


def entry_symbol(tensor: Tensor, indices: Sequence[Index] = ()) -> Symbol:
    return symbol(tensor.name, tensor.latex).indexed(tuple(index_name(index.name) for index in indices))


def partial_of(tensor: Tensor) -> Partial | None:
    """What partial derivative a name is written as, unless its author gave it LaTeX of its own."""
    return tensor.partial if tensor.latex is None else None


def function_symbol(partial: Partial) -> Symbol:
    """The function that a partial derivative is one of."""
    return symbol(partial.function, partial.function if "\\" in partial.function else None)


def partial_latex(function: Symbol, by: Sequence[Symbol]) -> str:
    r"""`\frac{\partial^2 f}{\partial x \partial y}`."""
    below = [(variable, len(list(run))) for variable, run in groupby(by)]
    return fraction(
        rf"\partial{_order(len(by))} {function}".rstrip(),
        " ".join(rf"\partial {_power(variable, times)}" for variable, times in below),
    )


def _order(order: int) -> str:
    return f"^{script(str(order))}" if order > 1 else ""


def _power(variable: Symbol, times: int) -> str:
    if times == 1 or variable.powerable:
        return f"{variable}{_order(times)}"
    return fenced("(", str(variable), ")") + _order(times)


def vector_latex(entry: Term, over: Index) -> str | None:
    """The vector whose entries `entry` runs through with the index `over`, if they are a whole vector's."""
    match entry:
        case Entry(tensor=tensor, indices=(index,)) if index == over:
            partial = partial_of(tensor)
            if partial is None:
                return str(entry_symbol(tensor))
            if partial.order == 1:
                return gradient_latex(function_symbol(partial), partial.by)
        case Derivative(body=Entry(tensor=tensor, indices=()), by=Entry(indices=(index,)) as by) if index == over:
            if partial_of(tensor) is None:
                return gradient_latex(entry_symbol(tensor), by.tensor)
    return None


def gradient_latex(function: Symbol, by: Tensor) -> str:
    return rf"\nabla_{script(str(entry_symbol(by)))} {function}"


# Rules


def number(value: Number, writer: Writer) -> Written:
    exact = value.value
    if exact == int(exact):
        return Written(str(int(exact)), ATOM)
    return Written(fraction(str(exact.numerator), str(exact.denominator)), FACTOR)


def entry(value: Entry, writer: Writer) -> Written:
    indices, partial = value.indices, partial_of(value.tensor)
    if partial is None:
        written = entry_symbol(value.tensor, indices)
        return Written(str(written), ATOM if written.powerable else FACTOR)
    axes = len(partial.by.sizes)
    by = [entry_symbol(partial.by, indices[axes * n : axes * (n + 1)]) for n in range(partial.order)]
    return Written(partial_latex(function_symbol(partial), by), FACTOR)


def delta(value: Delta, writer: Writer) -> Written:
    indices = together((index_name(value.left.name), index_name(value.right.name)))
    return Written(rf"\delta_{script(indices)}", ATOM)


def add(value: Add, writer: Writer) -> Written:
    head, *tail = value.summands
    if not tail:
        return writer.write(head)
    return Written(writer.alone(head) + "".join(signed(summand, writer) for summand in tail), ADD)


def signed(summand: Term, writer: Writer) -> str:
    negative, size = without_sign(summand)
    return (" - " if negative else " + ") + writer.inside(size, OPEN)


def mul(value: Mul, writer: Writer) -> Written:
    *head, last = value.factors
    if not head:
        return writer.write(last)
    end = writer.write(last)
    written = juxtaposed([*(writer.inside(factor, MUL) for factor in head), end.at(OPEN)])
    return Written(written, OPEN if end.level == OPEN else MUL)


def juxtaposed(factors: Sequence[str]) -> str:
    """Factors side by side, with a sign or a space between two that would run together."""
    written = factors[0]
    for left, right in pairwise(factors):
        written += between(left, right) + right
    return written


def between(left: str, right: str) -> str:
    """What goes between two factors; a number before a fraction of numbers would read as a mixed number."""
    if right[:1].isdigit() or (_NUMBER_LAST.search(left) and _NUMBER_FIRST.match(right)):
        return r" \cdot "
    return r" \, " if _WORD_FIRST.match(right) or _WORD_LAST.search(left) else " "


def div(value: Div, writer: Writer) -> Written:
    """A fraction; a sum is written after one, as in the definition of a mean."""
    numerator, denominator = writer.write(value.numerator), writer.alone(value.denominator)
    if numerator.level == OPEN and isinstance(value.numerator, Sum | Div):
        return Written(juxtaposed((fraction("1", denominator), numerator.latex)), OPEN)
    return Written(fraction(numerator.latex, denominator), FACTOR)


def power(value: Pow, writer: Writer) -> Written:
    base, exponent = value.base, str(value.exponent)
    if isinstance(base, Sqrt) and value.exponent % 2 and not writer.norm(base.arg):
        base, exponent = base.arg, f"{exponent}/2"
    return Written(f"{writer.inside(base, ATOM)}^{script(exponent)}", FACTOR)


def sqrt(value: Sqrt, writer: Writer) -> Written:
    if norm := writer.norm(value.arg):
        return Written(norm, ATOM)
    return Written(rf"\sqrt{{{writer.alone(value.arg)}}}", FACTOR)


def function(value: Function, writer: Writer) -> Written:
    arg = writer.alone(value.arg)
    if value.name == "abs":
        return Written(fenced(r"\lvert", arg, r"\rvert"), ATOM)
    if value.name == "exp" and is_short(value.arg, arg):
        return Written(f"e^{{{arg}}}", FACTOR)
    return Written(FUNCTIONS[value.name] + fenced("(", arg, ")"), FACTOR)


def is_short(exponent: Term, written: str) -> bool:
    """Whether an exponent reads well as one; a number doesn't, since e could be a name raised to it."""
    return not _TALL.search(written) and not isinstance(without_sign(exponent)[1], Number)


def big_sum(value: Sum, writer: Writer) -> Written:
    body, index = distinct(value)
    if norm := writer.norm(value):
        return Written(f"{norm}^2", FACTOR)
    if product := writer.product(value):
        return Written(product, ATOM)
    start, end = index_name(index.name) + "=1", writer.alone(index.size)
    return Written(rf"\sum_{{{start}}}^{{{end}}} {writer.inside(body, OPEN)}", OPEN)


def distinct(value: Sum) -> tuple[Term, Index]:
    """The body and the index of a sum, renamed if another index in it has the same name."""
    free = free_indices(value.body) - {value.index}
    if all(index.name != value.index.name for index in free):
        return value.body, value.index
    index = fresh(value.index, free)
    return rename(value.body, {value.index: index}), index


def derivative(value: Derivative, writer: Writer) -> Written:
    body, by = value.body, [entry_symbol(value.by.tensor, value.by.indices)]
    while isinstance(body, Derivative):
        by.append(entry_symbol(body.by.tensor, body.by.indices))
        body = body.body
    if isinstance(body, Entry) and partial_of(body.tensor) is None:
        return Written(partial_latex(entry_symbol(body.tensor, body.indices), by), FACTOR)
    return Written(f"{partial_latex(Symbol(''), by)} {fenced('(', writer.alone(body), ')')}", OPEN)


RULES: dict[type, Callable[..., Written]] = {
    Number: number,
    Entry: entry,
    Delta: delta,
    Add: add,
    Mul: mul,
    Div: div,
    Pow: power,
    Sqrt: sqrt,
    Function: function,
    Sum: big_sum,
    Derivative: derivative,
}
"""How each kind of term is written, its sign apart."""
