"""One name for another: without its hat, with the index of something else, differentiated by the wrong thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbol
from derive.notes.repair.edit import Edit, Text
from derive.notes.repair.style import with_letters
from derive.notes.repair.wrong import Operand, Wrong, is_derivative

HAT, NO_HAT, INDEX, VARIABLE, NAME = (
    "missing-hat",
    "extra-hat",
    "index-clash",
    "orders-of-differentiation",
    "wrong-name",
)
DELTA = "missing-delta"


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    found = wrong.operands(side)
    letters = letters_of(wrong, found)
    for each in found:
        if isinstance(each.node, tree.Name | tree.Scripted):
            yield from _named(wrong, each, letters)
        elif is_derivative(each.node):
            yield from _differentiated(wrong, each, letters)
        elif isinstance(each.node, tree.Number) and each.node.value == 1 and len(wrong.free) == 2:
            yield from wrong.change(each.node, delta(wrong), DELTA, 1.5)
        elif _is_delta(each.node):
            yield from _indexed(wrong, each.node, letters, INDEX)
    yield from _everywhere(wrong, side, found)


def delta(wrong: Wrong) -> str:
    """1 where the two indices of the left side are equal, as the document writes it."""
    before, between, behind = wrong.style.delta
    return f"{before}{wrong.free[0]}{between}{wrong.free[1]}{behind}"


def letters_of(wrong: Wrong, found: Sequence[Operand]) -> tuple[str, ...]:
    """The letters that can be indices there: those of the left side, and those that sums bind."""
    bound = [letter for each in found for letter in each.scope]
    return tuple(dict.fromkeys((*wrong.free, *bound)))


def _named(wrong: Wrong, each: Operand, letters: tuple[str, ...]) -> Iterator[Edit]:
    symbol = wrong.symbol(each.node)
    if symbol is None or symbol.argument is not None:
        return
    for key in _relatives(wrong, symbol):
        text = renamed(wrong, each.node, symbol, key)
        if text is not None:
            code, cost = _renaming(symbol.key, key)
            yield from wrong.change(each.node, text, code, cost)
    yield from _indexed(wrong, each.node, letters, INDEX)


def _renaming(old: str, new: str) -> tuple[str, float]:
    if old.partition(".")[0] != new.partition(".")[0]:
        return NAME, 2.0
    return (HAT, 1.0) if new.count(".") > old.count(".") else (NO_HAT, 1.05)


def _relatives(wrong: Wrong, symbol: Symbol) -> list[str]:
    """Names that may have been meant: the same letter with other accents, then others of the same kind."""
    known = [key for key in sorted(wrong.style.keys) if key != symbol.key and _fits(wrong, key, symbol)]
    base = symbol.key.partition(".")[0]
    same = [key for key in known if key.partition(".")[0] == base]
    return [*same, *(key for key in known if key not in same and symbol.indices)]


def _fits(wrong: Wrong, key: str, symbol: Symbol) -> bool:
    sizes = wrong.style.survey.sizes
    return "^" not in key and sizes.axes.get(key, 0) == sizes.axes.get(symbol.key, 0)


def renamed(wrong: Wrong, node: tree.Node, symbol: Symbol, key: str) -> str | None:
    """Another name with the same indices and the same power."""
    if symbol.transposed:
        return None
    name = wrong.style.name(key, symbol.indices)
    if symbol.power is None:
        return name
    return None if "^" in name else f"{name}^{{{wrong.text(symbol.power)}}}"


def _indexed(wrong: Wrong, node: tree.Node, letters: tuple[str, ...], code: str) -> Iterator[Edit]:
    """One index for another."""
    symbol = wrong.symbol(node)
    own = symbol.indices if symbol is not None else _delta_letters(wrong, node)
    if symbol is not None and len(own) == 2 and own[0] != own[1]:
        swapped = with_letters(wrong.latex, node, dict(zip(own, own[::-1], strict=True)))
        yield from wrong.change(node, swapped, code, 1.2)
    for old in dict.fromkeys(own):
        for new in letters:
            if new not in own:
                text = with_letters(wrong.latex, node, {old: new}) if symbol is not None else None
                if text is not None:
                    yield from wrong.change(node, text, code, 1.2)


def _is_delta(node: tree.Node) -> bool:
    return False if not isinstance(node, tree.Product) else len(node.factors) == 2 and _is_chain(node.factors[1])


def _is_chain(node: tree.Node) -> bool:
    return isinstance(node, tree.Group) and isinstance(node.body, tree.Chain)


def _delta_letters(wrong: Wrong, node: tree.Node) -> tuple[str, ...]:
    return ()


def _differentiated(wrong: Wrong, each: Operand, letters: tuple[str, ...]) -> Iterator[Edit]:
    """A derivative by, or of, another name or at another index."""
    node = each.node
    if not isinstance(node, tree.Quotient):
        return
    for half in (node.under, node.over):
        if not isinstance(half, tree.Partial):
            continue
        symbol = wrong.symbol(half.body)
        if symbol is None or (half is node.over and not symbol.indices):
            continue
        for text, code, cost in _inside(wrong, half.body, symbol, letters):
            yield from wrong.change(half.body, text, code, cost)


def _inside(
    wrong: Wrong, node: tree.Node, symbol: Symbol, letters: tuple[str, ...]
) -> Iterator[tuple[str, str, float]]:
    for key in _relatives(wrong, symbol):
        if symbol.indices and (text := renamed(wrong, node, symbol, key)) is not None:
            yield text, VARIABLE, 1.6
    for old in dict.fromkeys(symbol.indices):
        for new in letters:
            if new not in symbol.indices:
                yield with_letters(wrong.latex, node, {old: new}), INDEX, 1.3


def _everywhere(wrong: Wrong, side: tree.Node, found: Sequence[Operand]) -> Iterator[Edit]:
    """One name for another wherever it stands."""
    places: dict[str, list[tuple[tree.Node, Symbol]]] = {}
    for each in found:
        symbol = wrong.symbol(each.node) if isinstance(each.node, tree.Name | tree.Scripted) else None
        if symbol is not None and symbol.argument is None:
            places.setdefault(symbol.key, []).append((each.node, symbol))
    for key, nodes in places.items():
        for other in _relatives(wrong, nodes[0][1]) if len(nodes) > 1 else ():
            yield from _all(wrong, nodes, key, other)


def _all(wrong: Wrong, nodes: list[tuple[tree.Node, Symbol]], key: str, other: str) -> Iterator[Edit]:
    changes: list[Edit] = []
    for node, symbol in nodes:
        text = renamed(wrong, node, symbol, other)
        changes += [] if text is None else wrong.change(node, text, None, 0.0)
    if len(changes) == len(nodes):
        code, cost = _renaming(key, other)
        texts: list[Text] = [text for edit in changes for text in edit.texts]
        yield Edit(code, cost + 0.4, tuple(pair for edit in changes for pair in edit.nodes), tuple(texts))
