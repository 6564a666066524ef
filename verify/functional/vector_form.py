"""The vector form of a formula: definitions in order, each one pass over its arrays, and the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from derive.kernel import Theorem, by_normal_form
from derive.language import Entry, Eq, Index, Tensor, Term
from derive.language.binding import definitions_of, walk
from derive.language.terms import Definition
from derive.layers import Layer


@dataclass(frozen=True, eq=False)
class VectorForm:
    """`results` by name: defined tensors, which rest on statistics, contractions and coefficients.

    `says` is what each result is to be equal to, the right side of a theorem; `proofs` shows that it is. `given` are
    the statistics that are not computed here but handed in, each with its definition.
    """

    layer: Layer
    results: Mapping[str, Tensor]
    says: Mapping[str, Term]
    given: Mapping[Tensor, Tensor]

    @cached_property
    def steps(self) -> tuple[Tensor, ...]:
        """Every defined name, each after those that it is made of."""
        return tuple(definitions_of(*(Entry(each, _indices(each)) for each in self.results.values())))

    @cached_property
    def leaves(self) -> tuple[Tensor, ...]:
        """What has to be given, sizes aside."""
        bodies = [step.definition.body for step in self.steps if step.definition]
        entries = [part.tensor for body in bodies for part in walk(body) if isinstance(part, Entry)]
        return tuple(dict.fromkeys(each for each in entries if each.definition is None and not is_size(each)))

    def proofs(self) -> dict[str, Theorem]:
        """For every result the theorem that it equals what is said, by the kernel; raises KernelError where it doesn't.

        Statistics that are given stand for their definitions.
        """
        marked = Marked(self.given, {})
        sides = ((name, said, self.results[name]) for name, said in self.says.items())
        return {name: by_normal_form(Eq(said, marked(Entry(own, _indices(own))))) for name, said, own in sides}


@dataclass(frozen=True)
class Marked:
    """Gives every defined name a mark, since the theorem may have the name for the same thing, computed differently."""

    given: Mapping[Tensor, Tensor]
    known: dict[Tensor, Tensor]

    def __call__(self, value: Term) -> Term:
        if isinstance(value, Entry):
            return Entry(self._tensor(value.tensor), value.indices)
        return value.rebuild(tuple(map(self, value.args))) if value.args else value

    def _tensor(self, tensor: Tensor) -> Tensor:
        own = self.given.get(tensor, tensor)
        definition = own.definition
        if definition is None:
            return tensor
        if tensor not in self.known:
            body = Definition(definition.indices, self(definition.body))
            self.known[tensor] = replace(own, name=f"{tensor.name}^", definition=body)
        return self.known[tensor]


def is_size(tensor: Tensor) -> bool:
    """Whether it is the length of an axis."""
    return tensor.integer and not tensor.sizes and tensor.definition is None


def _indices(tensor: Tensor) -> tuple[Index, ...]:
    return tensor.definition.indices if tensor.definition else ()
