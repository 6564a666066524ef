"""Rarer mistakes, looked at where no other edit mends a formula: fractions upside down, squares of functions, rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derive.latex.reader import syntax as tree
from derive.notes.meaning.cases import KINDS
from derive.notes.repair.edit import Edit
from derive.notes.repair.kinds.powers import SQUARE, is_deviation
from derive.notes.repair.kinds.signs import SIGN
from derive.notes.repair.wrong import Operand, Wrong, is_derivative

INVERTED = "inverted-fraction"


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    for each in wrong.operands(side):
        node = each.node
        if isinstance(node, tree.Quotient):
            yield from _upside_down(wrong, node) if not is_derivative(node) else ()
        elif isinstance(node, tree.Call):
            yield from _squared(wrong, node)
        elif isinstance(node, tree.Table) and node.kind in KINDS:
            yield from _rows(wrong, node)
        elif _is_below_nothing(each) and (isinstance(node, tree.Root) or is_deviation(wrong, node)):
            yield from wrong.change(node, rf"\frac{{1}}{{{wrong.text(node)}}}", INVERTED, 1.1)


def _is_below_nothing(each: Operand) -> bool:
    """Whether a name stands alone, or is a factor or a summand."""
    return isinstance(each.node, tree.Name | tree.Scripted | tree.Root) and isinstance(
        each.above, tree.Product | tree.Terms | tree.Quotient | None
    )


def _upside_down(wrong: Wrong, node: tree.Quotient) -> Iterator[Edit]:
    """The fraction the other way round; what is over 1 has no bar."""
    over, under = wrong.text(node.over), wrong.text(node.under)
    if isinstance(node.over, tree.Number) and node.over.value == 1:
        bare = not isinstance(node.under, tree.Terms)
        yield from wrong.change(node, under if bare else f"({under})", INVERTED, 1.1)
        return
    yield from wrong.change(node, rf"\frac{{{under}}}{{{over}}}", INVERTED, 1.1)


def _squared(wrong: Wrong, node: tree.Call) -> Iterator[Edit]:
    """The square of the value of a function, or its value without the square: \\tanh^2(x)."""
    if node.base is not None or node.primes:
        return
    name, text = wrong.text(node.function), wrong.text(node)
    if node.power is None and text.startswith(name):
        new = replace(node, power=tree.Number(node.end, node.end, Fraction(2)))
        yield wrong.put(node, new, f"{name}^2{text[len(name) :]}", SQUARE, 1.3)


def _rows(wrong: Wrong, node: tree.Table) -> Iterator[Edit]:
    """The cases with the sign of one row turned."""
    for row in node.rows:
        value = row[0]
        start = wrong.span(value)[0]
        if isinstance(value, tree.Terms):
            if len(value.terms) == 1 and value.signs == ("-",):
                first = value.terms[0]
                yield Edit(SIGN, 1.0, ((value, first),), ((start, first.start, ""),))
        elif not isinstance(value, tree.Number):
            new = tree.Terms(value.start, value.end, (value,), ("-",))
            yield Edit(SIGN, 1.0, ((value, new),), ((start, start, "-"),))
