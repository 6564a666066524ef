"""Derivatives: of a loss, of one name by another, along edges of the graph, and differentials."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.language import Derivative, Index, Sum, Term, define, sqrt
from derive.language.binding import free_indices, rename, walk
from derive.language.substitution import reached
from derive.language.terms import Add, Entry, Neg, Tensor
from derive.latex.reader import syntax as tree
from derive.notes.meaning.gradients import Gradients
from derive.notes.meaning.losses import family
from derive.notes.meaning.partial import direct
from derive.notes.meaning.symbols import Symbol
from derive.notes.meaning.unclear import declare
from derive.notes.meaning.unsaid import ENTRIES, ask_related, ask_understood
from derive.notes.meaning.value import Value
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.meaning.written import exchanged, written


class Derivatives(Gradients):
    """What is differentiated by what."""

    def derivative(self, body: tree.Node, by: tuple[tree.Node, ...], node: tree.Node) -> Value:
        """The derivative of a formula by symbols, from the left to the right."""
        self._check_subscripts(body, *by)
        self._check_entries(*by)
        found = self._first(body, by[-1], node)
        for each in reversed(by[:-1]):
            found = self._again(found, body, each, node)
        return found

    def _check_subscripts(self, *nodes: tree.Node) -> None:
        """Raises Unclear where something is an entry of a name, and a subscript that is computed says another one."""
        own = [symbol for node in nodes for part in node.walk() if (symbol := self.symbols.symbol(part)) is not None]
        entries = {symbol.key for symbol in own if symbol.indices}
        for symbol in own:
            if symbol.computed and (name := re.split(r"[_^]", symbol.key, maxsplit=1)[0]) in entries:
                raise Unclear(f"{name} has an index that is computed, and one that is not")

    def _check_entries(self, *nodes: tree.Node) -> None:
        """Raises Unclear for a derivative by x_n where n is no index, and x has one elsewhere."""
        for symbol in filter(None, map(self.symbols.symbol, nodes)):
            base, _, label = symbol.key.partition("_")
            if label in ENTRIES and self.vocabulary.sizes.axes.get(base) and not symbol.indices:
                raise Unclear(f"{symbol.key} may be an entry of {base}; write its index as a letter such as i")

    def _again(self, found: Value, body: tree.Node, by: tree.Node, node: tree.Node) -> Value:
        """The derivative of a derivative by one more variable; the axes of this come first."""
        variable = self.variable(by)
        if not isinstance(variable.term, Entry):
            raise Unclear("a derivative by something that is no variable", node.start, node.end)
        columns = tuple(Index(f"e{place}", axis.size) for place, axis in enumerate(variable.axes))
        rows = tuple(Index(f"e{len(columns) + place}", axis.size) for place, axis in enumerate(found.axes))
        inside = rename(found.term, dict(zip(found.axes, rows, strict=True)))
        entry = Entry(variable.term.tensor, columns) if columns else variable.term
        if (key := self._loss_key(body)) is not None:
            return Value(self.of_loss(key, entry, inside), (*columns, *rows))
        return Value(Derivative(inside, entry), (*columns, *rows))

    def _loss_key(self, body: tree.Node) -> str | None:
        """The name of a loss, if this is one."""
        symbol = self.symbols.symbol(bare(body))
        known = symbol is not None and not symbol.indices and self.vocabulary.is_loss(symbol.key)
        return symbol.key if symbol is not None and known else None

    def _first(self, body: tree.Node, by: tree.Node, node: tree.Node) -> Value:
        symbol = self.symbols.symbol(bare(by))
        square = None if symbol is None or symbol.power is not None else self.vocabulary.deviation(symbol.key)
        if symbol is not None and square is not None:
            return self._by_root(body, square, symbol, node)
        if symbol is None:
            return self._by_part(body, bare(by), node)
        variable = self.variable(by)
        entry = variable.term
        if not isinstance(entry, Entry):
            raise Unclear("a derivative by something that is no variable", node.start, node.end)
        if (key := self._loss_key(body)) is not None:
            return Value(self.of_loss(key, entry), variable.axes)
        inside = self.value(body)
        self._ask_known(inside.term, entry, node)
        if symbol.key in self.vocabulary.conventions and entry.tensor not in reached([inside.term]):
            raise Unclear(f"nothing says that this is computed from {entry.tensor.name}", node.start, node.end)
        ask_related(self.vocabulary, inside.term, entry.tensor)
        if _is_behind(inside.term, entry):
            raise Unclear("a derivative by something that is computed from it", node.start, node.end)
        if any(isinstance(part, Entry) and part.tensor == entry.tensor for part in walk(inside.term)):
            self.vocabulary.anchor(entry)
        if inside.axes and variable.axes:
            return self._jacobian(inside, variable)
        return Value(self._differentiated(inside.term, entry), variable.axes or inside.axes)

    def _by_root(self, body: tree.Node, square: Tensor, symbol: Symbol, node: tree.Node) -> Value:
        """The derivative by sigma where sigma^2 is what is defined: 2 sigma times that by the square."""
        found = self.at(square, symbol, node)
        if found.axes or not isinstance(found.term, Entry):
            raise Unclear(f"a derivative by {symbol.key}, of which only the square is defined", node.start, node.end)
        if (key := self._loss_key(body)) is not None:
            inside = Value(self.of_loss(key, found.term))
        else:
            inside = self.value(body)
            self._ask_known(inside.term, found.term, node)
            inside = replace(inside, term=self._differentiated(inside.term, found.term))
        return replace(inside, term=2 * sqrt(found.term) * inside.term)

    def _differentiated(self, term: Term, by: Entry) -> Term:
        ask_understood(self.vocabulary, term, by.tensor)
        return direct(term, by, self.vocabulary.nodes()) if self.takes("direct") else Derivative(term, by)

    def _by_part(self, body: tree.Node, part: tree.Node, node: tree.Node) -> Value:
        """The derivative by a part of a formula that has no name, such as (a W): this is a variable of its own."""
        value = self.value(part)
        if not value.axes and free_indices(value.term):
            raise Unclear("a derivative by an entry that has no name", node.start, node.end)
        made = define(self.vocabulary.new_name("part"), value.term, *value.axes)
        entry = Entry(made, value.axes) if isinstance(made, Tensor) else made
        kept = self.named
        self.named = {**kept, written(part): Value(entry, value.axes)}
        inside = self.value(body)
        self.named = kept
        if not value.axes:
            inside = replace(inside, term=exchanged(inside.term, value.term, entry))
            if _shared(value.term, inside.term):
                raise Unclear("a derivative by a part of something that also depends otherwise on it")
        if not any(isinstance(each, Entry) and each.tensor == entry.tensor for each in walk(inside.term)):
            raise Unclear("a derivative by something that is not seen in what is differentiated", node.start, node.end)
        if inside.axes and value.axes:
            return self._jacobian(inside, Value(entry, value.axes))
        return Value(Derivative(inside.term, entry), value.axes or inside.axes)

    def _ask_known(self, term: Term, by: Entry, node: tree.Node) -> None:
        """Raises Unclear for a derivative of what may depend on anything: it is not 0 because nothing is said of it."""
        summands = term.args if isinstance(term, Add) else (term,)
        bare = [part.arg if isinstance(part, Neg) else part for part in summands]
        for part in walk(term):
            if not isinstance(part, Entry) or part.tensor == by.tensor:
                continue
            unknown = self.vocabulary.is_unknown_function(part.tensor, by.tensor)
            if unknown or (part in bare and not self.vocabulary.is_independent(part.tensor)):
                name = part.tensor.name
                helped = "" if part.tensor.sizes else declare("loss", part.tensor.latex or name)
                reason = f"nothing is said of how {name} depends on {by.tensor.name}"
                raise Unclear(reason, node.start, node.end, helped)

    def _jacobian(self, inside: Value, variable: Value) -> Value:
        """The derivative of an array by an array: the axes of the first, then those of the second."""
        if not isinstance(variable.term, Entry):
            raise Unclear("a derivative by something that is no variable")
        first = len(inside.axes)
        columns = tuple(Index(f"e{first + place}", axis.size) for place, axis in enumerate(variable.axes))
        rows = tuple(Index(f"e{place}", axis.size) for place, axis in enumerate(inside.axes))
        term = rename(inside.term, dict(zip(inside.axes, rows, strict=True)))
        entry = Entry(variable.term.tensor, columns)
        turned = first == len(columns) == 1 and self.takes("columns")
        return Value(self._differentiated(term, entry), (*columns, *rows) if turned else (*rows, *columns))

    def variable(self, node: tree.Node) -> Value:
        symbol = self.symbols.symbol(node)
        if symbol is None and isinstance(node, tree.Group):
            return self.variable(node.body)
        if symbol is None:
            raise Unclear("a derivative by something that has no name", node.start, node.end)
        if symbol.power is not None:
            return self._squared(symbol, node)
        if self.vocabulary.deviation(symbol.key) is not None:
            raise Unclear(f"a derivative by {symbol.key}, of which only the square is defined", node.start, node.end)
        return self.entry(symbol, node)

    def _squared(self, symbol: Symbol, node: tree.Node) -> Value:
        if self.exponent(symbol.power or node) != 2:
            raise Unclear("a derivative by a power", node.start, node.end)
        square = self.vocabulary.deviation(symbol.key)
        if square is None:
            raise Unclear(f"a derivative by a square; {symbol.key}^2 is defined nowhere", node.start, node.end)
        return self.at(square, Symbol(symbol.key, symbol.indices), node)

    def differential(self, body: tree.Node, node: tree.Node) -> Value:
        """dx: a differential, which is linear in those of the variables; or the gradient by x."""
        if self.takes("gradients"):
            own = self.symbols.symbol(body)
            if own is None or self.vocabulary.is_loss(own.key):
                raise Unclear("a gradient by something that is no variable", node.start, node.end)
            variable = self.variable(body)
            if not isinstance(variable.term, Entry):
                raise Unclear("a gradient by something that is no variable", node.start, node.end)
            found = self.vocabulary.loss(variable.term.tensor, self.kind())
            return Value(Derivative(found, variable.term), variable.axes)
        symbol = self.symbols.symbol(body)
        if symbol is not None and not symbol.indices and self.vocabulary.is_loss(symbol.key):
            variables = self.vocabulary.variables()
            if not variables:
                raise Unclear("a differential of something that depends on no variable", node.start, node.end)
            inside = Value(self.vocabulary.loss(variables[0], family(symbol.key)))
        else:
            squared = symbol is not None and symbol.power is not None and symbol.key != "e"
            inside = self.variable(body) if squared else self.value(body)
        total: Term | None = None
        for leaf in self.vocabulary.variables():
            over = tuple(Index(f"t{place}", size) for place, size in enumerate(leaf.sizes))
            moved = Entry(self.vocabulary.tangent(leaf), over)
            part = Sum(Derivative(inside.term, Entry(leaf, over)) * moved, *over)
            total = part if total is None else total + part
        if total is None:
            raise Unclear("a differential of something that depends on no variable", node.start, node.end)
        return Value(total, inside.axes, inside.transposed)


def _is_behind(term: Term, by: Entry) -> bool:
    """Whether a name is differentiated by what is computed from it, and does not depend on it otherwise."""
    if not isinstance(term, Entry) or by.tensor.definition is None:
        return False
    return term.tensor in reached((by.tensor.definition.body,)) and by.tensor not in reached((term,))


def _shared(part: Term, rest: Term) -> bool:
    """Whether a defined name of a part still stands in what is left of a term."""
    own = {each.tensor for each in walk(part) if isinstance(each, Entry) and each.tensor.definition is not None}
    return any(isinstance(each, Entry) and each.tensor in own for each in walk(rest))


def bare(node: tree.Node) -> tree.Node:
    """What stands in plain brackets."""
    return bare(node.body) if isinstance(node, tree.Group) and node.opening in ("", "(", "[") else node
