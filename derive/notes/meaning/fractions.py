"""Fractions that are derivatives: what they are of, and by what."""

from __future__ import annotations

from derive.latex.reader import syntax as tree
from derive.notes.meaning.value import constant, product_of

ORDERS = 4
"""No derivative of a higher order than this is read."""


def by_of(node: tree.Quotient) -> tuple[tree.Node, ...] | None:
    """What a fraction differentiates by, each as often as it does; None if it is no derivative.

    With an order above, the exponents below are orders: d^2 f / d x^2. Without one, they are powers: d L / d sigma^2.
    """
    found = variables_of(node.under)
    order = order_of(node.over)
    if found is None or order is None or len(found) >= order:
        return found
    return tuple(each for variable in found for each in _repeated(variable))


def is_derivative(node: tree.Quotient) -> bool:
    """Whether a fraction is one of differentials, or an operator such as d/dx."""
    return by_of(node) is not None and (differentiated_in(node.over) is not None or operator_of(node) is not None)


def order_of(node: tree.Node) -> int | None:
    """The order that stands above in a fraction of differentials, where one does."""
    if isinstance(node, tree.Partial):
        return _whole(node.order)
    if isinstance(node, tree.Product) and isinstance(node.factors[0], tree.Scripted) and _is_d(node.factors[0].base):
        return _whole(node.factors[0].sup)
    if isinstance(node, tree.Scripted) and _is_d(node.base):
        return _whole(node.sup)
    return None


def _whole(node: tree.Node | None) -> int | None:
    found = constant(node) if node is not None else None
    return int(found) if found is not None and found.denominator == 1 and 1 <= found <= ORDERS else None


def _repeated(node: tree.Node) -> tuple[tree.Node, ...]:
    """A variable as often as its exponent says, and without it."""
    if not isinstance(node, tree.Scripted) or (times := _whole(node.sup)) is None:
        return (node,)
    bare = node.base if node.sub is None and not node.primes else _without_power(node)
    return (bare,) * times


def _without_power(node: tree.Scripted) -> tree.Node:
    return tree.Scripted(node.start, node.end, node.base, node.sub, None, node.primes)


def operator_of(node: tree.Node) -> tuple[tree.Node, ...] | None:
    """What a fraction such as d/dx is by, if it stands before what it differentiates."""
    if not isinstance(node, tree.Quotient):
        return None
    over = node.over
    if isinstance(over, tree.Partial) and _is_empty(over.body):
        return by_of(node)
    if _is_d(over.base if isinstance(over, tree.Scripted) else over):
        return by_of(node)
    return None


def _is_empty(node: tree.Node) -> bool:
    """Whether nothing stands here, or braces with nothing in them."""
    if isinstance(node, tree.Group) and not node.opening:
        return _is_empty(node.body)
    return isinstance(node, tree.Nothing)


def variables_of(node: tree.Node) -> tuple[tree.Node, ...] | None:
    """What a denominator differentiates by, or None if it is no derivative's."""
    if isinstance(node, tree.Partial):
        return (node.body,)
    if isinstance(node, tree.Product) and all(isinstance(factor, tree.Partial) for factor in node.factors):
        return tuple(factor.body for factor in node.factors if isinstance(factor, tree.Partial))
    if isinstance(node, tree.Product) and len(node.factors) == 2 and _is_d(node.factors[0]):
        return (node.factors[1],)
    return None


def differentiated_in(node: tree.Node) -> tree.Node | None:
    """What stands behind the d of a numerator, or None."""
    if isinstance(node, tree.Group) and not node.opening:
        return differentiated_in(node.body)
    if isinstance(node, tree.Partial):
        return node.body
    if isinstance(node, tree.Product) and len(node.factors) > 1:
        first = node.factors[0]
        if _is_d(first) or (isinstance(first, tree.Scripted) and _is_d(first.base) and _whole(first.sup) is not None):
            return product_of(list(node.factors[1:]), list(node.signs[1:]))
    return None


def _is_d(node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and node.text == "d" and not node.accents
