"""Notation of a document that contradicts itself: warnings, each at the formula that is unlike those before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.latex.reader import syntax as tree
from derive.notes.candidates import Key
from derive.notes.definitions import Definitions
from derive.notes.meaning.value import constant
from derive.notes.mixed_statistics import MixedStatistics, rooted
from derive.notes.survey import Survey
from derive.notes.two_letters import TwoLetters

INSIDE, OUTSIDE = "inside", "outside"


class Cautions:
    """What the formulas of a document say about their notation, in their order."""

    def __init__(self, survey: Survey, definitions: Definitions) -> None:
        self.formulas = survey.formulas
        self.symbols = survey.symbols
        self.first: dict[str, str] = {}
        self.statistics = MixedStatistics(survey.symbols)
        self.letters = TwoLetters(survey, definitions)

    def of(self, number: int, statements: tuple[tree.Statement, ...], named: Sequence[Key]) -> Iterator[str]:
        """Warnings at formula `number`, which defines the names in `named`."""
        yield from self._of_epsilon(statements)
        yield from self.statistics.of(self.formulas[number], statements)
        yield from self.letters.of(number, statements, named)

    def _of_epsilon(self, statements: tuple[tree.Statement, ...]) -> Iterator[str]:
        """A warning where epsilon stands on the other side of the root than where it stood first."""
        for place, name in sorted({found for each in statements for found in self._epsilons(each.chain)}):
            before = self.first.setdefault(name, place)
            if before != place:
                yield f"\\{name} stands {place} of the root here, and {before} of it elsewhere"

    def _epsilons(self, node: tree.Node) -> Iterator[tuple[str, str]]:
        """Where an epsilon is added: to a variance below a root, or to the deviation itself."""
        below: set[int] = set()
        for part in node.walk():
            body = rooted(part)
            below |= {id(each) for each in body.walk()} if body is not None else set()
            if body is not None and (name := self._added(body, squared=True)) is not None:
                yield INSIDE, name
            elif (
                isinstance(part, tree.Terms)
                and id(part) not in below
                and (name := self._added(part, squared=False)) is not None
            ):
                yield OUTSIDE, name

    def _added(self, node: tree.Node, squared: bool) -> str | None:
        """The epsilon that is added to sigma^2, or to sigma or its root, and to nothing else."""
        while isinstance(node, tree.Group) and node.opening in ("", "("):
            node = node.body
        if not isinstance(node, tree.Terms) or len(node.terms) != 2 or set(node.signs) != {"+"}:
            return None
        names = [self.symbols.symbol(term) for term in node.terms]
        for own, other in ((0, 1), (1, 0)):
            epsilon, name = names[own], names[other]
            if epsilon is None or epsilon.key != "epsilon" or epsilon.power is not None:
                continue
            inner = rooted(node.terms[other])
            if not squared and inner is not None and self._is_deviation(inner, True):
                return epsilon.key
            if name is not None and self._is_deviation(node.terms[other], squared):
                return epsilon.key
        return None

    def _is_deviation(self, node: tree.Node, squared: bool) -> bool:
        symbol = self.symbols.symbol(node)
        if symbol is None or symbol.key.partition("_")[0] != "sigma" or symbol.argument is not None:
            return False
        return constant(symbol.power) == 2 and squared if symbol.power is not None else not squared
