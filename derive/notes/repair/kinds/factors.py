"""A factor or a summand too much, and m - 1 for m; what is missing is found by its values (`..scales`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit
from derive.notes.repair.wrong import Operand, Wrong

EXTRA, GAMMA, BIASED, TERM = "extra-factor", "gamma-twice", "biased-for-unbiased", "extra-term"


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    for each in wrong.operands(side):
        node = each.node
        if isinstance(node, tree.Product) and wrong.symbol(node) is None:
            for place in range(len(node.factors)):
                yield from _without(wrong, node, place)
        elif isinstance(node, tree.Quotient) and isinstance(each.above, tree.Node | None):
            yield from _halves(wrong, node)
            if _is_count(wrong, node.over) and _is_count(wrong, node.under):
                turned = tree.Quotient(node.start, node.end, node.under, node.over)
                text = rf"\frac{{{wrong.text(node.under)}}}{{{wrong.text(node.over)}}}"
                yield wrong.put(node, turned, text, BIASED, 1.0)
        elif isinstance(node, tree.Terms) and len(node.terms) > 1:
            for place in range(len(node.terms)):
                yield from _fewer(wrong, node, place)
        yield from _count(wrong, each)


def _without(wrong: Wrong, node: tree.Product, place: int) -> Iterator[Edit]:
    """The product without one factor."""
    spans = [wrong.span(factor) for factor in node.factors]
    text = (spans[place - 1][1], spans[place][1], "") if place else (spans[0][0], spans[1][0], "")
    factors = (*node.factors[:place], *node.factors[place + 1 :])
    signs = ("", *node.signs[1:place], *node.signs[max(place + 1, 2) :])
    new = factors[0] if len(factors) == 1 else replace(node, factors=factors, signs=signs)
    yield Edit(code_of(wrong, node.factors[place]), 1.2, ((node, new),), (text,))


def code_of(wrong: Wrong, factor: tree.Node) -> str:
    """What a factor too much is called."""
    symbol = wrong.symbol(factor)
    return GAMMA if symbol is not None and symbol.key.partition("_")[0] == "gamma" else EXTRA


def _halves(wrong: Wrong, node: tree.Quotient) -> Iterator[Edit]:
    """A fraction without what it has below, or with 1 for what it has above."""
    if any(isinstance(part, tree.Partial) for part in (node.over, node.under)):
        return
    if not isinstance(node.under, tree.Product):
        yield wrong.put(node, node.over, wrong.text(node.over), code_of(wrong, node.under), 1.3)
    if not isinstance(node.over, tree.Product | tree.Number | tree.Terms):
        yield from wrong.change(node.over, "1", code_of(wrong, node.over), 1.2)


def _fewer(wrong: Wrong, node: tree.Terms, place: int) -> Iterator[Edit]:
    """The sum without one summand."""
    terms = (*node.terms[:place], *node.terms[place + 1 :])
    signs = (*node.signs[:place], *node.signs[place + 1 :])
    new = terms[0] if len(terms) == 1 and signs[0] == "+" else tree.Terms(node.start, node.end, terms, signs)
    spans = [wrong.span(term) for term in node.terms]
    if place:
        text = (spans[place - 1][1], spans[place][1], "")
    else:
        behind = spans[1][0] if node.signs[1] == "+" else wrong.latex.find("-", spans[0][1])
        text = (node.start, behind, "")
    if not place and len(terms) == 1 and node.signs[1] == "-":
        yield Edit(TERM, 1.6, ((node, terms[0]),), ((node.start, spans[1][0], ""),))  # f where 1 - f is written
    code = "epsilon-added" if wrong.style.has_epsilon(node.terms[place]) and _is_name(node.terms[place]) else TERM
    yield Edit(code, 1.6, ((node, new),), (text,))


def _is_name(node: tree.Node) -> bool:
    return isinstance(node, tree.Name)


def _count(wrong: Wrong, each: Operand) -> Iterator[Edit]:
    """The number of samples for one less, and back."""
    node = each.node
    inside = node.body if isinstance(node, tree.Group) and node.opening == "(" else node
    if isinstance(inside, tree.Terms) and len(inside.terms) == 2 and inside.signs[1] == "-":
        first, one = inside.terms
        if _is_size(wrong, first) and isinstance(one, tree.Number) and one.value == 1:
            yield from wrong.change(node, wrong.text(first), BIASED, 1.1)
    elif _is_size(wrong, node):
        alone = isinstance(each.above, tree.Quotient) or each.above is None
        yield from wrong.change(node, f"{wrong.text(node)}-1" if alone else f"({wrong.text(node)}-1)", BIASED, 1.3)


def _is_size(wrong: Wrong, node: tree.Node) -> bool:
    symbol = wrong.symbol(node) if isinstance(node, tree.Name | tree.Scripted) else None
    if symbol is None or symbol.indices:
        return False
    return symbol.key in wrong.style.survey.sizes.letters() or symbol.key in wrong.symbols.positions.letters


def _is_count(wrong: Wrong, node: tree.Node) -> bool:
    """Whether this is a size, or one less."""
    if isinstance(node, tree.Terms) and len(node.terms) == 2 and node.signs[1] == "-":
        return _is_size(wrong, node.terms[0]) and isinstance(node.terms[1], tree.Number) and node.terms[1].value == 1
    return _is_size(wrong, node)
