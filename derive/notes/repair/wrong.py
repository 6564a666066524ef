"""A refuted relation with all that it takes to look for a true one: its place, its meaning, its neighbourhood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from derive.language import Claim, LanguageError, Term
from derive.latex.reader import syntax as tree
from derive.notes.meaning.samples import per_sample
from derive.notes.meaning.symbols import Symbol, Symbols
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.repair.edit import Edit, span
from derive.notes.repair.kept import Remembering
from derive.notes.repair.style import Style

Guess = Callable[[tree.Node, tree.Node], tuple[Term, Term]]


@dataclass(frozen=True)
class Wrong:
    """`latex` is the whole formula; `left` and `right` are the sides of the relation in it, and
    `sign` is where its sign stands.

    `guess` says what two sides mean, and raises Unclear and LanguageError. `translation` makes what translates parts of
    the formula.
    """

    latex: str
    left: tree.Node
    right: tree.Node
    sign: tuple[int, int]
    relation: str
    claim: Claim
    style: Style
    guess: Guess
    translation: Callable[[], Remembering]

    @property
    def symbols(self) -> Symbols:
        return self.style.survey.symbols

    def symbol(self, node: tree.Node) -> Symbol | None:
        return self.symbols.symbol(node)

    def text(self, node: tree.Node) -> str:
        start, end = self.span(node)
        return self.latex[start:end]

    def span(self, node: tree.Node) -> tuple[int, int]:
        found = self._spans.get(id(node))
        if found is None:
            found = self._spans[id(node)] = node, span(self.latex, node)
        return found[1]

    @cached_property
    def _spans(self) -> dict[int, tuple[tree.Node, tuple[int, int]]]:
        """Where nodes stand, each with its node, since the number of one that is gone is given to another."""
        return {}

    def operands(self, side: tree.Node) -> tuple[Operand, ...]:
        """Every part of a side that has a value, from the top; they are looked for once."""
        found = self._operands.get(id(side))
        if found is None:
            found = self._operands[id(side)] = side, tuple(operands(side, self.symbols))
        return found[1]

    @cached_property
    def _operands(self) -> dict[int, tuple[tree.Node, tuple[Operand, ...]]]:
        return {}

    def change(self, node: tree.Node, text: str, code: str | None, cost: float) -> Iterator[Edit]:
        """The edit that writes a text for a node; none where it can't be read or is the same."""
        start, end = self.span(node)
        new = self.piece(text) if self.latex[start:end] != text else None
        if new is not None:
            yield Edit(code, cost, ((node, new),), ((start, end, text),))

    def put(self, node: tree.Node, new: tree.Node, text: str, code: str | None, cost: float) -> Edit:
        """The edit that puts a node that is written as a text in the place of another."""
        return Edit(code, cost, ((node, new),), ((*self.span(node), text),))

    def piece(self, text: str) -> tree.Node | None:
        """The tree of a part of the formula, or None; what the sums in it run over is known then."""
        node = self.style.piece(text)
        if node is not None and any(isinstance(part, tree.Big) for part in node.walk()):
            self.style.survey.sizes.read(self.style.number, node)
        return node

    def with_right(self, right: tree.Node) -> Term | None:
        """What the right side means with this in its place, or None where it means nothing."""
        try:
            return self.guess(self.left, right)[1]
        except (Unclear, LanguageError):
            return None

    def is_for_samples(self, right: tree.Node) -> bool:
        """Whether a right side is a sum over samples, so that both sides are read for one of them."""
        rank = self.translation().vocabulary.rank
        return isinstance(right, tree.Big) and per_sample(self.left, right, self.symbols, rank) is not None

    def with_left(self, left: tree.Node) -> Term | None:
        """What the left side means with this in its place, or None."""
        try:
            return self.guess(left, self.right)[0]
        except (Unclear, LanguageError):
            return None

    def number(self, node: tree.Node) -> Term | None:
        """What a number means that is no side of the relation: a factor of a matrix."""
        try:
            found = self.translation().value(node)
        except (Unclear, LanguageError):
            return None
        return None if found.axes else found.term

    @cached_property
    def free(self) -> tuple[str, ...]:
        """The letters of the indices of the left side."""
        from derive.language.binding import free_indices

        return tuple(sorted(index.name for index in free_indices(self.claim.lhs)))


@dataclass(frozen=True)
class Operand:
    """A part of a side that has a value of its own.

    `scope` are the letters that sums bind there. `linear` says that the side is linear in it. `above` is the node that
    it stands in.
    """

    node: tree.Node
    scope: tuple[str, ...] = ()
    linear: bool = True
    above: tree.Node | None = None


def operands(side: tree.Node, symbols: Symbols) -> Iterator[Operand]:
    """Every part of a side that has a value, from the top: no scripts, and nothing within a derivative."""
    from derive.notes.meaning.sizes import binders

    stack = [Operand(side)]
    while stack:
        found = stack.pop()
        yield found
        node = found.node
        inner = replace(found, above=node)
        below: list[Operand] = []
        match node:
            case tree.Terms():
                below = [replace(inner, node=term) for term in node.terms]
            case tree.Product():
                if symbols.symbol(node) is None:
                    below = [replace(inner, node=each, linear=_only(node, each, inner)) for each in node.factors]
            case tree.Quotient() if not is_derivative(node):
                below = [replace(inner, node=node.over), replace(inner, node=node.under, linear=False)]
            case tree.Quotient(over=tree.Partial(body=body)) if symbols.symbol(body) is None:
                below = [replace(inner, node=body)]
            case tree.Group():
                linear = inner.linear and node.opening not in ("|", "\\|")
                below = [replace(inner, node=node.body, linear=linear)]
            case tree.Items():
                below = [replace(inner, node=item) for item in node.items]
            case tree.Table():
                below = [replace(inner, node=row[0], linear=False) for row in node.rows if row]
            case tree.Big():
                scope = (*found.scope, *binders(node, symbols))
                below = [replace(inner, node=node.body, scope=scope)]
            case tree.Root() | tree.Labelled():
                below = [replace(inner, node=node.body, linear=isinstance(node, tree.Labelled) and inner.linear)]
            case tree.Call():
                below = [replace(inner, node=node.argument, linear=False)]
            case tree.Scripted() if symbols.symbol(node) is None:
                below = [replace(inner, node=node.base, linear=False)]
            case tree.Scripted() if isinstance(node.base, tree.Name) and node.base.text == "e" and node.sup is not None:
                below = [replace(inner, node=node.sup, linear=False)]
        stack.extend(reversed(below))


def _only(product: tree.Product, factor: tree.Node, inner: Operand) -> bool:
    """Whether a product is linear in a factor: no quotient by it."""
    place = next(number for number, each in enumerate(product.factors) if each is factor)
    return inner.linear and product.signs[place] not in ("/", "\\div")


def is_derivative(node: tree.Node) -> bool:
    """Whether a fraction is one of \\partial, or of \\nabla's kind."""
    return isinstance(node, tree.Quotient) and any(isinstance(part, tree.Partial) for part in _heads(node))


def _heads(node: tree.Quotient) -> Iterator[tree.Node]:
    for half in (node.over, node.under):
        yield half
        if isinstance(half, tree.Product):
            yield from half.factors
