"""Numbers that are written out: what a name is set to, as 32, 10^{-5} and 3 \\times 10^{-4}."""

from __future__ import annotations

from fractions import Fraction

from derive.latex.reader import syntax as tree

LARGEST = 300
"""No larger power of ten is read as one."""


def is_setting(node: tree.Node) -> bool:
    """Whether this is no more than a number."""
    if isinstance(node, tree.Product) and len(node.factors) == 2 and node.signs[1] in ("\\times", "\\cdot"):
        return isinstance(node.factors[0], tree.Number) and power_of_ten(node.factors[1]) is not None
    return isinstance(node, tree.Number) or power_of_ten(node) is not None


def is_constant_array(node: tree.Node) -> bool:
    """Whether this is no more than an array of zeros or of ones, in bold: what b is without a shift, b = 0."""
    return isinstance(node, tree.Name) and node.text in ("0", "1") and bool(node.font)


def power_of_ten(node: tree.Node) -> Fraction | None:
    """10^{-3} as a number, or None."""
    if not isinstance(node, tree.Scripted) or node.sub is not None or node.sup is None:
        return None
    if not isinstance(node.base, tree.Number) or node.base.value != 10:
        return None
    sup = node.sup.body if isinstance(node.sup, tree.Group) and node.sup.opening in ("", "(") else node.sup
    sign = 1
    if isinstance(sup, tree.Terms) and len(sup.terms) == 1:
        sign, sup = (-1 if sup.signs[0] == "-" else 1), sup.terms[0]
    if not isinstance(sup, tree.Number) or sup.value.denominator != 1 or sup.value > LARGEST:
        return None
    return Fraction(10) ** (sign * int(sup.value))
