"""How a document writes what it speaks of: each name as it stands there, its sums, its root with epsilon."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

from derive.latex.reader import syntax as tree
from derive.notes.meaning.sizes import binders
from derive.notes.meaning.symbols import Symbol, is_differential, latex_of
from derive.notes.repair.edit import Text, alone, apart, edited, span, written
from derive.notes.survey import Survey

N = TypeVar("N", bound=tree.Node)


class Style:
    """The ways of writing of one document, those nearest to a formula first."""

    def __init__(self, survey: Survey, number: int) -> None:
        self.survey, self.number = survey, number
        self._pieces: dict[str, tree.Node | None] = {}

    def piece(self, text: str) -> tree.Node | None:
        """The tree of a part of a formula, understood as this document is, or None where it can't be read."""
        if text not in self._pieces:
            self._pieces[text] = alone(self.survey.understood(self.number, text, apart(text)))
        return self._pieces[text]

    @property
    def _order(self) -> tuple[int, ...]:
        """The numbers of the formulas: this one first, then those above it."""
        every = range(len(self.survey.formulas))
        return (self.number, *reversed(every[: self.number]), *every[self.number + 1 :])

    def _parts(self, kind: type[N]) -> Iterator[tuple[str, N]]:
        """Every part of a kind in all formulas, with the LaTeX that it is in."""
        for number in self._order:
            latex = self.survey.formulas[number].latex
            for part in self.survey.kinds[number].get(kind, ()):
                if isinstance(part, kind):
                    yield latex, part

    @cached_property
    def _names(self) -> dict[tuple[str, int], tuple[str, tree.Node, Symbol]]:
        """Where a name stands with so many indices, and without a power."""
        found: dict[tuple[str, int], tuple[str, tree.Node, Symbol]] = {}
        for number in self._order:
            latex = self.survey.formulas[number].latex
            for key, (part, symbol) in self.survey.names[number].items():
                found.setdefault(key, (latex, part, symbol))
        return found

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every name that the document writes."""
        return frozenset(key for key, _ in self._names)

    def name(self, key: str, letters: tuple[str, ...] = ()) -> str:
        """A name as the document writes it, with these indices."""
        found = self._names.get((key, len(letters)))
        if found is None:
            indices = f"_{{{''.join(letters)}}}" if len(letters) > 1 else "".join(f"_{letter}" for letter in letters)
            return f"{latex_of(key)}{indices}"
        latex, node, symbol = found
        return with_letters(latex, node, dict(zip(symbol.indices, letters, strict=True)))

    @cached_property
    def _sums(self) -> dict[str, str]:
        """The text before the body of a sum over a letter."""
        found: dict[str, str] = {}
        for latex, part in self._parts(tree.Big):
            if part.operator == "sum" and not isinstance(part.body, tree.Nothing):
                letters = binders(part, self.survey.symbols)
                if len(letters) == 1 and _is_range(part):
                    found.setdefault(letters[0], latex[part.start : part.body.start].rstrip())
        return found

    def sum(self, letter: str) -> str:
        """The sum over a letter, with its limits where the document writes them."""
        if letter in self._sums:
            return self._sums[letter]
        for other, text in self._sums.items():
            head, _, tail = text.partition("_")
            if tail.startswith(("{" + other, other)):
                return f"{head}_{tail.replace(other, letter, 1)}"
        return rf"\sum_{letter}" if len(letter) == 1 else rf"\sum_{{{letter}}}"

    @cached_property
    def root(self) -> str | None:
        """The root of the variance with epsilon, as the document writes it."""
        for latex, part in self._parts(tree.Root):
            if self.has_epsilon(part.body):
                return written(latex, part)
        return None

    def has_root_of(self, letter: str) -> bool:
        """Whether the document has the root of a size, as attention does."""
        roots = (rf"\sqrt{{{letter}}}", rf"\sqrt {letter}")
        return any(root in formula.latex for formula in self.survey.formulas for root in roots)

    @cached_property
    def epsilon(self) -> str | None:
        """The name of the small number under the root."""
        for latex, part in self._parts(tree.Name):
            if part.text in EPSILONS:
                return written(latex, part)
        return None

    @cached_property
    def has_hat_at_nabla(self) -> bool:
        """Whether there is a nabla with a hat, for the gradient of the loss with the layer."""
        return any(isinstance(part.body, tree.Nabla) for _, part in self._parts(tree.Accented))

    def has_epsilon(self, node: tree.Node) -> bool:
        return any(isinstance(part, tree.Name) and part.text in EPSILONS for part in node.walk())

    @cached_property
    def delta(self) -> tuple[str, str, str]:
        """How the document writes 1 where two indices are equal: what stands before, between and behind them."""
        for latex, part in self._parts(tree.Product):
            if len(part.factors) == 2 and not is_differential(part):
                first, second = part.factors
                if isinstance(second, tree.Group) and isinstance(second.body, tree.Chain) and second.opening == "[":
                    chain = second.body
                    before = latex[first.start : chain.sides[0].start]
                    behind = latex[chain.sides[1].end : second.end]
                    return before, latex[chain.sides[0].end : chain.sides[1].start], behind
        return r"\delta_{", "", "}"


EPSILONS = ("epsilon", "varepsilon", "eps", "ϵ", "ε")


def _is_range(part: tree.Big) -> bool:
    lower = part.lower
    return not isinstance(lower, tree.Chain) or lower.signs[0].text in ("=", "\\in")


def with_letters(latex: str, node: tree.Node, letters: dict[str, str]) -> str:
    """A name with its indices replaced by others."""
    start, end = span(latex, node)
    return edited(latex, letter_texts(latex, node, letters), start, end)


def letter_texts(latex: str, node: tree.Node, letters: dict[str, str]) -> list[Text]:
    """The changes that replace the indices of a name."""
    if not isinstance(node, tree.Scripted):
        return []
    found: list[Text] = []
    for script in (node.sub, node.sup):
        for part in script.walk() if script is not None else ():
            whole = part
            text = latex[part.start : part.end]
            if isinstance(whole, tree.Name | tree.Scripted) and text in letters and letters[text] != text:
                found.append((part.start, part.end, letters[text]))
    return found
