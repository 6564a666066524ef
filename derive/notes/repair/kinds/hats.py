"""Hats of losses, of nablas and of names: one that is lost or too much, or several at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from operator import itemgetter

from derive.latex.reader import syntax as tree
from derive.notes.meaning.losses import MARKS
from derive.notes.repair.edit import Edit, Nodes, Text, edited, is_in
from derive.notes.repair.kinds.names import HAT, NO_HAT, renamed
from derive.notes.repair.wrong import Wrong

Place = tuple[Text, tuple[tree.Node, tree.Node] | None]
"""A change of the text, and of the tree; None where a hat changes how what is behind it is read."""

MOST = 6
"""So many places are looked at where several hats may be lost."""


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    """One hat of a loss or a nabla; those of other names are seen to where names are."""
    for code, places in ((HAT, _losses(wrong, side, True)), (NO_HAT, _losses(wrong, side, False))):
        for place in places:
            yield from _written(wrong, side, (place,), code, 1.0 if code == HAT else 1.05)
    for place in _nablas(wrong, side):
        yield from _written(wrong, side, (place,), HAT, 1.0)


def one(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    """One hat that is lost."""
    for place in (*_losses(wrong, side, True), *_nablas(wrong, side), *_names(wrong, side)):
        yield from _written(wrong, side, (place,), HAT, 1.0)


def several(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    """Two hats or more that are lost, all of them first."""
    places = [*_losses(wrong, side, True), *_nablas(wrong, side), *_names(wrong, side)]
    places = sorted(dict(places).items(), key=itemgetter(0))[:MOST]
    for count in range(len(places), 1, -1):
        for some in combinations(places, count):
            yield from _written(wrong, side, some, HAT, 1.0 + 0.1 * count)


def _written(wrong: Wrong, side: tree.Node, places: Iterable[Place], code: str, cost: float) -> Iterator[Edit]:
    """The changes of the text, as changes of the names, or of the summands that they are in."""
    texts = tuple(text for text, _ in places)
    nodes = tuple(pair for _, pair in places if pair is not None)
    if len(nodes) == len(texts):
        yield Edit(code, cost, nodes, texts)
    elif (parts := _reread(wrong, side, texts)) is not None:
        yield Edit(code, cost, parts, texts)


def _reread(wrong: Wrong, side: tree.Node, texts: Sequence[Text]) -> Nodes | None:
    """The summands that changes are in, read again; None where one can't be read."""
    found: list[tuple[tree.Node, tree.Node]] = []
    for part, own in _by_summand(wrong, side, texts):
        new = wrong.piece(edited(wrong.latex, own, *wrong.span(part)))
        if new is None:
            return None
        found.append((part, new))
    return tuple(found)


def _named(wrong: Wrong, node: tree.Node, text: str) -> Place:
    new = wrong.piece(text)
    return (*wrong.span(node), text), None if new is None else (node, new)


def _by_summand(wrong: Wrong, side: tree.Node, texts: Sequence[Text]) -> list[tuple[tree.Node, list[Text]]]:
    """The smallest summands that changes are in, each with its own; the whole side where one is within another."""
    sums = [each.node for each in wrong.operands(side) if isinstance(each.node, tree.Terms)]
    inner = [term for node in sums for term in node.terms]
    parts = sorted(((*wrong.span(part), part) for part in (side, *inner)), key=lambda each: each[1] - each[0])
    found: dict[int, tuple[tree.Node, list[Text]]] = {}
    for text in texts:
        part = next((part for start, end, part in parts if start <= text[0] and text[1] <= end), side)
        found.setdefault(id(part), (part, []))[1].append(text)
    changed = [part for part, _ in found.values()]
    apart = not any(is_in(one, other) for one in changed for other in changed if one is not other)
    return list(found.values()) if apart else [(side, list(texts))]


def _losses(wrong: Wrong, side: tree.Node, hat: bool) -> Iterator[Place]:
    """The losses that are differentiated, with the mark that the document has for the layer, or without it."""
    for part in side.walk():
        for name in _differentiated(part):
            symbol = wrong.symbol(name)
            for other in _marked(symbol.key, hat) if symbol is not None and symbol.power is None else ():
                if other in wrong.style.keys:
                    yield _named(wrong, name, wrong.style.name(other))


def _differentiated(part: tree.Node) -> Iterator[tree.Node]:
    """The name that a nabla stands before, or a \\partial above a bar."""
    if isinstance(part, tree.Nabla) and isinstance(part.body, tree.Name):
        yield part.body
    if isinstance(part, tree.Quotient):
        over = part.over.factors[0] if isinstance(part.over, tree.Product) else part.over
        if isinstance(over, tree.Partial) and isinstance(over.body, tree.Name):
            yield over.body


def _marked(key: str, hat: bool) -> Iterator[str]:
    for mark in MARKS:
        if hat and not key.endswith(MARKS):
            yield f"{key}{mark}"
        elif not hat and key.endswith(mark):
            yield key.removesuffix(mark)


def _nablas(wrong: Wrong, side: tree.Node) -> Iterator[Place]:
    """The nablas without a hat, where the document has some with one; the letter behind a script is no part of them."""
    if not wrong.style.has_hat_at_nabla:
        return
    under_hats = {part.body.start for part in side.walk() if isinstance(part, tree.Accented)}
    for part in side.walk():
        if isinstance(part, tree.Nabla) and part.by is None and part.start not in under_hats:
            alone = isinstance(part.body, tree.Nothing)
            hatted = (part, tree.Accented(part.start, part.end, "hat", part)) if alone else None
            yield (part.start, part.start + len(NABLA), rf"\hat{{{NABLA}}}"), hatted


def _names(wrong: Wrong, side: tree.Node) -> Iterator[Place]:
    """The names that the document has with a hat, too."""
    for each in wrong.operands(side):
        symbol = wrong.symbol(each.node) if isinstance(each.node, tree.Name | tree.Scripted) else None
        if symbol is None or symbol.argument is not None or symbol.key.endswith(MARKS):
            continue
        for key in _marked(symbol.key, True):
            text = renamed(wrong, each.node, symbol, key) if key in wrong.style.keys else None
            if text is not None:
                yield _named(wrong, each.node, text)


NABLA = r"\nabla"
