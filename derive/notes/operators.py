"""How far an operator such as d/dx reaches: over all that follows, or no further than the brackets behind it."""

from __future__ import annotations

from derive.latex.reader import syntax as tree
from derive.notes.meaning.fractions import operator_of


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
