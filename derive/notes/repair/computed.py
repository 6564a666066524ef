"""A right side that is one number: what the left side really is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit
from derive.notes.repair.scales import Scales
from derive.notes.repair.wrong import Wrong
from derive.notes.values import Vector

ARITHMETIC, VALUE = "arithmetic", "wrong-value"

LARGEST = 10**6


def computed(wrong: Wrong, left: Vector, numbers: bool, scales: Scales | None) -> Iterator[Edit]:
    """The right side as the number that the left side is, or as a size or another name.

    `numbers` says that there are nothing but numbers on both sides.
    """
    start, end = wrong.span(wrong.right)
    code = ARITHMETIC if numbers else VALUE
    if is_constant(left) and abs(left[0]) < LARGEST:
        value = Fraction(left[0]).limit_denominator(1000)
        decimal = any(isinstance(part, tree.Number) and part.value.denominator > 1 for part in wrong.right.walk())
        yield Edit(code, 1.0, (), ((start, end, written(value, decimal)),))
        return
    for scale in islice(scales.lookup(left), 2) if scales is not None and all(left) else ():
        yield Edit(code, 1.0, (), ((start, end, f"{'-' if scale.minus else ''}{scale.text}"),))


def is_constant(values: Vector) -> bool:
    """Whether a formula has the same value everywhere."""
    return max(values) - min(values) <= 1e-9 * max(*map(abs, values), 1e-3)


def is_number(node: tree.Node) -> bool:
    """Whether a side is a number, with a sign or without."""
    inside = node.terms[0] if isinstance(node, tree.Terms) and len(node.terms) == 1 else node
    return isinstance(inside, tree.Number)


def written(value: Fraction, decimal: bool) -> str:
    """A number in LaTeX: as a decimal if that is exact and wanted, else as a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    if decimal and Fraction(str(float(value))) == value:
        return str(float(value))
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
