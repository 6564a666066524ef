"""Places in a claim where something can be rewritten, and the words that the claim is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from derive.language import Claim, Derivative, Entry, Index, Tensor, Term
from derive.language.terms import Sum
from tests.soundness.draws import reach
from tests.soundness.evaluation import ordered


@dataclass(frozen=True)
class Words:
    """What a claim speaks of, also in its definitions: material for mutants."""

    claim: Claim

    @cached_property
    def tensors(self) -> tuple[Tensor, ...]:
        """The named arrays, in the order of their names."""
        nodes = (node for side in (self.claim.lhs, self.claim.rhs) for node in reach(side))
        found = {node.tensor: None for node in nodes if isinstance(node, Entry)}
        return tuple(sorted(found, key=lambda tensor: tensor.name))

    @cached_property
    def sizes(self) -> tuple[Entry, ...]:
        return tuple(Entry(tensor) for tensor in self.tensors if tensor.integer)

    @cached_property
    def scalars(self) -> tuple[Entry, ...]:
        """The scalars that are no sizes and no unknown functions."""
        plain = (t for t in self.tensors if not (t.sizes or t.integer or t.dependence))
        return tuple(map(Entry, plain))

    @cached_property
    def indices(self) -> tuple[Index, ...]:
        return free_of(self.claim)


@dataclass(frozen=True)
class Site:
    """A subterm, the indices that mean something there, and how the whole looks with another term in its place.

    `varied` says that it is differentiated, perhaps by a defined name: there, definitions are not to be unfolded.
    """

    term: Term
    scope: tuple[Index, ...]
    varied: bool
    put: Callable[[Term], Term]


def free_of(claim: Claim) -> tuple[Index, ...]:
    return tuple(dict.fromkeys((*ordered(claim.lhs), *ordered(claim.rhs))))


def sites(whole: Term, scope: tuple[Index, ...], varied: bool = False) -> Iterator[Site]:
    """Every position in a term, from the top; a derivative's own variable is part of the derivative."""
    yield Site(whole, scope, varied, lambda new: new)
    inside = scope
    if isinstance(whole, Sum) and whole.index not in scope:
        inside = (*scope, whole.index)
    for place, arg in enumerate(whole.args):
        for site in sites(arg, inside, varied or isinstance(whole, Derivative)):
            yield replace(site, put=_within(whole, place, site.put))


def _within(whole: Term, place: int, put: Callable[[Term], Term]) -> Callable[[Term], Term]:
    def rebuilt(new: Term) -> Term:
        args = list(whole.args)
        args[place] = put(new)
        return whole.rebuild(tuple(args))

    return rebuilt
