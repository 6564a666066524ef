"""Squares and roots: a norm that is not squared, a deviation where the variance is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derive.latex.reader import syntax as tree
from derive.notes.meaning.value import constant
from derive.notes.repair.edit import Edit
from derive.notes.repair.wrong import Operand, Wrong

SQUARE, NO_SQUARE, EXPONENT = "missing-square", "extra-square", "wrong-exponent"
DEVIATION, VARIANCE = "deviation-for-variance", "variance-for-deviation"

HALF = Fraction(1, 2)


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    for each in wrong.operands(side):
        if isinstance(each.node, tree.Root):
            yield from _root(wrong, each)
        elif isinstance(each.node, tree.Scripted):
            yield from _scripted(wrong, each.node)
        elif isinstance(each.node, tree.Call | tree.Product) and not _has_script(each):
            yield from _of_call(wrong, each.node)
        elif isinstance(each.node, tree.Name | tree.Group) and not _has_script(each):
            yield from _squared(wrong, each.node)


def _has_script(each: Operand) -> bool:
    return isinstance(each.above, tree.Scripted)


def _squared(wrong: Wrong, node: tree.Node) -> Iterator[Edit]:
    """The square of what has no power."""
    if isinstance(node, tree.Group) and node.opening in ("", "\\{"):
        return
    base = wrong.text(node)
    if isinstance(node, tree.Name) and wrong.style.survey.sizes.axes.get(base, 0):
        return
    code = DEVIATION if is_deviation(wrong, node) else SQUARE
    square = tree.Scripted(node.start, node.end, node, sup=_number(node, Fraction(2)))
    yield wrong.put(node, square, f"{base}^2", code, 1.4 if isinstance(node, tree.Group) else 1.2)


def _of_call(wrong: Wrong, node: tree.Node) -> Iterator[Edit]:
    """The square of the value of a function: tanh^2(x), s(x)^2."""
    if isinstance(node, tree.Call):
        if node.power is None and not node.primes and node.base is None and node.function.text in SQUARED:
            start, behind = wrong.span(node.function)
            text = f"{wrong.latex[start:behind]}^2{wrong.text(node)[behind - start :]}"
            yield wrong.put(node, replace(node, power=_number(node, Fraction(2))), text, SQUARE, 1.2)
        return
    symbol = wrong.symbol(node)
    if symbol is not None and symbol.argument is not None and symbol.power is None:
        yield from wrong.change(node, f"{wrong.text(node)}^2", SQUARE, 1.2)


SQUARED = frozenset("tanh sin cos exp log ln sigma".split())
"""Functions whose power stands behind their name."""


def _number(node: tree.Node, value: Fraction) -> tree.Number:
    return tree.Number(node.end, node.end, value)


def _scripted(wrong: Wrong, node: tree.Scripted) -> Iterator[Edit]:
    symbol = wrong.symbol(node)
    power = symbol.power if symbol is not None else node.sup
    if symbol is not None and symbol.transposed:
        return
    if power is None:
        if node.sup is None and not node.primes:
            code = DEVIATION if is_deviation(wrong, node) else SQUARE
            square = replace(node, sup=_number(node, Fraction(2)))
            yield wrong.put(node, square, f"{wrong.text(node)}^2", code, 1.2)
        return
    value = constant(power)
    if value is None or node.sup is None or power is not node.sup:
        return
    for other in _others(value):
        yield _raised(wrong, node, node.sup, value, other)


def _others(value: Fraction) -> list[Fraction]:
    """The exponents that may have been meant."""
    found = [value - 1, value + 1, -value]
    if value.denominator == 2 or abs(value) == 1:
        found += [value - HALF, value + HALF]
    return [other for other in found if other != 0]


def _raised(wrong: Wrong, node: tree.Scripted, power: tree.Node, value: Fraction, other: Fraction) -> Edit:
    first, last = wrong.span(power)
    start, end = wrong.span(node)
    before = wrong.latex[start:first].rstrip("{ ").rstrip("^").rstrip()
    behind = wrong.latex[last:end].lstrip("} ")
    deviation = is_deviation(wrong, node.base)
    code = EXPONENT
    if (value, other) == (2, 1):
        code = VARIANCE if deviation else NO_SQUARE
    elif (value, other) == (1, 2):
        code = DEVIATION if deviation else SQUARE
    text = before + behind if other == 1 else f"{before}^{_exponent(other)}{behind}"
    return wrong.put(node, _with_power(node, other), text, code, 1.2 if code != EXPONENT else 1.5)


def _with_power(node: tree.Scripted, power: Fraction) -> tree.Node:
    if power != 1:
        return replace(node, sup=_number(node, power))
    return replace(node, sup=None) if node.sub is not None or node.primes else node.base


def _exponent(value: Fraction) -> str:
    text = str(value)
    return text if len(text) == 1 else f"{{{text}}}"


def _root(wrong: Wrong, each: Operand) -> Iterator[Edit]:
    """What is under a root, without it."""
    node = each.node
    if not isinstance(node, tree.Root) or node.degree is not None or _has_script(each):
        return
    inside = wrong.text(node.body)
    bare = not isinstance(node.body, tree.Terms) or isinstance(each.above, tree.Quotient)
    yield from wrong.change(node, inside if bare else f"({inside})", DEVIATION, 1.2)
    text = f"({inside})^{{3/2}}" if isinstance(node.body, tree.Terms) else f"{wrong.text(node)}^3"
    yield from wrong.change(node, text, EXPONENT, 1.5)


def is_deviation(wrong: Wrong, node: tree.Node) -> bool:
    """Whether a name is that of a standard deviation, of which the variance is the square."""
    if isinstance(node, tree.Root):
        return True
    if isinstance(node, tree.Group):
        return node.opening in ("(", "[") and wrong.style.has_epsilon(node)
    symbol = wrong.symbol(node)
    base = symbol.key.partition("_")[0].partition(".")[0] if symbol is not None else ""
    return base in ("sigma", "s", "std", "RMS", "rms", "r")
