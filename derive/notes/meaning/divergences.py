r"""Functions of two distributions, D(p \| q) and H(p, q), which is not H(p)."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from derive.latex.reader import syntax as tree

N = TypeVar("N", bound=tree.Node)

BARS = ("\\|", "||", "Vert", "parallel", "∥", "‖")


def defines_divergence(chain: tree.Node) -> bool:
    """Whether a formula says what D(p \\| q) is: it has this on its left, and an equals sign behind it."""
    if not isinstance(chain, tree.Chain) or chain.signs[0].text not in ("=", ":=", "\\coloneqq", "\\equiv"):
        return False
    side = chain.sides[0]
    group = side.factors[1] if isinstance(side, tree.Product) and len(side.factors) == 2 else None
    return isinstance(group, tree.Group) and isinstance(group.body, tree.Given) and group.body.sign == "||"


def with_lists(node: N) -> N:
    """The same tree, with what stands around a double bar in brackets as a list."""
    made = node.mapped(with_lists)
    inside = made.body if isinstance(made, tree.Group) and made.opening in ("(", "[") else None
    if not isinstance(inside, tree.Given) or inside.sign != "||":
        return made
    return replace(made, body=tree.Items(inside.start, inside.end, (inside.left, inside.right)))  # type: ignore[return-value]


def with_lists_in_names(node: N, letters: frozenset[str]) -> N:
    """The same tree, with the list behind one of these letters as a label of it: H(p, q) is H_{pq}."""
    made = node.mapped(lambda each: with_lists_in_names(each, letters))
    if not isinstance(made, tree.Product):
        return made
    factors: list[tree.Node] = []
    signs: list[str] = []
    for sign, factor in zip(made.signs, made.factors, strict=True):
        name = factors[-1] if factors and not sign else None
        label = _label(factor)
        if isinstance(name, tree.Name) and name.text in letters and label is not None:
            factors[-1] = tree.Scripted(name.start, factor.end, name, label, None, 0)
        else:
            factors.append(factor)
            signs.append(sign)
    if len(factors) == len(made.factors):
        return made
    return factors[0] if len(factors) == 1 else replace(made, factors=tuple(factors), signs=tuple(signs))  # type: ignore[return-value]


def _label(node: tree.Node) -> tree.Name | None:
    """The names of a list in brackets, one behind the other."""
    inside = node.body if isinstance(node, tree.Group) and node.opening == "(" else None
    names = inside.items if isinstance(inside, tree.Items) else ()
    plain = [name.text for name in names if isinstance(name, tree.Name) and not name.accents]
    return tree.Name(node.start, node.end, "".join(plain), (), "text") if names and len(plain) == len(names) else None
