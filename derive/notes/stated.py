"""What is said beside a formula of the numbers in it: gamma >= 0, epsilon = 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.language import Claim, Number
from derive.language.terms import Entry, Tensor
from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbols
from derive.notes.meaning.vocabulary import Vocabulary

SIGNS = {
    **{"=": "=", ">": ">", "\\gt": ">", "<": "<", "\\lt": "<"},
    **{">=": ">=", "\\ge": ">=", "\\geq": ">=", "<=": "<=", "\\le": "<=", "\\leq": "<="},
}


def stated(remarks: Iterable[tree.Node], symbols: Symbols, vocabulary: Vocabulary) -> tuple[Claim, ...]:
    """What remarks say of single numbers, one thing of each: that it is 0, positive, or not negative."""
    found: dict[Tensor, Claim] = {}
    for remark in remarks:
        for name, sign in _compared(remark):
            symbol = symbols.symbol(name)
            if symbol is None or symbol.indices or symbol.power is not None or symbol.argument is not None:
                continue
            tensor = vocabulary.tensors.get(symbol.key)
            if tensor is not None and tensor.definition is None and not tensor.sizes and not tensor.integer:
                found.setdefault(tensor, Claim(Entry(tensor), SIGNS[sign], Number(0)))
    return tuple(found.values())


def _compared(remark: tree.Node) -> Iterator[tuple[tree.Node, str]]:
    """The names that are compared with 0 in a remark that is nothing but that, in brackets or not."""
    body = remark.body if isinstance(remark, tree.Group) and remark.opening == "(" else remark
    for each in body.items if isinstance(body, tree.Items) else (body,):
        if isinstance(each, tree.Chain) and len(each.signs) == 1 and each.signs[0].text in SIGNS:
            name, zero = each.sides
            if isinstance(zero, tree.Number) and zero.value == 0:
                yield name, each.signs[0].text
