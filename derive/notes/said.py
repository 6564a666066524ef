"""What the text of a document says of names without a definition: that u has length 1, that weights sum up to 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from derive.language import Claim, Derivative, LanguageError
from derive.language.binding import definitions_of, walk
from derive.language.terms import Entry, Number, Pow, Sqrt, Tensor
from derive.latex.reader import syntax as tree
from derive.notes.meaning.unclear import Unclear
from derive.notes.survey import Survey

MOST = 8
"""A document says no more than this; the rest is left out."""


class Said:
    """Equations with a number, in the text and not in displays: they hold in the whole document."""

    def __init__(self, survey: Survey, claim: Callable[[int, tree.Node, tree.Node], Claim]) -> None:
        """`claim` makes a claim of two sides of a formula; it raises Unclear and LanguageError."""
        self.survey = survey
        self.claim = claim
        self.found: tuple[Claim, ...] | None = None

    def about(self, claim: Claim) -> tuple[Claim, ...]:
        """What is said of a name that a claim rests on."""
        if self.found is None:
            self.found = ()
            self.found = tuple(self._all())
        if not self.found:
            return ()
        own = {*_tensors(claim), *definitions_of(*claim.terms)}
        own |= {inner for tensor in own if tensor.definition is not None for inner in _free(tensor)}
        return tuple(each for each in self.found if _tensors(each) <= own and each not in claim.hypotheses)

    def _all(self) -> Iterator[Claim]:
        count = 0
        for number, left, right in self._equations():
            try:
                made = _squared(self.claim(number, left, right))
            except (Unclear, LanguageError):
                continue
            if count < MOST and _is_condition(made):
                count += 1
                yield made

    def _equations(self) -> Iterator[tuple[int, tree.Node, tree.Node]]:
        for number, statement in self.survey.statements():
            chain = statement.chain
            if self.survey.formulas[number].display or not isinstance(chain, tree.Chain) or len(chain.sides) != 2:
                continue
            left, right = chain.sides
            if chain.signs[0].text == "=" and isinstance(right, tree.Number) and _is_composed(left):
                yield number, left, right


def _is_composed(node: tree.Node) -> bool:
    """Whether this is a norm, a sum or a product, and no name."""
    base = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(base, tree.Group | tree.Product | tree.Big) and not isinstance(base, tree.Name)


def _squared(claim: Claim) -> Claim:
    """Without roots on the left: of a length the square is said."""
    left, right = claim.lhs, claim.rhs
    if isinstance(left, Pow) and isinstance(left.base, Sqrt) and left.exponent == 2:
        return replace(claim, lhs=left.base.arg)
    if isinstance(left, Sqrt) and isinstance(right, Number) and right.value >= 0:
        return replace(claim, lhs=left.arg, rhs=Number(right.value**2))
    return claim


def _tensors(claim: Claim) -> set[Tensor]:
    return {part.tensor for term in claim.terms for part in walk(term) if isinstance(part, Entry)}


def _free(tensor: Tensor) -> set[Tensor]:
    """The tensors below a definition."""
    found: set[Tensor] = set()
    waiting = [tensor]
    while waiting:
        each = waiting.pop()
        if each.definition is not None:
            inner = {part.tensor for part in walk(each.definition.body) if isinstance(part, Entry)} - found
            found |= inner
            waiting.extend(inner)
    return found


def _is_condition(claim: Claim) -> bool:
    """Whether a claim is about variables only, so that it can be a condition on them."""
    parts = [part for side in (claim.lhs, claim.rhs) for part in walk(side)]
    variables = [part for part in parts if isinstance(part, Entry) and part.indices]
    bare = all(
        not isinstance(part, Derivative)
        and not (isinstance(part, Entry) and (part.tensor.definition is not None or part.tensor.dependence is not None))
        for part in parts
    )
    return bare and bool(variables)
