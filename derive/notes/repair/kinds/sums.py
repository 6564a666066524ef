"""Sums: one that is missing, one too much, and an index that is bound where it is meant to be free."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import binders
from derive.notes.repair.edit import Edit, Text, edited
from derive.notes.repair.kinds.names import INDEX
from derive.notes.repair.style import letter_texts
from derive.notes.repair.wrong import Operand, Wrong

MISSING, EXTRA = "missing-sum", "extra-sum"


def edits(wrong: Wrong, side: tree.Node) -> Iterator[Edit]:
    found = wrong.operands(side)
    for each in found:
        if isinstance(each.node, tree.Big) and each.node.operator == "sum":
            start = each.node.start
            yield Edit(EXTRA, 1.1, ((each.node, each.node.body),), ((start, each.node.body.start, ""),))
            yield from _rebound(wrong, each.node)
            yield from _wider(wrong, each)
        if _is_summand(each):
            yield from _summed(wrong, each)


def _is_summand(each: Operand) -> bool:
    """Whether a sum can be put before this: a whole side, a summand, a half of a fraction, or what a function is of."""
    if isinstance(each.node, tree.Terms | tree.Group | tree.Big):
        return False
    if each.above is None or isinstance(each.above, tree.Quotient | tree.Call):
        return True
    return isinstance(each.above, tree.Terms | tree.Group) and each.linear


def _summed(wrong: Wrong, each: Operand) -> Iterator[Edit]:
    """A sum over an index that nothing binds, before the first factor that has it."""
    factors = each.node.factors if isinstance(each.node, tree.Product) else (each.node,)
    letters = [_letters(wrong, factor) for factor in factors]
    for letter in sorted({letter for own in letters for letter in own}):
        if letter in wrong.free or letter in each.scope:
            continue
        first = next(place for place, own in enumerate(letters) if letter in own)
        at = factors[first].start
        start, end = wrong.span(each.node)
        sum_text = f"{wrong.style.sum(letter)} "
        for edit in wrong.change(each.node, edited(wrong.latex, [(at, at, sum_text)], start, end), MISSING, 1.0):
            yield Edit(edit.code, edit.cost, edit.nodes, ((at, at, sum_text),))


def _letters(wrong: Wrong, node: tree.Node) -> set[str]:
    """The letters of the indices in a factor that no sum in it binds."""
    found: set[str] = set()
    for part in node.walk():
        symbol = wrong.symbol(part)
        found.update(symbol.indices if symbol is not None else ())
    bound = {letter for part in node.walk() if isinstance(part, tree.Big) for letter in binders(part, wrong.symbols)}
    return found - bound


def _wider(wrong: Wrong, each: Operand) -> Iterator[Edit]:
    """A sum over one index more, which nothing binds: sum over n, h, w where it is over h, w."""
    node = each.node
    lower = node.lower if isinstance(node, tree.Big) and node.upper is None else None
    if not isinstance(node, tree.Big) or not isinstance(lower, tree.Name | tree.Items):
        return
    start, end = wrong.span(node)
    at, behind = wrong.span(lower)
    braced = wrong.latex[at - 1 : at] == "{"
    for letter in sorted(_letters(wrong, node) - {*wrong.free, *each.scope}):
        texts: list[Text] = [(at, at, f"{letter}," if braced else f"{{{letter},")]
        texts += [] if braced else [(behind, behind, "}")]
        for edit in wrong.change(node, edited(wrong.latex, texts, start, end), MISSING, 1.0):
            yield Edit(edit.code, edit.cost, edit.nodes, tuple(texts))


def _rebound(wrong: Wrong, node: tree.Big) -> Iterator[Edit]:
    """A sum over a letter that is meant to be free at one place: the sum gets a letter of its own."""
    if node.lower is None:
        return
    start, end = wrong.span(node)
    for letter in binders(node, wrong.symbols):
        new = next(other for other in "kjlipqrst" if other not in (*wrong.free, letter))
        head = wrong.latex[start : node.body.start]
        at = head.find("_") + 1
        place = head.find(letter, at)
        if letter not in wrong.free or at == 0 or place < 0:
            continue
        bound: Text = (start + place, start + place + len(letter), new)
        places = [texts for part in node.body.walk() if (texts := _own(wrong, part, letter, new))]
        for kept in range(len(places)) if len(places) > 1 else ():
            texts = [bound, *(text for number, own in enumerate(places) for text in own if number != kept)]
            for edit in wrong.change(node, edited(wrong.latex, texts, start, end), INDEX, 1.3):
                yield Edit(edit.code, edit.cost, edit.nodes, tuple(texts))


def _own(wrong: Wrong, part: tree.Node, letter: str, new: str) -> list[Text]:
    symbol = wrong.symbol(part)
    if symbol is None or letter not in symbol.indices:
        return []
    return letter_texts(wrong.latex, part, {letter: new})
