"""Derivatives by what is computed beside a name, and not on the way to it: dL/dy.bar where L is a function of y."""

from __future__ import annotations

from derive.language import Tensor
from derive.latex.reader import syntax as tree
from derive.notes.definitions import Definitions
from derive.notes.meaning.fractions import differentiated_in
from derive.notes.meaning.reach import reaches
from derive.notes.meaning.symbols import Symbols, latex_of
from derive.notes.stated import Stated, Subject


class OffPath:
    """Says so of a refuted relation with such a derivative in it.

    It is 0 by what the document says, but another formula for the same name may go through what is differentiated by.
    """

    def __init__(self, symbols: Symbols, definitions: Definitions) -> None:
        self.symbols, self.definitions = symbols, definitions

    def rule(self, stated: Stated) -> Subject | None:
        parts = (part for side in stated.sides for part in side.walk() if isinstance(part, tree.Quotient))
        return next((found for part in parts if (found := self._said(part)) is not None), None)

    def _said(self, node: tree.Quotient) -> Subject | None:
        keys = [self._key(half) for half in (node.over, node.under)]
        of, by = (None if key is None else self.definitions.meaning((key, False)) for key in keys)
        if of is None or by is None or not _is_off_path(of, by):
            return None
        names = [latex_of(key) for key in keys if key is not None]
        reason = f"what is said of {names[0]} does not go through {names[1]}"
        return Subject(reason, f"write {names[0]} as it follows from {names[1]}", (node.start, node.end))

    def _key(self, half: tree.Node) -> str | None:
        inside = differentiated_in(half)
        symbol = None if inside is None else self.symbols.symbol(inside)
        return None if symbol is None else symbol.key


def _is_off_path(of: Tensor, by: Tensor) -> bool:
    if of.definition is None or by.definition is None or not by.sizes:
        return False
    return not reaches(of, by) and not reaches(by, of)
