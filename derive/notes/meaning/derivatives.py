"""Derivatives: of a loss, of one name by another, along edges of the graph, and differentials."""

from __future__ import annotations

from derive.language import Derivative, Index, Sum, Term
from derive.language.binding import walk
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.meaning.partial import direct
from derive.notes.meaning.sums import Sums
from derive.notes.meaning.symbols import Symbol
from derive.notes.meaning.value import Value, product_of
from derive.notes.meaning.vocabulary import Unclear


class Derivatives(Sums):
    """What is differentiated by what."""

    def nabla(self, node: tree.Nabla) -> Value:
        if node.by is None or node.order is not None or isinstance(node.body, tree.Nothing):
            raise Unclear("a gradient that doesn't say of what, or by what", node.start, node.end)
        return self.derivative(node.body, (node.by,), node)

    def derivative(self, body: tree.Node, by: tuple[tree.Node, ...], node: tree.Node) -> Value:
        """The derivative of a formula by symbols, from the left to the right."""
        self.open = True
        if len(by) != 1:
            raise Unclear("a derivative of second order", node.start, node.end)
        variable = self.variable(by[0])
        entry = variable.term
        if not isinstance(entry, Entry):
            raise Unclear("a derivative by something that is no variable", node.start, node.end)
        symbol = self.symbols.symbol(body)
        if symbol is not None and not symbol.indices and self.vocabulary.is_loss(symbol.key):
            return Value(Derivative(self.vocabulary.loss(entry.tensor), entry), variable.axes)
        inside = self.value(body)
        self._is_known(inside.term, entry, node)
        if inside.axes and variable.axes:
            return self._jacobian(inside, variable, node)
        if self.reading.direct:
            return Value(direct(inside.term, entry, self.vocabulary.nodes()), variable.axes or inside.axes)
        return Value(Derivative(inside.term, entry), variable.axes or inside.axes)

    def _is_known(self, term: Term, by: Entry, node: tree.Node) -> None:
        """Raises Unclear for a derivative of what may depend on anything: it is not 0 because nothing is said of it."""
        for part in walk(term):
            if isinstance(part, Entry) and self.vocabulary.is_unknown_function(part.tensor, by.tensor):
                name = part.tensor.name
                raise Unclear(f"nothing is said of how {name} depends on {by.tensor.name}", node.start, node.end)

    def _jacobian(self, inside: Value, variable: Value, node: tree.Node) -> Value:
        """The derivative of a vector by a vector: rows for the first, columns for the second."""
        if len(inside.axes) != 1 or len(variable.axes) != 1 or not isinstance(variable.term, Entry):
            raise Unclear("a derivative of an array by an array", node.start, node.end)
        column = Index("e1", variable.axes[0].size)
        entry = Entry(variable.term.tensor, (column,))
        if self.reading.direct:
            return Value(direct(inside.term, entry, self.vocabulary.nodes()), (inside.axes[0], column))
        return Value(Derivative(inside.term, entry), (inside.axes[0], column))

    def variable(self, node: tree.Node) -> Value:
        symbol = self.symbols.symbol(node)
        if symbol is None and isinstance(node, tree.Group):
            return self.variable(node.body)
        if symbol is None:
            raise Unclear("a derivative by something that has no name", node.start, node.end)
        if symbol.power is not None:
            return self._squared(symbol, node)
        if self.vocabulary.square(symbol.key) is not None:
            raise Unclear(f"a derivative by {symbol.key}, of which only the square is defined", node.start, node.end)
        return self.entry(symbol, node)

    def _squared(self, symbol: Symbol, node: tree.Node) -> Value:
        if self.exponent(symbol.power or node) != 2:
            raise Unclear("a derivative by a power", node.start, node.end)
        square = self.vocabulary.square(symbol.key)
        if square is None:
            raise Unclear(f"a derivative by a square; {symbol.key}^2 is defined nowhere", node.start, node.end)
        return self.at(square, Symbol(symbol.key, symbol.indices), node)

    def differential(self, body: tree.Node, node: tree.Node) -> Value:
        """dx: a differential, which is linear in those of the variables; or the gradient by x."""
        self.open = True
        if self.reading.gradients:
            own = self.symbols.symbol(body)
            if own is None or self.vocabulary.is_loss(own.key):
                raise Unclear("a gradient by something that is no variable", node.start, node.end)
            variable = self.variable(body)
            if not isinstance(variable.term, Entry):
                raise Unclear("a gradient by something that is no variable", node.start, node.end)
            return Value(Derivative(self.vocabulary.loss(variable.term.tensor), variable.term), variable.axes)
        symbol = self.symbols.symbol(body)
        if symbol is not None and not symbol.indices and self.vocabulary.is_loss(symbol.key):
            inside = Value(self.vocabulary.loss(self.vocabulary.variables()[0]))
        else:
            inside = self.variable(body) if symbol is not None and symbol.power is not None else self.value(body)
        total: Term | None = None
        for leaf in self.vocabulary.variables():
            over = tuple(Index(f"t{place}", size) for place, size in enumerate(leaf.sizes))
            moved = Entry(self.vocabulary.tangent(leaf), over)
            part = Sum(Derivative(inside.term, Entry(leaf, over)) * moved, *over)
            total = part if total is None else total + part
        if total is None:
            raise Unclear("a differential of something that depends on no variable", node.start, node.end)
        return Value(total, inside.axes, inside.transposed)


def operator_of(node: tree.Node) -> tuple[tree.Node, ...] | None:
    """What a fraction such as d/dx is by, if it stands before what it differentiates."""
    if (
        isinstance(node, tree.Quotient)
        and isinstance(node.over, tree.Partial)
        and isinstance(node.over.body, tree.Nothing)
    ):
        return variables_of(node.under)
    return None


def variables_of(node: tree.Node) -> tuple[tree.Node, ...] | None:
    """What a denominator differentiates by, or None if it is no derivative's."""
    if isinstance(node, tree.Partial):
        return (node.body,)
    if isinstance(node, tree.Product) and all(isinstance(factor, tree.Partial) for factor in node.factors):
        return tuple(factor.body for factor in node.factors if isinstance(factor, tree.Partial))
    if isinstance(node, tree.Product) and len(node.factors) == 2 and _is_d(node.factors[0]):
        return (node.factors[1],)
    return None


def differentiated_in(node: tree.Node) -> tree.Node | None:
    if isinstance(node, tree.Partial):
        return None if node.order is not None else node.body
    if isinstance(node, tree.Product) and _is_d(node.factors[0]) and len(node.factors) > 1:
        return product_of(list(node.factors[1:]), list(node.signs[1:]))
    return None


def _is_d(node: tree.Node) -> bool:
    return isinstance(node, tree.Name) and node.text == "d" and not node.accents
