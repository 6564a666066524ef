"""Gradients and second derivatives of losses, and what a nabla alone stands for."""

from __future__ import annotations

from abc import abstractmethod

from derive.language import Derivative, Index, Term
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.meaning.extremes import Extremes
from derive.notes.meaning.losses import family
from derive.notes.meaning.products import transposed
from derive.notes.meaning.symbols import TRANSPOSES, Symbol
from derive.notes.meaning.unclear import Unclear, declare
from derive.notes.meaning.value import Value, constant


class Gradients(Extremes):
    """What nabla stands for, and what the derivatives of a loss are."""

    @abstractmethod
    def derivative(self, body: tree.Node, by: tuple[tree.Node, ...], node: tree.Node) -> Value: ...

    @abstractmethod
    def variable(self, node: tree.Node) -> Value: ...

    def of_symbol(self, symbol: Symbol, node: tree.Node) -> Value:
        """H beside a nabla that stands alone is the matrix of second derivatives."""
        plain = symbol.key.removesuffix(".hat")
        beside = plain == "H" and not symbol.indices and self.vocabulary.losses.has_unnamed(self.formula)
        if beside and not (self.vocabulary.is_defined(symbol.key, False) or self.vocabulary.later(symbol.key, False)):
            return self.unnamed(plain != symbol.key, node, 2)
        return super().of_symbol(symbol, node)

    def nabla(self, node: tree.Nabla) -> Value:
        """A gradient, a matrix of second derivatives, or the name of the gradient by what is normalized."""
        empty = isinstance(node.body, tree.Nothing)
        if node.by is None and isinstance(node.order, tree.Name) and node.order.text in TRANSPOSES:
            row = transposed(self.unnamed(False, node))
            return row if empty else self.times(row, self.value(node.body), "", node)
        order = 1 if node.order is None else constant(node.order)
        if order not in (1, 2):
            raise Unclear("a derivative of an order that is not read", node.start, node.end)
        if node.by is None:
            return self._by_input(node.body, int(order), node) if not empty else self.unnamed(False, node)
        if empty:
            if order != 1:
                raise Unclear("a gradient that doesn't say of what, or by what", node.start, node.end)
            return self._gradient(node.by, node)
        return self.derivative(node.body, (node.by,) * int(order), node)

    def _gradient(self, by: tree.Node, node: tree.Node) -> Value:
        """The gradient of the loss, where a document writes no more than by what."""
        variable = self.variable(by)
        if isinstance(by, tree.Name) and by.text.isupper() and not variable.axes:
            shape = declare("shapes", rf"{by.text} \in \mathbb{{R}}^{{m \times n}}")
            raise Unclear(f"nothing is said of the shape of {by.text}", node.start, node.end, shape)
        if not isinstance(variable.term, Entry):
            raise Unclear("a gradient by something that is no variable", node.start, node.end)
        return Value(Derivative(self.vocabulary.loss(variable.term.tensor, self.kind()), variable.term), variable.axes)

    def by_activations(self, body: tree.Node, node: tree.Node) -> Value:
        """The gradient of a loss by the activations, which are what is normalized."""
        return self._by_input(body, 1, node)

    def _by_input(self, body: tree.Node, order: int, node: tree.Node) -> Value:
        """A gradient or a Hessian of a loss that does not say by what: by what is normalized."""
        while isinstance(body, tree.Group) and not body.opening:
            body = body.body
        symbol = self.symbols.symbol(body)
        if symbol is None or symbol.indices or not self.vocabulary.is_loss(symbol.key):
            raise Unclear("a gradient that doesn't say of what, or by what", node.start, node.end)
        return self._by_what_is_normalized(symbol.key, order, node)

    def _by_what_is_normalized(self, key: str, order: int, node: tree.Node) -> Value:
        x = self.vocabulary.input()
        if x is None or len(x.sizes) != 1:
            raise Unclear("a gradient that doesn't say by what", node.start, node.end)
        axes = tuple(Index(f"e{place}", x.sizes[0]) for place in range(order))
        found: Term | None = None
        for axis in axes:
            found = self.of_loss(key, Entry(x, (axis,)), found)
        if found is None:
            raise Unclear("a derivative of no order", node.start, node.end)
        return Value(found, axes)

    def unnamed(self, marked: bool, node: tree.Node, order: int = 1) -> Value:
        r"""What \nabla, or H, stands for alone: of the loss, or with a hat of that of the network with the layer."""
        kind = family(self.vocabulary.loss_key)
        pairs = self.vocabulary.losses.marked
        kind = kind if kind in pairs or not pairs else sorted(pairs)[0]
        if marked and not pairs:
            raise Unclear("a gradient with a mark, and no loss with one", node.start, node.end)
        return self._by_what_is_normalized(f"{kind}.hat" if marked or not pairs else kind, order, node)

    def of_loss(self, key: str, by: Entry, inside: Term | None = None) -> Term:
        """The derivative of a loss, or of one of its derivatives, by an entry.

        That of the loss without the layer is what arrives at the place of the output.
        """
        kind = family(key)
        found = self.vocabulary.loss(by.tensor, kind)
        if self._is_without_layer(key) and self.vocabulary.is_input(by.tensor):
            output = self.vocabulary.output(by.tensor)
            if output.sizes != by.tensor.sizes:
                raise Unclear(f"{key} is the loss without the layer, and {by.tensor} is no place of its output")
            by = Entry(output, by.indices)
        return Derivative(found if inside is None else inside, by)

    def _is_without_layer(self, key: str) -> bool:
        losses = self.vocabulary.losses
        unnamed = key in losses.marked and losses.has_unnamed(self.formula)
        return unnamed or losses.is_without_layer(key, self.formula)
