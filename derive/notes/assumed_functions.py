"""Assumptions about a function that a document does not define: that it is Lipschitz, smooth or convex."""

from __future__ import annotations

from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.definitions import Definitions
from derive.notes.meaning.symbols import Symbols, latex_of
from derive.notes.stated import Rule, Stated, Subject


class AssumedFunctions:
    """Rules about inequalities between values of a function without a definition."""

    def __init__(self, symbols: Symbols, definitions: Definitions) -> None:
        self.symbols = symbols
        self.definitions = definitions
        self.rules: tuple[Rule, ...] = (self._lipschitz, self._convex, self._bounded_gradient)

    def _lipschitz(self, stated: Stated) -> Subject | None:
        """|f(x) - f(y)| <= K |x - y|, and the same of gradients."""
        small, large = _ordered(stated)
        if small is None or large is None:
            return None
        inside = _in_norm(small)
        if inside is None or not any(True for _ in _norms_in(large)) or not isinstance(inside, tree.Terms):
            return None
        calls = [self._called(term) for term in inside.terms]
        if len(inside.terms) == 2 and all(calls) and calls[0] == calls[1] and inside.signs[1] == "-":
            function, is_gradient = calls[0] or ("f", False)
            if is_gradient:
                what = f"the gradient of {function} is Lipschitz ({function} is smooth)"
            else:
                what = f"{function} is Lipschitz"
            return Subject(f"an assumption about {function}: it says that {what}")
        names = {call[0] for call in calls if call is not None}
        if len(names) == 1 and len([call for call in calls if call]) >= 2:
            (function,) = names
            return Subject(
                f"an assumption about {function}: it says how far {function} is from its tangent (it is smooth)"
            )
        return None

    def _convex(self, stated: Stated) -> Subject | None:
        """f at a mean of two points is at most the mean; f lies above, or below, its tangent."""
        small, large = _ordered(stated)
        if small is None or large is None:
            return None
        below, above = (self._all_called(side) for side in (small, large))
        function = next(iter(below & above), None)
        if function is None or function in {key for key, square in self.definitions.first if not square}:
            return None
        if any(isinstance(part, tree.Nabla) for part in small.walk()):
            return Subject(f"an assumption about {function}: it lies above its tangents (it is convex)")
        if any(isinstance(part, tree.Nabla) for part in large.walk()):
            return Subject(f"an assumption about {function}: it lies below a parabola (it is smooth)")
        if len([part for part in large.walk() if self._name_called(part) == function]) >= 2:
            return Subject(f"an assumption about {function}: it says that {function} is convex")
        return None

    def _bounded_gradient(self, stated: Stated) -> Subject | None:
        """|nabla f| <= G: a gradient of which nothing is known is bounded."""
        small, large = _ordered(stated)
        inside = _in_norm(small) if small is not None else None
        if inside is None or large is None or self.symbols.symbol(large) is None:
            return None
        nablas = [part for part in inside.walk() if isinstance(part, tree.Nabla)]
        if not nablas:
            return None
        return Subject("an assumption: it bounds the length of a gradient")

    def _called(self, node: tree.Node) -> tuple[str, bool] | None:
        """The function of which a term is a value, and whether it is one of its gradient."""
        inner = node.base if isinstance(node, tree.Scripted) and isinstance(node.base, tree.Nabla) else node
        if isinstance(inner, tree.Nabla):
            name = self._name_called(inner.body)
            return None if name is None else (name, True)
        name = self._name_called(node)
        return None if name is None else (name, False)

    def _name_called(self, node: tree.Node) -> str | None:
        """f of f(x), where the document doesn't say what f computes."""
        if not isinstance(node, tree.Product) or len(node.factors) != 2 or any(node.signs):
            return None
        name, group = node.factors
        symbol = self.symbols.symbol(name)
        if symbol is None or symbol.indices or not isinstance(group, tree.Group) or group.opening not in ("(", "["):
            return None
        return None if (symbol.key, False) in self.definitions.first else latex_of(symbol.key)

    def _all_called(self, node: tree.Node) -> set[str]:
        return {name for part in node.walk() if (name := self._name_called(part)) is not None}


def _ordered(stated: Stated) -> tuple[tree.Node | None, tree.Node | None]:
    """The smaller side and the larger one of an inequality; None twice for another relation."""
    if stated.sign.text in ("\\le", "\\leq", "\\leqslant", "<=", "<", "\\lt"):
        return stated.left, stated.right
    if stated.sign.text in ("\\ge", "\\geq", "\\geqslant", ">=", ">", "\\gt"):
        return stated.right, stated.left
    return None, None


def _in_norm(node: tree.Node) -> tree.Node | None:
    """What stands between the bars of a side that is a norm, perhaps squared."""
    inner = node.base if isinstance(node, tree.Scripted) else node
    return inner.body if isinstance(inner, tree.Group) and inner.opening in ("|", "\\|") else None


def _norms_in(node: tree.Node) -> Iterator[tree.Node]:
    return (part for part in node.walk() if isinstance(part, tree.Group) and part.opening in ("|", "\\|"))
