"""Which names are unknown functions that a document differentiates, and which of them is the loss without the layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from derive.latex.reader import syntax as tree
from derive.notes.meaning.fractions import by_of, differentiated_in, operator_of
from derive.notes.meaning.symbols import Symbols, is_differential

LOSSES = frozenset("L l ell J E C Loss loss cost".split())
"""Names of a loss, where a document does not define them."""

MARKED = frozenset("L l ell Loss loss cost".split())
"""Those that may have a mark, or a label."""

FUNCTIONS = frozenset("f F S R Q G O U Phi phi Psi psi obj Obj objective risk Risk".split())
"""Names of a function of what is computed, where a document differentiates them by two things or more."""

MARKS = (".hat", ".tilde", ".check")
"""Accents by which the loss of the network with the layer is told from that without it."""

LAYERS = frozenset("BN LN bn ln batchnorm layernorm BatchNorm LayerNorm norm".split())
"""Labels that do the same."""


UNSAID = ""
"""What a nabla with nothing below it differentiates by."""


@lru_cache(4096)
def family(key: str) -> str:
    """The name of a loss without the mark that says whether it goes through the layer."""
    base = key
    for mark in MARKS:
        base = base.removesuffix(mark)
    for sign in "_^":
        head, _, label = base.partition(sign)
        if label in LAYERS:
            base = head
    for mark in MARKS:
        base = base.removesuffix(mark)
    return base


@lru_cache(4096)
def is_loss_by_name(key: str) -> bool:
    """Whether this is a usual name of a loss; some may have a mark, or a word as a label."""
    base, _, label = family(key).replace("^", "_").replace(",", "").partition("_")
    return key in LOSSES or (base in MARKED and (not label or (label.isalpha() and len(label) > 1)))


@dataclass
class Losses:
    """What a document differentiates, and by what, formula by formula."""

    found: list[tuple[int, str, str]] = field(default_factory=list)
    """The number of a formula, the name that is differentiated there, and the name that it is differentiated by."""
    declared: frozenset[str] = frozenset()
    """The names that the document declares to be losses."""

    all_through: bool = False
    """Whether all losses are taken to go through the layer meanwhile."""

    unnamed: set[int] = field(default_factory=set)
    """The numbers of the formulas in which a nabla stands alone."""

    @staticmethod
    def of(chains: Iterable[tuple[int, tree.Node]], symbols: Symbols) -> Losses:
        """What the formulas of a document differentiate."""
        found: list[tuple[int, str, str]] = []
        unnamed: set[int] = set()
        for number, chain in chains:
            for part in chain.walk():
                if not isinstance(part, _DIFFERENTIATING):
                    continue
                found.extend((number, of, by) for of, by in _pairs(part, symbols))
                if isinstance(part, tree.Nabla) and part.by is None and not symbols.symbol(part.body):
                    unnamed.add(number)
        return Losses(found, unnamed=unnamed)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that are unknown functions, where the document does not define them."""
        kinds = {family(key) for _, key, _ in self.found}
        several = {kind for kind in kinds if len(self._denominators(kind)) > 1}
        return frozenset(
            key
            for _, key, _ in self.found
            if is_loss_by_name(key) or family(key) in FUNCTIONS & several or {key, family(key)} & self.declared
        )

    def is_ambiguous(self, number: int) -> bool:
        """Whether a formula has a plain loss alone, in a document that has one with a mark, too.

        One that is differentiated by several things goes through the layer in any case.
        """
        if not self.marked or number in self.unnamed:
            return False
        here = self._in(number)
        losses = {of for of, _ in here}
        return bool(losses & self.marked) and losses == set(map(family, losses)) and len({by for _, by in here}) == 1

    def has_pair(self, number: int) -> bool:
        """Whether a formula has a plain loss and the same with a mark."""
        here = {of for of, _ in self._in(number)}
        return any(family(of) != of and family(of) in here for of in here)

    def has_unnamed(self, number: int) -> bool:
        """Whether a formula has a nabla that doesn't say of what, or by what."""
        return number in self.unnamed

    @contextmanager
    def with_formula(self, number: int, chains: Iterable[tree.Node], symbols: Symbols) -> Iterator[None]:
        """Other chains in the place of a formula, for as long as these are read."""
        own = Losses.of(((number, chain) for chain in chains), symbols)
        before = self.found, self.unnamed
        known = self._forget()
        self.found = [*(each for each in self.found if each[0] != number), *own.found]
        self.unnamed = (self.unnamed - {number}) | own.unnamed
        try:
            yield
        finally:
            self.found, self.unnamed = before
            self._forget()
            self.__dict__.update(known)

    @cached_property
    def _of(self) -> dict[int, list[tuple[str, str]]]:
        """What each formula differentiates, and by what."""
        found: dict[int, list[tuple[str, str]]] = {}
        for number, of, by in self.found:
            found.setdefault(number, []).append((of, by))
        return found

    def _in(self, number: int) -> Sequence[tuple[str, str]]:
        return self._of.get(number, ())

    def _forget(self) -> dict[str, Any]:
        """What was found out from all formulas, which is known no longer."""
        return {name: self.__dict__.pop(name) for name in ("names", "marked", "_of") if name in self.__dict__}

    def _denominators(self, kind: str) -> set[str]:
        return {by for _, key, by in self.found if family(key) == kind and by != UNSAID}

    def in_formula(self, number: int) -> frozenset[str]:
        """The families of the losses that are differentiated in one formula."""
        names = self.names
        return frozenset(family(key) for key, _ in self._in(number) if key in names)

    @cached_property
    def marked(self) -> frozenset[str]:
        """The families of which the document differentiates the plain name, and one with a mark: L and \\hat L."""
        names = {key for _, key, _ in self.found}
        return frozenset(family(key) for key in names if family(key) != key and family(key) in names)

    def is_without_layer(self, key: str, number: int) -> bool:
        """Whether a loss is that of the network without the layer here: D(L, x) beside D(\\hat L, x).

        It then has the gradient that arrives at the place of the layer's output. Where a formula has no marked loss,
        and differentiates the plain one by several things, the plain one is the only one there, and goes through.
        """
        if key != family(key) or key not in self.marked:
            return False
        if self.all_through:
            return False
        here = self._in(number)
        return any(of != family(of) for of, _ in here) or len({by for _, by in here}) == 1


_DIFFERENTIATING = (tree.Quotient, tree.Product, tree.Nabla)
"""What can differentiate something."""


def _pairs(node: tree.Node, symbols: Symbols) -> Iterator[tuple[str, str]]:
    """The name without indices that a node differentiates, with the names that it differentiates by."""
    if isinstance(node, tree.Quotient):
        of, by = differentiated_in(node.over), by_of(node)
    elif isinstance(node, tree.Product) and (applied := _applied(node)) is not None:
        of, by = applied
    elif isinstance(node, tree.Nabla) and node.by is not None:
        of, by = node.body, (node.by,)
    elif isinstance(node, tree.Nabla):
        own = symbols.symbol(_without_braces(node.body))
        if own is not None and not own.indices and is_loss_by_name(own.key):
            yield own.key, UNSAID
        return
    elif is_differential(node) and isinstance(node, tree.Product):
        of, by = node.factors[1], (node.factors[1],)
    else:
        return
    symbol = symbols.symbol(_without_braces(of)) if of is not None else None
    if symbol is None or symbol.indices:
        return
    if of in (by or ()) and not is_loss_by_name(symbol.key):
        return
    for each in by or ():
        variable = symbols.symbol(_without_braces(each))
        if variable is not None:
            yield symbol.key, variable.key + ("^2" if variable.power is not None else "")


def _applied(node: tree.Product) -> tuple[tree.Node, tuple[tree.Node, ...]] | None:
    """What stands behind an operator in a product, and by what this differentiates: d/dx L."""
    for operator, of in pairwise(node.factors):
        if (by := operator_of(operator)) is not None:
            return of, by
    return None


def _without_braces(node: tree.Node) -> tree.Node:
    while isinstance(node, tree.Group) and not node.opening:
        node = node.body
    return node
