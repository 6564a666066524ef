"""Derivatives that are written with a slash: \\partial L/\\partial x, dL/dx."""

from __future__ import annotations

from dataclasses import replace

from derive.latex.reader import syntax as tree


def with_fractions(node: tree.Product) -> tree.Node:
    """The same product, with what is one derivative as one factor: \\gamma \\partial L/\\partial x."""
    factors: list[tree.Node] = []
    signs: list[str] = []
    places = iter(range(len(node.factors)))
    for place in places:
        factors.append(node.factors[place])
        signs.append(node.signs[place])
        if node.signs[place] != "/" or len(factors) < 2:
            continue
        under, taken = _differential(node, place)
        over = _partial(factors[-2]) or _last_differential(factors[:-1], signs[:-1])
        if under is None or over is None or isinstance(under, tree.Partial) != isinstance(over, tree.Partial):
            continue
        cut = len(factors) - (2 if isinstance(over, tree.Partial) else 3)
        sign = signs[cut]
        factors[cut:], signs[cut:] = [tree.Quotient(over.start, under.end, over, under)], [sign]
        for _ in range(taken - 1):
            next(places)
    if len(factors) == 1:
        return factors[0]
    return replace(node, factors=tuple(factors), signs=tuple(signs)) if len(factors) < len(node.factors) else node


def _partial(node: tree.Node) -> tree.Node | None:
    return node if isinstance(node, tree.Partial) else None


def _differential(node: tree.Product, place: int) -> tuple[tree.Node | None, int]:
    """What is differentiated by behind a slash, and how many factors it takes: \\partial x, or d and x."""
    first = node.factors[place]
    if isinstance(first, tree.Partial):
        return first, 1
    if place + 1 == len(node.factors) or node.signs[place + 1]:
        return None, 1
    return _of(first, node.factors[place + 1]), 2


def _last_differential(factors: list[tree.Node], signs: list[str]) -> tree.Node | None:
    if len(factors) < 2 or signs[-1]:
        return None
    return _of(factors[-2], factors[-1])


def _of(first: tree.Node, second: tree.Node) -> tree.Node | None:
    """d and a name as a differential; None where they are none."""
    named = isinstance(second.base if isinstance(second, tree.Scripted) else second, tree.Name)
    d = isinstance(first, tree.Name) and first.text == "d" and not first.accents
    return tree.Product(first.start, second.end, (first, second), ("", "")) if named and d else None
