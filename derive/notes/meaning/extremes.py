r"""The largest gradient by the weights over all inputs of a bounded norm: \max_{\|X\| \le \lambda} \|\nabla_W L\|^2.

With activations X W the gradient by W is X^T v, where v is that by the activations, and |X^T v| is at most |X| |v|. For
X with all columns along v it is as large: the maximum is lambda |v|, for the operator norm and for the Frobenius norm.
This is the first part of Theorem 4.4 of Santurkar et al. 2018, `largest-weight-gradient` among the statements.
"""

from __future__ import annotations

from abc import abstractmethod

from derive.language import Sum, Term, sqrt
from derive.latex.reader import syntax as tree
from derive.notes.meaning.sums import Sums
from derive.notes.meaning.symbols import TRANSPOSES
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value, constant
from derive.notes.meaning.written import written

MOST = ("\\le", "\\leq", "\\leqslant", "<=", "=")


class Extremes(Sums):
    """Maxima over a matrix of bounded norm."""

    @abstractmethod
    def by_activations(self, body: tree.Node, node: tree.Node) -> Value: ...

    def big(self, node: tree.Big) -> Value:
        if node.operator in ("max", "sup"):
            return self._largest(node)
        return super().big(node)

    def _largest(self, node: tree.Big) -> Value:
        """The maximum of the length, or the squared length, of X^T v."""
        name, bound = self._ball(node)
        body = node.body
        if isinstance(body, tree.Product):
            return Value(bound**2 * _square(self._between(body, name, node)))
        power = constant(body.sup) if isinstance(body, tree.Scripted) and body.sup is not None else 1
        group = body.base if isinstance(body, tree.Scripted) else body
        inside = group.body if isinstance(group, tree.Group) and group.opening in ("|", "\\|") else None
        if not isinstance(inside, tree.Nabla) or inside.by is None or power not in (1, 2):
            raise Unclear("a maximum of something else than the length of a gradient", node.start, node.end)
        weights = self.symbols.symbol(inside.by)
        if weights is None or weights.key == name or not weights.key[:1].isupper():
            raise Unclear("a maximum of the gradient by something that is no weights", node.start, node.end)
        square = _square(self.by_activations(inside.body, node))
        return Value(bound**2 * square if power == 2 else bound * sqrt(square))

    def _ball(self, node: tree.Big) -> tuple[str, Term]:
        """The matrix over which the maximum is, and the bound on its norm."""
        lower = node.lower
        if isinstance(lower, tree.Chain) and len(lower.signs) == 1 and lower.signs[0].text in MOST:
            side = lower.sides[0].base if isinstance(lower.sides[0], tree.Scripted) else lower.sides[0]
            name = self.symbols.symbol(side.body) if isinstance(side, tree.Group) else None
            bound = self.value(lower.sides[1])
            if name is not None and name.key.isupper() and not name.indices and not bound.axes:
                return name.key, bound.term
        raise Unclear("a maximum over something else than a matrix of bounded norm", node.start, node.end)

    def _between(self, body: tree.Product, name: str, node: tree.Node) -> Value:
        """The vector v of v^T X^T X v, or of v^T X X^T v."""
        places = [place for place, factor in enumerate(body.factors) if self._is_matrix(factor, name)]
        if len(places) == 2 and places[1] == places[0] + 1 and not {*body.signs} - {"", "\\cdot"}:
            first, second = body.factors[: places[0]], body.factors[places[1] + 1 :]
            turned = [self._is_turned(body.factors[place]) for place in places]
            if len(first) == len(second) == 1 and turned[0] != turned[1] and _alike(first[0], second[0]):
                return self.value(second[0])
        raise Unclear("a maximum of something else than a quadratic form", node.start, node.end)

    def _is_matrix(self, node: tree.Node, name: str) -> bool:
        symbol = self.symbols.symbol(node)
        return symbol is not None and symbol.key == name

    def _is_turned(self, node: tree.Node) -> bool:
        symbol = self.symbols.symbol(node)
        return symbol is not None and symbol.transposed


def _square(value: Value) -> Term:
    if len(value.axes) != 1:
        raise Unclear("the length of what is no vector")
    return Sum(value.term**2, *value.axes)


def _alike(first: tree.Node, second: tree.Node) -> bool:
    """Whether two factors are the same vector, the first of which may be transposed."""
    if isinstance(first, tree.Scripted) and isinstance(first.sup, tree.Name) and first.sup.text in TRANSPOSES:
        first = first.base
    return written(first) == written(second)
