"""The formulas of a document as trees, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.find import Formula
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import Named, Symbol, Symbols

Read = tuple[tree.Statement, ...] | Unread


class Trees:
    """What was read from each formula of a document, with the names in it."""

    formulas: tuple[Formula, ...]
    read: tuple[Read, ...]
    symbols: Symbols
    sizes: Sizes
    weights: frozenset[str]
    """The names that samples are multiplied by, w of w^T x_i."""
    attention: frozenset[str]
    """The names that have gradients, in a document with a softmax."""
    has_differentials: bool
    denied: frozenset[int]
    """The numbers of the formulas that the text says are wrong."""
    said: dict[str, tuple[tree.Node, ...]]
    """What is declared, by its mark."""

    def said_names(self, mark: str) -> frozenset[str]:
        """The names that a declaration lists."""
        return self._keys(self.said.get(mark, ()))

    def statements(self) -> Iterator[tuple[int, tree.Statement]]:
        """Every statement that was read, with the number of its formula."""
        for number, statements in enumerate(self.read):
            for statement in () if isinstance(statements, Unread) else statements:
                yield number, statement

    def chains(self) -> Iterator[tree.Node]:
        return (statement.chain for _, statement in self.statements())

    def parts(self) -> Iterator[tree.Node]:
        """Every node of every formula."""
        return chain.from_iterable(each.walk() for each in self.chains())

    def named(self) -> Iterator[Named]:
        """Every node that is a symbol, with that symbol."""
        return chain.from_iterable(map(self.symbols.named_in, self.chains()))

    @cached_property
    def names(self) -> tuple[dict[tuple[str, int], tuple[tree.Node, Symbol]], ...]:
        """Formula by formula: where each name stands first with so many indices, and without a power."""
        found = tuple(dict[tuple[str, int], tuple[tree.Node, Symbol]]() for _ in self.formulas)
        for number, statement in self.statements():
            for part, symbol in self.symbols.named_in(statement.chain):
                if symbol.transposed or symbol.argument is not None or symbol.power is not None:
                    continue
                if isinstance(part, tree.Name | tree.Scripted):
                    found[number].setdefault((symbol.key, len(symbol.indices)), (part, symbol))
        return found

    @cached_property
    def kinds(self) -> tuple[dict[type[tree.Node], list[tree.Node]], ...]:
        """Formula by formula: its nodes of each kind."""
        found = tuple(dict[type[tree.Node], list[tree.Node]]() for _ in self.formulas)
        for number, statement in self.statements():
            for part in statement.chain.walk():
                found[number].setdefault(type(part), []).append(part)
        return found

    def outermost(self, node: tree.Node) -> Iterator[Symbol]:
        """The names in a formula, with their scripts."""
        symbol = self.symbols.symbol(node)
        if symbol is not None:
            yield symbol
        for child in node.children() if symbol is None else ():
            yield from self.outermost(child)

    def _keys(self, nodes: Iterable[tree.Node]) -> frozenset[str]:
        symbols = map(self.symbols.symbol, nodes)
        return frozenset(symbol.key for symbol in symbols if symbol is not None)
