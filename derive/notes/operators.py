"""How far an operator or a function reaches, where this is open: d/dx (a) b, and \\log (a)^2."""

from __future__ import annotations

from dataclasses import replace

from derive.latex.reader import syntax as tree
from derive.notes.meaning.fractions import operator_of


def other_reaches(node: tree.Node) -> tuple[tree.Node, ...]:
    """The same formula in the other ways in which it may be meant; itself where there is none."""
    return with_near_operators(node), with_powers_inside(node)


def with_powers_inside(node: tree.Node) -> tree.Node:
    """The formula with the logarithm of a square for the square of a logarithm: \\log (a)^2."""
    inner = node.mapped(with_powers_inside)
    match inner:
        case tree.Scripted(base=tree.Call(argument=tree.Group() as group, power=None) as call, sub=None) if inner.sup:
            raised = tree.Scripted(group.start, inner.end, group, None, inner.sup, 0)
            return replace(call, argument=raised, end=inner.end)
    return inner


def with_near_operators(node: tree.Node) -> tree.Node:
    """The formula with operators that reach over brackets alone, where a product goes on behind them with a sign."""
    inner = node.mapped(with_near_operators)
    if not isinstance(inner, tree.Product):
        return inner
    factors, signs = list(inner.factors), list(inner.signs)
    for place in reversed(range(len(factors) - 2)):
        operator, group = factors[place : place + 2]
        bracketed = isinstance(group, tree.Group) and group.opening in ("(", "[")
        if bracketed and signs[place + 2] and operator_of(operator) is not None:
            both = tree.Product(operator.start, group.end, (operator, group), ("", signs[place + 1]))
            factors[place : place + 2] = [tree.Group(both.start, both.end, "", "", both)]
            del signs[place + 1]
    same = len(factors) == len(inner.factors)
    return inner if same else tree.Product(inner.start, inner.end, tuple(factors), tuple(signs))
