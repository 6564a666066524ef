"""Small letters with several indices that stand without any: an entry may be meant, or the whole array."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbol, Symbols, latex_of
from derive.notes.stated import Stated, Subject
from derive.notes.survey import Survey


class Bare:
    """Says what a relation that fails may be about where z_ij of a document is written z in it."""

    def __init__(self, survey: Survey) -> None:
        self.survey, self.symbols = survey, survey.symbols

    def rule(self, stated: Stated) -> Subject | None:
        """a (1 - a): of one entry, or of matrices."""
        for side in stated.sides:
            for part, symbol in _named(side, self.symbols):
                if self._may_be_an_entry(symbol):
                    name = latex_of(symbol.key)
                    reason = f"{name} has {self.survey.sizes.axes[symbol.key]} indices elsewhere and none here"
                    return Subject(f"{reason}; one entry may be meant", "write the indices", (part.start, part.end))
        return None

    def _may_be_an_entry(self, symbol: Symbol) -> bool:
        key = symbol.key
        if symbol.indices or symbol.transposed or symbol.argument is not None or key in self.survey.sizes.declared:
            return False
        return key[:1].islower() and self.survey.sizes.axes.get(key, 0) > 1


def _named(node: tree.Node, symbols: Symbols) -> Iterator[tuple[tree.Node, Symbol]]:
    """The names in a formula, without those in their scripts."""
    symbol = symbols.symbol(node)
    if symbol is not None:
        yield node, symbol
        return
    for child in node.children():
        yield from _named(child, symbols)
